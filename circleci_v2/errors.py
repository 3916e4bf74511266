"""Every error that this library raises.

The tree::

    CircleCIError
    ├── APIError                        CircleCI responded with an error status
    │   ├── BadRequestError             400
    │   ├── AuthenticationError         401
    │   ├── PermissionDeniedError       403
    │   ├── NotFoundError               404
    │   ├── ConflictError               409
    │   ├── UnprocessableEntityError    422
    │   ├── RateLimitError              429, with ``retry_after``
    │   └── ServerError                 500 to 599
    ├── APIConnectionError              no complete response arrived
    │   └── APITimeoutError             ... within the time allowed
    ├── DecodeError                     the response body does not match the API's description
    ├── PaginationError                 the pages of a list lead nowhere
    ├── PipelineNotTriggeredError       CircleCI accepted a trigger request but created no pipeline
    ├── WaitTimeoutError                a pipeline or workflow did not end within the deadline
    ├── ArtifactError                   an artifact was rejected or could not be stored
    ├── UsageExportError                a usage export failed
    ├── WebhookVerificationError        the signature of a webhook delivery is missing or invalid
    ├── StoreError                      a store of shared rate limits cannot be used; raised by stores, never by calls
    ├── StreamError                     a stream was used wrongly, or was cancelled from outside
    ├── InvalidSlugError                not a project or organization slug (also a ``ValueError``)
    └── ConfigurationError              an argument or setting is invalid (also a ``ValueError``)
        ├── ArgumentTypeError           ... because it has a type that is not accepted
        └── InvalidURLError             not a URL, or not one that may receive the token

Other statuses from 400 up raise ``APIError`` itself, and so does a redirect that is not followed. No error contains the
token: ``headers`` and ``body`` are those of the response, with ``[hidden]`` in place of a token that the server echoed, and
``url`` is the URL of the request, without its query if it was passed to ``stream`` and may be presigned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "ArgumentTypeError",
    "ArtifactError",
    "AuthenticationError",
    "BadRequestError",
    "CircleCIError",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "InvalidSlugError",
    "InvalidURLError",
    "NotFoundError",
    "PaginationError",
    "PermissionDeniedError",
    "PipelineNotTriggeredError",
    "RateLimitError",
    "ServerError",
    "StoreError",
    "StreamError",
    "UnprocessableEntityError",
    "UsageExportError",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "error_class_for",
]


class CircleCIError(Exception):
    """The base class of every error that this library raises on purpose: catch it to handle all of them.

    Attributes:
        next_page_token: For an error that ended the iteration of a list, the token of the page that failed: pass it as
            ``page_token=`` to resume there. None for the first page, and for every other error.
        items_seen: For an error that ended the iteration of a list, the number of items on the pages before. None for
            every other error.
    """

    next_page_token: str | None = None
    items_seen: int | None = None


class APIError(CircleCIError):
    """CircleCI responded with a status of 400 or above, or with a redirect that the client does not follow.

    Raised once the retries that `RetryPolicy` allows are used up. Catch a subclass to handle one status; quote
    `request_id` in a support ticket.

    Attributes:
        status_code: The HTTP status.
        message: CircleCI's explanation, taken from a JSON, text or HTML body; never empty.
        operation_id: The operation, as CircleCI's OpenAPI document names it; None for ``CircleCI.request``.
        request_id: The value of ``x-request-id``; None when absent.
        method: The HTTP method.
        url: The URL of the request.
        headers: The headers of the response, case-insensitive.
        body: The body of the response: decoded if it is JSON, else its text; None if it is empty.
        may_have_taken_effect: Whether an earlier attempt of this PUT or DELETE, whose response was lost or was a 5xx, may
            have done what it asks for. The 404 (or 403) of a repeated DELETE then does not mean that nothing was there.
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
        may_have_taken_effect: bool = False,
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
        self.may_have_taken_effect = may_have_taken_effect

    def __str__(self) -> str:
        call = f"{self.operation_id} ({self.method} {self.url})" if self.operation_id else f"{self.method} {self.url}"
        trace = f" [request {self.request_id}]" if self.request_id else ""
        earlier = (
            f" (an earlier attempt of this {self.method}, whose response was lost or a server error, may have taken effect)"
            if self.may_have_taken_effect
            else ""
        )
        return f"{self.status_code} from {call}: {self.message}{earlier}{trace}"


