"""Models and pages in other libraries: pydantic, FastAPI and pandas."""

from __future__ import annotations

import json
from typing import Any

import attrs
import httpx
import pandas as pd
import pydantic
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI, Page
from circleci_v2.models import Pipeline, Workflow
from circleci_v2.testing import FakeCircleCI

PROJECT = "gh/acme/web"
RECEIVED = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "name": "build",
    "status": "some-new-status",
    "created_at": "2026-01-01T00:00:00.5Z",
    "a-field-of-tomorrow": [1, {"two": None}],
}


def seeded() -> FakeCircleCI:
    return FakeCircleCI.seeded(PROJECT, pipelines=25)


def test_pydantic_reads_and_writes_models_as_received():
    adapter = pydantic.TypeAdapter(list[Workflow])
    (workflow,) = adapter.validate_python([RECEIVED])
    assert workflow == Workflow.from_dict(RECEIVED)
    assert json.loads(adapter.dump_json([workflow])) == adapter.dump_python([workflow]) == [RECEIVED]
    assert adapter.validate_json(adapter.dump_json([workflow])) == [workflow]
    assert adapter.validate_python([workflow])[0] is workflow


def test_a_model_is_a_field_of_a_pydantic_model():
    class Report(pydantic.BaseModel):
        worst: Workflow
        note: str = ""

    report = Report(worst=Workflow.from_dict(RECEIVED))
    assert Report.model_validate_json(report.model_dump_json()) == report
    for mode in ("validation", "serialization"):
        schema = Report.model_json_schema(mode=mode)
        assert schema["properties"]["worst"]["type"] == "object"


@pytest.mark.parametrize("value", [3, None, [RECEIVED], "{}"])
def test_pydantic_rejects_what_is_no_object(value: Any):
    with pytest.raises(pydantic.ValidationError, match="Input should be a valid dictionary"):
        pydantic.TypeAdapter(Workflow).validate_python(value)


@pytest.mark.anyio
async def test_models_and_pages_are_responses_of_fastapi():
    async with CircleCI((fake := seeded()).token, transport=fake.transport()) as circleci:
        app = FastAPI()

        async def pipelines() -> list[Pipeline]:
            return (await circleci.pipelines.list_for_project(PROJECT)).items

        async def page() -> Page[Pipeline]:
            return await circleci.pipelines.list_for_project(PROJECT)

        # Without `from __future__ import annotations`, FastAPI finds the names itself.
        app.get("/pipelines", response_model=list[Pipeline])(pipelines)
        app.get("/page", response_model=Page[Pipeline])(page)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service") as browser:
            listed, paged, described = [await browser.get(path) for path in ("/pipelines", "/page", "/openapi.json")]
        received = await circleci.request("GET", f"/project/{PROJECT}/pipeline")
    assert listed.json() == received["items"]
    assert paged.json() == received
    assert described.status_code == 200


@given(st.lists(st.integers()), st.none() | st.text(), st.dictionaries(st.text("xyz", min_size=1), st.integers()))
def test_a_page_of_any_items_becomes_json(items: list[int], token: str | None, others: dict[str, int]):
    page = Page(items, token, others)
    assert page.to_dict() == {**others, "items": items, "next_page_token": token}


@pytest.mark.anyio
async def test_models_become_typed_columns_of_pandas():
    async with CircleCI((fake := seeded()).token, transport=fake.transport()) as circleci:
        page = await circleci.pipelines.list_for_project(PROJECT)
        rows = [row async for record in circleci.history(PROJECT) for row in record.to_records("jobs")]
    pipelines = pd.DataFrame(attrs.asdict(pipeline, recurse=False) for pipeline in page)
    assert isinstance(pipelines["created_at"].dtype, pd.DatetimeTZDtype)
    assert pipelines["number"].dtype == "int64"
    jobs = pd.DataFrame(rows).convert_dtypes()
    times = jobs.columns[jobs.columns.str.endswith("_at")]
    jobs[times] = jobs[times].apply(pd.to_datetime, utc=True, format="ISO8601")
    assert all(isinstance(kind, pd.DatetimeTZDtype) for kind in jobs[times].dtypes)
    assert {str(jobs[name].dtype) for name in ("pipeline_number", "job_number")} == {"Int64"}
    assert not [name for name in jobs if jobs[name].dtype == object]
