"""Downloads: artifacts behind a redirect, and the storage on another host that they are redirected to."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from circleci_v2.testing.auth import token_of
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.state.plans import ArtifactFile
from circleci_v2.testing.state.runs import Job
from circleci_v2.testing.state.world import World
from circleci_v2.testing.usage import usage_part

__all__ = ["ARTIFACTS_PREFIX", "STORAGE_PREFIX", "artifact_url", "get_artifact", "get_stored", "storage_url"]

ARTIFACTS_PREFIX: Final = "/output/job/"
STORAGE_PREFIX: Final = "/storage/"

_SECONDS_UNTIL_EXPIRY: Final = 300


def artifact_url(world: World, job: Job, file: ArtifactFile) -> str:
    """Where an artifact is fetched, with the token."""
    return f"{world.origins.artifacts}{ARTIFACTS_PREFIX}{job.id}/artifacts/{file.node_index}/{_encode(file.path)}"


def get_artifact(world: World, call: Call) -> Answer:
    """Answer the first hop: HTML at once, everything else by a redirect to the storage."""
    job_id, _, rest = call.path.removeprefix(ARTIFACTS_PREFIX).partition("/artifacts/")
    node, _, path = rest.partition("/")
    job = world.job(job_id)
    for position, file in enumerate(job.artifacts()):
        if (str(file.node_index), _encode(file.path)) == (node, path):
            if file.path.endswith(".html"):
                return Answer(HTTPStatus.OK, file.content, {"content-type": "text/html"})
            location = storage_url(world, f"artifacts/{job.id}/{position}")
            return Answer(HTTPStatus.TEMPORARY_REDIRECT, b"", {"location": location})
    raise Refusal(HTTPStatus.NOT_FOUND, "Not Found")


def storage_url(world: World, key: str) -> str:
    """A pre-signed address, good for 5 minutes."""
    expires = int(world.now()) + _SECONDS_UNTIL_EXPIRY
    path = f"{STORAGE_PREFIX}{key}"
    return f"{world.origins.storage}{path}?expires={expires}&signature={_sign(world, path, expires)}"


def get_stored(world: World, call: Call) -> Answer:
    """Answer the second hop: only to a signature in the address, and to no token beside it."""
    if token_of(call) is not None:
        return _storage_error("InvalidArgument", "Only one auth mechanism allowed", HTTPStatus.BAD_REQUEST)
    expires = call.value("expires") or ""
    expected = _sign(world, call.path, int(expires)) if expires.isdecimal() else ""
    if not hmac.compare_digest(call.value("signature") or "", expected) or int(expires) < world.now():
        return _storage_error("AccessDenied", "Request has expired", HTTPStatus.FORBIDDEN)
    kind, _, key = call.path.removeprefix(STORAGE_PREFIX).partition("/")
    return Answer(HTTPStatus.OK, _READERS[kind](world, key), {"content-type": "application/octet-stream"})


def _stored_artifact(world: World, key: str) -> bytes:
    job_id, _, position = key.partition("/")
    return world.job(job_id).artifacts()[int(position)].content


def _stored_usage(world: World, key: str) -> bytes:
    organization_id, export_id, part = key.split("/")
    organization = world.organization_of(organization_id)
    return usage_part(world, organization, organization.usage_exports[export_id], int(part))


_READERS: Final[dict[str, Callable[[World, str], bytes]]] = {"artifacts": _stored_artifact, "usage": _stored_usage}


def _sign(world: World, path: str, expires: int) -> str:
    return hmac.new(world.storage_key, f"{path} {expires}".encode(), hashlib.sha256).hexdigest()


def _storage_error(code: str, message: str, status: int) -> Answer:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, xml.encode(), {"content-type": "application/xml"})


def _encode(path: str) -> str:
    # HTTP libraries remove dot segments from an address; written as %2E they arrive.
    return "/".join(
        segment.replace(".", "%2E") if segment in {".", ".."} else quote(segment) for segment in path.split("/")
    )
