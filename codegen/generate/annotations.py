"""Comparison of type annotations in generated code: does one type cover every value of another?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce

__all__ = ["accepts_text", "arms", "covers_as_argument", "covers_as_response", "is_same", "without", "without_literals"]

_AnyCovers = Callable[[ast.expr, AbstractSet[str]], bool]

# The types that JSON decodes to; an `Any` in a response is one of these.
_JSON_TYPES = frozenset({"str", "int", "float", "bool", "None", "list", "dict"})


def arms(annotation: str) -> list[str]:
    """The members of a union, in order: ``list[A | B] | None`` has two."""
    return [ast.unparse(arm) for arm in _arms(ast.parse(annotation, mode="eval").body)]


def without(annotation: str, *names: str) -> str:
    """A union without some of its members."""
    return " | ".join(arm for arm in arms(annotation) if arm not in names) or "None"


def accepts_text(annotation: str, text: str) -> bool:
    """Whether a text is a value of a type: of ``str``, or of a ``Literal`` that has it."""
    return any(arm == "str" or text in _literals(arm) for arm in arms(annotation))


def _literals(arm: str) -> Sequence[object]:
    if not arm.startswith("Literal["):
        return ()
    node = ast.parse(arm, mode="eval").body
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]


def without_literals(annotation: str) -> str:
    """A type without the values that it names one by one: ``list[A | Literal['a']]`` becomes ``list[A]``."""
    return ast.unparse(_LiteralRemover().visit(ast.parse(annotation, mode="eval").body))


class _LiteralRemover(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        kept: list[ast.expr] = [self.visit(arm) for arm in _arms(node) if not ast.unparse(arm).startswith("Literal[")]
        return reduce(lambda one, other: ast.BinOp(one, ast.BitOr(), other), kept)


def is_same(one: str, other: str) -> bool:
    """Whether two types are the same, apart from the order of union members."""
    return one == other or _normalized(one) == _normalized(other)


def _normalized(annotation: str) -> str:
    def normalized_arm(arm: ast.expr) -> str:
        if isinstance(arm, ast.Subscript):
            return f"{ast.unparse(arm.value)}[{_normalized(_inner(arm))}]"
        return ast.unparse(arm)

    return " | ".join(sorted(normalized_arm(arm) for arm in _arms(ast.parse(annotation, mode="eval").body)))


def covers_as_response(wide: str, narrow: str, enums: AbstractSet[str]) -> bool:
    """Whether code that handles every response of type `wide` handles every response of type `narrow`.

    Args:
        wide: The type that the code handles.
        narrow: The type to handle.
        enums: The names of enums; their values are strings.
    """
    return _covers(wide, narrow, enums, any_covers=_is_json)


def covers_as_argument(wide: str, narrow: str, enums: AbstractSet[str]) -> bool:
    """Whether an argument of type `wide` accepts every value of type `narrow`."""
    return _covers(wide, narrow, enums, any_covers=lambda _arm, _enums: True)


def _covers(wide: str, narrow: str, enums: AbstractSet[str], any_covers: _AnyCovers) -> bool:
    of_wide = list(_arms(ast.parse(wide, mode="eval").body))
    of_narrow = list(_arms(ast.parse(narrow, mode="eval").body))
    return all(any(_arm_covers(one, other, enums, any_covers) for one in of_wide) for other in of_narrow)


def _arms(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _arms(node.left)
        yield from _arms(node.right)
    else:
        yield node


def _arm_covers(wide: ast.expr, narrow: ast.expr, enums: AbstractSet[str], any_covers: _AnyCovers) -> bool:
    one, other = ast.unparse(wide), ast.unparse(narrow)
    if one == other or (one == "str" and other in enums) or (one == "float" and other == "int"):
        return True
    if one == "Any":
        return any_covers(narrow, enums)
    if isinstance(wide, ast.Subscript) and isinstance(narrow, ast.Subscript):
        same_container = ast.unparse(wide.value) == ast.unparse(narrow.value)
        return same_container and _covers(_inner(wide), _inner(narrow), enums, any_covers)
    return False


def _inner(node: ast.Subscript) -> str:
    """The type of the items of a list, or of the values of a dict, whose keys are always strings."""
    return ast.unparse(node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice)


def _is_json(arm: ast.expr, enums: AbstractSet[str]) -> bool:
    if isinstance(arm, ast.Subscript):
        return all(_is_json(inner, enums) for inner in _arms(ast.parse(_inner(arm), mode="eval").body))
    name = ast.unparse(arm)
    return name in _JSON_TYPES or name in enums or name == "Any"
