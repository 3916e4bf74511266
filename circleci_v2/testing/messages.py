"""Requests and responses of the fake, independent of how they are transported, and the journal that records them."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import attrs

__all__ = ["FakeRequest", "FakeResponse", "HTTPError", "Journal", "JournalEntry"]


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
        except ValueError as error:
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


@attrs.frozen(kw_only=True)
class JournalEntry:
    """A request and the response to it.

    Attributes:
        request: The request.
        response: The response.
        at: When the request arrived, in seconds since 1970 by the clock of the fake.
        validation_errors: How the request violates the OpenAPI document; empty if it is valid.
    """

    request: FakeRequest
    response: FakeResponse
    at: float
    validation_errors: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.path} -> {self.response.status_code}"


class Journal:
    """A sequence of all API requests since the start or the last `clear`, oldest first.

    Args:
        limit: The number of entries to keep; the oldest are dropped. Default: 10,000.
    """

    def __init__(self, *, limit: int = 10_000) -> None:
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
            route: The path template, optionally with a method: ``/workflow/{id}/rerun`` or
                ``POST /workflow/{id}/rerun``.
        """
        return [
            entry for entry in self if route in {entry.request.route, f"{entry.request.method} {entry.request.route}"}
        ]

    def bodies(self, route: str) -> list[Any]:
        """Return the decoded JSON bodies of the requests to one route; for `route` see `of`."""
        return [entry.request.json() for entry in self.of(route)]

    @property
    def validation_errors(self) -> list[str]:
        """All violations of the OpenAPI document, each prefixed with its request; for ``assert ... == []``."""
        return [f"{entry}: {error}" for entry in self for error in entry.validation_errors]
