from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from circleci_v2._download.atomic_file import AtomicFile
from tests.download.conftest import files


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
