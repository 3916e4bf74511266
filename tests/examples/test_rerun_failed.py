"""The example of a user's test passes as a user runs it: in a separate pytest, with the plugin of the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# Plugins that a user of the package need not have; importing them takes most of the time of this test.
OTHER_PLUGINS = ("asyncio", "cacheprovider", "hypothesispytest", "pytest_httpx", "schemathesis", "xdist")


def test_the_example_passes(tmp_path):
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", settings, "--rootdir", ROOT, "examples/test_rerun_failed.py"]
    command += [option for plugin in OTHER_PLUGINS for option in ("-p", f"no:{plugin}")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "passed" in result.stdout
    assert "skipped" not in result.stdout
