"""From a document to circleci_v2/_generated.

The document is normalized, parsed by openapi-python-client, rendered with our templates and formatted with ruff. The output
folder is replaced only if every step succeeded. A warning of the generator is an error here.

    python -m codegen.generate [--spec DOCUMENT] [--output FOLDER] [--check]
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import OUR_DOCUMENT, Document, read_document
from codegen.errors import SpecError
from codegen.generate import rendering
from codegen.generate.calls import field_descriptions
from codegen.generate.layers import layers_by_operation
from codegen.generate.parsing import ROOT, Parsed, parse
from codegen.generate.views import View
from codegen.names import Names
from codegen.normalize import normalize
from codegen.normalize.validation import check_validity
from codegen.queries import operations_of

__all__ = ["GENERATED", "differences", "generate", "main", "render", "write_package"]

GENERATED = ROOT / "circleci_v2" / "_generated"
TEMPLATES = ROOT / "templates"


def _listed_model_names(prop: Any) -> list[str]:
    return list(rendering.model_names(prop))


_FILTERS: dict[str, Callable[..., object]] = {
    "attribute": rendering.attribute,
    "annotation": rendering.annotation,
    "docstring": rendering.docstring,
    "is_nullable": rendering.is_nullable,
    "literal": rendering.literal,
    "model_names": _listed_model_names,
    "plain": rendering.plain,
    "sentences": rendering.sentences,
}


def generate(document: Document, output: Path) -> Sequence[str]:
    """Write the package of a document to a folder, which is replaced.

    Args:
        document: Any OpenAPI document of CircleCI.
        output: The folder for the package; it is not changed when anything fails.

    Returns:
        Notes for the maintainer: default names, corrections that matched nothing, parts that will not work.

    Raises:
        SpecError: No package can be generated from the document; the message names the location.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "_generated"
        notes = write_package(document, fresh)
        _format(fresh)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(fresh, output)
    return notes


def write_package(document: Document, folder: Path) -> Sequence[str]:
    """Write the package of a document to a new folder, without formatting it; otherwise as `generate`."""
    check_validity(document)
    names = Names.load()
    normalized = normalize(document, names=names)
    parsed = parse(normalized.document, names, folder)
    render(parsed, names, folder)
    return [
        *normalized.notes,
        *parsed.notes,
        *_missing_operations(parsed.document),
        *_unsent(parsed.document, parsed.views),
    ]


def _missing_operations(document: Document) -> Iterator[str]:
    """The operations that hand-written layers use and the document does not have."""
    present = {operation.get("operationId") for _, _, operation in operations_of(document)}
    for operation, layers in layers_by_operation().items():
        if operation not in present:
            yield f"{', '.join(layers)} will not work: the document has no {operation}"


def _unsent(document: Document, views: Sequence[View]) -> Iterator[str]:
    """Parts of the document that the client does not use: headers, cookies, other servers, other ways to authenticate."""
    usual = [sorted(way) for way in document.get("security", ())]
    ignored: dict[str, list[str]] = {}
    for entry in views:
        call = entry.call
        for name in call.unsent:
            yield f"{call.place} requires the {name}, which the client does not send"
        for name in call.ignored:
            ignored.setdefault(name, []).append(call.place)
        if call.servers:
            yield f"{call.place} is at {' or '.join(call.servers)}, but the client sends it to its base URL"
        ways = [sorted(way) for way in call.security]
        if usual and ways and not any(way in usual or not way for way in ways):
            needed = " or ".join(" and ".join(way) for way in ways)
            yield f"{call.place} requires authentication by {needed}, which the client does not send"
    for name, places in ignored.items():
        others = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{places[0]}{others} may have the {name}, which the client does not send"


def render(parsed: Parsed, names: Names, folder: Path) -> None:
    """Write the files of the package, without formatting them."""
    _Package(parsed, names, folder).write()


