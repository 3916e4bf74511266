from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import attrs
import pytest

from circleci_v2 import CircleCI
from circleci_v2.errors import APIConnectionError, APIError, ConfigurationError, DecodeError, UsageExportError
from circleci_v2.testing import FakeCircleCI
from circleci_v2.usage_export import export_usage, iter_usage_rows, read_usage_rows
from tests.loopback import TOKEN, Reply
from tests.usage_export.exports import HEADER, NOW, ORG, Clock, Exports, Job, completed, job_id, line, zipped

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]

MONTH = NOW - timedelta(days=30)
YEAR = NOW - timedelta(days=366)


def rows_of(number, part, count=3):
    return "".join(line(job_name=f"w{number:02}p{part}r{row}", total_credits=f"{number}.5") for row in range(count))


def three_parts(number, start, end):
    return completed(start, end, *(zipped(HEADER + rows_of(number, part)) for part in range(3)))


def headers_in_the_first_part_alone(number, start, end):
    parts = [rows_of(number, part) for part in range(3)]
    if number == 0:
        parts[0] = HEADER + parts[0]
    return completed(start, end, *map(zipped, parts))


def expected(windows, parts=3):
    return HEADER + "".join(rows_of(number, part) for number in range(windows) for part in range(parts))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def exports(clock):
    return Exports(clock, three_parts)


@pytest.fixture
def over_sockets():
    """Whether the servers listen on sockets, for tests that are about connections; else they run in memory."""
    return False


@pytest.fixture
async def circleci(exports, over_sockets, anyio_backend):
    with exports.over_sockets() if over_sockets else exports.in_memory() as client:
        async with client as circleci:
            yield circleci


@pytest.fixture
def dest(tmp_path):
    yield tmp_path / "usage.csv"
    assert [path.name for path in tmp_path.iterdir()] in ([], ["usage.csv"])


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_month_is_one_file_with_one_header(circleci, exports, clock, dest):
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert dest.read_text() == expected(1)
    assert (export.file, export.rows, export.size) == (dest, 9, dest.stat().st_size)
    assert len(export.columns) == 48
    assert export.job_ids == (job_id(0),)
    assert exports.creations == [(0.0, {"start": "2026-01-31T12:00:00Z", "end": "2026-03-02T12:00:00Z"})]


@pytest.mark.parametrize("make", [three_parts, headers_in_the_first_part_alone])
async def test_a_year_with_every_fault_at_once_is_one_right_file(circleci, exports, clock, dest, make):
    attempts: dict[object, int] = {}

    def make_with_faults(number, start, end):
        window = len(attempts) if start not in attempts else list(attempts).index(start)
        attempts[start] = attempts.get(start, 0) + 1
        job = make(window, start, end)
        if window == 4 and attempts[start] == 1:
            job.states = [{"state": "failed", "error_reason": "query timeout"}]
        if window == 2:
            job.states = [{"state": "pending"}, {"state": "completed", "download_urls": None}, *job.states]
        return job

    exports.make = make_with_faults
    exports.creation_errors = [None, None, Reply(429, {"Retry-After": "90"}, b"Rate limited.")]
    told = []
    export = await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing, on_progress=told.append)
    assert dest.read_text() == expected(12)
    assert (export.rows, export.empty_windows) == (12 * 9, ())
    assert len(exports.jobs) == 13
    events = [progress.event for progress in told]
    assert events.count("failed") == 1
    assert events.count("created") == 13
    assert 90 in [progress.seconds for progress in told if progress.event == "waiting"]


async def test_the_windows_follow_one_another_without_gap_or_overlap(circleci, exports, clock, dest):
    await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing)
    windows = sorted((job.start, job.end) for job in exports.jobs)
    assert (windows[0][0], windows[-1][1]) == (YEAR, NOW)
    assert all(end - start <= timedelta(days=31) for start, end in windows)
    gaps = [start - end for (_, end), (start, _) in pairwise(windows)]
    assert set(gaps) == {timedelta(milliseconds=1)}


