"""Requests and responses of the fake, independent of how they are transported, their pages, and the journal of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import attrs

__all__ = [
    "PAGE_SIZE",
    "FakeRequest",
    "FakeResponse",
    "FindRoutes",
    "HTTPError",
    "Journal",
    "JournalEntry",
    "PageTokens",
    "page",
    "page_size",
]

Item = TypeVar("Item")

FindRoutes = Callable[[str], frozenset[tuple[str, str]]]
"""Returns the methods and templates of the routes with a name; raises ConfigurationError for an unknown name."""

PAGE_SIZE: Final = 20
"""Items per page, unless the operation has a parameter for it."""

_POSITION_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 11


@attrs.frozen(kw_only=True)
class FakeRequest:
    """A request as it arrived.

    Attributes:
        method: The HTTP method, in upper case.
        path: The path as sent, still percent-encoded, because ``%2F`` is not the same as ``/`` to CircleCI.
        query: Name and value of each query parameter, decoded, in order.
        headers: The headers, with lower-case names.
        body: The body, in bytes.
        path_params: The decoded parameters of the path, by their names in the route template.
        route: The template of the matching route, for example ``/workflow/{id}/rerun``; empty if none matches.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = b""
    path_params: Mapping[str, str] = attrs.field(factory=dict[str, str])
    route: str = ""

    @classmethod
    def from_target(cls, method: str, target: str, *, headers: Mapping[str, str], body: bytes) -> FakeRequest:
        """Parse the request target, which is the path and the query joined by ``?`` (RFC 9112, section 3.2.1)."""
        path, _, query = target.partition("?")
        return cls(
            method=method,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
        )

    def query_value(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None if it is absent."""
        return next((value for key, value in self.query if key == name), None)

    def query_values(self, name: str) -> list[str]:
        """Return all values of a repeatable query parameter."""
        return [value for key, value in self.query if key == name]

    def query_flag(self, name: str) -> bool:
        """Return whether a boolean query parameter is ``true``; absent means false."""
        return self.query_value(name) == "true"

    def json(self) -> Any:
        """Decode the body; an empty body is an empty object.

        Raises:
            HTTPError: The body is not JSON (400).
        """
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, f"The body is not JSON: {error}") from error

    def json_object(self) -> dict[str, Any]:
        """Decode a body that has to be a JSON object.

        Raises:
            HTTPError: The body is something else (400).
        """
        body = self.json()
        if not isinstance(body, dict):
            raise HTTPError(400, "The body has to be a JSON object.")
        return body  # pyright: ignore[reportUnknownVariableType] - JSON objects have string keys

    @property
    def token(self) -> str | None:
        """The API token, or None if the request has none.

        It is read from the ``Circle-Token`` header, from ``Authorization`` (a bearer token, or the user name of basic
        authentication), or from the query. CircleCI still accepts the query parameter, but clients should not use it:
        it ends up in access logs.
        """
        if token := self.headers.get("circle-token") or self.query_value("circle-token"):
            return token
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return credentials.strip()
            case "basic":
                return _basic_user_name(credentials)
            case _:
                return None


def _basic_user_name(credentials: str) -> str:
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


@attrs.frozen
class FakeResponse:
    """A complete response.

    Attributes:
        status_code: The HTTP status.
        content: The body, in bytes. Default: empty.
        headers: The headers, with lower-case names. Default: none.
    """

    status_code: int = attrs.field(converter=int)
    content: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @classmethod
    def json(cls, data: Any, status_code: int = 200) -> FakeResponse:
        """Create a JSON response."""
        content = json.dumps(data, separators=(",", ":")).encode()
        return cls(status_code, content, {"content-type": "application/json;charset=utf-8"})

    @classmethod
    def text(cls, text: str, status_code: int) -> FakeResponse:
        """Create a plain-text response, the format in which CircleCI's front end reports errors."""
        return cls(status_code, text.encode(), {"content-type": "text/plain;charset=utf-8"})

    @classmethod
    def message(cls, message: str, status_code: int = 200) -> FakeResponse:
        """Create a JSON response of the form ``{"message": ...}``."""
        return cls.json({"message": message}, status_code)

    def with_headers(self, headers: Mapping[str, str]) -> FakeResponse:
        """Return a copy with additional headers; existing headers take precedence."""
        return attrs.evolve(self, headers={**headers, **self.headers})


class HTTPError(Exception):
    """Raised by route handlers to end a request with an error response.

    Args:
        status_code: The HTTP status.
        message: The error message of the body.
        key: The field of the body that contains the message. Default: ``message``.

    Attributes:
        response: The error response.
    """

    def __init__(self, status_code: int, message: str, *, key: str = "message") -> None:
        super().__init__(message)
        self.response = FakeResponse.json({key: message}, status_code)


class PageTokens:
    """Issues and verifies page tokens; a token is valid only for the list that issued it.

    Tokens are stateless: they contain a position and a signature over the path, the query and the position.

    Args:
        seed: The seed of the fake, which is part of the signature.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._generation = 0

    def expire(self) -> None:
        """Invalidate all tokens issued so far."""
        self._generation += 1

    def issue(self, request: FakeRequest, position: int) -> str:
        """Return the token of a position in the requested list."""
        encoded = position.to_bytes(_POSITION_BYTES, "big")
        return urlsafe_b64encode(encoded + self._sign(request, encoded)).decode()

    def read(self, request: FakeRequest, token: str) -> int:
        """Return the position of a token in the requested list.

        Raises:
            HTTPError: The token is malformed, expired or from another list (404).
        """
        try:
            raw = urlsafe_b64decode(token.encode())
        except ValueError:
            raw = b""
        encoded, signature = raw[:_POSITION_BYTES], raw[_POSITION_BYTES:]
        if not hmac.compare_digest(signature, self._sign(request, encoded)):
            raise HTTPError(HTTPStatus.NOT_FOUND, "Not Found")
        return int.from_bytes(encoded, "big")

    def _sign(self, request: FakeRequest, encoded: bytes) -> bytes:
        query = sorted(pair for pair in request.query if pair[0] != "page-token")
        text = f"{self._seed} {self._generation} {request.path} {query} ".encode()
        return hashlib.blake2s(text + encoded, digest_size=_SIGNATURE_BYTES).digest()


def page_size(request: FakeRequest, name: str) -> int:
    """Return the requested number of items per page, at least 1.

    Args:
        request: The request.
        name: The query parameter that contains it; without it, 20.
    """
    return max(1, int(request.query_value(name) or PAGE_SIZE))


def page(
    tokens: PageTokens,
    request: FakeRequest,
    items: Sequence[Item],
    render: Callable[[Item], Any],
    *,
    newest_first: bool = False,
    size: int = PAGE_SIZE,
    last_token: str | None = None,
    envelope: Mapping[str, Any] | None = None,
) -> FakeResponse:
    """Return the response with one page of a list.

    Args:
        tokens: Issues and verifies the page tokens.
        request: The request; its ``page-token`` selects the page.
        items: The complete list, in display order.
        render: Converts an item to JSON.
        newest_first: Whether new items are added at the front. Positions then count from the end, so that pages neither
            repeat nor skip items when the list grows between requests.
        size: Items per page.
        last_token: The token on the last page. Default: None, which is null.
        envelope: Additional fields of the response, such as a total.

    Raises:
        HTTPError: The page token is invalid for this list (404).
    """
    token = request.query_value("page-token")
    position = tokens.read(request, token) if token else (len(items) if newest_first else 0)
    start = max(0, len(items) - position) if newest_first else position
    end = start + size
    following = len(items) - end if newest_first else end
    return FakeResponse.json(
        {
            "items": [render(item) for item in items[start:end]],
            "next_page_token": tokens.issue(request, following) if end < len(items) else last_token,
            **(envelope or {}),
        }
    )


@attrs.frozen(kw_only=True)
class JournalEntry:
    """A request and the response to it.

    Attributes:
        request: The request.
        response: The response.
        at: When the request arrived, in seconds since 1970 by the clock of the fake.
        validation_errors: Why the request was rejected: how it violates the OpenAPI document; empty if it does not.
        complaints: What is unusual about the request although it was accepted, as by the live API: for example an unknown
            query parameter. Empty if nothing is.
    """

    request: FakeRequest
    response: FakeResponse
    at: float
    validation_errors: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.path} -> {self.response.status_code}"


class Journal:
    """A sequence of all API requests since the start or the last `clear`, oldest first.

    Args:
        find_routes: Returns the methods and templates of the routes with a name; raises for an unknown name.
        limit: The number of entries to keep; the oldest are dropped. Default: 10,000.
    """

    def __init__(self, find_routes: FindRoutes, *, limit: int = 10_000) -> None:
        self._find_routes = find_routes
        self._entries: deque[JournalEntry] = deque(maxlen=limit)

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, position: int) -> JournalEntry:
        return self._entries[position]

    def add(self, entry: JournalEntry) -> None:
        """Append an entry."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    def of(self, route: str) -> list[JournalEntry]:
        """Return the entries of one route.

        Args:
            route: The operationId (``rerunWorkflow``), the method of the client (``circleci.workflows.rerun``), or the HTTP
                method and the path template (``POST /workflow/{id}/rerun``). A template alone stands for all its methods.

        Raises:
            ConfigurationError: There is no such route, so that a typing error does not look like a request that was not
                sent.
        """
        routes = self._find_routes(route)
        return [entry for entry in self if (entry.request.method, entry.request.route) in routes]

    def bodies(self, route: str) -> list[Any]:
        """Return the decoded JSON bodies of the requests to one route.

        Args:
            route: The name of the route; see `of`.

        Raises:
            ConfigurationError: There is no such route.
        """
        return [entry.request.json() for entry in self.of(route)]

    @property
    def validation_errors(self) -> list[str]:
        """All violations of the OpenAPI document, each prefixed with its request; for ``assert ... == []``."""
        return [f"{entry}: {error}" for entry in self for error in entry.validation_errors]

    @property
    def complaints(self) -> list[str]:
        """All that is unusual about accepted requests, each prefixed with its request; for ``assert ... == []``."""
        return [f"{entry}: {complaint}" for entry in self for complaint in entry.complaints]
