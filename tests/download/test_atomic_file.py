"""Atomic files, and their part files: those that killed processes left are removed, those of running downloads are not."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from circleci_v2._download import atomic_file
from circleci_v2._download.atomic_file import AtomicFile, StaleParts, create_part
from tests.download import write_part
from tests.download.conftest import files

LEFT_OVER = f".circleci-{'0af3' * 8}.part"
OTHERS = [
    ".circleci-.part",
    f".circleci-{'0AF3' * 8}.part",
    f".circleci-{'0af3' * 8}.part.txt",
    f".circleci-{'0af3' * 8}.PART",
    f".circleci-{'wxyz' * 8}.part",
    f"circleci-{'0af3' * 8}.part",
    f".circleci-{'0af3' * 8}.part\n",
]


def download(root, *parts: str, stale: StaleParts | None = None) -> None:
    file = AtomicFile(root, parts, replace=True, stale=stale).open()
    file.write(b"new")
    file.commit()


@contextmanager
def writer(place: Path, *parts: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start another process that has written half of a file."""
    command = [sys.executable, "-m", write_part.__name__, str(place), *parts]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("directory", [(), ("a",), ("a", "b")])
def test_a_left_over_part_beside_the_target_is_removed(root, place, directory):
    place.joinpath(*directory).mkdir(parents=True, exist_ok=True)
    place.joinpath(*directory, LEFT_OVER).write_bytes(b"half")
    download(root, *directory, "file")
    assert files(place) == {os.path.join(*directory, "file"): b"new"}  # noqa: PTH118 - text, not a path to open


def test_a_left_over_part_is_removed_even_if_the_target_is_complete(root, place):
    (place / "file").write_bytes(b"complete")
    (place / LEFT_OVER).hardlink_to(place / "file")
    with pytest.raises(FileExistsError):
        AtomicFile(root, ["file"], replace=False).open()
    assert files(place) == {"file": b"complete"}


def test_parts_in_directories_of_other_targets_stay(root, place):
    (place / "a").mkdir()
    (place / "a" / LEFT_OVER).write_bytes(b"half")
    download(root, "b", "file")
    assert (place / "a" / LEFT_OVER).exists()


def test_nothing_else_is_removed(root, place, tmp_path):
    for name in OTHERS:
        (place / name).write_bytes(b"mine")
    (place / f".circleci-{'1' * 32}.part").mkdir()
    (place / f".circleci-{'2' * 32}.part").symlink_to(tmp_path / "outside" / "kept")
    os.mkfifo(place / f".circleci-{'3' * 32}.part")
    before = set(place.iterdir())
    download(root, "file")
    assert set(place.iterdir()) == before | {place / "file"}


def test_a_part_that_is_being_written_stays(root, place):
    running = AtomicFile(root, ["running"], replace=False).open()
    running.write(b"half")
    download(root, "file")
    running.write(b" and half")
    running.commit()
    assert files(place) == {"file": b"new", "running": b"half and half"}


def test_a_part_of_a_running_process_stays_until_the_process_is_killed(root, place):
    with writer(place, "other") as process:
        download(root, "file")
        assert len(files(place)) == 2
        process.kill()
        process.wait()
        assert len(files(place)) == 2
        download(root, "file")
    assert files(place) == {"file": b"new"}


def test_a_running_process_completes_its_file_after_others_looked_at_it(root, place):
    with writer(place, "other") as process:
        for number in range(5):
            download(root, f"{number}")
        process.communicate()
        assert process.returncode == 0
    assert files(place) == {"other": b"half", **{f"{number}": b"new" for number in range(5)}}


def test_a_part_is_locked_until_it_has_its_final_name(root, place, monkeypatch):
    file = AtomicFile(root, ["file"], replace=False).open()
    file.write(b"new")
    rename = root.rename

    def look_first(temporary, name, *, replace):
        # As another process would: without knowledge of the names that are in use here.
        monkeypatch.setattr(atomic_file, "_names_in_use", set())
        StaleParts().clear(root, [])
        rename(temporary, name, replace=replace)

    monkeypatch.setattr(root, "rename", look_first)
    file.commit()
    assert files(place) == {"file": b"new"}


