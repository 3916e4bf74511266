"""Storing: carry out a plan, and tell how it went."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import attrs
from anyio import to_thread

from circleci_v2._files.directories import Directory, folds_case, open_directory
from circleci_v2._files.downloading import UNREADABLE, download
from circleci_v2._files.incoming import Overwrite
from circleci_v2._files.opening import opened
from circleci_v2._files.receiving import receive
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2.artifacts._client import StreamClient
from circleci_v2.artifacts.paths import refusal
from circleci_v2.artifacts.planning import JobArtifacts, Match, Plan, Planned, make_plan
from circleci_v2.bulk import OnError, map_concurrently
from circleci_v2.errors import ArtifactError

__all__ = [
    "ArtifactDownload",
    "ArtifactProgress",
    "DownloadedArtifact",
    "OnArtifactError",
    "OnArtifactProgress",
    "Options",
    "store",
]

OnArtifactError: TypeAlias = Literal["finish", "raise", "collect"]
"""What a failed artifact does: be told of after all others were downloaded, end everything, or be reported."""


@attrs.frozen(kw_only=True)
class DownloadedArtifact:
    """An artifact that is stored.

    Attributes:
        path: Its path as CircleCI lists it.
        node_index: The node of the job that stored it.
        file: Where it is now.
        size: Its size in bytes.
        skipped: Whether the file existed before and was left as it was.
    """

    path: str
    node_index: int
    file: Path
    size: int
    skipped: bool = False


@attrs.frozen(kw_only=True)
class ArtifactDownload:
    """How a download ended.

    Attributes:
        files: What is stored, in CircleCI's order.
        failures: What is not, and why; always empty unless ``on_error="collect"``.
    """

    files: tuple[DownloadedArtifact, ...]
    failures: tuple[ArtifactError, ...] = ()

    @property
    def size(self) -> int:
        """The bytes that were written, without those of skipped files."""
        return sum(file.size for file in self.files if not file.skipped)


@attrs.frozen(kw_only=True)
class ArtifactProgress:
    """How far one artifact has come; told after every piece of it, and once more when it is stored.

    Attributes:
        path: Its path as CircleCI lists it.
        received: The bytes so far; fewer than before when a server could not resume.
        size: All of its bytes; None while the server has not told.
        stored: Whether the file is complete and in its place.
        files_done: How many artifacts are stored, skipped or failed.
        files: How many there are.
    """

    path: str
    received: int
    size: int | None
    stored: bool
    files_done: int
    files: int


OnArtifactProgress: TypeAlias = Callable[[ArtifactProgress], object]


@attrs.frozen(kw_only=True)
class Options:
    """What the caller of a download chose; see `circleci_v2.artifacts.download_artifacts`."""

    match: Match | None
    node_index: int | None
    by_node: bool | None
    concurrency: int
    overwrite: Overwrite
    on_error: OnArtifactError
    on_progress: OnArtifactProgress | None

    def __attrs_post_init__(self) -> None:
        require_one_of("overwrite", self.overwrite, get_args(Overwrite))
        require_one_of("on_error", self.on_error, get_args(OnArtifactError))
        require_at_least_one("concurrency", self.concurrency, "download")


async def store(
    client: StreamClient, jobs: Iterable[JobArtifacts], dest: str | os.PathLike[str], options: Options
) -> ArtifactDownload:
    """Download what is wanted of the artifacts of some jobs.

    Raises:
        ArtifactError: An artifact was refused or could not be stored, and the options do not collect errors.
    """
    place = Path(os.path.abspath(dest))  # noqa: ASYNC240, PTH100 - reads nothing but the working directory
    async with opened(lambda left_open: _open(place, left_open)) as (root, folds):
        plan = make_plan(
            jobs,
            match=options.match,
            node_index=options.node_index,
            by_node=options.by_node,
            root=str(place),
            folds_case=folds,
        )
        return await _Download(client, place, root, plan, options).run()


def _open(place: Path, left_open: ExitStack) -> tuple[Directory, bool]:
    root = left_open.enter_context(closing(open_directory(place)))
    return root, folds_case(root)


@attrs.define
class _Download:
    client: StreamClient
    place: Path
    root: Directory
    plan: Plan
    options: Options
    done: int = 0
    error_of_callback: OSError | None = None

    async def run(self) -> ArtifactDownload:
        if self.plan.refusals and self.options.on_error == "raise":
            raise self.plan.refusals[0]
        stored: dict[int, DownloadedArtifact] = {}
        failures = list(self.plan.refusals)
        on_error: OnError = "raise" if self.options.on_error == "raise" else "collect"
        async with map_concurrently(
            self._store, self.plan.files, concurrency=self.options.concurrency, on_error=on_error
        ) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome.error, ArtifactError):
                    failures.append(outcome.error)
                else:
                    stored[outcome.index] = outcome.result
        if failures and self.options.on_error == "finish":
            raise _sum_up(failures, len(stored))
        return ArtifactDownload(files=tuple(stored[index] for index in sorted(stored)), failures=tuple(failures))

    async def _store(self, planned: Planned) -> DownloadedArtifact:
        try:
            size, skipped = await self._receive(planned)
        except OSError as error:
            if error is self.error_of_callback:
                raise
            raise refusal(planned.path, f"{error.strerror or error} ({'/'.join(planned.parts)})") from error
        except UNREADABLE as error:
            raise refusal(planned.path, str(error)) from error
        finally:
            self.done += 1
        self._tell(planned, size, size, stored=True)
        return DownloadedArtifact(
            path=planned.path,
            node_index=planned.node_index,
            file=self.place.joinpath(*planned.parts),
            size=size,
            skipped=skipped,
        )

    async def _receive(self, planned: Planned) -> tuple[int, bool]:
        """The size of the file, and whether it was there before."""
        try:
            async with receive(
                self.root,
                planned.parts,
                replace=self.options.overwrite == "replace",
                report=lambda received, size: self._tell(planned, received, size),
            ) as sink:
                return await download(self.client.stream, planned.url, sink, authenticate=True), False
        except FileExistsError as error:
            if self.options.overwrite != "skip" or error is self.error_of_callback:
                raise
        existing = self.place.joinpath(*planned.parts)
        return (await to_thread.run_sync(existing.lstat)).st_size, True

    def _tell(self, planned: Planned, received: int, size: int | None, *, stored: bool = False) -> None:
        if self.options.on_progress is not None:
            progress = ArtifactProgress(
                path=planned.path,
                received=received,
                size=size,
                stored=stored,
                files_done=self.done,
                files=len(self.plan.files),
            )
            try:
                self.options.on_progress(progress)
            except OSError as error:
                # Its output may be closed, which says nothing about the file.
                self.error_of_callback = error
                raise


def _sum_up(failures: list[ArtifactError], stored: int) -> ArtifactError:
    if len(failures) == 1:
        return failures[0]
    shown = [str(failure) for failure in failures[:3]]
    more = [f"and {len(failures) - 3} more, in .failures"] if len(failures) > 3 else []
    msg = f"{len(failures)} artifacts are not stored, {stored} are: {'; '.join([*shown, *more])}"
    return ArtifactError(msg, failures=failures)