@pytest.mark.parametrize("method", ["create_export", "get_export"])
async def test_no_hour_has_more_calls_than_circleci_allows(circleci, clock, dest, method, monkeypatch):
    moments = []
    call = getattr(type(circleci.usage), method)

    def noting(*arguments, **options):
        moments.append(clock.elapsed)
        return call(*arguments, **options)

    monkeypatch.setattr(type(circleci.usage), method, noting)
    await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing)
    assert len(moments) >= 12
    assert all(later - earlier > 3600 for earlier, later in zip(moments, moments[10:], strict=False))


async def test_every_wait_is_announced_before_it_begins(circleci, exports, clock, dest, caplog):
    announced = []

    def tell(progress):
        if progress.event == "waiting":
            announced.append((clock.elapsed, progress.seconds))
            assert f"waiting {progress.seconds:,.0f} s" in progress.message

    with caplog.at_level(logging.INFO, logger="circleci_v2.usage_export"):
        await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing, on_progress=tell)
    assert sorted(clock.sleeps) == sorted(seconds for _, seconds in announced)
    assert max(clock.sleeps) > 1000
    assert sum("waiting" in record.message for record in caplog.records) == len(announced)


async def test_polling_faster_is_a_choice(circleci, exports, clock, dest):
    await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing, polls_per_hour=600)
    assert clock.elapsed < 2 * 3600


@pytest.mark.parametrize("over_sockets", [True])
async def test_the_parts_are_read_without_the_token(circleci, exports, clock, dest):
    await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert len(exports.storage.requests) == 3
    for request in exports.storage.requests:
        assert not {"circle-token", "authorization", "cookie"} & request.headers.keys()
        assert TOKEN not in str(request)


async def test_shared_organizations_are_requested(circleci, exports, clock, dest):
    shared = ["a0000000-597d-46d5-ba74-99ef5bb3d85c"]
    await export_usage(circleci, ORG, MONTH, NOW, dest, shared_org_ids=shared, timing=clock.timing)
    assert exports.creations[0][1]["shared_org_ids"] == shared


@pytest.mark.parametrize("over_sockets", [True])
async def test_cut_parts_are_resumed(circleci, exports, clock, dest):
    replies = []

    def part(_request, right):
        replies.append(right)
        return attrs.evolve(right, cut_after=len(right.body) // 2) if len(replies) <= 4 else right

    exports.part = part
    await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert dest.read_text() == expected(1)
    assert any("range" in request.headers for request in exports.storage.requests)


async def test_a_job_that_fails_repeatedly_is_an_error(circleci, exports, clock, dest):
    exports.make = lambda _number, start, end: Job(start, end, [{"state": "failed", "error_reason": "too much data"}])
    with pytest.raises(UsageExportError, match=r"too much data; it was created 3 times") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert len(exports.jobs) == 3
    assert failed.value.job_ids == (None,)


WITHOUT_PARTS = [{"state": "completed", "download_urls": None}, {"state": "completed", "download_urls": []}]


@pytest.mark.parametrize("state", WITHOUT_PARTS)
async def test_a_window_without_usage_is_an_empty_file_after_a_few_polls(circleci, exports, clock, dest, state):
    exports.make = lambda _number, start, end: Job(start, end, [{"state": "processing"}, state])
    told = []
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, on_progress=told.append)
    assert dest.read_text() == HEADER
    assert (export.rows, export.job_ids) == (0, (job_id(0),))
    assert [(window.start, window.end) for window in export.empty_windows] == [(MONTH, NOW)]
    assert len(exports.polls) == 4
    # Parts that CircleCI lists within five minutes are not missed.
    assert exports.polls[-1][0] - exports.polls[1][0] >= 300
    (empty,) = [progress for progress in told if progress.event == "empty"]
    assert (empty.job_id, "no usage data for 2026-01-31" in empty.message) == (job_id(0), True)


@pytest.mark.parametrize("missing", [1, 2])
async def test_parts_that_are_listed_later_are_not_missed(circleci, exports, clock, dest, missing):
    def make(number, start, end):
        job = three_parts(number, start, end)
        job.states = [*WITHOUT_PARTS[:missing], {"state": "completed"}]
        return job

    exports.make = make
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert dest.read_text() == expected(1)
    assert export.empty_windows == ()


