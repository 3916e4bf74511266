"""names.yaml, read: what an operation, a model and a parameter are called in Python."""

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
from codegen.errors import SpecError

__all__ = ["CallName", "Names", "canonical_key", "class_name", "identifier", "pascal_case", "snake_case"]

NAMES_FILE = Path(__file__).with_name("names.yaml")
CLIENT_FILE = Path(__file__).parent.parent / "circleci_v2" / "client.py"

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")


# Classes that generated code imports, beside the models.
_TAKEN_BY_CODE = frozenset(
    {
        *("Payload", "Any", "Mapping", "Model", "Namespace", "Namespaces", "OpenStrEnum", "Operation", "OrgSlug"),
        *("Page", "Paginator", "ProjectSlug", "RawNamespace", "Request", "Sequence", "Unset"),
    }
)


def canonical_key(method: str, path: str) -> str:
    """Method and path with the spelling of placeholders set aside: what an operation is known by across documents."""
    return f"{method.upper()} {_PLACEHOLDER.sub('{}', path)}"


def snake_case(text: str) -> str:
    """``getOrgSummaryData``, ``project-slug`` or ``OrgID`` as ``get_org_summary_data``, ``project_slug``, ``org_id``."""
    return "_".join(word.lower() for word in _WORD.findall(text)) or "unnamed"


def pascal_case(text: str) -> str:
    """``getOrgSummaryData``, ``project-slug`` or ``OrgID`` as ``GetOrgSummaryData``, ``ProjectSlug``, ``OrgId``."""
    return "".join(word.capitalize() for word in _WORD.findall(text)) or "Unnamed"


def identifier(text: str, *, prefix: str, taken: Container[str] = ()) -> str:
    """Any text as a Python name in snake_case.

    Args:
        text: The text.
        prefix: What to begin with where the text does not begin with a letter.
        taken: Names that mean something else where it is going to stand; they get an underscore, as keywords do.
    """
    name = snake_case(text)
    name = name if name.isidentifier() else f"{prefix}{name}"
    while iskeyword(name) or name in taken:
        name = f"{name}_"
    return name


def class_name(text: str) -> str:
    """Any text as the name of a model or enum, in PascalCase."""
    name = pascal_case(text)
    name = name if name.isidentifier() else f"Model{name}"
    return f"{name}_" if iskeyword(name) or name in _TAKEN_BY_CODE else name


@cache
def client_attributes() -> frozenset[str]:
    """What the client has besides its namespaces; read and not imported, because it cannot be imported without them."""
    module = ast.parse(CLIENT_FILE.read_text(encoding="utf-8"))
    client = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "CircleCI")
    return frozenset(name for statement in client.body for name in _names_given(statement))


