from __future__ import annotations

import pytest

from circleci_v2._download import resumable
from tests.artifacts.storage import Storage


@pytest.fixture(autouse=True)
def back_offs(monkeypatch):
    """Record the waits between attempts instead of waiting."""
    back_offs = []

    async def back_off(without_progress):
        back_offs.append(without_progress)

    monkeypatch.setattr(resumable, "back_off", back_off)
    return back_offs


@pytest.fixture
def over_sockets():
    """Whether the servers listen on sockets, for tests that are about connections; else they run in memory."""
    return False


@pytest.fixture
def storage():
    return Storage()


@pytest.fixture
async def circleci(storage, over_sockets, anyio_backend):
    with storage.over_sockets() if over_sockets else storage.in_memory() as client:
        async with client as circleci:
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