async def test_an_empty_window_between_others_adds_no_rows(circleci, exports, clock, dest):
    def make(number, start, end):
        return three_parts(number, start, end) if number != 1 else Job(start, end, WITHOUT_PARTS[:1])

    exports.make = make
    export = await export_usage(circleci, ORG, NOW - timedelta(days=90), NOW, dest, timing=clock.timing)
    assert dest.read_text() == HEADER + "".join(rows_of(number, part) for number in (0, 2) for part in range(3))
    assert [str(window) for window in export.empty_windows] == ["2026-01-02 00:00 to 2026-02-01 23:59 UTC"]


async def test_rows_of_a_window_without_usage_are_none(circleci, exports, clock):
    exports.make = lambda _number, start, end: Job(start, end, WITHOUT_PARTS[:1])
    assert [row async for row in iter_usage_rows(circleci, ORG, MONTH, NOW, timing=clock.timing)] == []


async def test_a_window_without_usage_is_an_empty_parquet_file(circleci, exports, clock, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    exports.make = lambda _number, start, end: Job(start, end, WITHOUT_PARTS[:1])
    dest = tmp_path / "usage.parquet"
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, format="parquet", timing=clock.timing)
    table = parquet.read_table(export.file)
    assert (table.num_rows, len(table.schema), export.rows) == (0, 48, 0)


async def test_a_start_more_than_a_year_ago_is_an_error_before_any_request(circleci, exports, clock, dest):
    with pytest.raises(ConfigurationError, match=r"too old: CircleCI exports usage from at most 366 days ago"):
        await export_usage(circleci, ORG, NOW - timedelta(days=390), NOW, dest, timing=clock.timing)
    assert exports.creations == []


async def test_an_export_that_is_resumed_later_may_be_older_than_a_year(circleci, exports, clock, dest):
    exports.creation_errors = [None, Reply(503, body=b"")]
    with pytest.raises(UsageExportError) as failed:
        await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing)
    assert failed.value.job_ids[:2] == (job_id(0), None)
    clock.elapsed += 24 * 3600
    await export_usage(circleci, ORG, YEAR, NOW, dest, timing=clock.timing, resume=failed.value.job_ids)
    assert dest.read_text() == expected(12)


async def test_a_job_that_never_ends_is_an_error_and_can_be_resumed(circleci, exports, clock, dest):
    made = []

    def make(number, start, end):
        made.append(number)
        return Job(start, end, [{"state": "processing"}]) if number == 1 else three_parts(number, start, end)

    exports.make = make
    begin = NOW - timedelta(days=60)
    with pytest.raises(UsageExportError, match="is not ready after 7,200 s") as failed:
        await export_usage(circleci, ORG, begin, NOW, dest, timing=clock.timing, timeout=7200)
    assert failed.value.job_ids == (job_id(0), job_id(1))
    exports.jobs[1] = three_parts(1, None, None)
    exports.jobs[0].states = [{"state": "completed"}]
    await export_usage(circleci, ORG, begin, NOW, dest, timing=clock.timing, resume=failed.value.job_ids)
    assert dest.read_text() == expected(2)
    assert made == [0, 1]


async def test_a_job_that_is_not_known_is_not_waited_for_until_the_deadline(circleci, exports, clock, dest):
    exports.poll_errors = [Reply(404, body=b"{}")] * 100
    with pytest.raises(UsageExportError, match=f"{job_id(5)} .* is not found: .* None") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, resume=[job_id(5)])
    assert failed.value.job_ids == (job_id(5),)
    assert clock.elapsed < 3600


async def test_a_retry_after_is_cut_at_the_deadline(circleci, exports, clock, dest):
    exports.poll_errors = [Reply(429, {"Retry-After": "1000000000"}, b"{}")]
    with pytest.raises(UsageExportError, match="is not ready after 7,200 s"):
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, timeout=7200)
    assert clock.elapsed <= 7200


FINAL = [Reply(400, body=b"{}"), Reply(401, body=b"{}"), Reply(200, body=b"<html>")]
UNCERTAIN = [Reply(503, body=b""), Reply(200, body=b"", cut_after=0, length=10)]
CAUSES = (APIError, APIConnectionError, DecodeError)


