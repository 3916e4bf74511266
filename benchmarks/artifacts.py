"""Downloads of artifacts: speed, memory and safety.

*Large*: one artifact of 1 GiB whose connection breaks once; the downloaded file is compared with its source. The floor receives
the same bytes from a socket and writes them to a file. Memory is the growth of the peak of the process. *Small*: 500 artifacts
of 10 kB after 50 ms each, relative to artifacts x latency / concurrency. *Unusual*: two artifacts with the same name, one
whose name is a link in the destination to a file outside, one whose path climbs out of the destination, and one whose
connection breaks; behind a redirect to a storage that must not see the token. pycircleci and pycircleci-async download by
address, one artifact after the other.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import anyio
import attrs

from benchmarks.environments import NotInstalledError, driver, environment
from benchmarks.harness import (
    TIMES_FLOOR,
    Bound,
    Settings,
    compared_table,
    interleave,
    peak_memory,
    reset_peak_memory,
    row_of,
    run_child,
)
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI
from tests.loopback import Received, Reply, serving

TITLE: Final = "Artifacts"
SECONDS: Final = 180.0

PEERS: Final = ("pycircleci", "pycircleci-async")
SMALL_BOUND: Final = 1.25
MEMORY_BOUND: Final = 64.0
TOKEN: Final = "a-token"
SLUG: Final = "gh/acme/web"
MEBIBYTE: Final = 1 << 20
# The same in every process.
BLOCK: Final = random.Random(0).randbytes(MEBIBYTE)


@attrs.frozen
class Stored:
    path: str
    size: int
    content: bytes | None = None


# Plausible and hostile artifacts: the same name in several directories, and a name that is a link in the destination.
ODD: Final = [
    Stored("unit/report.xml", 4, b"unit"),
    Stored("e2e/report.xml", 4, b"e2e!"),
    Stored("linked.txt", 4, b"evil"),
    Stored("../climbed.txt", 4, b"evil"),
    Stored("cut.bin", 5 * MEBIBYTE),
]


@attrs.define
class Storage:
    """CircleCI's two origins: one lists artifacts and needs the token, the other has the files and must not see it."""

    files: list[Stored]
    delay: float
    cut_first: bool
    redirects: bool
    begun: set[str] = attrs.field(factory=set[str])
    tokens_leaked: int = 0
    origin: str = ""

    def handle_api(self, request: Received) -> Reply:
        if request.path.endswith("/artifacts"):
            return self.listing(request.headers["host"])
        if self.redirects:
            return Reply(302, {"Location": self.origin + request.target})
        return self.handle_storage(request)

    def listing(self, host: str) -> Reply:
        items = [
            {
                "path": stored.path,
                "node_index": 0,
                "url": f"http://{host}/{index}/{stored.path.replace('..', '%2E%2E')}",
            }
            for index, stored in enumerate(self.files)
        ]
        return Reply(200, {}, json.dumps({"items": items, "next_page_token": None}).encode())

    def handle_storage(self, request: Received) -> Reply:
        self.tokens_leaked += self.redirects and TOKEN in str(request.headers)
        index = request.path.split("/")[1]
        stored = self.files[int(index)]
        cut = MEBIBYTE * 5 // 2 if self.cut_first and index not in self.begun and stored.size > 4 * MEBIBYTE else None
        self.begun.add(index)
        start = request.range_start
        headers = {"ETag": f'"{index}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{stored.size - 1}/{stored.size}"
        body = stored.content or blocks(start, stored.size)
        length = stored.size - start
        return Reply(206 if start else 200, headers, body, length=length, cut_after=cut, delay=self.delay)


def serve(storage: Storage, connection: Connection) -> None:
    """Serve in a separate process, so that its memory and CPU time do not count as the client's."""
    with serving(storage.handle_api) as api, serving(storage.handle_storage) as behind:
        storage.origin = behind.url
        connection.send(api.url)
        connection.recv()
        connection.send(storage.tokens_leaked)


def blocks(start: int, size: int) -> Iterator[bytes]:
    while start < size:
        offset = start % MEBIBYTE
        piece = BLOCK[offset : offset + size - start]
        yield piece
        start += len(piece)


@attrs.define
class Server:
    """A running storage; `tokens_leaked` is set when it has ended."""

    url: str
    tokens_leaked: int = 0


@contextlib.contextmanager
def running(
    files: list[Stored], *, delay: float = 0.0, cut_first: bool = False, redirects: bool = False
) -> Generator[Server]:
    parent_end, child_end = multiprocessing.Pipe()
    storage = Storage(files, delay, cut_first, redirects)
    process = multiprocessing.get_context("fork").Process(target=serve, args=(storage, child_end))
    process.start()
    server = Server(parent_end.recv())
    try:
        yield server
    finally:
        parent_end.send(None)
        server.tokens_leaked = parent_end.recv()
        process.join()


def measure(settings: Settings) -> Iterator[Table]:
    """Yield a table for each part."""
    yield large(settings.choose(1 << 30, 64 << 20), settings.choose(3, 1))
    for concurrency in settings.choose((8, 50), (50,)):
        yield small(settings.choose(500, 100), concurrency, settings.choose(5, 1))
    yield unusual()


def prepare() -> None:
    """Make the environments of the peers, as far as they can be installed."""
    for name in PEERS:
        with contextlib.suppress(NotInstalledError):
            environment(name, [name], newest=True)


def large(size: int, rounds: int) -> Table:
    growth: list[float] = []

    def sample(download: Callable[[str], float]) -> float:
        # A new server for each sample, as only the first connection of a server breaks.
        with running([Stored("large.bin", size)], cut_first=True) as server:
            return download(server.url)

    def ours(url: str) -> float:
        program = f"from benchmarks.artifacts import print_large; print_large({url!r}, {size})"
        found = json.loads(run_child([sys.executable, "-c", program], timeout=120).output)
        growth.append(found["growth"] / MEBIBYTE)
        return float(found["seconds"])

    measurements = {
        "circleci_v2": lambda: sample(ours),
        RECEIVE: lambda: sample(lambda url: receive(url, size)),
    }
    samples = interleave(measurements, rounds=rounds, warm_up=False)
    return compared_table(
        "large",
        f"One artifact of {size // MEBIBYTE:,} MiB",
        samples,
        value=Column(name="wall time", unit="s"),
        baseline=RECEIVE,
        ours=["circleci_v2"],
        floor=RECEIVE,
        bounds={"circleci_v2": Bound(column="growth of memory", at_most=MEMORY_BOUND)},
        more={"circleci_v2": {"growth of memory": growth}},
        more_columns=[Column(name="growth of memory", unit="MiB", digits=0)],
        plotted="",
    )


RECEIVE: Final = "socket to file"


def receive(url: str, size: int) -> float:
    """Receive the artifact from a socket into a file; return the seconds."""
    host, _, port = url.removeprefix("http://").partition(":")
    buffer = memoryview(bytearray(MEBIBYTE))
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        received = 0
        while received < size:
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(
                    f"GET /0/large.bin HTTP/1.1\r\nHost: {host}\r\nRange: bytes={received}-\r\n\r\n".encode()
                )
                count = connection.recv_into(buffer)
                start = bytes(buffer[:count]).index(b"\r\n\r\n") + 4
                file.write(buffer[start:count])
                received += count - start
                while received < size and (count := connection.recv_into(buffer)):
                    file.write(buffer[:count])
                    received += count
        return time.perf_counter() - started


def print_large(url: str, size: int) -> None:
    """Print the seconds of a download, and the growth of the peak memory in bytes."""

    async def download() -> None:
        with tempfile.TemporaryDirectory() as dest:
            async with CircleCI(TOKEN, base_url=f"{url}/api/v2") as circleci:
                reset_peak_memory()
                before, started = peak_memory(), time.perf_counter()
                result = await circleci.download_artifacts(SLUG, 1, dest)
                seconds, growth = time.perf_counter() - started, peak_memory() - before
            (file,) = result.files
            assert file.size == size
            assert same_as_source(file.file, size)
            print(json.dumps({"seconds": seconds, "growth": growth}))

    anyio.run(download)


def same_as_source(file: Path, size: int) -> bool:
    with file.open("rb") as content:
        return all(content.read(len(block)) == block for block in blocks(0, size)) and not content.read(1)


def small(count: int, concurrency: int, rounds: int) -> Table:
    files = [Stored(f"reports/{number // 50}/{number}.xml", 10_000) for number in range(count)]

    async def download(url: str) -> float:
        with tempfile.TemporaryDirectory() as dest:
            async with CircleCI(TOKEN, base_url=f"{url}/api/v2") as circleci:
                started = time.perf_counter()
                result = await circleci.download_artifacts(SLUG, 1, dest, concurrency=concurrency)
                seconds = time.perf_counter() - started
        assert len(result.files) == count
        return seconds

    with running(files, delay=LATENCY) as server:
        samples = interleave({"circleci_v2": lambda: anyio.run(download, server.url)}, rounds=rounds)
    return compared_table(
        f"small-{concurrency}",
        f"{count} artifacts of 10 kB, {concurrency} concurrently",
        samples,
        value=Column(name="wall time", unit="s"),
        baseline="circleci_v2",
        ours=["circleci_v2"],
        floor=-(-count // concurrency) * LATENCY,
        bounds={"circleci_v2": Bound(column=TIMES_FLOOR, at_most=SMALL_BOUND)} if concurrency == 8 else {},
        plotted="",
    )


LATENCY: Final = 0.05


@attrs.frozen
class Findings:
    """The state after the download of unusual artifacts, each of which should be 1, except the first two.

    Attributes:
        failed: Artifacts that were rejected or failed.
        tokens: How often the storage behind the redirect saw the token.
        kept: Artifacts kept of two with the same name.
        complete: Whether the artifact whose connection breaks is complete.
        unharmed: Whether the file outside of the destination is unchanged, and no file is outside of it.
    """

    failed: int
    tokens: int
    kept: int
    complete: bool
    unharmed: bool


def unusual() -> Table:
    columns = [
        Column(name="rejected or failed", digits=0),
        Column(name="tokens leaked", digits=0, compared=True),
        Column(name="of two with one name", digits=0, better="higher"),
        Column(name="broken connection resumed", digits=0, better="higher"),
        Column(name="nothing outside written", digits=0, better="higher"),
    ]
    bounds = (
        Bound(column=columns[1].name, at_most=0),
        *(Bound(column=column.name, at_least=least) for column, least in zip(columns[2:], (2, 1, 1), strict=True)),
    )
    rows: list[Row] = []
    for name in ("circleci_v2", *PEERS):
        try:
            found = download_unusual(name)
        except NotInstalledError as error:
            rows.append(Row(name=name, not_measured=str(error)))
            continue
        values = {column.name: float(value) for column, value in zip(columns, attrs.astuple(found), strict=True)}
        ours = name == "circleci_v2"
        rows.append(row_of(name, "ours" if ours else "other", values, *(bounds if ours else ())))
    title = f"{len(ODD)} unusual artifacts (1 is yes, 0 is no)"
    return Table(name="unusual", title=title, columns=columns, rows=rows)


def download_unusual(name: str) -> Findings:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare_folder(place)
        with running(ODD, cut_first=True, redirects=True) as server:
            if name == "circleci_v2":
                failed = anyio.run(failures_of_ours, server.url, place / "dest")
            else:
                with driver(environment(name, [name], newest=True), "artifact_clients", name, quiet=True) as client:
                    reply = client.measure(url=server.url, addresses=addresses(server.url), folder=str(place / "dest"))
                failed = int(reply["failed"])
        return findings(place, failed, server.tokens_leaked)


def prepare_folder(place: Path) -> None:
    (place / "dest").mkdir()
    (place / "outside").mkdir()
    (place / "outside" / "precious.txt").write_text("precious")
    (place / "dest" / "linked.txt").symlink_to(place / "outside" / "precious.txt")


def findings(place: Path, failed: int, tokens_leaked: int) -> Findings:
    dest = place / "dest"
    reports = {path.read_bytes() for path in dest.rglob("*report.xml")}
    cut = next(dest.rglob("cut.bin"), None)
    strays = [path.name for path in place.iterdir() if path.name not in {"dest", "outside"}]
    return Findings(
        failed,
        tokens_leaked,
        len(reports),
        cut is not None and cut.stat().st_size == 5 * MEBIBYTE,
        (place / "outside" / "precious.txt").read_text() == "precious" and not strays,
    )


async def failures_of_ours(url: str, dest: Path) -> int:
    async with CircleCI(TOKEN, base_url=f"{url}/api/v2") as circleci:
        download = await circleci.download_artifacts(SLUG, 1, dest, on_error="collect")
    return len(download.failures)


def addresses(url: str) -> Sequence[str]:
    return [f"{url}/{index}/{stored.path.replace('..', '%2E%2E')}" for index, stored in enumerate(ODD)]
