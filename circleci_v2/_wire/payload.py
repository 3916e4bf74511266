"""Payload: a body on its way to becoming models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, Union, overload

import attrs

from circleci_v2._wire.decoding import decoder_for
from circleci_v2._wire.deviations import Deviation, JsonPath
from circleci_v2._wire.json import is_array, is_object
from circleci_v2.pagination import Page

__all__ = ["Payload"]

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
W = TypeVar("W")


def _union(targets: tuple[type[T], ...]) -> type[T]:
    """Any of several types, as one; of a single one, itself."""
    return Union[targets]  # type: ignore[return-value]  # noqa: UP007 - made at run time, it has no other spelling


@attrs.frozen
class Payload:
    """The JSON of one successful answer, and whom to tell where it deviates.

    Attributes:
        status_code: The HTTP status.
        data: The body as JSON; None when it was empty.
        report: Called with each deviation; may raise.
    """

    status_code: int
    data: Any
    report: Callable[[Deviation], None]

    def decode(self, target: type[T]) -> T:
        """The body as one value of a type."""
        # An empty body is taken for an empty object: what is missing in it is reported, and nothing crashes.
        data: Any = {} if self.data is None else self.data
        value: T = decoder_for(target)(data, JsonPath(self.report), None)
        return value

    @overload
    def one_of(self, first: type[T], second: type[U], /) -> T | U: ...
    @overload
    def one_of(self, first: type[T], second: type[U], third: type[V], /) -> T | U | V: ...
    @overload
    def one_of(self, first: type[T], second: type[U], third: type[V], fourth: type[W], /) -> T | U | V | W: ...
    @overload
    def one_of(self, *targets: type[Any]) -> Any: ...
    def one_of(self, *targets: type[Any]) -> Any:
        """The body as a value of whichever of several types fits it best."""
        if self.data is None and type(None) in targets:
            return None
        return self.decode(_union(targets))

    def page(self, *targets: type[T]) -> Page[T]:
        """The body as one page of a list: an object with ``items``, or a bare array; items are of any of the types."""
        item = _union(targets)
        if is_array(self.data):
            return Page(self._items(self.data, item, None), next_page_token=None)
        envelope: dict[str, Any] = dict(self.data) if is_object(self.data) else {}
        token = envelope.pop("next_page_token", None)
        items = self._items(envelope.pop("items", None), item, "items")
        return Page(items, next_page_token=token or None, additional_properties=envelope)

    def _items(self, data: Any, item: type[T], step: str | None) -> list[T]:
        path = JsonPath(self.report)
        if is_array(data):
            decode = decoder_for(item)
            inner = path if step is None else path.child(step)
            return [decode(entry, inner, index) for index, entry in enumerate(data)]
        path.report(step, "missing" if data is None else "expected a list")
        return []

    def nothing(self) -> None:
        """For operations that answer without a body."""
