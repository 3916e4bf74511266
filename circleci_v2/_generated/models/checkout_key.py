"""CheckoutKey."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.checkout_key_type import CheckoutKeyType

__all__ = ["CheckoutKey"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class CheckoutKey(Model):
    """An SSH key with which jobs check out the code of a project; only the public half is readable."""

    type: CheckoutKeyType
    """Reach of the key; a key created as `user-key` reads `github-user-key` here."""

    created_at: datetime = field(metadata={"key": "created-at"})
    """When CircleCI made the key, in UTC."""

    fingerprint: str
    """Identifies the key in `projects.get_checkout_key` and `projects.delete_checkout_key`; in the digest asked
    for, MD5 unless told otherwise."""

    preferred: bool
    """Whether this is the key that jobs check out with; a project can have more keys, but uses one."""

    public_key: str = field(metadata={"key": "public-key"})
    """Public half in OpenSSH format, as it is registered at the host."""
