"""POST /context: createContext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import ContextOwnerById, ContextOwnerBySlug

OPERATION = OPERATIONS["createContext"]


def build(*, name: str, owner: ContextOwnerById | ContextOwnerBySlug | Mapping[str, Any]) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/context",
        json={
            "name": name,
            "owner": owner,
        },
    )


def parse(answer: Payload) -> models.Context:
    """Decode the answer."""
    return answer.decode(models.Context)
