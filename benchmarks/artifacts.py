"""Artifacts: memory, time and safety of downloads from a loopback storage.

Run with ``make bench-artifacts``, or parts of it with ``python -m benchmarks.artifacts large small peers``. Compare
the ratios; seconds differ from machine to machine. pycircleci and pycircleci-async are included if they are installed.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import anyio
import attrs

from circleci_v2 import CircleCI
from tests.loopback import Received, Reply, serving

TOKEN: Final = "a-token"
SLUG: Final = "gh/acme/web"
MEBIBYTE: Final = 1 << 20
BLOCK: Final = os.urandom(MEBIBYTE)


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
    # Forked, so that both processes have the same random block.
    process = multiprocessing.get_context("fork").Process(target=serve, args=(storage, child_end))
    process.start()
    server = Server(parent_end.recv())
    try:
        yield server
    finally:
        parent_end.send(None)
        server.tokens_leaked = parent_end.recv()
        process.join()


async def large() -> None:
    """One artifact of 2 GiB, with one broken connection."""
    size = 2 << 30
    with running([Stored("large.bin", size)], cut_first=True) as server, tempfile.TemporaryDirectory() as dest:
        before = peak_memory()
        started = time.perf_counter()
        async with CircleCI(TOKEN, base_url=f"{server.url}/api/v2") as circleci:
            download = await circleci.download_artifacts(SLUG, 1, dest)
        seconds = time.perf_counter() - started
        (file,) = download.files
        right = file.size == size and same_as_source(file.file, size)
        print(f"2 GiB: {'equal to its source' if right else 'WRONG'}, {size / seconds / MEBIBYTE:,.0f} MiB/s")
        print(
            f"  peak memory {peak_memory():.0f} MiB, of which {peak_memory() - before:.0f} MiB by the download (goal: < 64 MiB)"
        )


def same_as_source(file: Path, size: int) -> bool:
    with file.open("rb") as content:
        return all(content.read(len(block)) == block for block in blocks(0, size)) and not content.read(1)


def peak_memory() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def small() -> None:
    """500 artifacts of 10 kB with 50 ms of latency each, 8 and 50 at a time."""
    files = [Stored(f"reports/{number // 50}/{number}.xml", 10_000) for number in range(500)]
    with running(files, delay=0.05) as server:
        for concurrency in (8, 50):
            with tempfile.TemporaryDirectory() as dest:
                async with CircleCI(TOKEN, base_url=f"{server.url}/api/v2") as circleci:
                    started = time.perf_counter()
                    download = await circleci.download_artifacts(SLUG, 1, dest, concurrency=concurrency)
                    seconds = time.perf_counter() - started
            ideal = -(-len(files) // concurrency) * 0.05
            goal = " (goal: <= 1.25)" if concurrency == 8 else ""
            count = len(download.files)
            print(f"{count} of 10 kB at 50 ms, {concurrency} at a time: {seconds / ideal:.2f} x ideal{goal}")


async def peers() -> None:
    """The results for unusual artifacts, here and with other clients, which download one URL after the other."""
    contenders = {"circleci_v2": ours, "pycircleci": pycircleci, "pycircleci-async": pycircleci_async}
    for name, contender in contenders.items():
        if importlib.util.find_spec(name.replace("-", "_")) is None:
            print(f"{name}: not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            prepare(place)
            with running(ODD, cut_first=True, redirects=True) as server:
                errors = await contender(server.url, place / "dest")
            print(f"{name}: {len(errors)} of {len(ODD)} artifacts rejected or failed")
            for finding in findings(place, server.tokens_leaked):
                print(f"  {finding}")


def prepare(place: Path) -> None:
    (place / "dest").mkdir()
    (place / "outside").mkdir()
    (place / "outside" / "precious.txt").write_text("precious")
    (place / "dest" / "linked.txt").symlink_to(place / "outside" / "precious.txt")


def findings(place: Path, tokens_leaked: int) -> Iterator[str]:
    dest = place / "dest"
    reports = {path.read_bytes() for path in dest.rglob("*report.xml")}
    cut = next(dest.rglob("cut.bin"), None)
    size = cut.stat().st_size if cut else None
    kept = (place / "outside" / "precious.txt").read_text() == "precious"
    strays = [path.name for path in place.iterdir() if path.name not in {"dest", "outside"}]
    yield f"the storage behind the redirect saw the token {tokens_leaked} times"
    yield f"two artifacts of one name: {len(reports)} of 2 kept"
    yield f"a file outside, behind a link in the destination: {'kept' if kept else 'OVERWRITTEN'}; strays: {strays or 0}"
    complete = size == 5 * MEBIBYTE
    outcome = "absent" if size is None else "complete" if complete else f"TRUNCATED to {size:,} bytes"
    yield f"an artifact whose connection breaks: {outcome}"


async def ours(url: str, dest: Path) -> list[str]:
    async with CircleCI(TOKEN, base_url=f"{url}/api/v2") as circleci:
        download = await circleci.download_artifacts(SLUG, 1, dest, on_error="collect")
    return [str(failure) for failure in download.failures]


def addresses(url: str) -> list[str]:
    return [f"{url}/{index}/{stored.path.replace('..', '%2E%2E')}" for index, stored in enumerate(ODD)]


async def pycircleci(url: str, dest: Path) -> list[str]:
    client: Any = importlib.import_module("pycircleci.api").Api(token=TOKEN, url=url)

    async def one(address: str) -> None:
        await anyio.to_thread.run_sync(client.download_artifact, address, str(dest))

    return await errors_of(one, addresses(url))


async def pycircleci_async(url: str, dest: Path) -> list[str]:
    module: Any = importlib.import_module("pycircleci_async")
    async with module.CircleCIClient(token=TOKEN, url=url) as client:

        async def one(address: str) -> None:
            await client.download_artifact(address, str(dest))

        return await errors_of(one, addresses(url))


async def errors_of(one: Callable[[str], Awaitable[None]], addresses: list[str]) -> list[str]:
    errors: list[str] = []
    for address in addresses:
        try:
            await one(address)
        except Exception as error:  # noqa: BLE001 - any error is a result
            errors.append(repr(error))
    return errors


PARTS: Final = {"large": large, "small": small, "peers": peers}


async def main(chosen: list[str]) -> None:
    for name in chosen or PARTS:
        await PARTS[name]()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1:])
