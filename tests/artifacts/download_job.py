"""A process that downloads the artifacts of a job, and says so when the first bytes arrived; made to be killed."""

from __future__ import annotations

import sys

import anyio

from circleci_v2 import CircleCI
from circleci_v2.artifacts import ArtifactProgress
from tests.artifacts.storage import SLUG
from tests.loopback import TOKEN


async def download(origin: str, dest: str) -> None:
    def tell(_progress: ArtifactProgress) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    async with CircleCI(TOKEN, base_url=f"{origin}/api/v2") as circleci:
        await circleci.download_artifacts(SLUG, 17, dest, on_progress=tell)


if __name__ == "__main__":
    anyio.run(download, sys.argv[1], sys.argv[2])
