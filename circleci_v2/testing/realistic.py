"""Realistic: answers as the live API is seen to give them, where that is not what its document says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import attrs

from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.state.world import World

__all__ = ["forget_page_token", "realistic"]

_Change = Callable[[Any, World], Any]

_CONSTANT_BUDGET: Final = {"x-ratelimit-limit": "151", "x-ratelimit-remaining": "150", "x-ratelimit-reset": "0"}
_WORKFLOWS_AFTER: Final = 2.0
_IGNORING_PAGE_TOKENS: Final = {"/project/{project-slug}/checkout-key", "/project/{project-slug}/envvar"}


def forget_page_token(call: Call) -> Call:
    """The call as some operations read it: without its page token, so that every page is the first one."""
    if call.route not in _IGNORING_PAGE_TOKENS:
        return call
    return attrs.evolve(call, query=tuple(pair for pair in call.query if pair[0] != "page-token"))


def realistic(world: World, call: Call, answer: Answer) -> Answer:
    """The answer as the live API gives it.

    Args:
        world: What exists.
        call: What was asked; its route chooses what is different.
        answer: What the document promises.
    """
    # The live API sends these three with every answer, and they never move.
    answer = answer.with_headers(_CONSTANT_BUDGET)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(answer)
    change = _CHANGES.get(call.route)
    if change is None or answer.status >= HTTPStatus.BAD_REQUEST or call.method != "GET":
        return answer
    content = json.dumps(change(json.loads(answer.content), world), separators=(",", ":")).encode()
    return attrs.evolve(answer, content=content)


def _unauthorized(answer: Answer) -> Answer:
    """JSON text that calls itself plain text when no token was sent, and plain text when it was wrong."""
    message: str = json.loads(answer.content)["message"]
    content = answer.content if message.startswith("You must") else message.encode()
    return attrs.evolve(answer, content=content, headers={**answer.headers, "content-type": "text/plain;charset=utf-8"})


def _each_item(change: _Change) -> _Change:
    def change_page(page: Any, world: World) -> Any:
        return {**page, "items": [change(item, world) for item in page["items"]]}

    return change_page


def _snake_case(value: Any, _world: World) -> Any:
    if isinstance(value, Mapping):
        return {str(name).replace("-", "_"): _snake_case(item, _world) for name, item in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [_snake_case(item, _world) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _user(user: Any, _world: World) -> Any:
    return {name: value for name, value in user.items() if name != "avatar_url"}


def _collaborations(collaborations: Any, _world: World) -> Any:
    return [_snake_case({**collaboration, "id": None}, _world) for collaboration in collaborations]


def _pipeline(pipeline: Any, _world: World) -> Any:
    trigger = dict(pipeline["trigger"])
    if trigger["type"] == "schedule" and pipeline["number"] % 2:
        trigger["type"] = "Decoupled Ingestion System"
    vcs = pipeline.get("vcs")
    if vcs is None:
        return {**pipeline, "trigger": trigger}
    nameless = {**vcs, "provider_name": vcs["provider_name"].lower()}
    if "tag" in vcs:
        nameless["commit"] = None
    return {**pipeline, "trigger": trigger, "vcs": nameless}


def _late_workflows(page: Any, world: World) -> Any:
    """No workflows at all in the first moments of a pipeline."""
    young = [item for item in page["items"] if _age(item, world) < _WORKFLOWS_AFTER]
    return {**page, "items": [item for item in page["items"] if item not in young]}


def _age(workflow: Any, world: World) -> float:
    return world.now() - world.pipeline(workflow["pipeline_id"]).created_at


def _test(test: Any, _world: World) -> Any:
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
