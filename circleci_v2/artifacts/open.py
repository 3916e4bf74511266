"""Stream one artifact without storing it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from circleci_v2._download.resumable import (
    ResponseStream,
    StreamClient,
    Validator,
    content_length,
    first_byte,
    is_encoded,
    require_file,
)
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
        version: Identifies this version of the file, to continue with it after a break; None when the server does not
            support that.
        headers: The headers of the response, case-insensitive, including ``content-type``.
        body: The response that the bytes are read from.
    """

    start: int
    size: int | None
    version: str | None
    headers: Mapping[str, str]
    body: ResponseStream = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)


@asynccontextmanager
async def open_artifact(
    client: StreamClient, artifact: Artifact | str, *, start: int = 0, version: str | None = None
) -> AsyncGenerator[ArtifactStream]:
    """Stream an artifact without storing it.

    ::

        async with circleci.open_artifact(artifact) as stream:
            async for chunk in stream:
                digest.update(chunk)

    A stream that breaks is not resumed, since the bytes already yielded cannot be taken back. Open the artifact again
    with `start` and `version`, or use `download_artifacts`, which resumes.

    Args:
        client: The client.
        artifact: The artifact as CircleCI lists it, or its URL. The token is sent to the hosts of CircleCI only; see
            `ConnectionOptions.token_hosts`.
        start: The position of the first byte to read. Default: 0.
        version: The `ArtifactStream.version` of the stream to continue. Default: any version.

    Yields:
        The open artifact.

    Raises:
        ArtifactError: The server does not support reading from `start`, or the file is another version.
        APIError: CircleCI or its storage rejected the request.
        APIConnectionError: The connection could not be made, or broke while reading.
        DecodeError: The server responded without a file, or with an encoding that the client cannot decode.
        InvalidURLError: The artifact has no valid URL, or one that must not receive the token.
    """
    # Decoding keeps values of other types than described, here null or a number.
    url = artifact if isinstance(artifact, str) else str(artifact.url or "")
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-"} | ({} if version is None else {"If-Range": version})
    async with client.stream(url, headers=headers, authenticate=True, decode_content=True) as response:
        if start:
            _require_part(response, start, version)
        else:
            require_file(response)
        encoded = is_encoded(response)
        validator = None if encoded else Validator.of(response)
        yield ArtifactStream(
            start=start,
            size=None if encoded else content_length(response),
            version=None if validator is None else validator.value,
            headers=response.headers,
            body=response,
        )


def _require_part(response: ResponseStream, start: int, version: str | None) -> None:
    headers = response.headers
    if response.status_code != 206 or first_byte(response) != start or is_encoded(response):
        problem = "the server cannot read the artifact from there"
        if version is not None:
            problem += ", or the artifact has changed"
    elif version not in {None, headers.get("etag"), headers.get("last-modified")}:
        problem = "the artifact has changed"
    else:
        return
    msg = f"not continued at byte {start:,}: {problem}; read it from the beginning, with start=0"
    raise ArtifactError(msg)