@pytest.mark.parametrize("reply", [*FINAL, *UNCERTAIN])
async def test_the_error_of_a_creation_has_the_job_ids(circleci, exports, clock, dest, reply):
    begin = NOW - timedelta(days=60)
    exports.creation_errors = [None, reply]
    with pytest.raises(UsageExportError, match=r"2026-02-01 .* cannot be created") as failed:
        await export_usage(circleci, ORG, begin, NOW, dest, timing=clock.timing)
    assert isinstance(failed.value.__cause__, CAUSES)
    assert failed.value.job_ids == (job_id(0), None)
    await export_usage(circleci, ORG, begin, NOW, dest, timing=clock.timing, resume=failed.value.job_ids)
    assert dest.read_text() == expected(2)
    assert len(exports.jobs) == 2


@pytest.mark.parametrize("reply", FINAL)
async def test_the_error_of_a_poll_has_the_job_ids(circleci, exports, clock, dest, reply):
    exports.poll_errors = [reply]
    with pytest.raises(UsageExportError, match=f"{job_id(0)} .* cannot be read") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert isinstance(failed.value.__cause__, CAUSES)
    assert failed.value.job_ids == (job_id(0),)
    await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, resume=failed.value.job_ids)
    assert len(exports.jobs) == 1


async def test_a_creation_without_a_job_id_is_an_error(circleci, exports, clock, dest):
    exports.creation_errors = [Reply(201, body=b'{"state": "created"}')]
    with pytest.raises(UsageExportError, match="has no job id") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert (failed.value.job_ids, exports.polls) == ((None,), [])


async def test_a_creation_with_unknown_outcome_is_not_repeated(circleci, exports, clock, dest):
    exports.creation_errors = [Reply(503, body=b"")]
    with pytest.raises(UsageExportError, match="503"):
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert len(exports.creations) == 1


async def test_transient_errors_of_polls_are_retried(circleci, exports, clock, dest):
    exports.poll_errors = [
        Reply(404, body=b'{"message": "Not found"}'),
        Reply(429, {"Retry-After": "120"}, b"{}"),
        Reply(503, body=b""),
        Reply(200, body=b"", cut_after=0, length=10),
    ]
    await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert dest.read_text() == expected(1)
    assert 120 in clock.sleeps


async def test_expired_urls_are_renewed_once_for_all_parts(circleci, exports, clock, dest):
    def expiring(request, right):
        return right if request.target.endswith("Signature=4") else Reply(403, body=b"<Error/>")

    exports.part = expiring
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert (dest.read_text(), export.rows) == (expected(1), 9)
    assert len(exports.polls) == 4


async def test_other_parts_after_a_renewal_of_urls_are_an_error(circleci, exports, clock, dest):
    def replaced(_request, _right):
        exports.jobs[0].parts = [zipped(HEADER)]
        return Reply(403, body=b"<Error/>")

    exports.part = replaced
    with pytest.raises(UsageExportError, match=r"has other parts now: 1, and had 3") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert failed.value.job_ids == (job_id(0),)


async def test_urls_are_renewed_while_a_later_window_is_polled(circleci, exports, clock, dest):
    def make(number, start, end):
        return three_parts(number, start, end) if number == 0 else Job(start, end, [{"state": "processing"}])

    def expiring(request, right):
        if request.target.endswith("Signature=3"):
            return Reply(403, body=b"<Error/>")
        exports.jobs[1].states = [{"state": "completed"}]
        exports.jobs[1].parts = [zipped(HEADER)]
        return right

    exports.make, exports.part = make, expiring
    begin = NOW - timedelta(days=60)
    await export_usage(circleci, ORG, begin, NOW, dest, timing=clock.timing, timeout=100 * 3600.0)
    assert dest.read_text() == expected(1)


async def test_parts_keep_their_order_when_renewed_urls_come_in_another_order(circleci, exports, clock, dest):
    def expiring(request, right):
        exports.list_parts = reversed
        return Reply(403, body=b"<Error/>") if request.target.endswith("/0?X-Amz-Signature=3") else right

    exports.part = expiring
    export = await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert (dest.read_text(), export.rows) == (expected(1), 9)


async def test_a_year_passes_in_the_fake(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=20)
    end = fake.clock.moment()
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        org_id = (await circleci.projects.get("gh/acme/web")).organization_id
        export = await circleci.export_usage(
            org_id, end - timedelta(days=365), end, tmp_path / "usage.csv", timing=fake.timing()
        )
    assert len(export.job_ids) == 12
    assert 0 < len(export.empty_windows) < 12
    assert export.rows > 0
    assert timedelta(hours=1) < fake.clock.moment() - end < timedelta(days=1)


