"""What is answered to a call that the API does not have, or does not allow."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.routes import ROUTES
from circleci_v2.testing.specification import Specification

__all__ = ["bad_request", "no_route"]


def bad_request(call: Call, complaints: Iterable[str]) -> Answer:
    """The answer to a call that the document does not allow."""
    key = Specification.published()[call.method, call.route].error_key
    return Answer.json({key: f"This call is not one of the API: {'; '.join(complaints)}."}, HTTPStatus.BAD_REQUEST)


def no_route(call: Call) -> Answer:
    """The answer to a path that does not exist, or not with that method."""
    methods = ROUTES.methods(call.path)
    if not methods:
        return Answer.message("Not Found", HTTPStatus.NOT_FOUND)
    return Answer.message("Method Not Allowed", HTTPStatus.METHOD_NOT_ALLOWED).with_headers(
        {"allow": ", ".join(methods)}
    )
