"""Everything this library raises.

The tree::

    CircleCIError
    ├── APIError                        CircleCI answered, and the answer is a refusal or a failure
    │   ├── BadRequestError             400
    │   ├── AuthenticationError         401
    │   ├── PermissionDeniedError       403
    │   ├── NotFoundError               404
    │   ├── ConflictError               409
    │   ├── UnprocessableEntityError    422
    │   ├── RateLimitError              429, with ``retry_after``
    │   └── ServerError                 500 to 599
    ├── APIConnectionError              no complete answer arrived
    │   └── APITimeoutError             … within the time allowed
    ├── DecodeError                     the answer is not what the API describes
    ├── PaginationError                 a list could not be read to its end
    ├── PipelineNotTriggeredError       CircleCI took the request for a pipeline, but made none
    ├── WaitTimeoutError                a pipeline or workflow did not finish within the deadline
    ├── ArtifactError                   an artifact was refused or could not be stored
    ├── UsageExportError                a usage export failed
    ├── WebhookVerificationError        a webhook delivery is not what it claims to be
    ├── InvalidSlugError                not a project or organization slug (also a ``ValueError``)
    └── ConfigurationError              the client cannot be set up as asked (also a ``ValueError``)

Other statuses from 400 up raise ``APIError`` itself, and so does a redirect that is not followed. No error carries the
token: ``headers`` are those of the answer, and ``url`` is the address that was asked, which never holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "ArtifactError",
    "AuthenticationError",
    "BadRequestError",
    "CircleCIError",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "InvalidSlugError",
    "NotFoundError",
    "PaginationError",
    "PermissionDeniedError",
    "PipelineNotTriggeredError",
    "RateLimitError",
    "ServerError",
    "UnprocessableEntityError",
    "UsageExportError",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "error_class_for",
]


class CircleCIError(Exception):
    """The root of every error that this library raises on purpose."""


class APIError(CircleCIError):
    """CircleCI answered with a status of 400 or above, or with a redirect that the client does not follow.

    Attributes:
        status_code: The HTTP status.
        message: What CircleCI says about it, taken from a JSON, text or HTML body; never empty.
        operation_id: The operation as CircleCI's OpenAPI document names it, or None for ``CircleCI.request``.
        request_id: The value of ``x-request-id``, to quote in a support ticket; None when absent.
        method: The HTTP method.
        url: The address that was asked.
        headers: The headers of the answer, case-insensitive.
        body: The body of the answer: decoded when it is JSON, else its text; None when it is empty.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any = None,
        operation_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.operation_id = operation_id
        self.request_id = request_id

    def __str__(self) -> str:
        call = f"{self.operation_id} ({self.method} {self.url})" if self.operation_id else f"{self.method} {self.url}"
        trace = f" [request {self.request_id}]" if self.request_id else ""
        return f"{self.status_code} from {call}: {self.message}{trace}"


class BadRequestError(APIError):
    """400: CircleCI could not make sense of the request."""


class AuthenticationError(APIError):
    """401: no token was sent, or CircleCI does not know it. Project tokens do not work on API v2."""


class PermissionDeniedError(APIError):
    """403: the token is valid, but its owner may not do this."""


class NotFoundError(APIError):
    """404: the thing does not exist, or the token may not see it. CircleCI does not tell these apart."""


class ConflictError(APIError):
    """409: the request contradicts the present state, for example a name that is taken."""


class UnprocessableEntityError(APIError):
    """422: the request is well-formed but its content was refused."""


class RateLimitError(APIError):
    """429: too many requests, and waiting for the next chance is not possible within the limits set for this call.

    Attributes:
        retry_after: Seconds to wait before the next try, as CircleCI said or as its published limit demands; None when
            neither is known.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after


class ServerError(APIError):
    """500 to 599: CircleCI failed. A request that changes something may or may not have taken effect."""


_CLASS_BY_STATUS: Mapping[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def error_class_for(status_code: int) -> type[APIError]:
    """The error class that stands for an HTTP status of 400 or above."""
    return _CLASS_BY_STATUS.get(status_code, ServerError if 500 <= status_code <= 599 else APIError)


class APIConnectionError(CircleCIError):
    """No complete answer arrived: the connection was refused, lost or never made.

    Attributes:
        method: The HTTP method.
        url: The address that was asked.
        operation_id: The operation, or None for ``CircleCI.request``.
    """

    def __init__(self, message: str, *, method: str, url: str, operation_id: str | None = None) -> None:
        super().__init__(message)
        self.method = method
        self.url = url
        self.operation_id = operation_id


class APITimeoutError(APIConnectionError):
    """No complete answer arrived within the time allowed."""


class DecodeError(CircleCIError):
    """The answer is not what the API describes.

    Raised for bodies that are not JSON at all or longer than ``max_response_bytes``, and with ``strict=True`` for every
    deviation.

    Attributes:
        operation_id: The operation whose answer it was, or None.
        path: Where in the body, as a JSON path such as ``$.items[3].status``.
    """

    def __init__(self, message: str, *, operation_id: str | None = None, path: str = "$") -> None:
        super().__init__(message)
        self.operation_id = operation_id
        self.path = path


class PaginationError(CircleCIError):
    """A list could not be read to its end; what was yielded before is good.

    Attributes:
        next_page_token: The token of the page that failed; pass it as ``page_token=`` to resume there.
        items_seen: How many items had been yielded before.
    """

    def __init__(self, message: str, *, next_page_token: str | None, items_seen: int) -> None:
        super().__init__(message)
        self.next_page_token = next_page_token
        self.items_seen = items_seen


class PipelineNotTriggeredError(CircleCIError):
    """CircleCI answered 200 and made no pipeline, for example because the commit says to skip CI.

    Attributes:
        message: What CircleCI says about it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class WaitTimeoutError(CircleCIError):
    """A pipeline or workflow had not finished when the deadline passed; it goes on running at CircleCI.

    Attributes:
        seen: What was seen last, a `circleci_v2.waiting.PipelineResult` or a `Workflow`; None when nothing was.
    """

    def __init__(self, message: str, *, seen: Any = None) -> None:
        super().__init__(message)
        self.seen = seen


class ArtifactError(CircleCIError):
    """An artifact was refused or could not be stored.

    Attributes:
        path: The path of the artifact as CircleCI lists it; None when the error is not about one artifact.
        failures: The errors of single artifacts, when this error sums them up; else empty.
    """

    def __init__(self, message: str, *, path: str | None = None, failures: Sequence[ArtifactError] = ()) -> None:
        super().__init__(message)
        self.path = path
        self.failures = tuple(failures)


class UsageExportError(CircleCIError):
    """A usage export failed at CircleCI, or its result cannot be trusted.

    Attributes:
        job_ids: The export job of each window of time, None where there is none: what ``resume=`` takes to go on
            without having CircleCI make them again. Empty when the error is not about jobs.
    """

    def __init__(self, message: str, *, job_ids: Sequence[str | None] = ()) -> None:
        super().__init__(message)
        self.job_ids = tuple(job_ids)


class WebhookVerificationError(CircleCIError):
    """A webhook delivery has no signature that this receiver accepts."""


class InvalidSlugError(CircleCIError, ValueError):
    """The text is not a project or organization slug."""


class ConfigurationError(CircleCIError, ValueError):
    """The client cannot be set up, or used, as asked."""
