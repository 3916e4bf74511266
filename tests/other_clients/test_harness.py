"""The harness: it runs drivers, notices those that stop early, and skips clients whose registry is away."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.other_clients import __main__ as harness
from tests.other_clients.environments import InstallError, RegistryUnavailableError, create_environment

TABLE = """
[stub]
kind = "pip"
packages = ["pip"]
version = "0"
driver = "drive_stub.py"
calls = 2

[[stub.failures]]
reason = "private"
because = "no operation of API v2"
calls = ["nothing"]
"""

DRIVER = """
import urllib.request
from calls import KNOWN, call, finish

def get(path):
    request = urllib.request.Request(KNOWN["url"] + path, headers={"Circle-Token": KNOWN["token"]})
    urllib.request.urlopen(request).read()

print("clients may print")
call("me", get, "/me")
call("nothing", get, "/nothing")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the harness with one stub client, whose environment exists."""
    shutil.copytree(harness.FOLDER / "drivers", tmp_path / "drivers")
    (tmp_path / "expected.toml").write_text(TABLE)
    environment = tmp_path / "environments" / "drive_stub.py"
    (environment / "venv" / "bin").mkdir(parents=True)
    (environment / "venv" / "bin" / "python").symlink_to(sys.executable)
    (environment / "complete").touch()
    monkeypatch.setattr(harness, "FOLDER", tmp_path)
    return tmp_path


def run(folder: Path, driver: str) -> int:
    (folder / "drivers" / "drive_stub.py").write_text(driver)
    return harness.main(["--environments", str(folder / "environments"), "stub"])


def test_expected_results_end_with_code_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, DRIVER + "finish()") == 0

    output = capsys.readouterr().out
    for mode in ("default", "realistic"):
        assert f"{mode}: 1 of 2 calls, 1 of 1 to serve (expected failures: 1 private)" in output
        assert f"{mode}: 1 of 1 calls that the fake has to serve succeeded (100.0%)" in output
    assert "the table describes 0" in output


def test_an_unexpected_failure_ends_with_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "MODES", ["default"])

    assert run(folder, DRIVER.replace('"/me"', '"/project/gh/acme/missing"') + "finish()") == 1

    output = capsys.readouterr().out
    assert "me failed: HTTPError: HTTP Error 404" in output
    assert "refused: GET /project/gh/acme/missing -> 404" in output


def test_a_driver_that_stops_early_ends_with_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "MODES", ["default"])

    assert run(folder, DRIVER + "raise SystemExit('stopped')") == 1

    assert "the driver did not come to its end: clients may print\nstopped" in capsys.readouterr().out


def test_without_node_the_client_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RegistryUnavailableError, match=r"Node\.js with npm is not installed"):
        create_environment("npm", ["a-client"], tmp_path / "environment")


@pytest.mark.parametrize(
    ("message", "error"),
    [("npm error code ECONNREFUSED", RegistryUnavailableError), ("npm error code E404", InstallError)],
)
def test_only_a_registry_that_is_away_is_a_reason_to_skip(
    message: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, script in {"node": "", "npm": f"echo '{message}' >&2; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    with pytest.raises(error, match=message):
        create_environment("npm", ["a-client"], tmp_path / "environment")
