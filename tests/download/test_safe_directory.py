from __future__ import annotations

from circleci_v2._download.atomic_file import is_case_insensitive
from tests.download.conftest import files


def test_case_insensitivity_is_tested_with_a_temporary_file(root, place):
    (place / "probe").write_bytes(b"")
    assert is_case_insensitive(root) == (place / "PROBE").exists()
    assert files(place).keys() == {"probe"}


def test_a_subdirectory_is_created_once_and_opened_again(root, place):
    for _ in range(2):
        subdirectory = root.subdirectory("inner")
        assert subdirectory.lstat("missing") is None
        subdirectory.close()
    assert (place / "inner").is_dir()
