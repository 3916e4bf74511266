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
from typing import Any, Final, Literal

import attrs

from circleci_v2.testing.downloads import ARTIFACTS_PREFIX, STORAGE_PREFIX, get_artifact, get_stored
from circleci_v2.testing.generic import routes_of
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.routes import (
    Handler,
    Match,
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

__all__ = [
    "ROUTES",
    "SPELLINGS",
    "CheckedResponse",
    "Mode",
    "RequestChecks",
    "Spelling",
    "published_routes",
    "respond_to_api",
    "respond_to_download",
]

_MODULES: Final = (insights, integrations, organizations, pipelines, secrets, triggers, workflows)

ROUTES: Final = Routes(chain.from_iterable(module.routes for module in _MODULES))
"""The routes of the operations that have a handler."""

Spelling = Literal["live", "document"]
"""Whose keys responses have: those of recorded live responses, or those of the OpenAPI document."""

RequestChecks = Literal["lenient", "strict", "off"]
"""Which requests are rejected with 400: those that the live API rejects, all that the document does not allow, or none."""

_Change = Callable[[Any, FakeState], Any]

_ENCODED_SLASH: Final = "the slug is sent with %2F, which the live API does not always accept: send a literal /"

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


@attrs.frozen(kw_only=True)
class Mode:
    """How a fake treats requests and spells responses.

    Attributes:
        token: The valid API token.
        realistic: Deviate from the OpenAPI document like the live API.
        spelling: Whose keys responses have.
        check_requests: Which requests are rejected.
    """

    token: str
    realistic: bool
    spelling: Spelling
    check_requests: RequestChecks


@attrs.frozen
class CheckedResponse:
    """The response to a request, why it was rejected, and what is unusual about it."""

    response: FakeResponse
    errors: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


def respond_to_api(state: FakeState, request: FakeRequest, match: Match | None, mode: Mode) -> CheckedResponse:
    """Respond to an API request.

    Args:
        state: The state that the handler reads and changes.
        request: The request, with its path relative to the base URL and its route.
        match: The route; None if no route matches.
        mode: How requests are treated and responses are spelled.
    """
    rejection = _check_token(request, mode.token)
    if rejection is not None:
        outcome = CheckedResponse(rejection)
    elif match is None or _refuses_encoded_slash(match, mode):
        outcome = CheckedResponse(_no_route(request) if match is None else _not_found())
    else:
        try:
            outcome = _respond(state, request, match, mode)
        except RecursionError:
            outcome = CheckedResponse(FakeResponse.message("The body is nested too deeply.", HTTPStatus.BAD_REQUEST))
    return attrs.evolve(outcome, response=_make_live(state, request, outcome.response, mode))


def _respond(state: FakeState, request: FakeRequest, match: Match, mode: Mode) -> CheckedResponse:
    complaints: tuple[str, ...] = ()
    if mode.check_requests != "off":
        check = Specification.published()[request.method, request.route].check_request(request)
        complaints = (*((_ENCODED_SLASH,) if match.encoded_slash else ()), *check.complaints)
        rejected = (*check.errors, *complaints) if mode.check_requests == "strict" else check.errors
        if rejected:
            return CheckedResponse(_invalid_request(request, rejected), errors=rejected)
        request = check.request
    request = _without_page_token(request) if mode.realistic else request
    return CheckedResponse(_call(match.route.handler, state, request), complaints=complaints)


def _refuses_encoded_slash(match: Match, mode: Mode) -> bool:
    """Return whether a slug with ``%2F`` is not found; project routes are reported both to find it and not to."""
    return match.encoded_slash and match.of_project and (mode.realistic or mode.check_requests == "strict")


def respond_to_download(state: FakeState, request: FakeRequest, *, token: str) -> FakeResponse:
    """Respond to a request for a path outside the API: artifacts need the API token, storage a signed URL."""
    if request.method == "GET" and request.path.startswith(STORAGE_PREFIX):
        return _call(get_stored, state, request)
    if request.method == "GET" and request.path.startswith(ARTIFACTS_PREFIX):
        return _check_token(request, token) or _call(get_artifact, state, request)
    return _not_found()


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


def _not_found() -> FakeResponse:
    return FakeResponse.message("Not Found", HTTPStatus.NOT_FOUND)


def _no_route(request: FakeRequest) -> FakeResponse:
    methods = published_routes().methods(request.path)
    if not methods:
        return _not_found()
    not_allowed = FakeResponse.message("Method Not Allowed", HTTPStatus.METHOD_NOT_ALLOWED)
    return not_allowed.with_headers({"allow": ", ".join(methods)})


def _without_page_token(request: FakeRequest) -> FakeRequest:
    """Remove the page token from requests for lists that ignore it and always return the first page."""
    if request.route not in _IGNORING_PAGE_TOKENS:
        return request
    return attrs.evolve(request, query=tuple(pair for pair in request.query if pair[0] != "page-token"))


def _make_live(state: FakeState, request: FakeRequest, response: FakeResponse, mode: Mode) -> FakeResponse:
    """Change a response that conforms to the OpenAPI document into one like the live API's, as far as the mode says."""
    if mode.realistic:
        # The live API sends these three headers with every response, and their values never change.
        response = response.with_headers(_CONSTANT_BUDGET)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            return _unauthorized(response)
    if not response.content or response.status_code >= HTTPStatus.BAD_REQUEST:
        return response
    changes: list[_Change] = []
    if mode.spelling == "document" and request.method == "GET" and request.route in _OUTSIDE_THE_DOCUMENT:
        changes.append(_OUTSIDE_THE_DOCUMENT[request.route])
    if mode.spelling == "live" and (spelling := SPELLINGS.get(request.route)) is not None:
        changes.append(spelling.change)
    if mode.realistic and request.method == "GET" and request.route in _DEVIATIONS:
        changes.append(_DEVIATIONS[request.route])
    if not changes:
        return response
    data = json.loads(response.content)
    for change in changes:
        data = change(data, state)
    return attrs.evolve(response, content=json.dumps(data, separators=(",", ":")).encode())


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


def _without(*names: str) -> _Change:
    return lambda item, _: {name: value for name, value in item.items() if name not in names}


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
    """Leave out the file of a passed test; its message stays a text, which CircleCI's own MCP server requires."""
    passed = test["result"] == "success"
    changed = (
        {name: value for name, value in test.items() if name != "file"} if passed else {**test, "source": "unknown"}
    )
    return {**changed, "run_time": str(test["run_time"])}


@attrs.frozen
class LiveSpelling:
    """How the live API spells the responses of a path.

    Attributes:
        change: Converts a response that conforms to the document.
        evidence: Where the live spelling was seen.
    """

    change: _Change
    evidence: str


_KEYS: Final = "recorded checkout keys; v2 rewrites keys to snake_case (terraform-provider-circleci, checkout_key.go)"
_VARIABLES: Final = "recorded variables; v2 rewrites keys to snake_case (terraform-provider-circleci, checkout_key.go)"
_SCHEDULES: Final = (
    "responses recorded in 2021; v2 rewrites keys to snake_case (terraform-provider-circleci, checkout_key.go)"
)

SPELLINGS: Final[Mapping[str, LiveSpelling]] = {
    "/insights/{project-slug}/flaky-tests": LiveSpelling(_snake_case, "recorded; schema of CircleCI's own MCP server"),
    "/me": LiveSpelling(_without("avatar_url"), "recorded: id, login and name only"),
    "/me/collaborations": LiveSpelling(
        _snake_case, "38 of 38 rows have vcs_type (terraform-provider-circleci, user.go); Airbyte's recordings"
    ),
    "/pipeline/{pipeline-id}/config": LiveSpelling(_snake_case, "recorded: setup_config, compiled_setup_config"),
    "/project/{project-slug}/checkout-key": LiveSpelling(_snake_case, _KEYS),
    "/project/{project-slug}/checkout-key/{fingerprint}": LiveSpelling(_snake_case, _KEYS),
    "/project/{project-slug}/envvar": LiveSpelling(_snake_case, _VARIABLES),
    "/project/{project-slug}/envvar/{name}": LiveSpelling(_snake_case, _VARIABLES),
    "/project/{project-slug}/schedule": LiveSpelling(_snake_case, _SCHEDULES),
    "/schedule/{schedule-id}": LiveSpelling(_snake_case, _SCHEDULES),
}
"""The paths whose live responses are spelled differently than in the document, with the evidence."""

_OUTSIDE_THE_DOCUMENT: Final[Mapping[str, _Change]] = {
    "/context/{context_id}": _without("org_id", "environment_variables", "restrictions"),
    "/context/{context_id}/environment-variable": _each_item(_without("truncated_value")),
}
"""Fields of live responses that the document does not describe (terraform-provider-circleci, context.go)."""

_DEVIATIONS: Final[Mapping[str, _Change]] = {
    "/pipeline": _each_item(_pipeline),
    "/pipeline/{pipeline-id}": _pipeline,
    "/pipeline/{pipeline-id}/workflow": _late_workflows,
    "/project/{project-slug}/pipeline": _each_item(_pipeline),
    "/project/{project-slug}/pipeline/mine": _each_item(_pipeline),
    "/project/{project-slug}/{job-number}/tests": _each_item(_test),
}
"""Deviations of a realistic fake, all of them from recorded responses."""
