"""Request: the description of one HTTP request, ready for any HTTP library to send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from circleci_v2._wire.encoding import encode_json, encode_query
from circleci_v2._wire.operation import Operation

__all__ = ["Request"]


@attrs.frozen
class Request:
    """What to send: no host, no token, no connection.

    Attributes:
        method: The HTTP method, in upper case.
        path: The path below the base URL, percent-encoded, slugs with a literal ``/``.
        query: Name and value of each query parameter, in order; a name may repeat.
        json: The body, made of JSON types only.
        has_body: Whether `json` is sent; a None that is sent is null.
        operation: The operation that this is a call of; None for `CircleCI.request`.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    json: Any = None
    has_body: bool = False
    operation: Operation | None = None

    @classmethod
    def to(
        cls,
        operation: Operation,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Request:
        """Describe a call of `operation`: None values of the query are left out, models of the body become JSON."""
        return cls(
            operation.method,
            path,
            encode_query(query) if query else (),
            encode_json(json),
            json is not None,
            operation,
        )

    def with_query(self, name: str, value: str) -> Request:
        """The same request with one query parameter set to another value."""
        others = tuple(pair for pair in self.query if pair[0] != name)
        return attrs.evolve(self, query=(*others, (name, value)))

    def query_value(self, name: str) -> str | None:
        """The value of a query parameter; None when it is not sent."""
        return next((value for key, value in self.query if key == name), None)
