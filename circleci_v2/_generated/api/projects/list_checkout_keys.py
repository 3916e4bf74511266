"""GET /project/{project-slug}/checkout-key: listCheckoutKeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import FingerprintDigest

OPERATION = OPERATIONS["listCheckoutKeys"]


def build(
    project_slug: ProjectSlug | str, *, digest: FingerprintDigest | str | None = None, page_token: str | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/checkout-key",
        query={
            "digest": digest,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.CheckoutKey]:
    """Decode the answer."""
    return answer.page(models.CheckoutKey)
