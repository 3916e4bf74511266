"""How to test code that calls CircleCI. The fixtures come with the package: pip install 'circleci_v2[testing]'."""

import pytest

from circleci_v2 import CircleCI, ServerError
from circleci_v2.testing import FakeCircleCI
from examples.rerun_failed import rerun_failed

pytestmark = pytest.mark.anyio


async def test_a_failed_workflow_is_run_again(circleci: CircleCI, fake_circleci: FakeCircleCI) -> None:
    pipeline = fake_circleci.add_pipeline("gh/acme/web", status="failed", jobs=["build", "test"])
    assert await rerun_failed(circleci, pipeline.id) == 1
    assert fake_circleci.journal.bodies("POST /workflow/{id}/rerun") == [{"from_failed": True}]


async def test_a_server_error_is_raised(circleci: CircleCI, fake_circleci: FakeCircleCI) -> None:
    pipeline = fake_circleci.add_pipeline("gh/acme/web", status="failed")
    fake_circleci.faults.fail_next(500, route="POST /workflow/{id}/rerun")
    with pytest.raises(ServerError):
        await rerun_failed(circleci, pipeline.id)
