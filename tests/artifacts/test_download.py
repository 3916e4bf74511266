from __future__ import annotations

import asyncio
import gzip
import random
import sys
import zlib

import anyio
import attrs
import pytest

from circleci_v2 import artifacts
from circleci_v2.errors import ArtifactError, ConfigurationError, NotFoundError
from tests.artifacts import download_job
from tests.artifacts.storage import SLUG, WORKFLOW, StoredFile, contents, job
from tests.loopback import TOKEN, Reply

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]


@pytest.mark.parametrize("over_sockets", [True])
async def test_every_artifact_of_a_job_becomes_a_file(circleci, storage, dest):
    files = [StoredFile(f"reports/{number % 7}/{number}.xml", b"x" * number) for number in range(45)]
    storage.store(*files)
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {file.path: file.content for file in files}
    assert [stored.path for stored in download.files] == [file.path for file in files]
    assert [stored.size for stored in download.files] == [len(file.content) for file in files]
    assert all(stored.file.read_bytes() == b"x" * stored.size for stored in download.files)
    assert download.size == sum(range(45))
    assert download.failures == ()


async def test_a_job_without_artifacts_leaves_an_empty_directory(circleci, storage, dest):
    storage.store()
    assert (await artifacts.download_artifacts(circleci, SLUG, 17, dest)).files == ()
    assert contents(dest) == {}


async def test_an_empty_artifact_is_an_empty_file(circleci, storage, dest):
    storage.store(StoredFile("empty", b""))
    (stored,) = (await artifacts.download_artifacts(circleci, SLUG, 17, dest)).files
    assert (stored.size, stored.file.read_bytes()) == (0, b"")


async def test_the_files_of_parallel_nodes_do_not_overwrite_one_another(circleci, storage, dest):
    storage.store(*(StoredFile("report.xml", b"%d" % node, node) for node in range(3)))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"0/report.xml": b"0", "1/report.xml": b"1", "2/report.xml": b"2"}


async def test_one_node_of_a_parallel_job_needs_no_directory(circleci, storage, dest):
    storage.store(*(StoredFile("report.xml", b"%d" % node, node) for node in range(3)))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, node_index=1)
    assert contents(dest) == {"report.xml": b"1"}


@pytest.mark.parametrize(("by_node", "place"), [(True, "0/report.xml"), (False, "report.xml")])
async def test_directories_for_nodes_can_be_chosen(circleci, storage, dest, by_node, place):
    storage.store(StoredFile("report.xml", b"x"))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, by_node=by_node)
    assert contents(dest) == {place: b"x"}


async def test_nodes_that_share_a_directory_do_not_overwrite_each_other(circleci, storage, dest):
    storage.store(*(StoredFile("report.xml", b"%d" % node, node) for node in range(2)))
    with pytest.raises(ArtifactError, match="same download"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, by_node=False)
    assert contents(dest) == {"report.xml": b"0"}


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("*.xml", {"a.xml", "deep/b.xml"}),
        ("deep/*", {"deep/b.xml", "deep/deeper/c.txt"}),
        (["a.*", "*c.txt"], {"a.xml", "deep/deeper/c.txt"}),
        ("A.xml", set()),
        ("[ab].xml", {"a.xml"}),
        ([], set()),
    ],
)
async def test_only_matching_artifacts_are_downloaded(circleci, storage, dest, match, expected):
    storage.store(*(StoredFile(path, b"x") for path in ("a.xml", "deep/b.xml", "deep/deeper/c.txt")))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, match=match)
    assert contents(dest).keys() == expected


async def test_where_a_file_goes_does_not_depend_on_the_filter(circleci, storage, dest):
    storage.store(StoredFile("a.xml", b"0", 0), StoredFile("b.xml", b"1", 1))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, match="a*")
    assert contents(dest) == {"0/a.xml": b"0"}


@pytest.mark.parametrize(("overwrite", "expected"), [("error", b"old"), ("skip", b"old"), ("replace", b"new content")])
async def test_an_existing_file_is_kept_skipped_or_replaced(circleci, storage, dest, overwrite, expected):
    storage.store(StoredFile("file", b"new content"))
    dest.mkdir()
    (dest / "file").write_bytes(b"old")
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, overwrite=overwrite, on_error="collect")
    assert contents(dest) == {"file": expected}
    assert len(download.failures) == (overwrite == "error")
    assert all("overwrite='skip'" in str(failure) for failure in download.failures)
    assert [(file.size, file.skipped) for file in download.files] == {
        "error": [],
        "skip": [(3, True)],
        "replace": [(11, False)],
    }[overwrite]


