"""Schemathesis against the fake over a socket: every operation, with calls that the document allows and that it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from circleci_v2.testing.specification import Specification
from tests.testing.seeded import Seeded

DOCUMENT: Final = json.loads((Path(__file__).parents[2] / "openapi.json").read_bytes())
OPERATIONS: Final = {
    operation.label: operation
    for operation in (found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
}
CONFORMANCE: Final = [
    not_a_server_error,
    response_schema_conformance,
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
]
EXAMPLES: Final = 5
"""Requests of each operation for each combination of allowed or not, existing or not: up to 20 in total."""


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def send(case: Any, url: str, session: requests.Session, token: str) -> requests.Response:
    request = case.as_transport_kwargs(base_url=url, headers={"Circle-Token": token})
    # A slug has slashes of its own, which stay as they are on the wire; everything else is encoded.
    request["url"] = request["url"].replace("%2F", "/")
    return session.request(**request, timeout=10)


def test_no_operation_is_left_out() -> None:
    assert {tuple(label.split(" ", 1)) for label in OPERATIONS} == set(Specification.published())


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_response_conforms(label: str, session: requests.Session) -> None:
    operation, seeded = OPERATIONS[label], Seeded()

    def check(case: Any, mode: GenerationMode) -> int:
        response = send(case, url, session, seeded.fake.token)
        entry = seeded.fake.journal[-1]
        reached = entry.request.route == operation.path  # an empty or dotted segment makes it the path of another
        if mode is GenerationMode.POSITIVE and reached:
            assert entry.validation_errors == (), "the fake rejects a request that the document allows"
        # Some operations document no 400; theirs is owed to the fake, and only if it names a violation.
        excluded = [status_code_conformance] if response.status_code == 400 and entry.validation_errors else []
        case.validate_response(response, checks=CONFORMANCE, excluded_checks=excluded)
        return response.status_code

    statuses: list[int] = []
    with seeded.fake.serve() as url:
        for mode in GenerationMode:
            # Generation takes most of the time, and is deterministic: generate the cases once, and send them as they are
            # and then with the identifiers of existing resources.
            cases = generate(operation, mode)
            statuses += [check(case, mode) for case in cases]
            for case in cases:
                seeded.point(case)
            statuses += [check(case, mode) for case in cases]
    assert any(status < 300 for status in statuses)


def generate(operation: Any, mode: GenerationMode) -> list[Any]:
    """Requests of an operation that the document allows, or does not."""
    cases: list[Any] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        cases.append(case)

    each()
    return cases