class BadRequestError(APIError):
    """400: CircleCI could not interpret the request. Correct the arguments; `message` usually names the one at fault."""


class AuthenticationError(APIError):
    """401: the token is missing, revoked or unknown to this host. Create a personal API token.

    Project tokens do not work with API v2.
    """


class PermissionDeniedError(APIError):
    """403: the token is valid, but its owner lacks the permission. Use the token of a user who has it.

    For contexts, groups and webhooks, CircleCI also responds with 403 when they do not exist (measured by CircleCI-Labs).
    """


class NotFoundError(APIError):
    """404: the resource does not exist, or the token has no access to it; CircleCI does not distinguish the two.

    Check the slug or id and the access of the token's owner. A page token that has expired is a 404, too. After a DELETE
    that was sent again because its response was lost, `may_have_taken_effect` is set: the first one may have deleted it.
    """


class ConflictError(APIError):
    """409: the request contradicts the present state, for example because a name is taken. Fetch that state first."""


class UnprocessableEntityError(APIError):
    """422: the request is well-formed, but CircleCI rejected its content. Correct the values; `message` has details."""


class RateLimitError(APIError):
    """429: too many requests, and waiting for the next attempt would exceed the retries or deadline of this call.

    Repeat the call after `retry_after` seconds, send fewer requests, or allow a longer ``deadline``. The request had no
    effect.

    Attributes:
        retry_after: Seconds until the next attempt may succeed, from the response or from a published limit; None when
            neither says.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after


class ServerError(APIError):
    """500 to 599: CircleCI failed. Repeat the call later.

    A request that changes something may nevertheless have taken effect: check before you repeat it.
    """


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
    """Return the error class for an HTTP status of 400 or above."""
    return _CLASS_BY_STATUS.get(status_code, ServerError if 500 <= status_code <= 599 else APIError)


class APIConnectionError(CircleCIError):
    """No complete response arrived: the connection was rejected, lost or never established.

    Check the network, the proxy and ``base_url``. The message says whether a request that changes something may have
    taken effect; such a request is not repeated automatically.

    Attributes:
        method: The HTTP method.
        url: The URL of the request.
        operation_id: The operation; None for ``CircleCI.request``.
    """

    def __init__(self, message: str, *, method: str, url: str, operation_id: str | None = None) -> None:
        super().__init__(message)
        self.method = method
        self.url = url
        self.operation_id = operation_id


class APITimeoutError(APIConnectionError):
    """No complete response arrived within the time allowed. Allow more with ``timeout=`` or ``deadline=``, or retry."""


class DecodeError(CircleCIError):
    """The body of a response or webhook delivery does not match its description.

    Raised for a body that is not JSON, for one longer than ``max_response_bytes``, and with ``strict=True`` for every
    deviation. The message quotes the start of a body that is not JSON; a proxy that responds in place of CircleCI is a
    common cause.

    Attributes:
        operation_id: The operation that the body belongs to; None when there is none.
        path: The position in the body, as a JSON path such as ``$.items[3].status``.
    """

    def __init__(self, message: str, *, operation_id: str | None = None, path: str = "$") -> None:
        super().__init__(message)
        self.operation_id = operation_id
        self.path = path


class PaginationError(CircleCIError):
    """The pages of a list lead nowhere: a page repeats the one before, or the page tokens lead in a circle.

    The items before are valid; the rest cannot be listed. A page that cannot be fetched raises the error of its request
    instead, for example `NotFoundError`, with the same attributes.

    Attributes:
        next_page_token: The token of the page that was not what it should be.
        items_seen: The number of items on the pages before it.
    """

    def __init__(self, message: str, *, next_page_token: str | None, items_seen: int) -> None:
        super().__init__(message)
        self.next_page_token = next_page_token
        self.items_seen = items_seen


class PipelineNotTriggeredError(CircleCIError):
    """CircleCI responded with 200 and created no pipeline, for example because the commit message says to skip CI.

    Raised by `trigger_and_wait`. The request was valid: repeating it has the same result until the reason is removed.

    Attributes:
        message: The reason, as CircleCI states it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class WaitTimeoutError(CircleCIError):
    """A pipeline or workflow had not ended at the deadline of the wait; it continues at CircleCI, unless the wait cancels it.

    Wait again with `wait_for_pipeline` or `wait_for_workflow` (not with `trigger_and_wait`, which would run it twice),
    or cancel its workflows.

    Attributes:
        seen: The last known state, a `circleci_v2.waiting.PipelineResult` or a `Workflow`; None when there is none.
    """

    def __init__(self, message: str, *, seen: Any = None) -> None:
        super().__init__(message)
        self.seen = seen


