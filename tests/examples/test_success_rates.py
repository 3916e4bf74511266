from __future__ import annotations

from datetime import timedelta

import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.clock import EPOCH
from examples.success_rates import success_rates, table

pytestmark = pytest.mark.anyio


async def test_the_table_has_a_line_for_each_workflow_of_each_project():
    fake = FakeCircleCI()
    for slug, statuses in {
        "gh/acme/web": ["success", "failed", "success", "canceled"],
        "gh/acme/api": ["failed"],
    }.items():
        for status in statuses:
            fake.add_pipeline(slug, status=status)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        rates = await success_rates(circleci, "gh/acme", since=EPOCH - timedelta(days=1))
    assert [(rate.project_slug, rate.runs, round(rate.success_rate, 2)) for rate in rates] == [
        ("gh/acme/api", 1, 0.0),
        ("gh/acme/web", 3, 0.67),
    ]
    assert all(rate.median_seconds > 0 for rate in rates)
    lines = table(rates).splitlines()
    assert len(lines) == 3
    assert "66.7%" in lines[2]
