"""Payload: the JSON body of one successful response, and its decoding into models and pages.

Deviations from the API's document are reported once per operation and field, as a warning and an event; in strict mode one
is an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, Union, get_args, overload

from circleci_v2._wire.bodies import charset_of
from circleci_v2._wire.decoding import DEVIATIONS, fast_decoder_for, tolerant_decoder_for
from circleci_v2._wire.json import is_array, is_object
from circleci_v2._wire.types import Deviation, JsonPath
from circleci_v2.errors import DecodeError
from circleci_v2.pagination import Page
from circleci_v2.policies import RateLimit

if TYPE_CHECKING:
    from circleci_v2.response import Response

__all__ = ["TEXT", "DeviationReporter", "Payload", "ReceivedResponse", "Target", "one_of"]

_logger = logging.getLogger("circleci_v2")

_MAX_REMEMBERED = 10_000

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
W = TypeVar("W")

Target: TypeAlias = type[T] | Mapping[int | None, type[T]]
"""The type of a response; or that of each status, where the last entry also serves all other statuses."""


class ReceivedResponse(Protocol):
    """A successful HTTP response, read to its end."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def attempts(self) -> int: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def rate_limit(self) -> RateLimit | None: ...


class _Text(str):
    __slots__ = ()


TEXT: Final[type[str]] = _Text
"""The type of a response that is text, as opposed to `str`, a string in JSON. A response of bytes has the type `bytes`."""


@overload
def one_of(first: type[T], second: type[U], /) -> type[T | U]: ...
@overload
def one_of(first: type[T], second: type[U], third: type[V], /) -> type[T | U | V]: ...
@overload
def one_of(first: type[T], second: type[U], third: type[V], fourth: type[W], /) -> type[T | U | V | W]: ...
@overload
def one_of(*types: type[Any]) -> type[Any]: ...
def one_of(*types: type[Any]) -> Any:
    """The union of several types, as a value that type checkers accept where they expect a type."""
    return Union[types]  # noqa: UP007 - the types are known at run time only


class Payload:
    """The body of one successful response.

    Args:
        response: The HTTP response.
        data: Its body as JSON; None when it was empty or is not JSON, or is to be loaded.
        report: Called with each deviation from the API's document; may raise.
        load: Loads the data, or raises `DecodeError`; None if that is done. A page can often do without.
    """

    __slots__ = ("data", "load", "report", "response")

    def __init__(
        self,
        response: ReceivedResponse,
        data: Any,
        report: Callable[[Deviation], None],
        load: Callable[[], Any] | None = None,
    ) -> None:
        self.response = response
        self.data = data
        self.report = report
        self.load = load

    def loaded(self) -> Any:
        """The body as JSON; None when it was empty or is not JSON.

        Raises:
            DecodeError: It should be JSON.
        """
        return self.data if self.load is None else self.load()

    def decode(self, target: Target[T]) -> T:
        """The body as a value of a type."""
        received = self.loaded()
        kind: Any = target
        if isinstance(target, Mapping):
            kind = target.get(self.response.status_code) or [*target.values()][-1]
        if kind is bytes:
            return self.response.content  # type: ignore[return-value]  # T is bytes
        if kind is TEXT:
            return self._text()  # type: ignore[return-value]  # T is str
        if kind is NoneType or (received is None and NoneType in get_args(kind)):
            return None  # type: ignore[return-value]  # T is None or includes it
        # An empty body counts as an empty object: its missing fields are reported, and nothing crashes.
        data: Any = {} if received is None else received
        try:
            return fast_decoder_for(kind)(data)  # type: ignore[no-any-return]
        except DEVIATIONS:
            return tolerant_decoder_for(kind)(data, JsonPath(self.report), None)  # type: ignore[no-any-return]

    def _text(self) -> str:
        """The body as text, in the charset that the response names."""
        charset = charset_of(self.response.headers.get("content-type", ""))
        try:
            return self.response.content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            JsonPath(self.report).report(None, f"expected text in {charset}, found other bytes")
            return self.response.content.decode("utf-8", "replace")

    def page(self, item: type[T], key: str = "items") -> Page[T]:
        """The body as one page of a list: a bare array, or an object with the items in the field `key`."""
        kind: Any = item
        reader = None
        if self.load is not None:
            from circleci_v2._wire.page_decoding import page_reader  # noqa: PLC0415 - loaded with the first page

            reader = page_reader(kind, key)
            if reader is not None and (fields := reader.read(self.response.content)) is not None:
                return Page(fields.pop(key), fields.pop("next_page_token", None) or None, fields)
        received = self.loaded()
        if is_array(received):
            return Page(self._items(received, item, None))
        envelope = dict(received) if is_object(received) else {}
        entries = envelope.pop(key, None)
        next_page_token = envelope.pop("next_page_token", None) or None
        if reader is None or not is_array(entries):
            return Page(self._items(entries, item, key), next_page_token, envelope)
        items: Any = reader.build(entries)
        if items is None:
            items = self._items(entries, item, key)
            reader.learn(items, (*received,))
        return Page(items, next_page_token, envelope)

    def _items(self, entries: Any, item: Any, key: str | None) -> list[Any]:
        if not is_array(entries):
            JsonPath(self.report).report(key, "missing" if entries is None else "expected a list")
            return []
        decode = fast_decoder_for(item)
        items: list[Any] = []
        for index, entry in enumerate(entries):
            try:
                items.append(decode(entry))
            except DEVIATIONS:
                path = JsonPath(self.report)
                items.append(tolerant_decoder_for(item)(entry, path if key is None else path.child(key), index))
        return items

    def response_with(self, parsed: T) -> Response[T]:
        """The public `Response`, with the decoded value."""
        from circleci_v2.response import Response  # noqa: PLC0415 - only for `with_raw_response`

        raw = self.response
        return Response(
            status_code=raw.status_code,
            headers=raw.headers,
            content=raw.content,
            parsed=parsed,
            attempts=raw.attempts,
            elapsed=raw.elapsed,
            rate_limit=raw.rate_limit,
        )


class DeviationReporter:
    """Reports each kind of deviation once, however many responses have it.

    Args:
        strict: Raise `DecodeError` instead of reporting.
        emit: Called with the operation id and the deviation, once for each kind.
        redact: Returns a text without secrets, because deviations quote what the server sent.
    """

    def __init__(
        self, *, strict: bool, emit: Callable[[str | None, Deviation], None], redact: Callable[[str], str]
    ) -> None:
        self._strict = strict
        self._emit = emit
        self._redact = redact
        self._seen: set[tuple[str | None, str, str]] = set()

    def report(self, operation_id: str | None, deviation: Deviation) -> None:
        """Report a deviation in a response of an operation.

        Raises:
            DecodeError: The mode is strict.
        """
        if self._strict:
            shown = self._redacted(deviation)
            msg = f"the response of {operation_id} deviates at {shown}"
            raise DecodeError(msg, operation_id=operation_id, path=shown.path)
        kind = (operation_id, deviation.field, deviation.problem)
        # Bounded, because a hostile server could invent field names without end.
        if kind in self._seen or len(self._seen) >= _MAX_REMEMBERED:
            return
        self._seen.add(kind)
        shown = self._redacted(deviation)
        _logger.warning("The response of %s deviates from its description at %s", operation_id, shown)
        self._emit(operation_id, shown)

    def _redacted(self, deviation: Deviation) -> Deviation:
        return Deviation(self._redact(deviation.path), self._redact(deviation.problem))
