"""The fake responds to any request as the document describes, or with an error, but never with a crash."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from circleci_v2.testing import FakeCircleCI, FakeRequest
from circleci_v2.testing.dispatch import ROUTES
from circleci_v2.testing.specification import Specification

TOKEN = "fake-token"
UNDESCRIBED_ERRORS = {400, 405}
"""Requests that the document does not allow get a 400, even if the document describes no 400."""

names = st.sampled_from(
    [
        *("name", "value", "owner", "id", "slug", "type", "branch", "tag", "parameters", "jobs", "from_failed", "repo"),
        *(
            "config_source",
            "checkout_source",
            "event_source",
            "external_id",
            "provider",
            "file_path",
            "policies",
            "input",
        ),
        *(
            "restriction_type",
            "restriction_value",
            "timetable",
            "advanced",
            "start",
            "end",
            "scope",
            "events",
            "metadata",
        ),
    ]
)
words = st.sampled_from(["main", "project", "group", "circleci", "github_app", "2026-03-01T00:00:00Z", "1h", ""])
leaves = st.none() | st.booleans() | st.integers(-5, 50) | words | st.text(max_size=5)
bodies = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6), max_leaves=12
)
queries = st.lists(
    st.tuples(
        st.sampled_from(["page-token", "branch", "org-slug", "offset", "limit", "page-size", "claims", "dry", "mine"]),
        words | st.integers(-5, 50).map(str),
    ),
    max_size=2,
)


def known_ids(fake: FakeCircleCI) -> dict[str, list[str]]:
    project = fake.state.projects["gh/acme/web"]
    organization, pipeline = project.organization, project.pipelines[3]
    workflow = pipeline.planned_workflows[0]
    return {
        "project-slug": ["gh/acme/web"],
        "provider": ["gh"],
        "organization": ["acme"],
        "project": ["web"],
        "org-slug": ["gh/acme"],
        "org-slug-or-id": ["gh/acme", organization.id],
        "projectID": [project.id],
        "project_id": [project.id],
        "pipeline": [pipeline.id],
        "number": [str(workflow.jobs[0].number), "3", "x"],
        "id": [workflow.id, fake.state.user.id],
        "job": [workflow.jobs[0].id],
        "context_id": list(organization.contexts),
        "component_id": list(organization.components),
        "environment_id": list(organization.environments),
        "org": [organization.id],
        "owner": [organization.id],
        "other": ["release", "config", "KEY", "00000000-0000-4000-8000-000000000000"],
    }


def path_of(template: str, known: dict[str, list[str]], data: st.DataObject) -> str:
    segments: list[str] = []
    for segment in template.strip("/").split("/"):
        if not segment.startswith("{"):
            segments.append(segment)
            continue
        name = segment.strip("{}")
        candidates = [values for key, values in known.items() if key == name] or [
            values for key, values in known.items() if key in name.lower()
        ]
        segments.append(quote(data.draw(st.sampled_from((candidates or [known["other"]])[0])), safe="/"))
    return "/" + "/".join(segments)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_response_is_described_or_an_error(data: st.DataObject) -> None:
    fake = FakeCircleCI.seeded(pipelines=5, spelling="document")
    known = known_ids(fake)
    for _ in range(4):
        route = data.draw(st.sampled_from(list(ROUTES)))
        request = FakeRequest(
            method=route.method,
            path="/api/v2" + path_of(route.template, known, data),
            query=tuple(data.draw(queries)),
            headers={"circle-token": TOKEN},
            body=b"" if route.method == "GET" else json.dumps(data.draw(bodies)).encode(),
        )
        response = fake.handle(request).response
        asked: Any = fake.journal[-1].request
        deviations = Specification.published()[asked.method, asked.route].validate_response(response)
        assert deviations == [] or response.status_code in UNDESCRIBED_ERRORS, (request, response)
        assert response.status_code < 500
