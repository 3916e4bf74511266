"""The route handlers of the fake, one per API operation."""

from __future__ import annotations

from itertools import chain
from typing import Final

from circleci_v2.testing.routes import (
    insights,
    integrations,
    organizations,
    pipelines,
    policies,
    secrets,
    triggers,
    workflows,
)
from circleci_v2.testing.routing import Routes

__all__ = ["ROUTES"]

_MODULES: Final = (insights, integrations, organizations, pipelines, policies, secrets, triggers, workflows)

ROUTES: Final = Routes(chain.from_iterable(module.routes for module in _MODULES))
"""The routes of all operations."""
