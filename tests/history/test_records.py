from __future__ import annotations

import json

import pytest

from circleci_v2.errors import ConfigurationError
from tests.history.helpers import crawl
from tests.support.archive import Archive

pytestmark = pytest.mark.anyio


async def test_a_pipeline_without_a_trigger_is_a_record_like_any_other():
    archive = Archive(2)
    complete = archive.pipeline

    def pipeline(number):
        given = complete(number)
        return given | {"trigger": given["trigger"] | {"actor": None} if number == 1 else None}

    archive.pipeline = pipeline
    rows = [row for record in await crawl(archive) for row in record.to_records("pipelines")]
    assert [(row["trigger_type"], row["trigger_actor"]) for row in rows] == [(None, None), ("webhook", None)]


async def test_flat_records_have_the_same_json_columns_each():
    records = await crawl(Archive(3), include=("tests", "artifacts"))
    expected = {"pipelines": 3, "workflows": 6, "jobs": 18, "tests": 12, "artifacts": 12}
    for of, count in expected.items():
        rows = [row for record in records for row in record.to_records(of)]
        assert len(rows) == count
        assert len({tuple(row) for row in rows}) == 1
        assert json.loads(json.dumps(rows)) == rows
    (row, *_) = records[0].to_records()
    assert row["pipeline_number"] == 3
    assert (row["branch"], row["workflow_name"], row["workflow_seconds"]) == ("main", "workflow 0", 90.0)
    assert (row["job_name"], row["job_type"], row["job_seconds"]) == ("job 0", "build", None)
    with pytest.raises(ConfigurationError, match="'steps'"):
        records[0].to_records("steps")
