"""What the fake CircleCI answers, one module per heading of CircleCI's reference."""

from __future__ import annotations

from itertools import chain
from typing import Final

from circleci_v2.testing.routes import (
    checkout_keys,
    contexts,
    deploy,
    environment_variables,
    groups,
    insights,
    jobs,
    oidc,
    organizations,
    otel,
    pipeline_definitions,
    pipelines,
    policies,
    projects,
    schedules,
    usage,
    user,
    webhooks,
    workflows,
)
from circleci_v2.testing.routing import Routes

__all__ = ["ROUTES"]

_MODULES: Final = (
    *(checkout_keys, contexts, deploy, environment_variables, groups, insights, jobs, oidc, organizations, otel),
    *(pipeline_definitions, pipelines, policies, projects, schedules, usage, user, webhooks, workflows),
)

ROUTES: Final = Routes(chain.from_iterable(module.routes for module in _MODULES))
"""Every operation that the fake CircleCI answers."""
