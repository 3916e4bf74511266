"""Checkout keys of a project, found by either kind of fingerprint."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from http import HTTPStatus
from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.records import Record
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_SHOWN_TYPES = {"deploy-key": "deploy-key", "user-key": "github-user-key"}


def _keys(world: World, call: Call) -> dict[str, Record]:
    return world.project(call.parameters["project-slug"]).checkout_keys


def _render(key: Record, digest: str | None) -> dict[str, Any]:
    shown = {name: value for name, value in key.items() if name not in {"md5", "sha256"}}
    return shown | {"fingerprint": key[digest or "md5"]}


def _found(world: World, call: Call) -> Record:
    fingerprint = call.parameters["fingerprint"]
    for key in _keys(world, call).values():
        if fingerprint in {key["md5"], key["sha256"]}:
            return key
    raise Refusal(HTTPStatus.NOT_FOUND, "Checkout key not found")


@routes.get("/project/{project-slug}/checkout-key")
def list_checkout_keys(world: World, call: Call) -> Answer:
    """The keys, with the fingerprints of the digest asked for."""
    digest = call.value("digest")
    return page(world.tokens, call, list(_keys(world, call).values()), lambda key: _render(key, digest))


@routes.post("/project/{project-slug}/checkout-key")
def create_checkout_key(world: World, call: Call) -> Answer:
    """Create a key; the newest one is preferred."""
    keys = _keys(world, call)
    material = world.random.randbytes(32)
    md5 = hashlib.md5(material, usedforsecurity=False).hexdigest()
    key: Record = {
        "public-key": f"ssh-ed25519 {b64encode(material).decode()}",
        "type": _SHOWN_TYPES[call.fields()["type"]],
        "preferred": True,
        "created-at": rfc3339(world.now()),
        "md5": ":".join(md5[start : start + 2] for start in range(0, len(md5), 2)),
        "sha256": "SHA256:" + b64encode(hashlib.sha256(material).digest()).decode().rstrip("="),
    }
    for other in keys.values():
        other["preferred"] = False
    keys[key["md5"]] = key
    return Answer.json(_render(key, None), HTTPStatus.CREATED)


@routes.get("/project/{project-slug}/checkout-key/{fingerprint}")
def get_checkout_key(world: World, call: Call) -> Answer:
    """One key."""
    key = _found(world, call)
    return Answer.json(_render(key, "md5" if call.parameters["fingerprint"] == key["md5"] else "sha256"))


@routes.delete("/project/{project-slug}/checkout-key/{fingerprint}")
def delete_checkout_key(world: World, call: Call) -> Answer:
    """Delete a key."""
    del _keys(world, call)[_found(world, call)["md5"]]
    return Answer.message("Checkout key deleted.")
