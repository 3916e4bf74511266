"""FingerprintDigest."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["FingerprintDigest"]


class FingerprintDigest(OpenStrEnum):
    """Hash behind an SSH key's fingerprint.

    `md5` reads as hex pairs with colons; `sha256` is Base64, what `ssh-keygen -l` and GitHub show today.
    """

    MD5 = "md5"
    SHA256 = "sha256"
