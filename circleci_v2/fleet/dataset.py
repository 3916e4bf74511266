"""Dataset: the Parquet files of crawls, one per kind of record and partition, on a local or remote file system.

The files of a partition lie at ``<destination>/<kind>/<project>/<window>.parquet``, for example
``data/jobs/gh%2Facme%2Fweb/2026-01-01T000000Z.parquet``. Each file is complete or absent: it is written under a temporary
name and then moved, or, on a file system without a rename, stored with one put. The file of pipelines is written last and
contains the state of its partition, so a process that is killed in between leaves a partition that the next run writes
again.

The methods block; call them in a thread.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import attrs

from circleci_v2._validation import missing_package_error
from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.fleet.partitions import TimeWindow, directory_of
from circleci_v2.fleet.rows import KINDS, Rows
from circleci_v2.history.records import RecordsOf
from circleci_v2.slugs import ProjectSlug

__all__ = ["Dataset", "KnownProjects", "PartitionState"]

_STATE_KEY: Final = b"circleci_v2"
_STATE_VERSION: Final = 1
_SETTINGS_FILE: Final = "_circleci_v2.json"
_SUFFIX: Final = ".parquet"
_TEMPORARY: Final = ".part"
# Object stores of fsspec have no rename, also those that define `mv`, which gcsfs does for some of its buckets.
_OBJECT_STORES: Final = frozenset({"abfs", "abfss", "adl", "az", "gcs", "gs", "oci", "oss", "r2", "s3", "s3a"})


def _require_parquet() -> None:
    """Check that pyarrow is installed, before a crawl begins.

    Raises:
        ConfigurationError: It is not.
    """
    try:
        import_module("pyarrow")
    except ImportError as error:
        raise missing_package_error("a dataset", "pyarrow", "circleci_v2[parquet]") from error


@attrs.frozen(kw_only=True)
class PartitionState:
    """What the files of a partition contain.

    Attributes:
        since: Pipelines created at this time or later.
        until: Pipelines created before this time.
        kinds: The kinds of records that were fetched.
        unfinished: The UUIDs of the pipelines that were still in progress.
    """

    since: datetime
    until: datetime
    kinds: frozenset[str]
    unfinished: frozenset[str] = frozenset()

    def to_json(self) -> bytes:
        """Return the state as it is stored in the metadata of the file of pipelines."""
        content = {
            "version": _STATE_VERSION,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "kinds": sorted(self.kinds),
            "unfinished": sorted(self.unfinished),
        }
        return json.dumps(content).encode()

    @classmethod
    def from_json(cls, text: bytes) -> PartitionState | None:
        """Read a stored state; None for text that this version did not write."""
        try:
            content = json.loads(text)
            if content["version"] != _STATE_VERSION:
                return None
            return cls(
                since=datetime.fromisoformat(content["since"]),
                until=datetime.fromisoformat(content["until"]),
                kinds=frozenset(content["kinds"]),
                unfinished=frozenset(content["unfinished"]),
            )
        except (ValueError, KeyError, TypeError):
            return None


@attrs.frozen(kw_only=True)
class KnownProjects:
    """The projects of an organization that earlier runs have found.

    Attributes:
        since: The beginning of the time whose pipelines were read to find them.
        until: The end of that time.
        names: Their names, by slug.
    """

    since: datetime
    until: datetime
    names: Mapping[str, str]


@attrs.frozen(kw_only=True)
class _Settings:
    """The content of the settings file: the length of windows, and the known projects by organization slug."""

    window_seconds: int
    organizations: Mapping[str, KnownProjects] = attrs.field(factory=dict[str, KnownProjects])

    def to_json(self) -> bytes:
        organizations = {
            slug: {"since": known.since.isoformat(), "until": known.until.isoformat(), "projects": dict(known.names)}
            for slug, known in self.organizations.items()
        }
        return json.dumps({"window_seconds": self.window_seconds, "organizations": organizations}, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> _Settings:
        """Read settings.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: The text has another form.
        """
        content = json.loads(text)
        organizations = {
            slug: KnownProjects(
                since=datetime.fromisoformat(known["since"]),
                until=datetime.fromisoformat(known["until"]),
                names={str(ProjectSlug(project)): str(name) for project, name in known["projects"].items()},
            )
            for slug, known in content["organizations"].items()
        }
        return cls(window_seconds=int(content["window_seconds"]), organizations=organizations)


class Dataset:
    """The files of a destination.

    Args:
        destination: A local directory, or a URL of any file system that fsspec knows, such as ``s3://bucket/ci``.

    Raises:
        ConfigurationError: pyarrow is not installed; or the destination is a URL, and fsspec or the package for its scheme
            is not.
    """

    def __init__(self, destination: str | os.PathLike[str]) -> None:
        _require_parquet()
        self._pyarrow: Any = import_module("pyarrow")
        self._parquet: Any = import_module("pyarrow.parquet")
        self._arrow_fs: Any = import_module("pyarrow.fs")
        text = os.fspath(destination)
        # The file system to put complete files to, if it has no rename.
        self._store: Any = None
        self._file_system, self._root = self._open_remote(text) if "://" in text else self._open_local(text)
        self._files = self._arrow_fs.SubTreeFileSystem(self._root, self._file_system)

    def _open_local(self, directory: str) -> tuple[Any, str]:
        return self._arrow_fs.LocalFileSystem(), str(Path(directory).absolute())

    def _open_remote(self, url: str) -> tuple[Any, str]:
        try:
            fsspec: Any = import_module("fsspec.core")
        except ImportError as error:
            raise missing_package_error("a URL as destination", "fsspec", "circleci_v2[dask]") from error
        try:
            files, path = fsspec.url_to_fs(url)
        except (ImportError, ValueError) as error:
            msg = f"destination={url!r} cannot be opened: {error}"
            raise ConfigurationError(msg) from error
        # fsspec shares one object per process, which may remember listings from before another process wrote files.
        files.invalidate_cache()
        if not _has_rename(files):
            self._store = files
        return self._arrow_fs.PyFileSystem(self._arrow_fs.FSSpecHandler(files)), path

    def prepare(self, every: timedelta) -> None:
        """Create the destination, or check that its windows have the same length; and remove incomplete files.

        Args:
            every: The length of a window.

        Raises:
            ConfigurationError: The files of the destination were written with windows of another length.
            OSError: The destination cannot be read or written.
        """
        self.require_windows(every)
        self._remove_temporary_files()

    def require_windows(self, every: timedelta) -> None:
        """Create the destination, or check that its windows have the same length.

        Args:
            every: The length of a window.

        Raises:
            ConfigurationError: The files of the destination were written with windows of another length.
            OSError: The destination cannot be read or written.
        """
        self._file_system.create_dir(self._root, recursive=True)
        seconds = int(every.total_seconds())
        settings = self._read_settings()
        if settings is None:
            self._write_settings(_Settings(window_seconds=seconds))
        elif settings.window_seconds != seconds:
            msg = (
                f"every={every}: the files of this destination have windows of "
                f"{timedelta(seconds=settings.window_seconds)}, and a pipeline would be in two of them. Pass that length, "
                "or another destination."
            )
            raise ConfigurationError(msg)

    def known_projects(self, organization: str) -> KnownProjects | None:
        """Return the projects of an organization that earlier runs have found.

        Args:
            organization: The organization slug.
        """
        settings = self._read_settings()
        return None if settings is None else settings.organizations.get(organization)

    def remember_projects(self, organization: str, known: KnownProjects) -> None:
        """Store the projects of an organization for later runs.

        Args:
            organization: The organization slug.
            known: The projects.
        """
        settings = self._read_settings()
        if settings is not None:
            self._write_settings(attrs.evolve(settings, organizations={**settings.organizations, organization: known}))

    def _read_settings(self) -> _Settings | None:
        if not self._exists(_SETTINGS_FILE):
            return None
        with self._files.open_input_stream(_SETTINGS_FILE) as file:
            text = file.read()
        try:
            return _Settings.from_json(text)
        except (ValueError, LookupError, TypeError, AttributeError, CircleCIError) as error:
            msg = (
                f"{_SETTINGS_FILE} of the destination cannot be read ({error!r}): delete it, and pass the same every= as "
                "before."
            )
            raise ConfigurationError(msg) from error

    def _write_settings(self, settings: _Settings) -> None:
        self._replace(_SETTINGS_FILE, lambda file: file.write(settings.to_json()))

    def state_of(self, path: str) -> PartitionState | None:
        """Return the state of a partition; None when one of its files is missing, or that of pipelines cannot be read.

        Args:
            path: The path of the partition.
        """
        try:
            with self._files.open_input_file(_file_of("pipelines", path)) as file:
                metadata: Mapping[bytes, bytes] = self._parquet.read_metadata(file).metadata or {}
        except (OSError, ValueError):  # pyarrow's ArrowInvalid is a ValueError
            return None
        state = PartitionState.from_json(metadata.get(_STATE_KEY, b""))
        is_complete = state is not None and all(
            self._exists(_file_of(kind, path)) for kind in KINDS if kind in state.kinds
        )
        return state if is_complete else None

    def windows_of(self, project_slug: str, every: timedelta) -> list[TimeWindow]:
        """Return the windows of a project that have files, oldest first.

        Args:
            project_slug: The project.
            every: The length of a window.
        """
        names = [info.base_name for info in self._list(f"pipelines/{directory_of(project_slug)}")]
        starts = [TimeWindow.start_of(name.removesuffix(_SUFFIX)) for name in names if name.endswith(_SUFFIX)]
        return sorted(TimeWindow(start, start + every) for start in starts if start is not None)

    def pipeline_ids(self, path: str) -> set[str]:
        """Return the UUIDs of the pipelines in the files of a partition.

        Args:
            path: The path of the partition.

        Raises:
            OSError: The file cannot be read.
        """
        return set(self._read("pipelines", path, columns=["pipeline_id"])["pipeline_id"].to_pylist())

    def read_of(self, kind: RecordsOf, path: str, pipeline_ids: Collection[str]) -> Any:
        """Return the rows of one file that belong to some pipelines, as an Arrow table.

        Args:
            kind: The kind of record.
            path: The path of the partition.
            pipeline_ids: The UUIDs of the pipelines.

        Raises:
            OSError: The file cannot be read.
        """
        table = self._read(kind, path)
        compute: Any = import_module("pyarrow.compute")
        wanted = self._pyarrow.array(list(pipeline_ids), self._pyarrow.string())
        return table.filter(compute.is_in(table["pipeline_id"], value_set=wanted))

    def _read(self, kind: RecordsOf, path: str, *, columns: Sequence[str] | None = None) -> Any:
        name = _file_of(kind, path)
        try:
            with self._files.open_input_file(name) as file:
                return self._parquet.read_table(file, columns=columns)
        except ValueError as error:  # pyarrow's ArrowInvalid
            msg = f"{name} cannot be read ({error}): delete it, and the next run fetches its window again."
            raise OSError(msg) from error

    def write(self, path: str, rows: Rows, state: PartitionState) -> dict[RecordsOf, int]:
        """Replace the files of a partition; return the number of rows of each kind.

        Args:
            path: The path of the partition.
            rows: All of its rows.
            state: Its new state.
        """
        tables = rows.tables()
        for kind in KINDS:
            if kind in tables:
                table = tables[kind]
                if kind == "pipelines":
                    table = table.replace_schema_metadata({_STATE_KEY: state.to_json()})
                self._write_table(_file_of(kind, path), table)
        return {kind: table.num_rows for kind, table in tables.items()}

    def _write_table(self, name: str, table: Any) -> None:
        self._replace(name, lambda file: self._parquet.write_table(table, file, compression="zstd"))

    def _replace(self, name: str, write: Callable[[Any], object]) -> None:
        directory, _, base = name.rpartition("/")
        if directory:
            self._files.create_dir(directory, recursive=True)
        if self._store is not None:
            # A file that is written piece by piece would also appear when an error ends the writing.
            content = self._pyarrow.BufferOutputStream()
            write(content)
            self._store.pipe_file(f"{self._root}/{name}", content.getvalue().to_pybytes())
            return
        target = f"{directory}/.{base}.{uuid4().hex}{_TEMPORARY}".lstrip("/")
        try:
            with self._files.open_output_stream(target) as file:
                write(file)
            self._files.move(target, name)
        except BaseException:
            if self._exists(target):
                self._files.delete_file(target)
            raise

    def _remove_temporary_files(self) -> None:
        for info in [*self._list(""), *(info for kind in KINDS for info in self._list(kind, recursive=True))]:
            if info.base_name.startswith(".") and info.base_name.endswith(_TEMPORARY):
                self._files.delete_file(info.path)

    def _list(self, directory: str, *, recursive: bool = False) -> list[Any]:
        selector = self._arrow_fs.FileSelector(directory, allow_not_found=True, recursive=recursive)
        return [info for info in self._files.get_file_info(selector) if info.is_file]

    def _exists(self, name: str) -> bool:
        return bool(self._files.get_file_info(name).is_file)


def _file_of(kind: RecordsOf, path: str) -> str:
    return f"{kind}/{path}{_SUFFIX}"


def _has_rename(files: Any) -> bool:
    """Return whether a file system of fsspec can rename a file; by default, its `mv` copies and then deletes."""
    inner = getattr(files, "fs", None)  # of a file system that wraps another one, such as `dir::`
    if inner is not None:
        return _has_rename(inner)
    protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
    kind = cast("Any", type(files))
    base: Any = import_module("fsspec.spec").AbstractFileSystem
    return kind.mv is not base.mv and protocols.isdisjoint(_OBJECT_STORES)
