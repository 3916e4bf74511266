"""POST /project/{project-slug}/checkout-key: createCheckoutKey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import NewCheckoutKeyType

OPERATION = OPERATIONS["createCheckoutKey"]


def build(project_slug: ProjectSlug | str, *, type: NewCheckoutKeyType | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/checkout-key",
        json={
            "type": type,
        },
    )


def parse(answer: Payload) -> models.CheckoutKey:
    """Decode the answer."""
    return answer.decode(models.CheckoutKey)
