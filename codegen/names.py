"""Python names for operations, models and parameters, read from names.yaml.

Everything that the table does not list gets a default name, and `Names.unnamed` records it for the maintainer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from keyword import iskeyword
from pathlib import Path
from typing import Any

import attrs
import yaml

from circleci_v2._wire.json import is_array, is_object
from codegen.errors import SpecError, UnsupportedError

__all__ = ["CallName", "Names", "canonical_key", "class_name", "identifier", "pascal_case", "snake_case"]

NAMES_FILE = Path(__file__).with_name("names.yaml")
CLIENT_FILE = Path(__file__).parent.parent / "circleci_v2" / "client.py"

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")

_LONGEST_CALL = 80
"""Characters of the name of a namespace or method; a namespace is also the name of a file."""

# Classes that generated code imports; a model of the same name would hide them.
_IMPORTED_CLASSES = frozenset(
    {
        *(
            "Any",
            "FileContent",
            "Literal",
            "Mapping",
            "Model",
            "Namespace",
            "Namespaces",
            "OpenStrEnum",
            "Operation",
            "OrgSlug",
        ),
        *("Page", "Paginator", "Payload", "ProjectSlug", "RawNamespace", "Request", "Sequence", "Unset"),
    }
)


def canonical_key(method: str, path: str) -> str:
    """Identify an operation across documents: method and path, ignoring how placeholders are spelled.

    ``GET /context/{context-id}`` and ``GET /context/{context_id}`` have the same key, ``GET /context/{}``.
    """
    return f"{method.upper()} {_PLACEHOLDER.sub('{}', path)}"


def snake_case(text: str) -> str:
    """Convert any spelling to snake_case: ``getOrgSummary`` to ``get_org_summary``, ``OrgID`` to ``org_id``."""
    return "_".join(word.lower() for word in _WORD.findall(text)) or "unnamed"


def pascal_case(text: str) -> str:
    """Convert any spelling to PascalCase: ``getOrgSummary`` to ``GetOrgSummary``, ``OrgID`` to ``OrgId``."""
    return "".join(word.capitalize() for word in _WORD.findall(text)) or "Unnamed"


def identifier(text: str, *, prefix: str, taken: Container[str] = ()) -> str:
    """Convert any text to a valid Python name in snake_case.

    Args:
        text: The text.
        prefix: Prepended if the text does not begin with a letter.
        taken: Names that are in use where the identifier will appear; like keywords, they get a trailing underscore.
    """
    name = snake_case(text)
    name = name if name.isidentifier() else f"{prefix}{name}"
    while iskeyword(name) or name in taken:
        name = f"{name}_"
    return name


def class_name(text: str) -> str:
    """Convert any text to a valid class name in PascalCase."""
    name = pascal_case(text)
    name = name if name.isidentifier() else f"Model{name}"
    return f"{name}_" if iskeyword(name) or name in _IMPORTED_CLASSES else name


@cache
def client_attributes() -> frozenset[str]:
    """Return the attributes of `CircleCI` other than its namespaces.

    The source is parsed instead of imported, because the client imports the generated namespaces.
    """
    module = ast.parse(CLIENT_FILE.read_text(encoding="utf-8"))
    client = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "CircleCI")
    return frozenset(name for statement in client.body for name in _defined_names(statement))


def _defined_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of the class body defines; some methods are assigned from other modules."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case _:
            pass


@cache
def _read_table(path: Path) -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


@attrs.frozen
class CallName:
    """The namespace and name of a client method: ``circleci.<namespace>.<method>``."""

    namespace: str
    method: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.method}"


@attrs.frozen(kw_only=True)
class _Entry:
    """One operation of names.yaml."""

    method: str
    path: str
    call: CallName
    body: str | None
    response: str | Mapping[str, str] | None
    items: str | None
    arguments: Mapping[str, str]
    position: int


@attrs.define
class Names:
    """The table of names.

    Attributes:
        table: The content of names.yaml.
        unnamed: One line for each operation and model that is not in the table and got a default name.
    """

    table: Mapping[str, Any]
    unnamed: list[str] = attrs.field(factory=list[str])

    @classmethod
    def load(cls, path: Path = NAMES_FILE) -> Names:
        """Read a names.yaml."""
        return cls(_read_table(path))

    @cached_property
    def _entries(self) -> Mapping[str, _Entry]:
        entries: dict[str, _Entry] = {}
        for position, (key, value) in enumerate(self.table["operations"].items()):
            method, path = key.split(" ", 1)
            namespace, call = value["call"].split(".")
            if namespace not in self.table["namespaces"]:
                msg = (
                    f"names.yaml: {key!r} is called {value['call']!r}, but there is no namespace {namespace!r}; add it"
                )
                raise SpecError(msg)
            entry = _Entry(
                method=method,
                path=path,
                call=CallName(namespace, call),
                body=value.get("body"),
                response=value.get("response"),
                items=value.get("items"),
                arguments=value.get("arguments", {}),
                position=position,
            )
            if entries.setdefault(canonical_key(method, path), entry) is not entry:
                msg = f"names.yaml: {key!r} is listed twice; remove one of the entries"
                raise SpecError(msg)
        return entries

    def published_path(self, method: str, path: str) -> str:
        """Return the path in the spelling of openapi.json."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.path if entry else path

    def position(self, method: str, path: str) -> int:
        """Return the position of an operation in the table; operations without an entry come last."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.position if entry else len(self._entries)

    def call(self, method: str, path: str, operation: Mapping[str, Any]) -> CallName:
        """Return the client method of an operation.

        The default is the operationId in snake_case, in the namespace of the first tag.
        """
        entry = self._entries.get(canonical_key(method, path))
        if entry:
            return entry.call
        tag = next(iter(operation.get("tags", ())), "default")
        by_tag = {spec["tag"]: namespace for namespace, spec in self.table["namespaces"].items()}
        namespace = by_tag.get(tag) or identifier(tag, prefix="namespace_", taken=client_attributes())
        call = CallName(namespace, identifier(operation.get("operationId", f"{method} {path}"), prefix="operation_"))
        for kind, name in (("tag", namespace), ("operationId", call.method)):
            if len(name) > _LONGEST_CALL:
                msg = (
                    f"{method.upper()} {path}: the {kind} {name[:40]!r}... is longer than {_LONGEST_CALL} characters, too "
                    "long for a name; name the operation in names.yaml"
                )
                raise UnsupportedError(msg)
        self._report(f"operation {method.upper()} {path} is called {call}")
        return call

    def arguments(self, method: str, path: str) -> Mapping[str, str]:
        """Return parameter -> argument for the arguments that are not named after their parameter."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.arguments if entry else {}

    def tag(self, namespace: str) -> str:
        """Return the heading in CircleCI's reference for a namespace."""
        return str(self.table["namespaces"].get(namespace, {"tag": namespace.replace("_", " ").title()})["tag"])

    def class_name(self, namespace: str) -> str:
        """Return the class of a namespace."""
        return str(self.table["namespaces"].get(namespace, {"class": class_name(namespace)})["class"])

    def namespaces(self) -> Sequence[str]:
        """Return all namespaces of the table, in its order."""
        return list(self.table["namespaces"])

    def body(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """Return the model of a request body."""
        entry = self._entries.get(canonical_key(method, path))
        if entry and entry.body:
            return entry.body
        return self._default(f"body of {method.upper()} {path}", operation, "Request")

    def response(self, method: str, path: str, status: str, operation: Mapping[str, Any], suffix: str = "") -> str:
        """Return the model of a successful response; a suffix tells it from that of another status."""
        what = f"response {status} of {method.upper()} {path}"
        name = self.listed_response(method, path, status)
        if name and suffix:
            self._report(f"{what} is called {name}{suffix}")
        return f"{name}{suffix}" if name else self._default(what, operation, f"Response{suffix}")

    def listed_response(self, method: str, path: str, status: str) -> str | None:
        """Return the model of a successful response in the table; None if it does not list the response."""
        entry = self._entries.get(canonical_key(method, path))
        name = entry.response if entry else None
        if is_object(name):
            name = {str(key): value for key, value in name.items()}.get(status)
        if entry and entry.items and not name:
            return self._list_of(entry)
        return str(name) if name else None

    def field(self, model: str, field: str, variant: int | None = None) -> str:
        """Return the model or enum of a field; `variant` is the index of a member of a union.

        An empty field stands for a body that is a union itself.
        """
        named = self.table["models"].get(f"{model}.{field}")
        index = variant or 0
        if is_array(named):
            # A union may have more members than the table lists.
            named, variant = (named[index], None) if index < len(named) else (None, index)
        if named:
            return str(named) if variant is None else f"{named}{variant + 1}"
        default = f"{model}{pascal_case(field)}" if field else model
        return default if variant is None else f"{default}Variant{variant + 1}"

    def items(self, model: str, field: str) -> str:
        """Return the model of the items of an array field; ``PipelineList.items`` holds ``Pipeline`` by default."""
        named = self.table["models"].get(f"{model}.{field}")
        if named is None and field == "items" and model in self._list_items:
            return self._list_items[model]
        return self.field(model, field)

    def values(self, mapping: str) -> str:
        """Return the model of the values of a mapping.

        A name from the table is used for the values directly. A default name gets the suffix ``Value``, because
        openapi-python-client gives the mapping itself the name without it.
        """
        return mapping if mapping in self._listed_models else f"{mapping}Value"

    def is_listed(self, model: str) -> bool:
        """Whether the table lists a model."""
        return model in self._listed_models

    @cached_property
    def _listed_models(self) -> frozenset[str]:
        """Every model that the table lists."""
        fields = self.table["models"].values()
        named = [name for value in fields for name in (value if is_array(value) else [value])]
        for entry in self._entries.values():
            responses = entry.response.values() if is_object(entry.response) else [entry.response]
            named += [entry.body, entry.items, *responses]
        return frozenset(str(name) for name in named if name)

    @cached_property
    def _list_items(self) -> Mapping[str, str]:
        return {self._list_of(entry): entry.items for entry in self._entries.values() if entry.items}

    def _list_of(self, entry: _Entry) -> str:
        """Return the model that wraps a list; a response that is a bare array today may become a page later."""
        return str(entry.response or f"{entry.items}List")

    def bare_items(self, method: str, path: str) -> str | None:
        """Return the model of the items of a response that is a bare array."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.items if entry else None

    def parameter(self, location: str, name: str) -> str:
        """Return the name of the shared component of a parameter."""
        return str(self.table["parameters"].get(f"{location} {name}", pascal_case(name)))

    def parameter_enum(self, location: str, name: str) -> str:
        """Return the name of the enum of a parameter."""
        return str(self.table["parameters"].get(f"{location} {name}", class_name(name)))

    def required(self, model: str) -> Sequence[str] | None:
        """Return the required fields of a model, if the table overrides what the document says."""
        fields: Sequence[str] | None = self.table["required"].get(model)
        return fields

    @property
    def slug_paths(self) -> Sequence[str]:
        """Path segments that together are one project slug."""
        return list(self.table["slugs"])

    def ordered(self, values: Iterable[str]) -> list[str]:
        """Return the distinct values of an enum: alphabetically, then those with an order in the table, in that order."""
        return sorted(set(values), key=lambda value: (self._value_order.get(value, -1), value))

    @cached_property
    def _value_order(self) -> Mapping[str, int]:
        return {value: position for position, value in enumerate(self.table["value_order"])}

    def _default(self, what: str, operation: Mapping[str, Any], suffix: str) -> str:
        name = class_name(pascal_case(operation.get("operationId", what)) + suffix)
        self._report(f"{what} is called {name}")
        return name

    def _report(self, line: str) -> None:
        if line not in self.unnamed:
            self.unnamed.append(line)
