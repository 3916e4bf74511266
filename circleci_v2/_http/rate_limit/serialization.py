"""Text for the state of rate-limit models, so that several processes can share it: JSON with a fixed list of classes.

Pickle would do the same in one call, and would let everyone who can write to a store run code in each process.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final

from circleci_v2._http.rate_limit import from_throughput
from circleci_v2._http.rate_limit.budget import AdaptiveRateLimiter
from circleci_v2._http.rate_limit.from_headers import HeaderBucket, Reservation
from circleci_v2._http.rate_limit.from_throughput import ThroughputEstimator
from circleci_v2._http.rate_limit.measurement import BackgroundRejections, Pacer, Span

__all__ = ["dump_state", "load_state"]

_CLASSES: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (
        AdaptiveRateLimiter,
        HeaderBucket,
        ThroughputEstimator,
        *from_throughput.STATE_CLASSES,
        BackgroundRejections,
        Pacer,
        Reservation,
        Span,
    )
}


def dump_state(value: object) -> str:
    """Return the text of plain values, lists, tuples, deques, dicts with text as keys, and the models of this package.

    An object that occurs several times is one object again after `load_state`.

    Raises:
        TypeError: The value holds an object of another class.
    """
    return json.dumps(_encode(value, {}), separators=(",", ":"))


def load_state(text: str) -> Any:
    """Return the value that `dump_state` was called with.

    Raises:
        ValueError: The text is not of `dump_state`.
    """
    try:
        return _decode(json.loads(text), {})
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        msg = f"not the state of a rate limit: {type(error).__name__}: {error}"
        raise ValueError(msg) from error


def _encode(value: Any, known: dict[int, int]) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    kind = _class_of(value)
    name = kind.__name__
    if kind is list:
        return [_encode(item, known) for item in value]
    if kind is tuple or kind is deque:
        return {name: [_encode(item, known) for item in value]}
    if kind is dict:
        return {name: {_text(key): _encode(item, known) for key, item in value.items()}}
    if id(value) in known:
        return {"known": known[id(value)]}
    if _CLASSES.get(name) is not kind:
        msg = f"{name} has no text form"
        raise TypeError(msg)
    known[id(value)] = number = len(known)
    return {name: {field: _encode(getattr(value, field), known) for field in _fields(value)}, "number": number}


def _class_of(value: object) -> type[object]:
    return type(value)


def _text(name: object) -> str:
    if not isinstance(name, str):
        msg = f"the key {name!r} is no text"
        raise TypeError(msg)
    return name


def _fields(value: object) -> list[str]:
    slots: Any = getattr(_class_of(value), "__slots__", None)
    return list(vars(value)) if slots is None else list(slots)


def _decode(value: Any, known: dict[int, Any]) -> Any:
    kind = _class_of(value)
    if kind is list:
        return [_decode(item, known) for item in value]
    if kind is not dict:
        return value
    pairs: list[tuple[str, Any]] = list(value.items())
    if not pairs:
        raise KeyError(value)
    name, content = pairs[0]
    if name == "known":
        return known[content]
    if name == "dict":
        return {key: _decode(item, known) for key, item in content.items()}
    if name in {"tuple", "deque"}:
        decoded = [_decode(item, known) for item in content]
        return tuple(decoded) if name == "tuple" else deque(decoded)
    # No constructor: the arguments are settings, and the state is what came of them.
    described: Any = _CLASSES[name]
    instance = known[value["number"]] = described.__new__(described)
    for field, item in content.items():
        setattr(instance, field, _decode(item, known))
    return instance
