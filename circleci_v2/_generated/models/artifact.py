"""Artifact."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Artifact"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Artifact(Model):
    """A file that a job stored with `store_artifacts`."""

    node_index: int
    """Parallel run that stored the file, from 0; always 0 without parallelism."""

    path: str
    """Path chosen by the job. Do not trust it as a file name: it can be absolute, contain `..`, and repeat once
    per `node_index`."""

    url: str
    """Download URL, on Cloud usually on `circle-artifacts.com`; installations of CircleCI server use hosts of
    their own. Artifacts of private projects require the token, which must not be sent on: the URL mostly
    redirects to short-lived storage on another host."""
