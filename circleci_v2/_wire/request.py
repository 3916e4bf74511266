"""Operation and Request: what is known about an API operation, and one HTTP request, ready for any HTTP library to send."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

import attrs

from circleci_v2._lazy import lazy_pattern
from circleci_v2._wire.bodies import Body
from circleci_v2._wire.encoding import encode_json, encode_query, has_dot_segments, omit_none
from circleci_v2._wire.json import dump_json
from circleci_v2._wire.types import UNSET
from circleci_v2.errors import ArgumentTypeError, ConfigurationError
from circleci_v2.policies import IDEMPOTENT_METHODS

__all__ = ["Operation", "Request"]

# RFC 9110, section 5.6.2: a method is a token.
_TOKEN: Final = lazy_pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _is_idempotent(operation: Operation) -> bool:
    return operation.method in IDEMPOTENT_METHODS


@attrs.frozen
class Operation:
    """One operation of the CircleCI API v2.

    Attributes:
        id: The operationId as CircleCI publishes it, for example ``listPipelinesForProject``.
        method: The HTTP method, in upper case.
        path: The path as published, below the base URL, for example ``/project/{project-slug}/pipeline``.
        name: The method of `CircleCI` that calls it, for example ``list_for_project``.
        namespace: The attribute of `CircleCI` that holds the method, for example ``pipelines``.
        tag: The heading of the operation in CircleCI's reference.
        paginated: Whether the method returns a `Paginator`.
        deprecated: Whether CircleCI's document marks it as deprecated.
        idempotent: Whether sending it twice has the effect of sending it once. It follows from the HTTP method (RFC 9110,
            section 9.2.2).
    """

    __module__ = "circleci_v2.operations"

    id: str
    method: str
    path: str
    name: str
    namespace: str = attrs.field(kw_only=True)
    tag: str = attrs.field(kw_only=True)
    paginated: bool = attrs.field(default=False, kw_only=True)
    deprecated: bool = attrs.field(default=False, kw_only=True)
    idempotent: bool = attrs.field(init=False, default=attrs.Factory(_is_idempotent, takes_self=True))


class Request:
    """One HTTP request, without host, token and connection.

    Args:
        method: The HTTP method, in upper case.
        path: The path below the base URL, percent-encoded, slugs with a literal ``/``.
        query: Name and value of each query parameter, in order; a name may repeat.
        json: The body, in JSON's own types.
        has_body: Whether `json` is sent; None is then sent as null.
        operation: The operation that the request calls; None for `CircleCI.request`.
        media: The media type of `json`.
        content: A body that is not JSON, instead of `json`.
        accept: The media types of the response; None for JSON.
    """

    __slots__ = ("accept", "content", "has_body", "json", "media", "method", "operation", "path", "query")

    def __init__(  # noqa: PLR0917 - positional, because every call creates one
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        json: Any = None,
        has_body: bool = False,
        operation: Operation | None = None,
        media: str = "application/json",
        content: Body | None = None,
        accept: str | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.json = json
        self.has_body = has_body
        self.operation = operation
        self.media = media
        self.content = content
        self.accept = accept

    @classmethod
    def of(
        cls,
        operation: Operation,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        nullable: Collection[str] = (),
        *,
        json: Any = UNSET,
        media: str = "application/json",
        content: Body | None = None,
        accept: str | None = None,
    ) -> Request:
        """Describe a call of an operation.

        Args:
            operation: The operation.
            path: Its path with the parameters filled in.
            query: Query parameters; None values are left out.
            body: Fields of the JSON body; None values are left out, models become JSON. None sends no body.
            nullable: Fields of the body for which None is sent as null; only `UNSET` is left out.
            json: The body as a whole, for an operation whose body does not consist of fields. UNSET sends no body.
            media: The media type of the JSON body.
            content: A body that is not JSON. None sends none.
            accept: The media types of the response. None accepts JSON.
        """
        if body is not None:
            json = omit_none(body, nullable)
        has_body = json is not UNSET
        return cls(
            operation.method,
            path,
            encode_query(query) if query else (),
            encode_json(json) if has_body else None,
            has_body,
            operation,
            media,
            content,
            accept,
        )

    @classmethod
    def free(cls, method: str, path: str, *, query: Mapping[str, Any] | None, json: Any) -> Request:
        """Describe a request to any path; see `CircleCI.request`.

        Args:
            method: The HTTP method, in upper or lower case.
            path: The path below the base URL; percent-encoded where it has to be.
            query: Query parameters; None values are left out.
            json: The body; None sends no body.

        Raises:
            ConfigurationError: The method or the path is not valid, or a value cannot be sent.
        """
        return cls(_method(method), _encoded_path(path), _free_query(query), encode_json(json), json is not None)

    @property
    def content_type(self) -> str | None:
        """The value of the header ``Content-Type``; None without a body."""
        if self.content is not None:
            return self.content.content_type
        return self.media if self.has_body else None

    @property
    def body(self) -> bytes | None:
        """The bytes of the body; None without one.

        Raises:
            ConfigurationError: JSON has no text for a value in the body.
        """
        if self.content is not None:
            return self.content.content
        return dump_json(self.json).encode() if self.has_body else None

    def with_query(self, name: str, value: str) -> Request:
        """The same request with one query parameter set to another value."""
        changed = copy.copy(self)
        changed.query = (*(pair for pair in self.query if pair[0] != name), (name, value))
        return changed

    def query_value(self, name: str) -> str | None:
        """The value of a query parameter; None when it is not sent."""
        return next((value for key, value in self.query if key == name), None)


def _method(given: object) -> str:
    if not isinstance(given, str) or not _TOKEN.fullmatch(given):
        msg = f"method={given!r} is not an HTTP method: pass a name such as 'GET'"
        raise ConfigurationError(msg)
    return given.upper()


def _free_query(query: object) -> tuple[tuple[str, str], ...]:
    if query is not None and not isinstance(query, Mapping):
        msg = f"query={query!r} must be a mapping of names to values, such as {{'branch': 'main'}}"
        raise ArgumentTypeError(msg)
    return encode_query(cast("Mapping[str, Any]", query or {}))


def _encoded_path(path: object) -> str:
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
        msg = f"path={path!r} must be a path below the base URL, such as '/me'; parameters go into query="
        raise ConfigurationError(msg)
    if has_dot_segments(path):
        msg = f"path={path!r} may be resolved to another path by a server: leave out '.' and '..', encoded ones too"
        raise ConfigurationError(msg)
    try:
        return quote(path, safe="/%:@!$&'()*+,;=~")
    except UnicodeEncodeError:
        msg = f"path={path!r} cannot be sent: it holds half of a character"
        raise ConfigurationError(msg) from None