SIGNATURE = "5f1c0e6c7d5b4a39"


def signed(urls):
    return [f"{url}&X-Amz-Signature={SIGNATURE}&key={SIGNATURE}" for url in urls]


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, body=b"<Error><SignatureProvided>%s</SignatureProvided></Error>" % SIGNATURE.encode()),
        Reply(404, body=b"no /0/0?X-Amz-Signature=%s" % SIGNATURE.encode()),
        Reply(200, body=b"", cut_after=0, length=10),
        Reply(204, length=None),
        Reply(200, {"Content-Encoding": "br"}, b"x"),
        Reply(302, {"Location": f"ftp://elsewhere/file?X-Amz-Signature={SIGNATURE}"}),
        None,
    ],
    ids=["403", "404", "cut", "204", "encoded", "moved", "unreachable"],
)
async def test_no_error_and_no_log_shows_the_signature_of_a_part(circleci, exports, dest, reply, caplog):
    exports.list_parts = signed if reply else lambda urls: [f"ftp://user:{SIGNATURE}@x/?key={SIGNATURE}"]
    exports.part = lambda _request, _right: reply
    told, timing = [], exports.clock.timing
    with caplog.at_level(logging.DEBUG), pytest.raises(UsageExportError) as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=timing, on_progress=told.append)
    error = failed.value
    while error is not None:
        assert SIGNATURE not in f"{error} {error!r} {vars(error)} {dict(getattr(error, 'headers', {}))}"
        error = error.__cause__ or error.__context__
    assert SIGNATURE not in f"{told} {caplog.messages}"
    assert not reply or any(SIGNATURE in request.target for request in exports.storage.requests)


async def test_the_reason_of_a_failed_job_is_shown_without_a_signature(circleci, exports, clock, dest):
    reason = f"cannot write to https://storage.example/x?X-Amz-Signature={SIGNATURE} with {TOKEN}"
    exports.make = lambda _number, start, end: Job(start, end, [{"state": "failed", "error_reason": reason}])
    with pytest.raises(UsageExportError, match=r"cannot write to https://storage\.example/x") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert SIGNATURE not in str(failed.value)
    assert TOKEN not in str(failed.value)


async def test_the_error_of_a_missing_part_has_the_job_ids(circleci, exports, clock, dest):
    exports.part = lambda _request, _right: Reply(403, body=b"<Error><Code>AccessDenied</Code></Error>")
    with pytest.raises(UsageExportError, match=r"part \d of 2026-01-31 .* cannot be downloaded") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert failed.value.job_ids == (job_id(0),)


@pytest.mark.parametrize("address", ["/relative", None, 5, {}])
async def test_the_error_of_a_part_without_a_url_has_the_job_ids(circleci, exports, clock, dest, address):
    state = {"state": "completed", "download_urls": [address]}
    exports.make = lambda _number, start, end: Job(start, end, [state])
    with pytest.raises(UsageExportError, match=r"part 1 of 2026-01-31 .* cannot be downloaded: '.*' is no") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert failed.value.job_ids == (job_id(0),)


async def test_the_error_of_parts_that_do_not_fit_has_the_job_ids(circleci, exports, clock, dest):
    exports.make = lambda _number, start, end: completed(start, end, zipped(HEADER), zipped("A,B\n1,2\n"))
    with pytest.raises(UsageExportError, match=r"part 2 of 2026-01-31 .* does not fit") as failed:
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert failed.value.job_ids == (job_id(0),)


async def test_an_existing_file_is_an_error_before_any_request(circleci, exports, clock, dest):
    dest.write_text("old")
    with pytest.raises(FileExistsError, match="overwrite='replace'"):
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing)
    assert (dest.read_text(), exports.creations) == ("old", [])
    await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, overwrite="replace")
    assert dest.read_text() == expected(1)


async def test_an_error_of_the_file_system_has_a_note_with_the_job_ids(circleci, exports, clock, tmp_path):
    folder = tmp_path / "gone"

    def make(number, start, end):
        folder.rmdir()
        return three_parts(number, start, end)

    exports.make = make
    with pytest.raises(FileNotFoundError) as failed:
        await export_usage(circleci, ORG, MONTH, NOW, folder / "usage.csv", timing=clock.timing)
    assert f"The export can be resumed with {(job_id(0),)}" in failed.value.__notes__


