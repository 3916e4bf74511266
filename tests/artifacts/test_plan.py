from __future__ import annotations

import os
import tracemalloc
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from circleci_v2.artifacts.plan import PathReservations, safe_parts
from circleci_v2.errors import ArtifactError
from tests.artifacts.hostile import HARMLESS, REJECTED_EVERYWHERE, REJECTED_ON_WINDOWS


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("path", REJECTED_EVERYWHERE, ids=lambda path: ascii(path)[:40])
def test_a_hostile_path_is_rejected_by_name(path, windows):
    with pytest.raises(ArtifactError, match="is not stored") as rejected:
        safe_parts(path, windows=windows)
    assert rejected.value.path == path
    assert repr(path[:200])[1:-1] in str(rejected.value)


@pytest.mark.parametrize("path", REJECTED_ON_WINDOWS)
def test_names_that_are_special_on_windows_are_rejected_only_there(path):
    with pytest.raises(ArtifactError, match="is not stored"):
        safe_parts(path, windows=True)
    assert "/".join(safe_parts(path, windows=False)) == path


@pytest.mark.parametrize(("path", "parts"), HARMLESS.items(), ids=lambda value: ascii(value)[:40])
def test_an_ordinary_path_is_kept(path, parts):
    assert safe_parts(path, windows=False) == parts


@pytest.mark.parametrize(
    "path", ["console.log", "nullable.txt", "com10", "lpt", "aux_file", "con-fig/auxiliary.c", "a.b c.d"]
)
def test_names_that_only_resemble_devices_are_kept_on_windows(path):
    assert "/".join(safe_parts(path, windows=True)) == path


def test_the_destination_counts_towards_the_longest_path():
    path = "/".join(["x" * 250] * 16)
    assert safe_parts(path, windows=False)
    with pytest.raises(ArtifactError, match=r"at most 4,095"):
        safe_parts(path, windows=False, root="/" + "r" * 200)


PATHS = st.text(max_size=40) | st.lists(
    st.sampled_from(["..", ".", "", "a", "B", "\\", "C:", "con", "\x00", "~", "é", " ", "..\\"]), max_size=8
).map("/".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("a/../..", False)
@given(path=PATHS, windows=st.booleans())
def test_no_text_yields_a_name_that_leaves_its_directory(path, windows):
    try:
        parts = safe_parts(path, windows=windows)
    except ArtifactError:
        return
    assert parts
    for part in parts:
        assert part not in {"", ".", ".."}
        assert "/" not in part
        assert "\x00" not in part
        assert len(os.fsencode(part)) <= 255
    root = os.path.normpath("/root")
    assert os.path.normpath(os.path.join("/root", *parts)).startswith(root + "/")  # noqa: PTH118 - nothing but text


def reserved(*paths: str, case_insensitive: bool) -> PathReservations:
    reservations = PathReservations(case_insensitive=case_insensitive)
    for path in paths:
        reservations.reserve(path, tuple(path.split("/")))
    return reservations


@pytest.mark.parametrize(
    ("first", "second"),
    [("a", "a"), ("a", "a/b"), ("a/b", "a"), ("a/b/c", "a/b"), ("a/b", "a/b/c/d")],
)
@pytest.mark.parametrize("case_insensitive", [False, True])
def test_a_second_artifact_for_one_path_is_rejected(first, second, case_insensitive):
    reservations = reserved(first, case_insensitive=case_insensitive)
    with pytest.raises(ArtifactError, match=f"it would overwrite the artifact '{first}'"):
        reservations.reserve(second, tuple(second.split("/")))


FOLDED = [
    ("README", "readme"),
    ("Docs/a", "docs/A"),
    ("Docs", "docs/a"),
    ("straße", "STRASSE"),
    (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
]


@pytest.mark.parametrize(("first", "second"), FOLDED)
def test_a_case_insensitive_file_system_holds_one_of_two_spellings(first, second):
    reservations = reserved(first, case_insensitive=True)
    with pytest.raises(ArtifactError, match="same download"):
        reservations.reserve(second, tuple(second.split("/")))


@pytest.mark.parametrize(("first", "second"), FOLDED)
def test_a_case_sensitive_file_system_holds_both_spellings(first, second):
    reserved(first, second, case_insensitive=False)


def test_files_share_directories():
    reserved("a/b", "a/c", "a/d/e", "a/d/f", case_insensitive=True)


def test_a_deep_path_takes_memory_in_proportion_to_its_depth():
    def taken(depth: int) -> int:
        reservations, parts = PathReservations(case_insensitive=False), ("x",) * depth
        tracemalloc.start()
        reservations.reserve("/".join(parts), parts)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert taken(2000) < 3 * taken(1000)


def test_deep_paths_are_compared_to_their_end():
    deep = "x/" * 2000
    reservations = reserved(f"{deep}a", case_insensitive=False)
    reservations.reserve(f"{deep}b", (*["x"] * 2000, "b"))
    with pytest.raises(ArtifactError, match="same download"):
        reservations.reserve(f"{deep}a/c", (*["x"] * 2000, "a", "c"))


def test_a_rejected_artifact_reserves_nothing():
    reservations = reserved("a", case_insensitive=False)
    with pytest.raises(ArtifactError):
        reservations.reserve("a/b", ("a", "b"))
    reservations.reserve("b", ("b",))
