"""Namespace: the base of ``circleci.pipelines`` and the other namespaces, and of their variants with raw responses."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, Literal, ParamSpec, Protocol, TypeVar, overload

from circleci_v2._wire.bodies import Body
from circleci_v2._wire.payload import Payload, Target
from circleci_v2._wire.request import Operation, Request
from circleci_v2._wire.types import UNSET
from circleci_v2.pagination import Page, Paginator

if TYPE_CHECKING:
    from circleci_v2.response import Response

__all__ = ["Namespace", "NamespaceHolder", "RawMethod", "RawNamespace", "SendRequest", "copy_function", "raw"]

T = TypeVar("T")
P = ParamSpec("P")

SendRequest = Callable[[Request], Awaitable[Payload]]
"""Sends a request and returns the payload of its response; raises on any other outcome."""

Cursor = Literal["page-token", "offset"]
"""The query parameter that selects the next page of a list."""


class Namespace:
    """The methods for one kind of resource.

    Args:
        send: Sends the requests of the methods.
    """

    def __init__(self, send: SendRequest) -> None:
        self._send = send

    async def _call(
        self,
        operation: Operation,
        target: Target[T],
        *,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        nullable: Collection[str] = (),
        json: Any = UNSET,
        media: str = "application/json",
        content: Body | None = None,
        accept: str | None = None,
    ) -> T:
        """Call an operation, and decode its response.

        Args:
            operation: The operation.
            target: The type of the response, or the type for each status.
            path: The path of the operation, with its parameters filled in.
            query: Query parameters; None values are left out.
            body: Fields of the JSON body; None values are left out. Default: no body.
            nullable: Fields of the body for which None is sent as null.
            json: The body as a whole, where it does not consist of fields. Default: no body.
            media: The media type of the JSON body.
            content: A body that is not JSON. Default: none.
            accept: The media types of the response. Default: JSON.
        """
        if operation.deprecated:
            _warn_of_deprecation(operation)
        request = Request.of(
            operation, path, query, body, nullable, json=json, media=media, content=content, accept=accept
        )
        return (await self._send(request)).decode(target)

    def _paginate(
        self,
        operation: Operation,
        item: type[T],
        *,
        path: str,
        query: Mapping[str, Any] | None = None,
        cursor: Cursor = "page-token",
        items: str = "items",
        **content: Any,
    ) -> Paginator[T]:
        """A paginator over the items of a list; each page is one call of the operation.

        Args:
            operation: The operation.
            item: The type of the items.
            path: The path of the operation, with its parameters filled in.
            query: Query parameters; None values are left out.
            cursor: The query parameter that selects the next page.
            items: The field of a page that holds its items.
            content: The body, as for `_call`.
        """
        if operation.deprecated:
            _warn_of_deprecation(operation)
        request = Request.of(operation, path, query, **content)

        async def fetch(token: str | None) -> Page[T]:
            following = request if token is None else request.with_query(cursor, token)
            page = (await self._send(following)).page(item, items)
            return page if cursor == "page-token" else _with_offset(page, following)

        return Paginator(fetch, page_token=(query or {}).get("page-token"))


_warned_of: Final[set[str]] = set()


def _warn_of_deprecation(operation: Operation) -> None:
    """Warn of the first call of a deprecated operation, at the line that calls its method."""
    if operation.id not in _warned_of:
        msg = f"circleci.{operation.namespace}.{operation.name} is deprecated: CircleCI may remove {operation.id}"
        warnings.warn(msg, DeprecationWarning, stacklevel=4)
        # Only after the warning, which is an exception where warnings are errors.
        _warned_of.add(operation.id)


def _with_offset(page: Page[T], request: Request) -> Page[T]:
    """A page of a list with numeric offsets: the next one begins after its last item; an empty page ends the list."""
    if not page.items:
        return page
    offset = int(request.query_value("offset") or 0) + len(page.items)
    return Page(page.items, next_page_token=str(offset), additional_properties=page.additional_properties)


class _FromSend(Protocol):
    def __init__(self, send: SendRequest) -> None: ...


N = TypeVar("N", bound=_FromSend)


class NamespaceHolder:
    """An object with namespaces as attributes; each is created on first use and kept.

    Args:
        send: Sends the requests of all namespaces.
    """

    def __init__(self, send: SendRequest) -> None:
        self._send_request = send
        self._namespaces: dict[type[Any], Any] = {}

    def _namespace(self, kind: type[N]) -> N:
        namespace: N | None = self._namespaces.get(kind)
        if namespace is None:
            namespace = self._namespaces[kind] = kind(self._send_request)
        return namespace


class RawNamespace:
    """The base of the namespaces of `CircleCI.with_raw_response`, whose methods return the `Response`.

    The methods are those of the plain namespace, with an instance of this class as `self`: its `_call` and `_paginate` return
    the `Response` with the decoded value.

    Args:
        send: Sends the requests of the methods.
    """

    def __init__(self, send: SendRequest) -> None:
        self._send = send

    async def _call(self, operation: Operation, target: Target[T], *, path: str, **content: Any) -> Response[T]:
        if operation.deprecated:
            _warn_of_deprecation(operation)
        payload = await self._send(Request.of(operation, path, **content))
        return payload.response_with(payload.decode(target))

    async def _paginate(
        self,
        operation: Operation,
        item: type[T],
        *,
        path: str,
        query: Mapping[str, Any] | None = None,
        cursor: Cursor = "page-token",
        items: str = "items",
        **content: Any,
    ) -> Response[Page[T]]:
        del cursor  # only one page is requested
        if operation.deprecated:
            _warn_of_deprecation(operation)
        payload = await self._send(Request.of(operation, path, query, **content))
        return payload.response_with(payload.page(item, items))


class RawMethod(Generic[P, T]):
    """A method of a namespace that returns the `Response` instead of only the value decoded from it.

    Args:
        method: The method, as its namespace defines it.
    """

    def __init__(self, method: FunctionType) -> None:
        returns = str(method.__annotations__["return"]).replace("Paginator[", "Page[")
        self._method = copy_function(method)
        self._method.__annotations__ = {**method.__annotations__, "return": f"Response[{returns}]"}
        self.__doc__ = method.__doc__

    def __get__(
        self, instance: RawNamespace, owner: type[RawNamespace]
    ) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
        return MethodType(self._method, instance)


def copy_function(function: FunctionType) -> FunctionType:
    """A copy of a function, whose docstring, names and annotations can be changed."""
    copied = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__annotations__ = function.__annotations__
    copied.__dict__.update(function.__dict__)
    copied.__doc__ = function.__doc__
    copied.__module__, copied.__qualname__ = function.__module__, function.__qualname__
    return copied


@overload
def raw(method: Callable[Concatenate[Any, P], Paginator[T]]) -> RawMethod[P, Page[T]]: ...
@overload
def raw(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> RawMethod[P, T]: ...
def raw(method: Any) -> RawMethod[..., Any]:
    """The variant of a method for `CircleCI.with_raw_response`; a list returns its first page."""
    return RawMethod(method)
