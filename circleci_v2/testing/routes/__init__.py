"""What the fake CircleCI answers, one module per heading of CircleCI's reference."""

from __future__ import annotations

from itertools import chain

from circleci_v2.testing.routes import jobs, pipelines, projects, user, workflows
from circleci_v2.testing.routing import Routes

__all__ = ["ROUTES"]

ROUTES = Routes(chain.from_iterable(module.routes for module in (user, projects, pipelines, workflows, jobs)))
"""Every operation that the fake CircleCI answers."""
