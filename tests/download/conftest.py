"""Fixtures of downloads: those of artifacts, and an open directory of either kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from circleci_v2._download import safe_directory
from circleci_v2._download.safe_directory import DescriptorDirectory, PathDirectory, open_directory
from tests.artifacts.conftest import back_offs, circleci, dest, over_sockets, storage  # noqa: F401


@pytest.fixture(params=[DescriptorDirectory, PathDirectory])
def root(request, tmp_path, monkeypatch):
    """An open directory of either kind, beside a file that must not change."""
    if request.param is PathDirectory:
        monkeypatch.setattr(safe_directory, "SUPPORTS_DIR_FD", False)
    elif not safe_directory.SUPPORTS_DIR_FD:
        pytest.skip("directories have no descriptors here")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    root = open_directory(tmp_path / "deep" / "root")
    assert isinstance(root, request.param)
    yield root
    root.close()
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept": "kept"}


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "deep" / "root"


def files(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
