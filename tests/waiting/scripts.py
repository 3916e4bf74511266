"""Scripted pipelines that the tests of waiting have in common."""

from __future__ import annotations

from circleci_v2.errors import APIConnectionError
from circleci_v2.waiting import wait_for_pipeline
from tests.support.scripted import PIPELINE_ID, ScriptedCircleCI, ScriptedPipeline, ScriptedWorkflow

__all__ = ["circleci_with", "failing", "held", "lost_connection", "succeeding", "wait"]


def lost_connection():
    return APIConnectionError("connection lost", method="GET", url="https://circleci.com/api/v2")


def succeeding(name="build", *, seconds=100.0, appears=0.0, **details):
    return ScriptedWorkflow(name=name, states=[("running", seconds), ("success", 0.0)], appears=appears, **details)


def failing(name="build", *, seconds=100.0, appears=0.0, **details):
    states = [("running", seconds / 2), ("failing", seconds / 2), ("failed", 0.0)]
    return ScriptedWorkflow(name=name, states=states, appears=appears, **details)


def held(name="deploy", *, until=float("inf")):
    states = [("running", 20.0), ("on_hold", until), ("running", 20.0), ("success", 0.0)]
    return ScriptedWorkflow(name=name, states=states)


def circleci_with(*workflows, **pipeline):
    return ScriptedCircleCI(ScriptedPipeline(workflows=workflows, **pipeline))


async def wait(circleci, **options):
    return await wait_for_pipeline(
        circleci, PIPELINE_ID, **{"timeout": 3600.0, "polling": circleci.polling(), **options}
    )
