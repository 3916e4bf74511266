"""Find the response to a request: authentication, validation against the OpenAPI document, and the route's handler."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http import HTTPStatus

from circleci_v2.testing.downloads import ARTIFACTS_PREFIX, STORAGE_PREFIX, get_artifact, get_stored
from circleci_v2.testing.generic import published_routes
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.realistic import make_realistic, without_page_token
from circleci_v2.testing.routing import Handler
from circleci_v2.testing.specification import Specification
from circleci_v2.testing.state import FakeState

__all__ = ["respond_to_api", "respond_to_download"]


def respond_to_api(
    state: FakeState, request: FakeRequest, handler: Handler | None, *, token: str, realistic: bool, validate: bool
) -> tuple[FakeResponse, list[str]]:
    """Respond to an API request.

    Args:
        state: The state that the handler reads and changes.
        request: The request, with its path relative to the base URL and its route.
        handler: The handler of the route; None if no route matches.
        token: The valid API token.
        realistic: Deviate from the OpenAPI document like the live API.
        validate: Respond with 400 to requests that violate the OpenAPI document.

    Returns:
        The response, and the violations that validation found.
    """
    errors: list[str] = []
    response = _check_token(request, token)
    if response is None:
        if handler is None:
            response = _no_route(request)
        elif validate and (
            errors := Specification.published()[request.method, request.route].validate_request(request)
        ):
            response = _invalid_request(request, errors)
        else:
            response = _call(handler, state, without_page_token(request) if realistic else request)
    return make_realistic(state, request, response) if realistic else response, errors


def respond_to_download(state: FakeState, request: FakeRequest, *, token: str) -> FakeResponse:
    """Respond to a request for a path outside the API: artifacts need the API token, storage a signed URL."""
    if request.method == "GET" and request.path.startswith(STORAGE_PREFIX):
        return _call(get_stored, state, request)
    if request.method == "GET" and request.path.startswith(ARTIFACTS_PREFIX):
        return _check_token(request, token) or _call(get_artifact, state, request)
    return FakeResponse.message("Not Found", HTTPStatus.NOT_FOUND)


def _call(handler: Handler, state: FakeState, request: FakeRequest) -> FakeResponse:
    try:
        return handler(state, request)
    except HTTPError as error:
        return error.response


def _check_token(request: FakeRequest, token: str) -> FakeResponse | None:
    """Return the 401 response to a request without the valid token, with the live API's messages; otherwise None."""
    if request.token is None:
        return FakeResponse.message("You must log in first.", HTTPStatus.UNAUTHORIZED)
    if not hmac.compare_digest(request.token.encode(), token.encode()):
        return FakeResponse.message("Invalid token provided.", HTTPStatus.UNAUTHORIZED)
    return None


def _invalid_request(request: FakeRequest, errors: Iterable[str]) -> FakeResponse:
    key = Specification.published()[request.method, request.route].error_key
    message = f"The OpenAPI document does not allow this request: {'; '.join(errors)}."
    return FakeResponse.json({key: message}, HTTPStatus.BAD_REQUEST)


def _no_route(request: FakeRequest) -> FakeResponse:
    methods = published_routes().methods(request.path)
    if not methods:
        return FakeResponse.message("Not Found", HTTPStatus.NOT_FOUND)
    not_allowed = FakeResponse.message("Method Not Allowed", HTTPStatus.METHOD_NOT_ALLOWED)
    return not_allowed.with_headers({"allow": ", ".join(methods)})