@pytest.mark.parametrize("way", ["directory", "link"])
async def test_a_directory_or_link_as_destination_is_an_error_before_any_request(
    circleci, exports, clock, tmp_path, way
):
    dest = tmp_path / "usage.csv"
    if way == "directory":
        dest.mkdir()
    else:
        dest.symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(OSError, match=r"directory|symbolic link"):
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, overwrite="replace")
    assert exports.creations == []
    assert list(tmp_path.iterdir()) == [dest]


@pytest.mark.parametrize(
    "options",
    [{"format": "xlsx"}, {"resume": ["a", "b"]}, {"polls_per_hour": 0}, {"concurrency": 0}, {"overwrite": "skip"}],
)
async def test_an_invalid_option_is_an_error(circleci, exports, clock, dest, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        await export_usage(circleci, ORG, MONTH, NOW, dest, timing=clock.timing, **options)
    assert exports.creations == []


async def test_rows_come_typed_and_in_order(circleci, exports, clock):
    begin = NOW - timedelta(days=60)
    rows = [row async for row in iter_usage_rows(circleci, ORG, begin, NOW, timing=clock.timing)]
    assert [row.job_name for row in rows] == [f"w{w:02}p{p}r{r}" for w in range(2) for p in range(3) for r in range(3)]
    assert {row.total_credits for row in rows} == {Decimal("0.5"), Decimal("1.5")}


async def test_more_rows_than_a_batch_come_all(circleci, exports, clock):
    exports.make = lambda _number, start, end: completed(start, end, zipped(HEADER + rows_of(0, 0, 2500)))
    seen = 0
    async with iter_usage_rows(circleci, ORG, MONTH, NOW, timing=clock.timing) as rows:
        async for row in rows:
            assert row.job_name == f"w00p0r{seen}"
            seen += 1
    assert seen == 2500


async def test_a_loop_over_rows_may_be_left(circleci, exports, clock):
    exports.make = lambda _number, start, end: completed(start, end, zipped(HEADER + rows_of(0, 0, 5000)))
    async with iter_usage_rows(circleci, ORG, MONTH, NOW, timing=clock.timing) as rows:
        async for row in rows:
            assert row.job_name == "w00p0r0"
            break


async def test_the_error_of_an_invalid_row_names_the_line(circleci, exports, clock):
    exports.make = lambda _number, start, end: completed(start, end, zipped(HEADER + line(pipeline_number="twelve")))
    with pytest.raises(UsageExportError, match=r"line 2: PIPELINE_NUMBER holds 'twelve'") as failed:
        [row async for row in iter_usage_rows(circleci, ORG, MONTH, NOW, timing=clock.timing)]
    assert failed.value.job_ids == (job_id(0),)


async def test_parquet_holds_the_same_rows_with_types(circleci, exports, clock, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    values = {
        "organization_name": '"acme, inc"',
        "project_created_date": "2023-04-27",
        "pipeline_created_at": "2025-07-02 18:31:31.424",
        "pipeline_number": "12",
        "is_unregistered_user": "false",
        "total_credits": "0.123456",
    }
    exports.make = lambda _number, start, end: completed(start, end, zipped(HEADER + line(**values) + line()))
    export = await export_usage(
        circleci, ORG, MONTH, NOW, tmp_path / "usage.parquet", format="parquet", timing=clock.timing
    )
    table = parquet.read_table(export.file).to_pylist()
    await export_usage(circleci, ORG, MONTH, NOW, tmp_path / "usage.csv", timing=clock.timing)
    rows = list(read_usage_rows(tmp_path / "usage.csv"))
    assert table == [attrs.asdict(row, filter=attrs.filters.exclude("additional_columns")) for row in rows]
    assert table[0]["total_credits"] == Decimal("0.123456")


async def test_parquet_without_its_extra_is_an_error_before_any_request(circleci, exports, clock, dest, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"circleci_v2\[parquet\]"):
        await export_usage(circleci, ORG, MONTH, NOW, dest, format="parquet", timing=clock.timing)
    assert exports.creations == []
