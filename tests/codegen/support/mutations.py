"""Random damage to a document: what a broken, a careless or a malicious vendor could publish."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from hypothesis import strategies as st

from tests.codegen.support.documents import excerpt

__all__ = ["CANARY", "HOSTILE", "Mutated", "mutated_documents"]

CANARY = "pwned"

HOSTILE = (
    f'"""\nimport os\n{CANARY}()\n"""',
    f"'''\n{CANARY}()\n'''",
    f'"); {CANARY}(); ("',
    f"'), {CANARY}(), ('",
    f"x', {CANARY}(), 'x",
    f'\\"); {CANARY}() #',
    f"\\\n{CANARY}()",
    f"{{{CANARY}()}}",
    f"{{{{ {CANARY}() }}}}{{% raw %}}",
    f"a\r\n{CANARY}()\x0b\x0c\x85\u2028{CANARY}()",
    f"\x00{CANARY}()",
    f"\ud800{CANARY}",
    f"]\n\n{CANARY}()\n[",
    "import",
    "None",
    "404",
    "",
    "field",
    "self",
    "Ⅳ ﬁ ·",
)

Node = dict[str, Any]
Mutation = Callable[[st.DrawFn, Node], None]

_SCHEMA_KEYS = ("properties", "items", "allOf", "oneOf", "anyOf", "additionalProperties")


def _nodes(value: Any) -> Iterator[Node]:
    """Every object of a document that is not empty."""
    if isinstance(value, dict):
        if value:
            yield value
        for item in value.values():
            yield from _nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)


def _draw_node(draw: st.DrawFn, document: Node, having: str | None = None) -> Node | None:
    nodes = [node for node in _nodes(document) if having is None or having in node]
    return nodes[draw(st.integers(0, len(nodes) - 1))] if nodes else None


def _draw_field(draw: st.DrawFn, document: Node) -> tuple[Node, str] | None:
    """The fields of a model, and the name of one of them."""
    owner = _draw_node(draw, document, "properties")
    if owner is None or not isinstance(owner["properties"], dict) or not owner["properties"]:
        return None
    return owner["properties"], draw(st.sampled_from(sorted(owner["properties"])))


def _replace_field(draw: st.DrawFn, document: Node, schema: Any) -> None:
    if found := _draw_field(draw, document):
        fields, name = found
        fields[name] = schema(fields[name])


def _schemas(document: Node) -> Node:
    """The schema components, unless they are damaged."""
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}


def _drop(draw: st.DrawFn, document: Node) -> None:
    node = _draw_node(draw, document)
    assert node is not None
    node.pop(draw(st.sampled_from(sorted(node))))


def _drop_field(draw: st.DrawFn, document: Node) -> None:
    if found := _draw_field(draw, document):
        found[0].pop(found[1])


def _change_type(draw: st.DrawFn, document: Node) -> None:
    kinds = ["string", "integer", "number", "boolean", "array", "object", "null", "file", 42, ["string", "null"], None]
    if node := _draw_node(draw, document, "type"):
        node["type"] = draw(st.sampled_from(kinds))


def _rename_operation(draw: st.DrawFn, document: Node) -> None:
    if node := _draw_node(draw, document, "operationId"):
        node["operationId"] = draw(st.sampled_from([*HOSTILE, "getWorkflowById", "createWebhook"]))


def _move_operation(draw: st.DrawFn, document: Node) -> None:
    paths = document.get("paths")
    if isinstance(paths, dict) and paths:
        path = draw(st.sampled_from(sorted(paths)))
        paths[path + draw(st.sampled_from(["/x", '/"', "/{y", "/'{z}", "?q=1", *HOSTILE]))] = paths.pop(path)


def _nest(draw: st.DrawFn, document: Node) -> None:
    depth = draw(st.sampled_from([1, 2, 5, 100]))
    inside_array = draw(st.booleans())

    def nested(schema: Any) -> Any:
        for _ in range(depth):
            schema = (
                {"type": "array", "items": schema}
                if inside_array
                else {"type": "object", "properties": {"inner": schema}}
            )
        return schema

    _replace_field(draw, document, nested)


def _cycle(draw: st.DrawFn, document: Node) -> None:
    if schemas := _schemas(document):
        pointer = {"$ref": f"#/components/schemas/{draw(st.sampled_from(sorted(schemas)))}"}
        form = draw(st.sampled_from([pointer, {"allOf": [pointer, {"type": "object"}]}, {"oneOf": [pointer, pointer]}]))
        _replace_field(draw, document, lambda _: form)
        if draw(st.booleans()):
            schemas[draw(st.sampled_from(sorted(schemas)))] = form


def _chain(draw: st.DrawFn, document: Node) -> None:
    if schemas := _schemas(document):
        for place in range(300):
            schemas[f"Chain{place}"] = {"$ref": f"#/components/schemas/Chain{place + 1}"}
        end = draw(st.sampled_from([{"type": "string"}, {"$ref": "#/components/schemas/Chain0"}]))
        schemas["Chain300"] = end
        _replace_field(draw, document, lambda _: {"$ref": "#/components/schemas/Chain0"})


def _hostile_words(draw: st.DrawFn, document: Node) -> None:
    node = _draw_node(draw, document)
    assert node is not None
    node[draw(st.sampled_from(["description", "summary", "title", "default", "example", "format"]))] = draw(
        st.sampled_from(HOSTILE)
    )


def _hostile_name(draw: st.DrawFn, document: Node) -> None:
    """Another name for a field, a parameter, a component, a status: whatever a document has names for."""
    node = _draw_node(draw, document)
    assert node is not None
    node[draw(st.sampled_from(HOSTILE))] = node.pop(draw(st.sampled_from(sorted(node))))


def _hostile_value(draw: st.DrawFn, document: Node) -> None:
    """Another text where one stands already: tags, enum values, parameter names, media types, locations."""
    node = _draw_node(draw, document)
    assert node is not None
    key = draw(st.sampled_from(sorted(node)))
    text = draw(st.sampled_from(HOSTILE))
    node[key] = [text, *node[key]] if isinstance(node[key], list) else text


def _junk(draw: st.DrawFn, document: Node) -> None:
    node = _draw_node(draw, document)
    assert node is not None
    node[draw(st.sampled_from(sorted(node)))] = draw(st.sampled_from([None, 0, -1, True, [], {}, [None], [[]], ""]))


_MUTATIONS: tuple[Mutation, ...] = (
    _drop,
    _drop_field,
    _change_type,
    _rename_operation,
    _move_operation,
    _nest,
    _cycle,
    _chain,
    _hostile_words,
    _hostile_name,
    _hostile_value,
    _junk,
)


@attrs.frozen(repr=False)
class Mutated:
    """A damaged document, and what was done to it."""

    document: Node
    mutations: tuple[str, ...]

    def __repr__(self) -> str:
        return f"the document after {', '.join(self.mutations)}"


@st.composite
def mutated_documents(draw: st.DrawFn, whole: Node | None = None) -> Mutated:
    """A document, by default the excerpt of ours, with one to three random mutations."""
    document = copy.deepcopy(excerpt() if whole is None else whole)
    mutations = draw(st.lists(st.sampled_from(_MUTATIONS), min_size=1, max_size=3))
    for mutate in mutations:
        if document:
            mutate(draw, document)
    return Mutated(document, tuple(mutate.__name__.lstrip("_") for mutate in mutations))
