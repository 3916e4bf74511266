"""The operations that each hand-written layer of the package uses: ``layers.yaml``, by operationId.

Layers call methods such as `circleci.pipelines.get`; the table maps these calls to CircleCI's operations. With it, the diff
reports which layers break when an operation disappears, and the generator reports which layers a document leaves without an
operation. A test compares the table with the code.

    python -m codegen.generate.layers    writes layers.yaml; fails if a layer calls a method that does not exist
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import yaml

from codegen.errors import SpecError
from codegen.names import Names

__all__ = ["Use", "layers_by_operation", "relied_on", "uses_of_operations"]

LAYERS_FILE = Path(__file__).with_name("layers.yaml")
PACKAGE = Path(__file__).parent.parent.parent / "circleci_v2"

_HEADER = """\
# The operations that each hand-written package uses, by operationId. Written by `python -m codegen.generate.layers`.
"""
_NOT_LAYERS = frozenset({"_generated", "testing"})
_CLIENT_NAMES = frozenset({"circleci", "_circleci", "client", "_client"})
_CLIENT_VIEWS = frozenset({"with_options", "with_raw_response"})


@attrs.frozen(order=True)
class Use:
    """One use of a namespace's method in a hand-written layer.

    Attributes:
        layer: The module or package below `circleci_v2`.
        place: File and line.
        call: Namespace and method, for example ``pipelines.get``.
        operation_id: The operation of the method; None if the method does not exist.
    """

    layer: str
    place: str
    call: str
    operation_id: str | None


def uses_of_operations(package: Path = PACKAGE) -> Iterator[Use]:
    """Every use of a namespace's method in the hand-written layers of a package, in the order of its files."""
    from circleci_v2.operations import OPERATIONS  # noqa: PLC0415 - the generator uses this module before it exists

    namespaces = frozenset(Names.load().namespaces())
    known = {f"{operation.namespace}.{operation.name}": operation.id for operation in OPERATIONS.values()}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] in _NOT_LAYERS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and (call := _call(node, namespaces, known)):
                place = f"{package.name}/{inside}:{node.lineno}"
                yield Use(inside.parts[0].removesuffix(".py"), place, call, known.get(call))


def _call(node: ast.Attribute, namespaces: frozenset[str], known: Container[str]) -> str | None:
    if not isinstance(node.value, ast.Attribute) or node.value.attr not in namespaces:
        return None
    call = f"{node.value.attr}.{node.attr}"
    return call if call in known or _is_client(node.value.value) else None


def _is_client(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _CLIENT_NAMES:
            return True
        case ast.Attribute(attr=name, value=inner) | ast.Call(func=ast.Attribute(attr=name, value=inner)):
            return name in _CLIENT_VIEWS and _is_client(inner)
        case _:
            return False


def relied_on(uses: Iterator[Use]) -> dict[str, list[str]]:
    """Layer -> the operationIds it uses.

    Raises:
        SpecError: A layer calls a method that does not exist; the message names each place.
    """
    layers: dict[str, set[str]] = {}
    missing: list[str] = []
    for use in uses:
        if use.operation_id is None:
            missing.append(f"{use.place} calls {use.call}, which does not exist")
        else:
            layers.setdefault(use.layer, set()).add(use.operation_id)
    if missing:
        raise SpecError("\n".join(missing))
    return {layer: sorted(layers[layer]) for layer in sorted(layers)}


def read_layers(path: Path = LAYERS_FILE) -> Mapping[str, Sequence[str]]:
    """The table."""
    content: Mapping[str, Sequence[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def layers_by_operation() -> dict[str, list[str]]:
    """OperationId -> the layers that use it."""
    layers: dict[str, list[str]] = {}
    for layer, operations in read_layers().items():
        for operation in operations:
            layers.setdefault(operation, []).append(layer)
    return layers


def main() -> int:
    """Write the table."""
    try:
        table = relied_on(uses_of_operations())
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    LAYERS_FILE.write_text(_HEADER + yaml.safe_dump(table, sort_keys=True), encoding="utf-8")
    print(f"wrote {LAYERS_FILE.name}: {len(layers_by_operation())} operations, {len(table)} layers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
