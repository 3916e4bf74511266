from __future__ import annotations

import pytest

from circleci_v2.artifacts import download_artifacts
from tests.artifacts.hostile import HARMLESS, REJECTED_EVERYWHERE, REJECTED_ON_WINDOWS
from tests.artifacts.storage import StoredFile

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]

SLUG = "gh/acme/web"
LINKED = ["link/file", "link/deep/file", "relative/file", "kept-link", "dangling", "loop", "inner/link/file"]
OCCUPIED = ["occupied", "occupied/by/a/file/x", "taken"]


def everything(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in directory.rglob("*")
        if not path.is_symlink()
    }


def plant_links(dest, outside):
    (dest / "inner").mkdir(parents=True)
    (dest / "taken").mkdir()
    (dest / "link").symlink_to(outside)
    (dest / "inner" / "link").symlink_to(outside)
    (dest / "relative").symlink_to("../outside")
    (dest / "kept-link").symlink_to(outside / "kept")
    (dest / "dangling").symlink_to(outside / "made")
    (dest / "loop").symlink_to("loop")


@pytest.mark.parametrize(
    ("overwrite", "by_node"), [("error", False), ("skip", False), ("replace", False), ("replace", True)]
)
async def test_no_hostile_path_leaves_the_destination(circleci, storage, dest, overwrite, by_node):
    tmp_path = dest.parent
    if by_node:
        (dest / "0").mkdir(parents=True)
    place = dest / "0" if by_node else dest
    plant_links(place, tmp_path / "outside")
    around = {path: everything(path) for path in (tmp_path / "outside", tmp_path.parent) if path != dest}
    hostile = [*REJECTED_EVERYWHERE, *LINKED]
    storage.store(*(StoredFile(path, b"evil") for path in hostile))
    storage.store(
        StoredFile("occupied", b"first"), StoredFile("occupied/by/a/file/x", b"second"), StoredFile("taken", b"")
    )
    storage.store(*(StoredFile(path, b"fine") for path in HARMLESS))
    download = await download_artifacts(
        circleci, SLUG, 17, dest, overwrite=overwrite, by_node=by_node, on_error="collect"
    )
    assert len(hostile) >= 60
    assert len(download.failures) >= len(hostile) + 2
    assert {failure.path for failure in download.failures} >= set(hostile) | {"occupied/by/a/file/x", "taken"}
    written = {str(file.file.relative_to(place)) for file in download.files}
    assert written == {"occupied"} | {"/".join(parts) for parts in HARMLESS.values()}
    assert everything(tmp_path / "outside") == around[tmp_path / "outside"]
    assert {name: value for name, value in everything(tmp_path.parent).items() if "dest" not in name} == {
        name: value for name, value in around[tmp_path.parent].items() if "dest" not in name
    }


async def test_names_that_only_windows_forbids_are_stored_elsewhere(circleci, storage, dest):
    storage.store(*(StoredFile(path, b"fine") for path in REJECTED_ON_WINDOWS))
    download = await download_artifacts(circleci, SLUG, 17, dest)
    assert {str(file.file.relative_to(dest)) for file in download.files} == set(REJECTED_ON_WINDOWS)


async def test_a_hostile_job_name_leaves_no_trace_either(circleci, storage, dest):
    jobs = [
        {"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "name": name, "job_number": number, "type": "build",
         "status": "success", "dependencies": [], "project_slug": SLUG}
        for number, name in enumerate(["..", "../..", "/tmp", "a/../../b", "x\x00y", "C:\\evil", "n" * 300])
    ]  # fmt: skip
    from circleci_v2.artifacts import download_workflow_artifacts

    workflow = "fda08377-fe7e-46b1-8992-3a7aaecac9c3"
    storage.responses[f"/workflow/{workflow}/job"] = {"items": jobs, "next_page_token": None}
    for number in range(len(jobs)):
        storage.store(StoredFile("evil", b"evil"), job=number)
    download = await download_workflow_artifacts(circleci, workflow, dest, on_error="collect")
    assert download.files == ()
    assert len(download.failures) == len(jobs)


async def test_the_destination_itself_may_be_a_link_of_the_user(circleci, storage, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    storage.store(StoredFile("file", b"fine"))
    await download_artifacts(circleci, SLUG, 17, tmp_path / "link")
    assert (tmp_path / "real" / "file").read_bytes() == b"fine"