async def test_a_continued_download_requests_only_missing_files(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number}", b"x" * 10) for number in range(10)))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, match="[0-5]")
    before = len(storage.storage.requests)
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, overwrite="skip")
    assert len(storage.storage.requests) - before == 4
    assert download.size == 40


@pytest.mark.parametrize("over_sockets", [True])
async def test_the_token_reaches_the_first_host_alone(circleci, storage, dest):
    storage.store(StoredFile("file", b"x"))
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert storage.storage.requests
    for request in storage.storage.requests:
        assert not {"circle-token", "authorization", "cookie"} & request.headers.keys()
        assert TOKEN not in str(request)
    assert all(TOKEN not in request.target for request in storage.api.requests)


async def test_failures_are_raised_after_the_rest_was_downloaded(circleci, storage, dest):
    storage.store(*(StoredFile(path, b"x") for path in ("a", "../b", "c", "/d", "e")))
    with pytest.raises(ArtifactError) as failed:
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest).keys() == {"a", "c", "e"}
    assert [failure.path for failure in failed.value.failures] == ["../b", "/d"]
    assert "2 artifacts are not stored, 3 are" in str(failed.value)


async def test_a_single_failure_is_raised_as_it_is(circleci, storage, dest):
    storage.store(StoredFile("a", b"x"), StoredFile("../b", b"x"))
    with pytest.raises(ArtifactError, match=r"'\.\./b' is not stored: its path leads out") as failed:
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert failed.value.path == "../b"


async def test_a_rejected_path_can_stop_the_download_before_anything_is_written(circleci, storage, dest):
    storage.store(*(StoredFile(path, b"x") for path in ("a", "../b", "c")))
    with pytest.raises(ArtifactError, match=r"\.\./b"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="raise")
    assert contents(dest) == {}
    assert storage.storage.requests == []


async def test_a_failed_file_can_stop_the_download(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number:02}", b"x") for number in range(30)))
    storage.reply = lambda _request, file, right: attrs.evolve(right, status=404) if file.path == "00" else right
    with pytest.raises(ArtifactError, match="'00' is not stored"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="raise", concurrency=1)
    assert contents(dest) == {}


async def test_failures_can_be_collected(circleci, storage, dest):
    storage.store(*(StoredFile(path, b"x") for path in ("a", "../b", "gone", "c")))
    storage.reply = lambda _request, file, right: attrs.evolve(right, status=404) if file.path == "gone" else right
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect")
    assert [file.path for file in download.files] == ["a", "c"]
    assert {failure.path for failure in download.failures} == {"../b", "gone"}


async def test_many_failures_are_summed_up(circleci, storage, dest):
    storage.store(*(StoredFile(f"../{number}", b"x") for number in range(100)))
    with pytest.raises(ArtifactError, match="and 97 more") as failed:
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert len(failed.value.failures) == 100


@pytest.mark.parametrize("broken", [StoredFile(None, b"x"), StoredFile("", b"x")])
async def test_an_artifact_without_a_path_is_a_failure(circleci, storage, dest, broken):
    storage.store(broken, StoredFile("fine", b"x"))
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect")
    assert len(download.failures) == 1
    assert contents(dest).keys() == {"fine"}


@pytest.mark.parametrize(
    "listed",
    [
        {"url": "/relative"},
        {"url": "ftp://x/y"},
        {"url": "https://x:99999/"},
        {"url": "http://a\nb/"},
        {"url": 7},
        {"url": None},
        {"path": 7, "url": "/"},
        {"url": "https://evil.example/file"},
        {"url": "http://a..b/file"},
    ],
)
@pytest.mark.parametrize("match", [None, "*"])
async def test_an_artifact_that_is_listed_wrongly_fails_alone(circleci, storage, dest, listed, match):
    storage.store(StoredFile("odd", b"x", listed=listed), StoredFile("fine", b"x"))
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect", match=match)
    assert [failure.path for failure in download.failures] == [str(listed.get("path", "odd"))]
    assert [file.path for file in download.files] == ["fine"]


