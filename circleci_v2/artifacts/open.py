"""Stream one artifact without storing it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from circleci_v2._download.resumable import ResponseStream, StreamClient, content_length, first_byte
from circleci_v2.errors import ArtifactError

if TYPE_CHECKING:
    from circleci_v2.models import Artifact

__all__ = ["ArtifactStream", "open_artifact"]


@attrs.frozen(kw_only=True)
class ArtifactStream:
    """An open artifact; iterate over it once for its bytes, in chunks.

    Attributes:
        start: The position of the first byte of the stream.
        size: The number of bytes in the stream; None when the server did not send it.
        headers: The headers of the response, case-insensitive, including ``content-type``.
        body: The response that the bytes are read from.
    """

    start: int
    size: int | None
    headers: Mapping[str, str]
    body: ResponseStream = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)


@asynccontextmanager
async def open_artifact(
    client: StreamClient, artifact: Artifact | str, *, start: int = 0
) -> AsyncGenerator[ArtifactStream]:
    """Stream an artifact without storing it.

    ::

        async with circleci.open_artifact(artifact) as stream:
            async for chunk in stream:
                digest.update(chunk)

    A stream that breaks is not resumed, since the bytes already yielded cannot be taken back. Open the artifact again
    with `start`, or use `download_artifacts`, which resumes.

    Args:
        client: The client.
        artifact: The artifact as CircleCI lists it, or its URL.
        start: The position of the first byte to read. Default: 0.

    Yields:
        The open artifact.

    Raises:
        ArtifactError: The server does not support reading from `start`.
        APIError: CircleCI or its storage rejected the request.
        APIConnectionError: The connection could not be made, or broke while reading.
        ConfigurationError: The artifact has no valid URL.
    """
    # Decoding keeps values of other types than described, here null or a number.
    url = artifact if isinstance(artifact, str) else str(artifact.url or "")
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    async with client.stream(url, headers=headers, authenticate=True) as response:
        if start and first_byte(response) != start:
            msg = f"the server cannot read {url} from byte {start:,}: read it from the beginning, with start=0"
            raise ArtifactError(msg)
        yield ArtifactStream(start=start, size=content_length(response), headers=response.headers, body=response)