class _Package:
    """The files of the package, rendered with our templates and filters in the generator's environment."""

    def __init__(self, parsed: Parsed, names: Names, folder: Path) -> None:
        self.document = parsed.document
        self.parsed = parsed
        self.names = names
        self.folder = folder
        self.templates = Project(openapi=parsed.data, config=parsed.config, custom_template_path=TEMPLATES).env
        self.templates.filters.update(_FILTERS)

    def write(self) -> None:
        by_namespace: dict[str, list[View]] = {}
        for entry in self.parsed.views:
            by_namespace.setdefault(entry.call.name.namespace, []).append(entry)
        tags = {name: entries[0].call.tag for name, entries in by_namespace.items()}
        descriptions = {tag["name"]: tag.get("description", "") for tag in self.document["tags"]}
        namespaces = [(name, self.names.class_name(name), descriptions.get(tag, "")) for name, tag in tags.items()]
        self._render("package_init.py.jinja", "__init__.py")
        self._render("operations.py.jinja", "operations.py", views=self.parsed.views, tags=tags)
        self._render("namespaces.py.jinja", "namespaces.py", namespaces=namespaces)
        self._render("api_init.py.jinja", "api/__init__.py", namespaces=sorted(namespaces, key=lambda entry: entry[1]))
        for name, class_name, description in namespaces:
            self._render(
                "namespace.py.jinja",
                f"api/{name}.py",
                views=by_namespace[name],
                namespace=name,
                class_name=class_name,
                description=description,
            )
        self._write_models()

    def _write_models(self) -> None:
        models, enums = self.parsed.models, self.parsed.enums
        everything: list[ModelProperty | EnumProperty] = [*models, *enums]
        modules = {str(entry.class_info.name): entry.class_info.module_name for entry in everything}
        for model in models:
            descriptions = field_descriptions(self.document, str(model.class_info.name))
            path = f"models/{model.class_info.module_name}.py"
            tags = self.parsed.tags.get(str(model.class_info.name), {})
            self._render("model.py.jinja", path, model=model, modules=modules, descriptions=descriptions, tags=tags)
        for enum in enums:
            self._render("str_enum.py.jinja", f"models/{enum.class_info.module_name}.py", enum=enum)
        classes = sorted((entry.class_info for entry in everything), key=lambda info: str(info.name))
        self._render("models_init.py.jinja", "models/__init__.py", classes=classes)

    def _render(self, template: str, path: str, **context: Any) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.templates.get_template(template).render(**context), encoding="utf-8")


def _format(folder: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    fix = ["check", "--fix", "--unsafe-fixes", "--quiet", "--select"]
    # Unused imports go first, because the sorting wraps those that are longer than a line, and they stay wrapped.
    for command in ([*fix, "F401,D209"], [*fix, "I"], ["format", "--quiet"]):
        result = subprocess.run([*ruff, *command, *settings, str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
        if result.returncode:
            msg = f"ruff {command[0]} failed on the generated code:\n{result.stdout}{result.stderr}"
            raise SpecError(msg)


def differences(one: Path, other: Path, below: Path = Path()) -> Iterator[str]:
    """The relative paths of the files that differ between two folders."""
    comparison = filecmp.dircmp(one / below, other / below, ignore=["__pycache__"])
    for name in (*comparison.left_only, *comparison.right_only):
        yield str(below / name)
    _, changed, failed = filecmp.cmpfiles(one / below, other / below, comparison.common_files, shallow=False)
    for name in (*changed, *failed):
        yield str(below / name)
    for folder in comparison.common_dirs:
        yield from differences(one, other, below / folder)


def _check(document: Document) -> int:
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "_generated"
        generate(document, fresh)
        changed = sorted(differences(GENERATED, fresh))
    for path in changed:
        print(f"circleci_v2/_generated/{path} is not up to date; run `make generate`", file=sys.stderr)
    return 1 if changed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen.generate", description="Write circleci_v2/_generated.")
    parser.add_argument("--spec", default=str(OUR_DOCUMENT), help="a file or a URL; default: openapi.json")
    parser.add_argument(
        "--output", type=Path, default=GENERATED, help="the folder to write; default: circleci_v2/_generated"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if the folder is not what would be written"
    )
    options = parser.parse_args(arguments)
    try:
        document = read_document(options.spec)
        if options.check:
            return _check(document)
        notes = generate(document, options.output)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"wrote {options.output}")
    return 0