async def test_an_artifact_on_a_host_that_must_not_have_the_token_says_how_to_allow_it(circleci, storage, dest):
    storage.store(StoredFile("odd", b"x", listed={"url": "https://evil.example/file?signature=s"}))
    with pytest.raises(
        ArtifactError, match=r"'odd' is not stored: the token is not sent to https://evil\.example: .*host"
    ):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {}


async def test_an_artifact_with_an_error_body_that_is_too_long_fails_alone(circleci, storage, dest):
    storage.store(StoredFile("odd", b"x"), StoredFile("fine", b"x"))
    storage.reply = lambda _request, file, right: Reply(404, length=1 << 40) if file.path == "odd" else right
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect")
    assert [failure.path for failure in download.failures] == ["odd"]
    assert [file.path for file in download.files] == ["fine"]


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 206, 226])
async def test_a_response_without_the_file_is_not_taken_for_an_empty_artifact(circleci, storage, dest, status):
    storage.store(StoredFile("odd", b"x"), StoredFile("fine", b"x"))
    # A 204 has no Content-Length (RFC 9110, section 8.6).
    length = None if status == 204 else 0
    storage.reply = lambda _request, file, right: Reply(status, length=length) if file.path == "odd" else right
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect")
    assert contents(dest) == {"fine": b"x"}
    assert [failure.path for failure in download.failures] == ["odd"]
    assert f"{status} instead of the file" in str(download.failures[0]) or status == 206


ENCODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "GZIP": gzip.compress,
    "gzip, identity": gzip.compress,
    "gzip, gzip": lambda content: gzip.compress(gzip.compress(content)),
}


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_an_encoded_artifact_is_stored_as_the_job_stored_it(circleci, storage, dest, encoding):
    content = random.Random(1).randbytes(100_000) * 5
    storage.store(StoredFile("file", content))
    encoded = ENCODINGS[encoding](content)
    headers = {"Content-Encoding": encoding, "ETag": '"v1"', "Accept-Ranges": "bytes"}
    # After the cut, the complete file is requested: positions in the encoded file say nothing about the decoded one.
    cuts = iter([len(encoded) // 2])
    storage.reply = lambda _request, _file, _right: Reply(200, headers, encoded, cut_after=next(cuts, None))
    (stored,) = (await artifacts.download_artifacts(circleci, SLUG, 17, dest)).files
    assert contents(dest) == {"file": content}
    assert stored.size == len(content)
    assert ["range" in request.headers for request in storage.storage.requests] == [False, False]


async def test_an_artifact_that_is_encoded_only_after_a_break_is_requested_again(circleci, storage, dest):
    content = b"x" * 100_000
    storage.store(StoredFile("file", content))
    asked = []

    def reply(request, _file, right):
        asked.append("range" in request.headers)
        if len(asked) == 1:
            return attrs.evolve(right, cut_after=40_000)
        return attrs.evolve(right, headers=right.headers | {"Content-Encoding": "gzip"}) if asked[-1] else right

    storage.reply = reply
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": content}
    assert asked == [False, True, False]


@pytest.mark.parametrize("over_sockets", [True])
async def test_an_artifact_with_an_unknown_encoding_is_not_stored(circleci, storage, dest):
    storage.store(StoredFile("file", b"x"))
    storage.reply = lambda _request, _file, _right: Reply(200, {"Content-Encoding": "br"}, b"\x0b\x00\x80x\x03")
    with pytest.raises(ArtifactError, match=r"Content-Encoding 'br', but the client decodes only gzip and deflate"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {}
    assert len(storage.storage.requests) == 1


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize(
    "encoded",
    [b"plain", gzip.compress(b"x" * 1000)[:-9], gzip.compress(b"x") + b"more"],
    ids=["plain", "cut", "more behind"],
)
async def test_an_artifact_that_cannot_be_decoded_is_not_stored(circleci, storage, dest, encoded):
    storage.store(StoredFile("file", b"x"))
    storage.reply = lambda _request, _file, _right: Reply(200, {"Content-Encoding": "gzip"}, encoded)
    with pytest.raises(ArtifactError, match=r"is not gzip, as its headers say"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {}


async def test_an_error_of_the_progress_callback_is_not_taken_for_one_of_the_artifact(circleci, storage, dest):
    storage.store(StoredFile("file", b"x"))

    def fail(_progress):
        raise ValueError("of the test")

    with pytest.raises(ValueError, match="of the test"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect", on_progress=fail)


@pytest.mark.parametrize("overwrite", ["error", "skip"])
@pytest.mark.parametrize("error", [BrokenPipeError, FileExistsError])
async def test_an_error_of_the_progress_callback_is_not_taken_for_one_of_the_file_system(
    circleci, storage, dest, overwrite, error
):
    storage.store(StoredFile("file", b"x"))

    def fail(_progress):
        raise error

    with pytest.raises(error):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, overwrite=overwrite, on_progress=fail)


async def test_progress_reports_each_file_and_the_total(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number}", b"x" * 200_000) for number in range(5)), StoredFile("../bad", b""))
    told: list[artifacts.ArtifactProgress] = []
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect", on_progress=told.append)
    for number in range(5):
        received = [progress.received for progress in told if progress.path == str(number)]
        assert received == sorted(received)
        assert received[-1] == 200_000
    assert sum(progress.stored for progress in told) == 5
    assert all(progress.size == 200_000 for progress in told)
    assert (told[-1].files_done, told[-1].files) == (5, 5)


async def test_an_error_of_the_progress_callback_is_raised_and_nothing_stays(circleci, storage, dest):
    storage.store(StoredFile("file", b"x" * 100))

    def fail(_progress):
        raise LookupError("of the test")

    with pytest.raises(LookupError, match="of the test"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_progress=fail)
    assert not list(dest.glob(".*"))


@pytest.mark.parametrize("options", [{"overwrite": "always"}, {"on_error": "ignore"}, {"concurrency": 0}])
async def test_an_invalid_option_is_an_error_before_any_request(circleci, storage, dest, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest, **options)
    assert storage.api.requests == []


async def test_a_job_that_does_not_exist_is_an_error(circleci, storage, dest):
    with pytest.raises(NotFoundError):
        await artifacts.download_artifacts(circleci, SLUG, 99, dest)
    assert not dest.exists()


@pytest.mark.parametrize("over_sockets", [True])
async def test_no_more_than_the_concurrency_runs_at_a_time(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number}", b"x") for number in range(24)))
    storage.delay = 0.01
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, concurrency=3)
    assert len(contents(dest)) == 24
    assert storage.storage.most_connections <= 3


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_cancelled_download_leaves_no_temporary_file(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number}", b"x" * 3_000_000) for number in range(8)))
    began = anyio.Event()

    def tell(progress):
        if progress.received > 1_200_000:
            began.set()

    async with anyio.create_task_group() as tasks:

        async def run():
            await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_progress=tell)

        tasks.start_soon(run)
        await began.wait()
        tasks.cancel_scope.cancel()
    assert not list(dest.glob(".*"))
    assert {path.stat().st_size for path in dest.iterdir()} <= {3_000_000}
    storage.store(StoredFile("after", b"fine"), job=18)
    await artifacts.download_artifacts(circleci, SLUG, 18, dest)
    assert (dest / "after").read_bytes() == b"fine"


@pytest.mark.parametrize(("anyio_backend", "over_sockets"), [("asyncio", True)])
async def test_a_download_whose_task_is_cancelled_at_any_moment_leaves_nothing_behind(circleci, storage, dest):
    storage.store(*(StoredFile(f"{number}", b"x" * 2_000_000) for number in range(4)))
    storage.store(StoredFile("after", b"fine"), job=18)
    chance = random.Random(5)
    finished = 0
    for _ in range(30):
        task = asyncio.create_task(artifacts.download_artifacts(circleci, SLUG, 17, dest, overwrite="replace"))
        done, _ = await asyncio.wait([task], timeout=chance.uniform(0, 0.08))
        task.cancel()
        await asyncio.wait([task])
        finished += bool(done)
        assert not list(dest.glob(".*"))
        assert {path.stat().st_size for path in dest.glob("*")} <= {2_000_000}
    assert finished < 30
    await artifacts.download_artifacts(circleci, SLUG, 18, dest)
    assert (dest / "after").read_bytes() == b"fine"


def half_of(reply):
    """A reply that stalls: its connection stays open, and the second half never comes."""
    return attrs.evolve(reply, body=reply.body[: len(reply.body) // 2], length=len(reply.body))


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_rerun_removes_what_a_killed_download_left(circleci, storage, dest):
    content = b"x" * 3_000_000
    storage.store(StoredFile("reports/file", content), StoredFile("done", b"done"))
    storage.reply = lambda _request, file, right: half_of(right) if file.path == "reports/file" else right
    command = [sys.executable, "-m", download_job.__name__, storage.api.url, str(dest)]
    async with await anyio.open_process(command, stderr=None) as process:
        assert process.stdout
        while len(list(dest.rglob(".circleci-*.part"))) != 1 or not (dest / "done").exists():
            assert await process.stdout.receive()
        # The part belongs to a running process, so that a download at the same time leaves it alone.
        storage.store(StoredFile("reports/other", b"other"), job=18)
        await artifacts.download_artifacts(circleci, SLUG, 18, dest)
        assert len(list(dest.rglob(".circleci-*.part"))) == 1
        process.kill()
        await process.wait()
    assert len(list(dest.rglob(".circleci-*.part"))) == 1
    storage.reply = lambda _request, _file, right: right
    await artifacts.download_artifacts(circleci, SLUG, 17, dest, overwrite="skip")
    assert contents(dest) == {"reports/file": content, "reports/other": b"other", "done": b"done"}


async def test_each_job_of_a_workflow_gets_a_directory(circleci, storage, dest):
    jobs = [
        job("lint", 1),
        job("node/test", 2),
        job("approve", None, type="approval"),
        job("build", 3),
        job("build", 4),
        job("..", 5),
    ]
    storage.responses[f"/workflow/{WORKFLOW}/job"] = {"items": jobs, "next_page_token": None}
    storage.store(StoredFile("report", b"1"), job=1)
    storage.store(StoredFile("report", b"2-0", 0), StoredFile("report", b"2-1", 1), job=2)
    storage.store(StoredFile("report", b"3"), job=3)
    storage.store(StoredFile("report", b"4"), job=4)
    storage.store(StoredFile("report", b"5"), job=5)
    download = await artifacts.download_workflow_artifacts(circleci, WORKFLOW, dest, on_error="collect")
    assert contents(dest) == {
        "lint/report": b"1",
        "node/test/0/report": b"2-0",
        "node/test/1/report": b"2-1",
        "build-3/report": b"3",
        "build-4/report": b"4",
    }
    assert len(download.failures) == 1


async def test_the_number_of_an_approval_is_not_taken_for_one_of_a_run(circleci, storage, dest):
    jobs = [job("lint", 1), job("lint", 2, type="approval")]
    storage.responses[f"/workflow/{WORKFLOW}/job"] = {"items": jobs, "next_page_token": None}
    storage.store(StoredFile("report", b"1"), job=1)
    await artifacts.download_workflow_artifacts(circleci, WORKFLOW, dest)
    assert contents(dest) == {"lint/report": b"1"}


@pytest.fixture
def partly_gone(storage):
    """A workflow with two jobs, of which one is not to be found any more."""
    jobs = [job("gone", 1), job("lint", 2)]
    storage.responses[f"/workflow/{WORKFLOW}/job"] = {"items": jobs, "next_page_token": None}
    storage.store(StoredFile("report", b"2"), job=2)


async def test_a_job_that_is_gone_is_a_failure_among_others(circleci, partly_gone, dest):
    download = await artifacts.download_workflow_artifacts(circleci, WORKFLOW, dest, on_error="collect")
    assert contents(dest) == {"lint/report": b"2"}
    (failure,) = download.failures
    assert str(failure).startswith("artifacts of job 'gone' (1) are not stored: 404 from getJobArtifacts")
    assert failure.path is None
    assert isinstance(failure.__cause__, NotFoundError)


async def test_a_job_that_is_gone_is_raised_after_the_rest_was_downloaded(circleci, partly_gone, dest):
    with pytest.raises(ArtifactError, match="job 'gone'"):
        await artifacts.download_workflow_artifacts(circleci, WORKFLOW, dest)
    assert contents(dest) == {"lint/report": b"2"}


async def test_a_job_that_is_gone_can_stop_the_download(circleci, partly_gone, dest):
    with pytest.raises(ArtifactError, match="job 'gone'"):
        await artifacts.download_workflow_artifacts(circleci, WORKFLOW, dest, on_error="raise")
    assert contents(dest) == {}
