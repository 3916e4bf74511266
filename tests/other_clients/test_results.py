"""The comparison with the table of expected results, and that drivers reach nothing but this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from circleci_v2 import CircleCI
from tests.other_clients.results import REASONS, Call, Expected, Failure, compare, count_served, read_expected
from tests.other_clients.scenario import MODES, PROJECT, create_scenario

FOLDER = Path(__file__).parent
GUARD = FOLDER / "drivers" / "guard"

EXPECTED = Expected(
    client="a-client",
    kind="pip",
    packages=["a-client"],
    version="1.0",
    driver="drive_a_client.py",
    calls=3,
    failures={
        "old": Failure(reason="v1.1", because="API v1.1"),
        "broken": Failure(reason="fake", because="a difference", modes=["realistic"]),
    },
)


def calls(**errors: str | None) -> list[Call]:
    return [Call(name, error) for name, error in errors.items()]


def test_expected_results_have_no_differences() -> None:
    assert compare(EXPECTED, "default", calls(get=None, old="404", broken=None)) == []
    assert compare(EXPECTED, "realistic", calls(get=None, old="404", broken="400")) == []


def test_an_unexpected_failure_is_a_difference() -> None:
    assert compare(EXPECTED, "default", calls(get="500", old="404", broken=None)) == ["get failed: 500"]


def test_an_unexpected_success_is_a_difference() -> None:
    differences = compare(EXPECTED, "realistic", calls(get=None, old="404", broken=None))
    assert differences == ["broken succeeded: remove it from the table"]


def test_a_call_that_was_not_made_is_a_difference() -> None:
    assert compare(EXPECTED, "default", calls(get=None, broken=None)) == [
        "old is in the table and was not called",
        "2 calls were made instead of 3",
    ]


def test_only_differences_of_the_fake_count_against_it() -> None:
    assert count_served(EXPECTED, "default", calls(get=None, old="404", broken=None)) == (2, 2)
    assert count_served(EXPECTED, "realistic", calls(get=None, old="404", broken="400")) == (1, 2)


@pytest.mark.parametrize("fields", [{"reason": "unknown"}, {"modes": ["lifelike"]}])
def test_an_unknown_reason_or_mode_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        attrs.evolve(EXPECTED.failures["old"], **fields)


def test_the_table_names_existing_drivers_and_explains_each_failure() -> None:
    table = read_expected(FOLDER / "expected.toml")

    assert {client.driver for client in table} == {path.name for path in (FOLDER / "drivers").glob("drive_*")}
    for client in table:
        assert client.calls > len(client.failures), client.client
        assert all(failure.because and failure.reason in REASONS for failure in client.failures.values())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.anyio
async def test_the_scenario_contains_what_the_drivers_need(mode: str) -> None:
    fake, known = await create_scenario(mode)

    assert all(known.values())
    assert len(fake.journal) == 0
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        assert (await circleci.workflows.get(known["workflow_id"])).status == "failed"
        assert (await circleci.workflows.get(known["running_workflow_id"])).status == "running"
        assert (await circleci.workflows.get(known["held_workflow_id"])).status == "on_hold"
        assert len(await circleci.pipelines.list_for_project(PROJECT)) == 20


def test_a_python_driver_reaches_this_machine_only() -> None:
    program = "import socket; socket.create_connection(('circleci.com', 443))"
    environment = {"PYTHONPATH": str(GUARD), "PYTHONDONTWRITEBYTECODE": "1"}
    completed = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )

    assert "tried to reach 'circleci.com': only the fake is allowed" in completed.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_a_node_driver_reaches_this_machine_only() -> None:
    program = "fetch('https://circleci.com').catch((error) => console.log(error.cause.message))"
    command = ["node", f"--import={(GUARD / 'loopback.mjs').as_uri()}", "--eval", program]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "tried to reach circleci.com: only the fake is allowed" in completed.stdout