class ArtifactError(CircleCIError):
    """An artifact was rejected, for example for an unsafe path, or could not be stored.

    Raised when downloading or opening artifacts. Artifacts that were stored before remain; download again into the same
    directory with ``overwrite="skip"`` to fetch the rest.

    Attributes:
        path: The path of the artifact, as CircleCI lists it; None when the error is not about a single artifact.
        failures: The errors of single artifacts, when this error summarizes several; else empty.
    """

    def __init__(self, message: str, *, path: str | None = None, failures: Sequence[ArtifactError] = ()) -> None:
        super().__init__(message)
        self.path = path
        self.failures = tuple(failures)


class UsageExportError(CircleCIError):
    """A usage export failed at CircleCI, or its files are damaged.

    Pass `job_ids` as ``resume=`` to continue without exporting the finished windows of time again; CircleCI allows few
    exports per hour.

    Attributes:
        job_ids: The export job of each window of time, None for a window without one. Empty when the error is not about
            jobs.
    """

    def __init__(self, message: str, *, job_ids: Sequence[str | None] = ()) -> None:
        super().__init__(message)
        self.job_ids = tuple(job_ids)


class WebhookVerificationError(CircleCIError):
    """A webhook delivery has no valid signature: discard it and respond with 401 or 403.

    Raised by `circleci_v2.webhooks.verify`. If it is raised for genuine deliveries, check that the body is passed
    unchanged and that the secret is that of the webhook.
    """


class StoreError(CircleCIError):
    """A store of shared rate limits cannot be used.

    A `StoreConnection` raises it; no call does, since calls go on with the budget of their own process.
    """


class StreamError(CircleCIError, RuntimeError):
    """A stream was used after it was closed or opened twice, or a call behind it was cancelled from outside."""


class InvalidSlugError(CircleCIError, ValueError):
    """The text is not a project or organization slug; the message says why and shows a valid one."""


class ConfigurationError(CircleCIError, ValueError):
    """An argument or setting is invalid; the message names it and says which values are valid.

    Raised by the constructor of the client, for its settings, and by methods whose arguments are invalid or contradict
    each other.
    """


class ArgumentTypeError(ConfigurationError, TypeError):
    """An argument or setting has a type that is not accepted; the message names it and says which types are.

    It is also a `TypeError`, as Python raises for an argument of the wrong type.
    """


class InvalidURLError(ConfigurationError):
    """A URL that cannot be requested, or that must not receive the token; nothing was sent.

    Raised by `CircleCI.stream` and `CircleCI.open_artifact`. For a host that may have the token, the message shows how to
    allow it.
    """
