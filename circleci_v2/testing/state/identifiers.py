"""Identifiers: every random thing of a fake CircleCI, drawn from one seed."""

from __future__ import annotations

from random import Random
from uuid import UUID

__all__ = ["hexadecimal", "uuid"]


def uuid(random: Random) -> str:
    """A random UUID, version 4."""
    return str(UUID(int=random.getrandbits(128), version=4))


def hexadecimal(random: Random, digits: int) -> str:
    """Random hexadecimal digits, as of a commit or a fingerprint."""
    return f"{random.getrandbits(4 * digits):0{digits}x}"
