"""FingerprintDigest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["FingerprintDigest"]


class FingerprintDigest(OpenStrEnum):
    """Digest of an SSH key's fingerprint.

    `md5` is written as hex pairs with colons; `sha256` is Base64, the format that `ssh-keygen -l` and GitHub
    show today.
    """

    MD5 = "md5"
    SHA256 = "sha256"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