def test_a_part_that_is_removed_before_it_is_locked_is_created_again(root, place, monkeypatch):
    create, created = root.create, []

    def create_and_lose(name):
        descriptor = create(name)
        created.append(name)
        if len(created) < 3:
            root.remove(name)
        return descriptor

    monkeypatch.setattr(root, "create", create_and_lose)
    download(root, "file")
    assert files(place) == {"file": b"new"}
    assert len(set(created)) == 3


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_a_download_succeeds_and_every_part_stays(root, place, monkeypatch, code):
    def refuse(_descriptor, _operation):
        raise OSError(code, "no locks here")

    (place / LEFT_OVER).write_bytes(b"half")
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        download(root, "file")
    assert files(place) == {"file": b"new", LEFT_OVER: b"half"}


def test_an_error_while_locking_leaves_no_part(root, place, monkeypatch):
    def fail(_descriptor, _operation):
        raise OSError(errno.EIO, "the disk fails")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", fail)
        with pytest.raises(OSError, match="the disk fails"):
            create_part(root)
    assert files(place) == {}


def test_on_windows_an_open_part_stays_because_it_cannot_be_removed(root, place, monkeypatch):
    (place / LEFT_OVER).write_bytes(b"half")
    is_open = True

    def remove(name):
        if is_open:
            raise PermissionError(errno.EACCES, "open in another process", name)
        (place / name).unlink()

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(root, "remove", remove)
    StaleParts().clear(root, [])
    assert files(place) == {LEFT_OVER: b"half"}
    is_open = False
    StaleParts().clear(root, [])
    assert files(place) == {}


def test_a_directory_is_searched_once_in_a_download(root, place, monkeypatch):
    names, searched = root.names, []
    monkeypatch.setattr(root, "names", lambda: searched.append(1) or names())
    stale = StaleParts()
    for number in range(5):
        download(root, f"{number}", stale=stale)
    assert len(searched) == 1


def test_a_directory_that_cannot_be_listed_does_not_fail_a_download(root, place, monkeypatch):
    def refuse():
        raise PermissionError(errno.EACCES, "no permission to list")

    monkeypatch.setattr(root, "names", refuse)
    download(root, "file")
    assert files(place) == {"file": b"new"}


def received(root, *parts: str, content: bytes = b"new", replace: bool = False) -> None:
    file = AtomicFile(root, parts, replace=replace)
    try:
        file.open()
        file.write(content)
        file.commit()
    finally:
        file.discard()


def test_a_file_has_its_name_only_when_it_is_complete(root, place):
    file = AtomicFile(root, ["a", "b", "file"], replace=False).open()
    file.write(b"one ")
    file.write(bytearray(b"two"))
    (temporary,) = files(place)
    assert temporary.startswith(os.path.join("a", "b", ".circleci-"))  # noqa: PTH118 - text, not a path to open
    file.commit()
    assert files(place) == {os.path.join("a", "b", "file"): b"one two"}  # noqa: PTH118


def test_a_discarded_file_leaves_nothing(root, place):
    file = AtomicFile(root, ["a", "file"], replace=False).open()
    file.write(b"half")
    file.discard()
    file.discard()
    assert files(place) == {}


def test_a_restarted_file_has_only_the_new_content(root, place):
    file = AtomicFile(root, ["file"], replace=False).open()
    file.write(b"something long")
    file.restart()
    file.write(b"short")
    file.commit()
    assert files(place) == {"file": b"short"}


def test_a_published_file_is_not_discarded(root, place):
    received(root, "file")
    assert files(place) == {"file": b"new"}


@pytest.mark.parametrize("end", ["commit", "discard"])
def test_a_file_that_ended_is_not_written(root, end):
    file = AtomicFile(root, ["file"], replace=False).open()
    getattr(file, end)()
    for write in (lambda: file.write(b"x"), file.restart, file.commit):
        with pytest.raises(ValueError, match="not open"):
            write()


def test_a_file_that_was_discarded_before_it_was_opened_stays_away(root, place):
    file = AtomicFile(root, ["file"], replace=False)
    file.discard()
    with pytest.raises(ValueError, match="not open"):
        file.open()
    assert files(place) == {}


def test_an_existing_file_is_kept_unless_it_may_be_replaced(root, place):
    (place / "file").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        received(root, "file")
    assert files(place) == {"file": b"old"}
    received(root, "file", replace=True)
    assert files(place) == {"file": b"new"}


def test_a_file_that_appears_during_the_download_is_kept(root, place):
    file = AtomicFile(root, ["file"], replace=False).open()
    (place / "file").write_bytes(b"quicker")
    with pytest.raises(FileExistsError):
        file.commit()
    file.discard()
    assert files(place) == {"file": b"quicker"}


