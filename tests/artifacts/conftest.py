from __future__ import annotations

import pytest

from circleci_v2._download import resumable
from tests.artifacts.storage import Storage
from tests.clients import SkippingClient


@pytest.fixture(autouse=True)
def back_offs(monkeypatch):
    """Record the waits between attempts instead of waiting."""
    back_offs = []

    async def back_off(without_progress):
        back_offs.append(without_progress)

    monkeypatch.setattr(resumable, "back_off", back_off)
    return back_offs


@pytest.fixture
def storage():
    with Storage().running() as storage:
        yield storage


@pytest.fixture
async def circleci(storage, anyio_backend):
    async with SkippingClient(storage.api.url) as circleci:
        yield circleci


@pytest.fixture
def dest(tmp_path):
    """A destination, beside a directory that must not change."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    yield tmp_path / "dest"
    assert sorted(path.name for path in tmp_path.iterdir()) in (["outside"], ["dest", "outside"])
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept": "kept"}
