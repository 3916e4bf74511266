"""Write the reference pages of the operations and of the models, from the generated code, before the site is built.

    python -m tools.build_reference [FOLDER]

One page for each namespace, with the method, the route, the operationId and CircleCI's page of each operation; one page of
models for each namespace, and one for the models that several namespaces use; and one with the example programs. The pages are
plain Markdown, so that any tool can build them, and are never under version control.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
from griffe import Attribute, Class, DocstringSectionKind, Function, Module, load

from circleci_v2.operations import OPERATIONS, Operation

__all__ = ["SHARED", "MissingDocstringError", "write_reference"]

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "docs" / "reference"
SHARED: Final = "shared"
"""Name of the page of the models that several namespaces use."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_VENDOR_PAGE: Final = re.compile(r"https://circleci\.com/\S+")
_MENTIONED: Final = re.compile(r"`(?:circleci\.)?([a-z_]+)\.([a-z_]+)(?:\(\))?`")
_WIDTH: Final = 92
"""Columns of a signature; a longer one has a line for each argument."""


class MissingDocstringError(ValueError):
    """A public operation, argument, model or field has no description."""


@attrs.frozen
class Reference:
    """The generated classes, and the page of each model.

    Attributes:
        namespaces: The class of each namespace, such as ``pipelines``.
        models: The class of each model and enum.
        pages: The page of each model, without its ending.
    """

    namespaces: Mapping[str, Class]
    models: Mapping[str, Class]
    pages: Mapping[str, str]


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the given folder, by default `docs/reference`."""
    target = Path(arguments[0]) if arguments else TARGET
    print(f"{len(write_reference(target))} pages of the reference in {target}")
    return 0


def write_reference(target: Path) -> list[Path]:
    """Write all pages below `api` and `models` in a folder, and remove those of earlier runs; return the new ones.

    Raises:
        MissingDocstringError: Something public has no description.
    """
    reference = _read()
    pages = {"api/index.md": "\n".join(_index())}
    for name, namespace in reference.namespaces.items():
        pages[f"api/{name}.md"] = "\n".join(_namespace_page(name, namespace, reference))
    for page in sorted(set(reference.pages.values())):
        pages[f"models/{page}.md"] = "\n".join(_models_page(page, reference))
    pages["examples.md"] = "\n".join(_examples())
    for folder in ("api", "models"):
        shutil.rmtree(target / folder, ignore_errors=True)
        (target / folder).mkdir(parents=True)
    for name, text in pages.items():
        (target / name).write_text(text + "\n", encoding="utf-8")
    return [target / name for name in pages]


def _read() -> Reference:
    generated = load("circleci_v2._generated", search_paths=[str(ROOT)], docstring_parser="google")
    if not isinstance(generated, Module):
        msg = f"griffe read {generated.path}, which is no module"
        raise TypeError(msg)
    operations = {name: _operations_of(name) for name in dict.fromkeys(o.namespace for o in OPERATIONS.values())}
    modules = {name: generated.modules["api"].modules[name] for name in operations}
    namespaces = {
        name: next(kind for kind in module.classes.values() if set(operations[name]) <= set(kind.functions))
        for name, module in modules.items()
    }
    models = {
        kind.name: kind
        for module in generated.modules["models"].modules.values()
        for kind in module.classes.values()
        if not kind.name.startswith("_")
    }
    users: dict[str, set[str]] = {name: set() for name in models}
    for name, namespace in namespaces.items():
        for model in _reachable(_models_in(_types_of_methods(namespace), models), models):
            users[model].add(name)
    pages = {model: next(iter(spaces)) if len(spaces) == 1 else SHARED for model, spaces in users.items()}
    return Reference(namespaces, dict(sorted(models.items())), pages)


def _operations_of(namespace: str) -> dict[str, Operation]:
    return {operation.name: operation for operation in OPERATIONS.values() if operation.namespace == namespace}


def _types_of_methods(namespace: Class) -> Iterator[str]:
    for method in namespace.functions.values():
        yield str(method.returns)
        yield from (str(parameter.annotation) for parameter in method.parameters)


def _models_in(types: Iterable[str], models: Mapping[str, Class]) -> set[str]:
    return {name for text in types for name in _IDENTIFIER.findall(text) if name in models}


def _reachable(names: set[str], models: Mapping[str, Class]) -> set[str]:
    """Return models together with those that their fields refer to, however deep."""
    found: set[str] = set()
    while names:
        found |= names
        types = (str(field.annotation) for name in names for field in _fields(models[name]))
        names = _models_in(types, models) - found
    return found


def _fields(model: Class) -> list[Attribute]:
    return [
        field
        for name, field in model.attributes.items()
        if not name.startswith("_") and field.annotation and name != "additional_properties"
    ]


def _index() -> Iterator[str]:
    yield "# All operations\n"
    yield (
        "Every operation of the API, by the method that calls it. The search finds an operation by its method, its route or "
        "its operationId; each row leads to its description here and to CircleCI's own page.\n"
    )
    yield "| method | route | operationId |\n|---|---|---|"
    for operation in OPERATIONS.values():
        method = f"[`{operation.namespace}.{operation.name}`]({operation.namespace}.md#{operation.name})"
        vendor = f"[{operation.id}](https://circleci.com/docs/api/v2/index.html#operation/{operation.id})"
        yield f"| {method} | `{operation.method} {operation.path}` | {vendor} |"


def _examples() -> Iterator[str]:
    """The programs of `examples/`, below the tables of its README."""
    folder = ROOT / "examples"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    for name in names:
        text = text.replace(f"]({name})", f"](#{_slug(name)})")
    text = text.replace("](../docs/", "](../").replace("](webhooks)", f"](#{_slug('webhooks/starlette_receiver.py')})")
    yield re.sub(r"\[([^]]*)\]\(([^#)]*\.ipynb)\)", r"`examples/\2`", text)
    for name in names:
        yield f"## {name}\n\n```python\n{(folder / name).read_text(encoding='utf-8')}```\n"


def _slug(heading: str) -> str:
    """Return the anchor of a heading, as Python-Markdown makes it."""
    return re.sub(r"[^\w\s-]", "", heading).strip().lower()


def _namespace_page(name: str, namespace: Class, reference: Reference) -> Iterator[str]:
    yield f"# circleci.{name}\n"
    yield f"{_linked(_text(namespace), '')}\n"
    yield "| method | route | operationId |\n|---|---|---|"
    operations = _operations_of(name)
    for operation in operations.values():
        yield f"| [`{operation.name}`](#{operation.name}) | `{operation.method} {operation.path}` | {operation.id} |"
    yield f"\nThe class of `circleci.{name}`, for annotations, is `circleci_v2.namespaces.{namespace.name}`.\n"
    for operation in operations.values():
        yield from _method(operation, namespace.functions[operation.name], reference)


def _method(operation: Operation, method: Function, reference: Reference) -> Iterator[str]:
    path = f"circleci.{operation.namespace}.{operation.name}"
    if method.docstring is None:
        msg = f"{path} has no docstring: write one in openapi.json, and run `make generate`"
        raise MissingDocstringError(msg)
    vendor = _VENDOR_PAGE.search(method.docstring.value)
    if vendor is None:
        msg = f"the docstring of {path} has no link to CircleCI's page: templates/namespace.py.jinja writes it"
        raise MissingDocstringError(msg)
    yield f"## {operation.name}\n"
    deprecated = " · deprecated" if operation.deprecated else ""
    yield f"`{operation.method} {operation.path}` · [{operation.id}]({vendor[0]}){deprecated}\n"
    yield f"```python\n{_signature(operation, method)}\n```\n"
    arguments = [parameter for parameter in method.parameters if parameter.name != "self"]
    described: set[str] = set()
    for section in method.docstring.parsed:
        match section.kind:
            case DocstringSectionKind.text:
                text = section.value.split(f"{operation.method} {operation.path} (")[0].strip()
                if text:
                    yield f"{_linked(text, '')}\n"
            case DocstringSectionKind.parameters:
                types = {argument.name: str(argument.annotation) for argument in arguments}
                yield "| argument | type | |\n|---|---|---|"
                for argument in section.value:
                    described.add(argument.name)
                    description = _linked(_one_line(argument.description), "")
                    yield f"| `{argument.name}` | `{types.get(argument.name, argument.annotation)}` | {description} |"
                yield ""
            case DocstringSectionKind.returns:
                yield f"**Returns** {_linked(_one_line(section.value[0].description), '')}\n"
            case _:
                continue  # every method raises the same errors, which a page of the guide describes
    if missing := {argument.name for argument in arguments} - described:
        msg = f"{path} does not describe {sorted(missing)}: write it in openapi.json, and run `make generate`"
        raise MissingDocstringError(msg)
    used = _models_in([str(method.returns), *(str(a.annotation) for a in arguments)], reference.models)
    if used:
        links = (f"[`{model}`](../models/{reference.pages[model]}.md#{model.lower()})" for model in sorted(used))
        yield f"**Models** {', '.join(links)}\n"


def _signature(operation: Operation, method: Function) -> str:
    prefix = "await " if "async" in method.labels else ""
    arguments: list[str] = []
    keyword_only = False
    for parameter in method.parameters:
        if parameter.name == "self":
            continue
        if parameter.kind is not None and parameter.kind.name == "keyword_only" and not keyword_only:
            keyword_only = True
            arguments.append("*")
        default = "" if parameter.default is None else f" = {parameter.default}"
        arguments.append(f"{parameter.name}: {parameter.annotation}{default}")
    head, tail = f"{prefix}circleci.{operation.namespace}.{operation.name}(", f") -> {method.returns}"
    line = f"{head}{', '.join(arguments)}{tail}"
    return line if len(line) <= _WIDTH else "\n".join([head, *(f"    {argument}," for argument in arguments), tail])


def _models_page(page: str, reference: Reference) -> Iterator[str]:
    names = [name for name, place in reference.pages.items() if place == page]
    if page == SHARED:
        yield "# Models of several namespaces\n"
    else:
        yield f"# Models of circleci.{page}\n"
    yield "Import them from `circleci_v2.models`; [Models](../../guide/models.md) describes how they behave.\n"
    for name in sorted(names):
        model = reference.models[name]
        yield f"## {name}\n\n{_linked(_text(model), '../api/')}\n"
        if any(str(base).endswith("OpenStrEnum") for base in model.bases):
            yield "| member | value |\n|---|---|"
            for member, attribute in model.attributes.items():
                if member.isupper() and not member.startswith("_"):
                    yield f"| `{name}.{member}` | `{attribute.value}` |"
        elif fields := _fields(model):
            yield "| field | type | |\n|---|---|---|"
            for field in fields:
                yield f"| `{field.name}` | {_type(field, reference)} | {_linked(_one_line(_text(field)), '../api/')} |"
        if users := ", ".join(_users(name, reference)):
            yield f"\n**Used by** {users}"
        yield ""


def _type(field: Attribute, reference: Reference) -> str:
    """Return the type of a field, with a link to each model in it."""
    names = sorted(_models_in([str(field.annotation)], reference.models))
    links = ", ".join(f"[{name}]({reference.pages[name]}.md#{name.lower()})" for name in names)
    if str(field.annotation) in names:
        return links
    return f"`{field.annotation}`" + (f" ({links})" if links else "")


def _users(model: str, reference: Reference) -> Iterator[str]:
    return (
        f"[`{name}.{method.name}`](../api/{name}.md#{method.name})"
        for name, namespace in reference.namespaces.items()
        for method in namespace.functions.values()
        if model in _models_in([str(method.returns), *(str(p.annotation) for p in method.parameters)], reference.models)
    )


def _text(documented: Class | Attribute) -> str:
    if documented.docstring is None or not documented.docstring.value.strip():
        msg = f"{documented.path} has no docstring: write one in openapi.json, and run `make generate`"
        raise MissingDocstringError(msg)
    return documented.docstring.value


def _one_line(text: str) -> str:
    """Return a text as the cell of a table: one line, without characters that would divide it."""
    return " ".join(text.split()).replace("|", "\\|")


def _linked(text: str, folder: str) -> str:
    """Turn each mention of a method, such as `pipelines.get`, into a link to it."""
    known = {(operation.namespace, operation.name) for operation in OPERATIONS.values()}

    def link(match: re.Match[str]) -> str:
        namespace, name = match[1], match[2]
        return f"[{match[0]}]({folder}{namespace}.md#{name})" if (namespace, name) in known else match[0]

    return _MENTIONED.sub(link, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