@pytest.mark.parametrize("replace", [False, True])
def test_links_are_never_followed(root, place, tmp_path, replace):
    outside = tmp_path / "outside"
    (place / "directory").symlink_to(outside)
    (place / "relative").symlink_to("../../outside")
    (place / "file").symlink_to(outside / "kept")
    (place / "dangling").symlink_to(outside / "made")
    (place / "loop").symlink_to("loop")
    for parts in [
        ("directory", "kept"),
        ("directory", "new"),
        ("relative", "a", "b"),
        ("file",),
        ("dangling",),
        ("loop",),
    ]:
        with pytest.raises(OSError, match="symbolic link") as rejected:
            received(root, *parts, replace=replace)
        assert rejected.value.errno == errno.ELOOP
    assert (place / "file").is_symlink()


@pytest.mark.parametrize("replace", [False, True])
def test_a_link_that_appears_during_the_download_is_not_followed(root, place, tmp_path, replace):
    file = AtomicFile(root, ["file"], replace=replace).open()
    file.write(b"new")
    (place / "file").symlink_to(tmp_path / "outside" / "kept")
    try:
        file.commit()
    except FileExistsError:
        assert not replace
    finally:
        file.discard()


@pytest.mark.parametrize("replace", [False, True])
def test_a_hard_link_to_another_file_is_not_written_through(root, place, tmp_path, replace):
    (place / "file").hardlink_to(tmp_path / "outside" / "kept")
    try:
        received(root, "file", replace=replace)
    except FileExistsError:
        assert not replace


def test_a_file_where_a_directory_is_needed_is_an_error(root, place):
    (place / "file").write_bytes(b"old")
    with pytest.raises(NotADirectoryError):
        received(root, "file", "inner")
    assert files(place) == {"file": b"old"}


@pytest.mark.parametrize("replace", [False, True])
def test_a_directory_where_a_file_is_needed_is_an_error(root, place, replace):
    (place / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        received(root, "taken", replace=replace)


@pytest.mark.parametrize("taken", [False, True])
def test_a_file_system_without_hard_links_is_served_too(root, place, taken, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    file = AtomicFile(root, ["file"], replace=False).open()
    file.write(b"new")
    if taken:
        (place / "file").write_bytes(b"quicker")
        with pytest.raises(FileExistsError):
            file.commit()
    else:
        file.commit()
    file.discard()
    assert files(place) == {"file": b"quicker" if taken else b"new"}


def test_discarding_waits_for_the_thread_that_still_opens(root, place, monkeypatch):
    entered, leave = threading.Event(), threading.Event()
    create = root.create

    def slow_create(name):
        entered.set()
        leave.wait(5)
        return create(name)

    monkeypatch.setattr(root, "create", slow_create)
    file = AtomicFile(root, ["file"], replace=False)
    opening = threading.Thread(target=file.open)
    discarding = threading.Thread(target=file.discard)
    opening.start()
    entered.wait(5)
    discarding.start()
    leave.set()
    for thread in (opening, discarding):
        thread.join(5)
        assert not thread.is_alive()
    assert files(place) == {}


@pytest.mark.parametrize("end", ["commit", "discard"])
def test_an_error_of_close_leaves_no_file(root, place, end, monkeypatch):
    # Network file systems may report a full disk or quota only in close(), which closes the descriptor nevertheless.
    close = os.close
    closed = []

    def refuse(descriptor):
        close(descriptor)
        closed.append(descriptor)
        raise OSError(errno.EDQUOT, "over quota")

    file = AtomicFile(root, ["file"], replace=False).open()
    with monkeypatch.context() as patch:
        patch.setattr(os, "close", refuse)
        with pytest.raises(OSError, match="over quota"):
            getattr(file, end)()
    file.discard()
    assert (files(place), len(closed)) == ({}, len(set(closed)))


def test_no_descriptor_stays_open(root):
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("the system does not list descriptors")
    before = len(list(descriptors.iterdir()))
    for number in range(20):
        received(root, "a", "b", str(number))
        with pytest.raises(FileExistsError):
            received(root, "a", "b", str(number))
        with pytest.raises(NotADirectoryError):
            received(root, "a", "b", str(number), "c")
    assert len(list(descriptors.iterdir())) == before
