from __future__ import annotations

import pytest

from circleci_v2._files import downloading
from tests.artifacts.storage import Storage
from tests.clients import SkippingClient


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses before further tries, which nobody waits for here."""
    pauses = []

    async def pause(fruitless):
        pauses.append(fruitless)

    monkeypatch.setattr(downloading, "pause", pause)
    return pauses


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
    """Where to download to, beside a directory in which nothing may change."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    yield tmp_path / "dest"
    assert sorted(path.name for path in tmp_path.iterdir()) in (["outside"], ["dest", "outside"])
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept": "kept"}
