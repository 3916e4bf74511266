"""Namespace: the base of ``circleci.pipelines`` and its siblings, and their view with raw responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Generic, Literal, ParamSpec, Protocol, TypeVar, overload

from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page, Paginator
from circleci_v2.response import Response

__all__ = ["Caller", "Namespace", "NamespaceHolder", "RawMethod", "RawNamespace", "raw"]

T = TypeVar("T")
P = ParamSpec("P")

Cursor = Literal["page-token", "offset"]
"""The query parameter by which a list goes on."""


class Caller(Protocol):
    """What a namespace needs of a client: to send a request and have the answer parsed."""

    async def call(self, request: Request, parse: Callable[[Payload], T]) -> Response[T]:
        """Send the request; raise what CircleCI refuses, parse what it answers."""
        ...


class Namespace:
    """The methods for one kind of thing."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _call(self, request: Request, parse: Callable[[Payload], T]) -> T:
        return (await self._caller.call(request, parse)).parsed

    def _paginate(
        self, request: Request, parse: Callable[[Payload], Page[T]], *, cursor: Cursor = "page-token"
    ) -> Paginator[T]:
        async def fetch(token: str | None) -> Page[T]:
            following = request if token is None else request.with_query(cursor, token)
            page = (await self._caller.call(following, parse)).parsed
            return page if cursor == "page-token" else _with_offset(page, following)

        return Paginator(fetch, page_token=request.query_value("page-token"))


class _Made(Protocol):
    def __init__(self, caller: Caller) -> None: ...


M = TypeVar("M", bound=_Made)


class NamespaceHolder:
    """What has namespaces: it makes each when it is first asked for, and keeps it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._made: dict[type[Any], Any] = {}

    def _namespace(self, kind: type[M]) -> M:
        made: M | None = self._made.get(kind)
        if made is None:
            made = self._made[kind] = kind(self._caller)
        return made


def _with_offset(page: Page[T], request: Request) -> Page[T]:
    """A page of a list that is counted through: the next one begins after its last item, and an empty one is the end."""
    if not page.items:
        return page
    offset = int(request.query_value("offset") or 0) + len(page.items)
    return Page(page.items, next_page_token=str(offset), additional_properties=page.additional_properties)


class RawMethod(Generic[P, T]):
    """A method of a namespace that returns the whole `Response` instead of what was parsed from it."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(
        self, instance: RawNamespace, owner: type[RawNamespace]
    ) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
        def call(*arguments: P.args, **options: P.kwargs) -> Awaitable[Response[T]]:
            answer: Awaitable[Response[T]] = self._method(instance, *arguments, **options)
            return answer

        return call  # type: ignore[return-value]  # every method gives a coroutine here; see RawNamespace


class RawNamespace:
    """Stands in for a namespace as the `self` of its methods, and keeps the response around what they parse."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _call(self, request: Request, parse: Callable[[Payload], T]) -> Response[T]:
        return await self._caller.call(request, parse)

    def _paginate(
        self, request: Request, parse: Callable[[Payload], Page[T]], *, cursor: Cursor = "page-token"
    ) -> Coroutine[Any, Any, Response[Page[T]]]:
        del cursor  # one page is asked for, so nothing goes on
        return self._call(request, parse)


@overload
def raw(method: Callable[Concatenate[Any, P], Paginator[T]]) -> RawMethod[P, Page[T]]: ...
@overload
def raw(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> RawMethod[P, T]: ...
def raw(method: Callable[..., Any]) -> RawMethod[..., Any]:
    """The method of a namespace as `CircleCI.with_raw_response` offers it; a list gives its first page."""
    return RawMethod(method)
