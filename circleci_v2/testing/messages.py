"""Call and Answer: one request and its answer, whatever carried them; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import attrs

__all__ = ["Answer", "Call", "Refusal"]


@attrs.frozen(kw_only=True)
class Call:
    """One request as it arrived.

    Attributes:
        method: The HTTP method, in upper case.
        path: The path as it was on the wire: percent-encoding is not undone, because ``%2F`` is not ``/``.
        query: Name and value of each query parameter, decoded, in order.
        headers: The headers, names in lower case.
        body: The body, in bytes.
        parameters: The parameters of the path, decoded, by the names of the route's template.
        route: The template of the route that answers, empty as long as none is found.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = b""
    parameters: Mapping[str, str] = attrs.field(factory=dict[str, str])
    route: str = ""

    @classmethod
    def from_target(cls, method: str, target: str, *, headers: Mapping[str, str], body: bytes) -> Call:
        """Read what stood in the request line: path and query, joined by ``?``."""
        path, _, query = target.partition("?")
        return cls(
            method=method,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
        )

    def value(self, name: str) -> str | None:
        """The first value of a query parameter; None when it is absent."""
        return next((value for key, value in self.query if key == name), None)

    def values(self, name: str) -> list[str]:
        """Every value of a query parameter that may repeat."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str) -> bool:
        """Whether a boolean query parameter is true; absent is false."""
        return self.value(name) == "true"

    def json(self) -> Any:
        """The body, decoded; an empty body is an empty object.

        Raises:
            Refusal: The body is not JSON.
        """
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}") from error

    def fields(self) -> dict[str, Any]:
        """The body, which has to be a JSON object.

        Raises:
            Refusal: The body is something else.
        """
        body = self.json()
        if not isinstance(body, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, "The body has to be a JSON object.")
        return body  # pyright: ignore[reportUnknownVariableType] - JSON objects have string keys


@attrs.frozen
class Answer:
    """One answer, complete.

    Attributes:
        status: The HTTP status.
        content: The body, in bytes.
        headers: The headers, names in lower case.
    """

    status: int = attrs.field(converter=int)
    content: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @classmethod
    def json(cls, data: Any, status: int = 200) -> Answer:
        """An answer that holds JSON."""
        content = json.dumps(data, separators=(",", ":")).encode()
        return cls(status, content, {"content-type": "application/json;charset=utf-8"})

    @classmethod
    def text(cls, text: str, status: int) -> Answer:
        """An answer that holds plain text, as CircleCI's front end gives for refusals."""
        return cls(status, text.encode(), {"content-type": "text/plain;charset=utf-8"})

    @classmethod
    def message(cls, message: str, status: int = 200) -> Answer:
        """An answer that holds no more than a message."""
        return cls.json({"message": message}, status)

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """The same answer with more headers; those it has already stay as they are."""
        return attrs.evolve(self, headers={**headers, **self.headers})


class Refusal(Exception):  # noqa: N818 - it is not a fault of the program but an answer on its way out
    """Raised where a call turns out to be one that CircleCI refuses.

    Attributes:
        answer: What the caller gets.
    """

    def __init__(self, status: int, message: str, *, key: str = "message") -> None:
        super().__init__(message)
        self.answer = Answer.json({key: message}, status)
