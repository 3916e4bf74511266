"""From a document to circleci_v2/_generated.

Normalise, let openapi-python-client read the result and render our templates, format with ruff, and put the tree in its
place only when every step went well. Any warning of the generator is an error here.

    python -m codegen.generate [--spec DOCUMENT] [--output FOLDER] [--check]
"""

from __future__ import annotations

import argparse
import copy
import filecmp
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from codegen import rendering
from codegen.documents import Document, read_document
from codegen.errors import SpecError
from codegen.names import CallName, Names
from codegen.normalize import OUR_DOCUMENT, normalize
from codegen.views import Call, View, calls_of, envelope_models, field_words, view

__all__ = ["GENERATED", "generate"]

ROOT = Path(__file__).parent.parent
GENERATED = ROOT / "circleci_v2" / "_generated"
TEMPLATES = ROOT / "templates"
CONFIG_FILE = ROOT / "generator-config.yaml"


def _listed_model_names(prop: Any) -> list[str]:
    return list(rendering.model_names(prop))


_NAMESPACE_IMPORTS = {
    "collections.abc": ("Mapping", "Sequence"),
    "datetime": ("date", "datetime"),
    "typing": ("TYPE_CHECKING", "Any"),
    "uuid": ("UUID",),
    "circleci_v2._wire.unset": ("UNSET", "Unset"),
    "circleci_v2.pagination": ("Paginator",),
    "circleci_v2.slugs": ("OrgSlug", "ProjectSlug"),
}
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
        document: Any OpenAPI document of CircleCI's.
        output: The folder for the package; it is left alone when anything fails.

    Returns:
        Notes for the maintainer: what got a default name, which corrections found nothing.

    Raises:
        SpecError: The document cannot be generated from; the message names the place.
    """
    names = Names.load()
    normalized = normalize(document, names=names)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "_generated"
        _Package(normalized.document, names, fresh).write()
        _format(fresh)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(fresh, output)
    return normalized.notes


class _Package:
    """The files of the package, rendered with the generator's parser, templates and filters."""

    def __init__(self, document: Document, names: Names, folder: Path) -> None:
        self.document = document
        self.names = names
        self.folder = folder
        self.calls = calls_of(document, names)
        self.project = _project(_dressed(document, self.calls), folder)
        self.project.env.filters.update(_FILTERS)

    def write(self) -> None:
        views = self._views()
        by_namespace: dict[str, list[View]] = {}
        for entry in views:
            by_namespace.setdefault(entry.call.name.namespace, []).append(entry)
        self._render("package_init.py.jinja", "__init__.py")
        self._render("operations.py.jinja", "operations.py", views=views)
        namespaces = [(name, self.names.class_name(name)) for name in by_namespace]
        self._render("namespaces.py.jinja", "namespaces.py", namespaces=namespaces, document=self.document)
        self._render("api_init.py.jinja", "api/__init__.py")
        for namespace, entries in by_namespace.items():
            self._write_namespace(namespace, entries)
        self._write_models()

    def _views(self) -> list[View]:
        collections = self.project.openapi.endpoint_collections_by_tag.values()
        endpoints = {str(endpoint.name): endpoint for collection in collections for endpoint in collection.endpoints}
        return [view(self.document, call, endpoints[_key(place)]) for place, call in enumerate(self.calls.values())]

    def _write_namespace(self, namespace: str, entries: Sequence[View]) -> None:
        described = {tag["name"]: tag.get("description", "") for tag in self.document["tags"]}
        for entry in entries:
            self._render("endpoint_module.py.jinja", f"api/{namespace}/{entry.module}.py", view=entry)
        self._render(
            "endpoint_init.py.jinja",
            f"api/{namespace}/__init__.py",
            views=entries,
            namespace=namespace,
            class_name=self.names.class_name(namespace),
            description=described.get(entries[0].call.tag, ""),
            imports=_namespace_imports(entries),
        )

    def _write_models(self) -> None:
        hidden = envelope_models(self.document)
        data = self.project.openapi
        models = [m for m in data.models if m.class_info.name not in hidden and not rendering.is_mapping(m)]
        modules = {str(m.class_info.name): m.class_info.module_name for m in (*models, *data.enums)}
        for model in models:
            self._check_fields(model)
            words = field_words(self.document, str(model.class_info.name))
            path = f"models/{model.class_info.module_name}.py"
            self._render("model.py.jinja", path, model=model, modules=modules, words=words)
        for enum in data.enums:
            self._render("str_enum.py.jinja", f"models/{enum.class_info.module_name}.py", enum=enum)
        classes = sorted((entry.class_info for entry in (*models, *data.enums)), key=lambda info: str(info.name))
        self._render("models_init.py.jinja", "models/__init__.py", classes=classes)

    def _check_fields(self, model: Any) -> None:
        taken: dict[str, str] = {}
        for field in (*model.required_properties, *model.optional_properties):
            name, key = rendering.attribute(field.name), rendering.plain(field.name)
            if taken.setdefault(name, key) != key:
                msg = (
                    f"schema {model.class_info.name}: {taken[name]!r} and {key!r} would both be called {name} in Python"
                )
                raise SpecError(msg)

    def _render(self, template: str, path: str, **context: Any) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.project.env.get_template(template).render(**context), encoding="utf-8")


