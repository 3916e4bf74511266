"""POST /owner/{ownerID}/context/{context}/policy-bundle: CreatePolicyBundle."""

from __future__ import annotations

from collections.abc import Mapping

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["CreatePolicyBundle"]


def build(
    owner_id: str, *, context: str = "config", dry: bool | None = None, policies: Mapping[str, str] | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/policy-bundle",
        query={
            "dry": dry,
        },
        json=given(
            {
                "policies": policies,
            },
        ),
    )


def parse(answer: Payload) -> models.PolicyBundleDiff:
    """Decode the answer."""
    return answer.decode(models.PolicyBundleDiff)
