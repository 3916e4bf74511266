"""Asyncio client for the CircleCI API v2.

Start with ``CircleCI``. Every name is imported on first use, so that ``import circleci_v2`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._lazy import lazy_names

if TYPE_CHECKING:
    from circleci_v2._wire.types import UNSET, Unset
    from circleci_v2.client import CircleCI
    from circleci_v2.config import ConnectionOptions
    from circleci_v2.errors import (
        APIConnectionError,
        APIError,
        APITimeoutError,
        ArgumentTypeError,
        ArtifactError,
        AuthenticationError,
        BadRequestError,
        CircleCIError,
        ConfigurationError,
        ConflictError,
        DecodeError,
        InvalidSlugError,
        InvalidURLError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        PipelineNotTriggeredError,
        RateLimitError,
        ServerError,
        StoreError,
        StreamError,
        UnprocessableEntityError,
        UsageExportError,
        WaitTimeoutError,
        WebhookVerificationError,
    )
    from circleci_v2.operations import OPERATIONS
    from circleci_v2.pagination import Page, Paginator
    from circleci_v2.policies import RateLimitPolicy, RetryPolicy, Timeout
    from circleci_v2.response import Response
    from circleci_v2.slugs import OrgSlug, ProjectSlug

__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "UNSET",
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "ArgumentTypeError",
    "ArtifactError",
    "AuthenticationError",
    "BadRequestError",
    "CircleCI",
    "CircleCIError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionOptions",
    "DecodeError",
    "InvalidSlugError",
    "InvalidURLError",
    "NotFoundError",
    "OrgSlug",
    "Page",
    "PaginationError",
    "Paginator",
    "PermissionDeniedError",
    "PipelineNotTriggeredError",
    "ProjectSlug",
    "RateLimitError",
    "RateLimitPolicy",
    "Response",
    "RetryPolicy",
    "ServerError",
    "StoreError",
    "StreamError",
    "Timeout",
    "UnprocessableEntityError",
    "Unset",
    "UsageExportError",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "__version__",
]

_MODULES = {
    "OPERATIONS": "operations",
    "UNSET": "_wire.types",
    "CircleCI": "client",
    "ConnectionOptions": "config",
    "OrgSlug": "slugs",
    "Page": "pagination",
    "Paginator": "pagination",
    "ProjectSlug": "slugs",
    "RateLimitPolicy": "policies",
    "Response": "response",
    "RetryPolicy": "policies",
    "Timeout": "policies",
    "Unset": "_wire.types",
}

__getattr__ = lazy_names(
    __name__,
    globals(),
    {name: f".{_MODULES.get(name, 'errors')}" for name in __all__ if name != "__version__"},
)


def __dir__() -> list[str]:
    return sorted(__all__)
