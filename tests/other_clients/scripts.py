"""The scripts on the pages about migrating: the original, with the other client, and the ported one print the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from circleci_v2.testing import FakeCircleCI
from tests.support.documents import DOCS, is_program, original_script, python_blocks

__all__ = ["compare_scripts"]

_TIMEOUT: Final = 120
_PRELUDES: Final = {
    # Its host is a constant of the class.
    "circleci-api-python": "import os\nfrom circleci_api_python import CircleCI\nCircleCI.BASE_URL = os.environ['ORIGIN']\n",
}


def compare_scripts(client: str, command: Sequence[str], environment: Mapping[str, str]) -> list[str] | None:
    """Run both scripts of the page of a client against one fake.

    Args:
        client: The name of the client, as on the page.
        command: The Python of the environment in which the client is installed.
        environment: The environment of the processes.

    Returns:
        How the outputs differ; None if there is no page about this client.
    """
    page = DOCS / "migrating" / f"{client}.md"
    if not page.exists():
        return None
    (ported,) = filter(is_program, python_blocks(page))
    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=120)
    with fake.serve() as url:
        origin = url.removesuffix("/api/v2")
        settings = {
            "CIRCLE_TOKEN": fake.token,
            "CIRCLECI_BASE_URL": url,
            "CIRCLE_API_URL": f"{origin}/api",
            "ORIGIN": origin,
        }
        variables = {**environment, **settings}
        original = _output_of([*command, "-c", _PRELUDES.get(client, "") + original_script(page)], variables)
        # The ported script runs in this environment, where the library is importable from the repository.
        expected = _output_of([sys.executable, "-c", ported], {**variables, "PYTHONPATH": str(DOCS.parent)})
    if not expected:
        return ["the ported script prints nothing"]
    return [] if original == expected else [f"the original script prints\n{original}\nthe ported one\n{expected}"]


def _output_of(command: Sequence[str], environment: Mapping[str, str]) -> str:
    completed = subprocess.run(
        command, env=dict(environment), capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    return completed.stdout if completed.returncode == 0 else f"{completed.stdout}{completed.stderr[-2000:]}"
