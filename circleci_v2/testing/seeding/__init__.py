"""Seeding: a project with a believable past, the same for the same seed.

Hundreds of pipelines of a web application: releases on ``main`` that wait for an approval, pull requests, tags, nightly
schedules without ``vcs``, dynamic configuration, flaky tests and the reruns that follow, broken configurations, and, at
the end, pipelines that still run.
"""

from __future__ import annotations

from circleci_v2.testing.seeding.history import seed_project

__all__ = ["seed_project"]
