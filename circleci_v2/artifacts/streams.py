"""Streams: the bytes of one artifact, for those who do not want a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from circleci_v2._files.downloading import Body, content_length, first_byte
from circleci_v2.artifacts._client import StreamClient
from circleci_v2.errors import ArtifactError

if TYPE_CHECKING:
    from circleci_v2.models import Artifact

__all__ = ["ArtifactStream", "open_artifact"]


@attrs.frozen(kw_only=True)
class ArtifactStream:
    """An artifact that is being read: iterate it for its bytes, in pieces, once.

    Attributes:
        start: The byte that the stream begins at.
        size: How many bytes the stream has; None when the server did not tell.
        headers: The headers of the answer, case-insensitive, among them ``content-type``.
        body: What the bytes are read from.
    """

    start: int
    size: int | None
    headers: Mapping[str, str]
    body: Body = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)


@asynccontextmanager
async def open_artifact(
    client: StreamClient, artifact: Artifact | str, *, start: int = 0
) -> AsyncGenerator[ArtifactStream]:
    """Read an artifact without storing it.

    ::

        async with circleci.open_artifact(artifact) as stream:
            async for piece in stream:
                digest.update(piece)

    A stream that breaks off is not taken up again by itself, since what was handed over cannot be taken back: open the
    artifact again with `start`, or use `download_artifacts`, which does.

    Args:
        client: The client.
        artifact: The artifact as CircleCI lists it, or its address.
        start: The byte to begin at. Default: 0, the first.

    Yields:
        The open artifact.

    Raises:
        ArtifactError: The server does not begin at `start`.
        APIError: CircleCI or its storage refused the request.
        APIConnectionError: Also while reading: the connection broke, or was never made.
        ValueError: The artifact's address is not one.
    """
    # Whatever CircleCI lists is kept, null and numbers included.
    url = artifact if isinstance(artifact, str) else str(artifact.url or "")
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    async with client.stream(url, headers=headers, authenticate=True) as body:
        if start and first_byte(body) != start:
            msg = f"the server does not begin {url} at byte {start:,}: read it from the beginning, with start=0"
            raise ArtifactError(msg)
        yield ArtifactStream(start=start, size=content_length(body), headers=body.headers, body=body)