def _names_given(statement: ast.stmt) -> Iterator[str]:
    """The name of a method, or those of an assignment, since other modules define some methods."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case _:
            pass


@attrs.frozen
class CallName:
    """Where a method lives: ``circleci.<namespace>.<method>``."""

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
    answer: Any
    items: str | None
    arguments: Mapping[str, str]
    position: int


@attrs.define
class Names:
    """The table, and a record of what had no entry in it.

    Attributes:
        unnamed: Operations and models that got a default name, as lines for the report.
    """

    table: Mapping[str, Any]
    unnamed: list[str] = attrs.field(factory=list[str])

    @classmethod
    def load(cls, path: Path = NAMES_FILE) -> Names:
        """Read a names.yaml."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    @cached_property
    def _entries(self) -> Mapping[str, _Entry]:
        entries: dict[str, _Entry] = {}
        for position, (key, value) in enumerate(self.table["operations"].items()):
            method, path = key.split(" ", 1)
            namespace, call = value["call"].split(".")
            if namespace not in self.table["namespaces"]:
                msg = f"names.yaml: {key!r} is called {value['call']!r}, but there is no namespace {namespace!r}"
                raise SpecError(msg)
            entry = _Entry(
                method=method,
                path=path,
                call=CallName(namespace, call),
                body=value.get("body"),
                answer=value.get("answer"),
                items=value.get("items"),
                arguments=value.get("arguments", {}),
                position=position,
            )
            if entries.setdefault(canonical_key(method, path), entry) is not entry:
                msg = f"names.yaml: {key!r} stands twice"
                raise SpecError(msg)
        return entries

    def published_path(self, method: str, path: str) -> str:
        """The path in the spelling that openapi.json uses."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.path if entry else path

    def position(self, method: str, path: str) -> int:
        """Where the operation stands in the table; operations without an entry come last."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.position if entry else len(self._entries)

    def call(self, method: str, path: str, operation: Mapping[str, Any]) -> CallName:
        """The method of the client; without an entry, the operationId in snake_case under the tag's namespace."""
        entry = self._entries.get(canonical_key(method, path))
        if entry:
            return entry.call
        tag = next(iter(operation.get("tags", ())), "default")
        by_tag = {spec["tag"]: namespace for namespace, spec in self.table["namespaces"].items()}
        namespace = by_tag.get(tag) or identifier(tag, prefix="namespace_", taken=client_attributes())
        call = CallName(namespace, identifier(operation.get("operationId", f"{method} {path}"), prefix="operation_"))
        self._report(f"operation {method.upper()} {path} is called {call}")
        return call

    def arguments(self, method: str, path: str) -> Mapping[str, str]:
        """The arguments of an operation that are not called after their parameter."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.arguments if entry else {}

    def tag(self, namespace: str) -> str:
        """The heading of CircleCI's reference for a namespace."""
        return str(self.table["namespaces"].get(namespace, {"tag": namespace.replace("_", " ").title()})["tag"])

    def class_name(self, namespace: str) -> str:
        """The class behind an attribute of the client."""
        return str(self.table["namespaces"].get(namespace, {"class": class_name(namespace)})["class"])

    def namespaces(self) -> Sequence[str]:
        """All namespaces of the table, in its order."""
        return list(self.table["namespaces"])

    def body(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """The model of a request body."""
        entry = self._entries.get(canonical_key(method, path))
        if entry and entry.body:
            return entry.body
        return self._default(f"body of {method.upper()} {path}", operation, "Request")

    def answer(self, method: str, path: str, status: str, operation: Mapping[str, Any]) -> str:
        """The model of a successful answer."""
        entry = self._entries.get(canonical_key(method, path))
        name = entry.answer if entry else None
        if is_object(name):
            by_status: dict[str, str] = {str(key): value for key, value in name.items()}
            name = by_status.get(status)
        if entry and entry.items and not name:
            return self._list_of(entry)
        if name:
            return str(name)
        return self._default(f"answer {status} of {method.upper()} {path}", operation, "Response")

    def field(self, model: str, field: str, variant: int | None = None) -> str:
        """The model or enum of a field; `variant` counts the members of a union."""
        named = self.table["models"].get(f"{model}.{field}")
        place = variant or 0
        if is_array(named):
            # A union may have more members than the table knows of.
            named, variant = (named[place], None) if place < len(named) else (None, place)
        if named:
            return str(named) if variant is None else f"{named}{variant + 1}"
        default = f"{model}{pascal_case(field)}"
        return default if variant is None else f"{default}Variant{variant + 1}"

    def items(self, model: str, field: str) -> str:
        """The model of the items of an array field: ``PipelineList.items`` holds ``Pipeline`` unless the table says else."""
        named = self.table["models"].get(f"{model}.{field}")
        if named is None and field == "items" and model in self._list_items:
            return self._list_items[model]
        return self.field(model, field)

    def values(self, mapping: str) -> str:
        """The model of the values of a mapping, by the name for its place.

        By default it is another one: the generator calls the mapping itself after its place.
        """
        return mapping if mapping in self._given else f"{mapping}Value"

    @cached_property
    def _given(self) -> frozenset[str]:
        """Every model that the table names."""
        fields = self.table["models"].values()
        named = [name for value in fields for name in (value if is_array(value) else [value])]
        for entry in self._entries.values():
            answers = entry.answer.values() if is_object(entry.answer) else [entry.answer]
            named += [entry.body, entry.items, *answers]
        return frozenset(str(name) for name in named if name)

    @cached_property
    def _list_items(self) -> Mapping[str, str]:
        return {self._list_of(entry): entry.items for entry in self._entries.values() if entry.items}

    def _list_of(self, entry: _Entry) -> str:
        """The envelope of a list: also where the answer is a bare array so far, and may come to be a page."""
        return str(entry.answer or f"{entry.items}List")

    def bare_items(self, method: str, path: str) -> str | None:
        """The model of the items, where the answer is a bare array."""
        entry = self._entries.get(canonical_key(method, path))
        return entry.items if entry else None

    def parameter(self, location: str, name: str) -> str:
        """The shared component of a parameter."""
        return str(self.table["parameters"].get(f"{location} {name}", pascal_case(name)))

    def parameter_enum(self, location: str, name: str) -> str:
        """The enum of a parameter."""
        return str(self.table["parameters"].get(f"{location} {name}", class_name(name)))

    def required(self, model: str) -> Sequence[str] | None:
        """The required fields of a model, where the table and not the document says."""
        fields: Sequence[str] | None = self.table["required"].get(model)
        return fields

    @property
    def slug_paths(self) -> Sequence[str]:
        """Runs of path placeholders that are one project slug."""
        return list(self.table["slugs"])

    def ordered(self, values: Iterable[str]) -> list[str]:
        """The distinct values of an enum, by the table's order where they stand in it, else by the alphabet."""
        return sorted(set(values), key=lambda value: (self._value_order.get(value, -1), value))

    @cached_property
    def _value_order(self) -> Mapping[str, int]:
        return {value: place for place, value in enumerate(self.table["value_order"])}

    def _default(self, what: str, operation: Mapping[str, Any], suffix: str) -> str:
        name = class_name(pascal_case(operation.get("operationId", what)) + suffix)
        self._report(f"{what} is called {name}")
        return name

    def _report(self, line: str) -> None:
        if line not in self.unnamed:
            self.unnamed.append(line)
