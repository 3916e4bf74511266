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
    """An SSH key that jobs use to check out the code of a project; only the public key is readable."""

    type: CheckoutKeyType
    """Kind of key; a key created as `user-key` is returned as `github-user-key`."""

    created_at: datetime = field(metadata={"key": "created-at"})
    """When CircleCI generated the key, in UTC."""

    fingerprint: str
    """Identifies the key in `projects.get_checkout_key` and `projects.delete_checkout_key`; in the requested
    digest, MD5 by default."""

    preferred: bool
    """Whether jobs check out with this key; a project can have more keys, but uses one."""

    public_key: str = field(metadata={"key": "public-key"})
    """Public key in OpenSSH format, as registered at the code host."""