def _namespace_imports(entries: Sequence[View]) -> list[tuple[str, list[str]]]:
    """What the signatures of a namespace mention; ruff removes no unused import from an ``__init__.py``."""
    needed = frozenset[str]().union(*(entry.needs for entry in entries))
    if any(entry.all_models for entry in entries):
        needed |= {"TYPE_CHECKING"}
    if any(entry.outcome.page for entry in entries):
        needed |= {"Paginator"}
    wanted = ((module, [name for name in names if name in needed]) for module, names in _NAMESPACE_IMPORTS.items())
    return [(module, names) for module, names in wanted if names]


def _key(place: int) -> str:
    """How the generator's parser is told, and tells, which operation is which; it would respell names such as `list`."""
    return f"operation_{place}"


def _project(document: Document, folder: Path) -> Project:
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIG_FILE),
        MetaType.NONE,
        document_source=OUR_DOCUMENT,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder,
    )
    try:
        data = GeneratorData.from_dict(document, config=config)
    except ValueError as error:
        msg = f"openapi-python-client cannot use the document: {error}"
        raise SpecError(msg) from error
    if isinstance(data, GeneratorError):
        msg = f"{data.header}: {data.detail}"
        raise SpecError(msg)
    problems = [*data.errors, *(e for c in data.endpoint_collections_by_tag.values() for e in c.parse_errors)]
    if problems:
        raise SpecError(
            "\n".join(f"{problem.header} {problem.detail or ''} {problem.data or ''}"[:2000] for problem in problems)
        )
    return Project(openapi=data, config=config, custom_template_path=TEMPLATES)


def _dressed(document: Document, calls: dict[CallName, Call]) -> Document:
    """The document as the generator should see it: our names for its tags and operations, successes only."""
    dressed = copy.deepcopy(document)
    paths: dict[str, dict[str, Any]] = {}
    dressed["paths"] = paths
    for place, call in enumerate(calls.values()):
        operation = copy.deepcopy(document["paths"][call.path][call.method])
        operation["tags"] = [call.name.namespace]
        operation["operationId"] = _key(place)
        operation["responses"] = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
        if call.slug_path:
            operation["parameters"] = [
                *_without_slug(call),
                {"name": "project-slug", "in": "path", "required": True, "schema": {"type": "string"}},
            ]
        paths.setdefault(call.route, {})[call.method] = operation
    for schema in dressed["components"]["schemas"].values():
        if "properties" in schema:
            # What says only which fields go together is for people; the generator would make a union of it.
            schema.pop("anyOf", None)
            schema.pop("oneOf", None)
    return dressed


def _without_slug(call: Call) -> Iterator[Any]:
    return (dict(p) for p in call.parameters if p["in"] != "path" or f"{{{p['name']}}}" in call.route)


def _format(folder: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for command in (["check", "--fix", "--unsafe-fixes", "--quiet", "--select", "I,F401,D209"], ["format", "--quiet"]):
        result = subprocess.run([*ruff, *command, *settings, str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
        if result.returncode:
            msg = f"ruff {command[0]} failed on the generated code:\n{result.stdout}{result.stderr}"
            raise SpecError(msg)


def differences(one: Path, other: Path, below: Path = Path()) -> Iterator[str]:
    """The files that are not the same in two folders, named by their path below them."""
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
        print(f"circleci_v2/_generated/{path} is not what the generator writes; run `make generate`", file=sys.stderr)
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


if __name__ == "__main__":
    sys.exit(main())
