"""Find the response to a request: authentication, validation against the OpenAPI document, and the route's handler.

A realistic fake then changes the response like the live API, which deviates from its document in recorded responses.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http import HTTPStatus
from itertools import chain
from typing import Any, Final

import attrs

from circleci_v2.testing.downloads import ARTIFACTS_PREFIX, STORAGE_PREFIX, get_artifact, get_stored
from circleci_v2.testing.generic import routes_of
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.routes import (
    Handler,
    Routes,
    insights,
    integrations,
    organizations,
    pipelines,
    secrets,
    triggers,
    workflows,
)
from circleci_v2.testing.specification import Specification
from circleci_v2.testing.state import FakeState

__all__ = ["ROUTES", "published_routes", "respond_to_api", "respond_to_download"]

_MODULES: Final = (insights, integrations, organizations, pipelines, secrets, triggers, workflows)

ROUTES: Final = Routes(chain.from_iterable(module.routes for module in _MODULES))
"""The routes of the operations that have a handler."""

_Change = Callable[[Any, FakeState], Any]

_CONSTANT_BUDGET: Final = {"x-ratelimit-limit": "151", "x-ratelimit-remaining": "150", "x-ratelimit-reset": "0"}
_WORKFLOWS_AFTER: Final = 2.0
_IGNORING_PAGE_TOKENS: Final = {
    "/context/{context_id}/environment-variable",
    "/project/{project-slug}/checkout-key",
    "/project/{project-slug}/envvar",
}


@cache
def published_routes() -> Routes:
    """Return the routes of all operations of the document that this library is generated from."""
    return routes_of(Specification.published(), ROUTES)


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
            response = _call(handler, state, _without_page_token(request) if realistic else request)
    return _make_realistic(state, request, response) if realistic else response, errors


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


def _without_page_token(request: FakeRequest) -> FakeRequest:
    """Remove the page token from requests for lists that ignore it and always return the first page."""
    if request.route not in _IGNORING_PAGE_TOKENS:
        return request
    return attrs.evolve(request, query=tuple(pair for pair in request.query if pair[0] != "page-token"))


def _make_realistic(state: FakeState, request: FakeRequest, response: FakeResponse) -> FakeResponse:
    """Change a response that conforms to the OpenAPI document into one like the live API's.

    Args:
        state: The state of the fake.
        request: The request; its route selects the changes.
        response: The response that conforms to the document.
    """
    # The live API sends these three headers with every response, and their values never change.
    response = response.with_headers(_CONSTANT_BUDGET)
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(response)
    change = _CHANGES.get(request.route)
    if change is None or response.status_code >= HTTPStatus.BAD_REQUEST or request.method != "GET":
        return response
    content = json.dumps(change(json.loads(response.content), state), separators=(",", ":")).encode()
    return attrs.evolve(response, content=content)


def _unauthorized(response: FakeResponse) -> FakeResponse:
    """Declare the response plain text; for a wrong token the body is plain text, for a missing token it is still JSON."""
    message: str = json.loads(response.content)["message"]
    content = response.content if message.startswith("You must") else message.encode()
    return attrs.evolve(
        response, content=content, headers={**response.headers, "content-type": "text/plain;charset=utf-8"}
    )


def _each_item(change: _Change) -> _Change:
    def change_page(page: Any, state: FakeState) -> Any:
        return {**page, "items": [change(item, state) for item in page["items"]]}

    return change_page


def _snake_case(value: Any, _state: FakeState) -> Any:
    if isinstance(value, Mapping):
        return {str(name).replace("-", "_"): _snake_case(item, _state) for name, item in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [_snake_case(item, _state) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _user(user: Any, _state: FakeState) -> Any:
    return {name: value for name, value in user.items() if name != "avatar_url"}


def _collaborations(collaborations: Any, _state: FakeState) -> Any:
    return [_snake_case({**collaboration, "id": None}, _state) for collaboration in collaborations]


def _pipeline(pipeline: Any, _state: FakeState) -> Any:
    trigger = dict(pipeline["trigger"])
    if trigger["type"] == "schedule" and pipeline["number"] % 2:
        trigger["type"] = "Decoupled Ingestion System"
    vcs = pipeline.get("vcs")
    if vcs is None:
        return {**pipeline, "trigger": trigger}
    changed = {**vcs, "provider_name": vcs["provider_name"].lower()}
    if "tag" in vcs:
        changed["commit"] = None
    return {**pipeline, "trigger": trigger, "vcs": changed}


def _late_workflows(page: Any, state: FakeState) -> Any:
    """Hide workflows during the first 2 seconds of their pipeline."""
    young = [item for item in page["items"] if _age(item, state) < _WORKFLOWS_AFTER]
    return {**page, "items": [item for item in page["items"] if item not in young]}


def _age(workflow: Any, state: FakeState) -> float:
    return state.now() - state.pipeline(workflow["pipeline_id"]).created_at


def _test(test: Any, _state: FakeState) -> Any:
    passed = test["result"] == "success"
    changed = {"file": None, "message": None} if passed else {"source": "unknown"}
    return {**test, **changed, "run_time": str(test["run_time"])}


_CHANGES: Final[Mapping[str, _Change]] = {
    "/me": _user,
    "/me/collaborations": _collaborations,
    "/insights/{project-slug}/flaky-tests": _snake_case,
    "/pipeline": _each_item(_pipeline),
    "/pipeline/{pipeline-id}": _pipeline,
    "/pipeline/{pipeline-id}/config": _snake_case,
    "/pipeline/{pipeline-id}/workflow": _late_workflows,
    "/project/{project-slug}/checkout-key": _each_item(_snake_case),
    "/project/{project-slug}/envvar": _each_item(_snake_case),
    "/project/{project-slug}/pipeline": _each_item(_pipeline),
    "/project/{project-slug}/pipeline/mine": _each_item(_pipeline),
    "/project/{project-slug}/schedule": _each_item(_snake_case),
    "/project/{project-slug}/{job-number}/tests": _each_item(_test),
}
