from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.check_mutants import main


def run(tmp_path: Path, *arguments: str, **counts: int) -> int:
    statistics = tmp_path / "statistics.json"
    statistics.write_text(json.dumps(counts))
    return main([f"--statistics={statistics}", *arguments])


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ({"killed": 90, "survived": 10}, "90.0"),
        ({"killed": 89, "timeout": 1, "survived": 5, "no_tests": 5}, "90.0"),
        ({"killed": 1, "skipped": 7, "not_checked": 9}, "100.0"),
    ],
    ids=str,
)
def test_enough_mutants_were_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], counts: dict[str, int], share: str
):
    assert run(tmp_path, **counts) == 0
    assert f"mutants were noticed: {share} %" in capsys.readouterr().out


@pytest.mark.parametrize(
    "counts",
    [
        {"killed": 89, "survived": 11},
        {"killed": 89, "no_tests": 11},
        {"killed": 89, "suspicious": 11},
        {"killed": 89, "segfault": 11},
    ],
    ids=str,
)
def test_too_few_mutants_were_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str], counts: dict[str, int]):
    assert run(tmp_path, **counts) == 1
    assert "mutmut results" in capsys.readouterr().err
    assert run(tmp_path, "--at-least=80", **counts) == 0


def test_a_run_that_tried_no_mutant_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(tmp_path, not_checked=7) == 1
    assert "no mutant was tried" in capsys.readouterr().err


def test_statistics_that_do_not_exist_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([f"--statistics={tmp_path / 'missing.json'}"]) == 1
    assert "run `make mutation` first" in capsys.readouterr().err
