"""Errors for responses and failures, with a message that is useful whatever the body of the response holds."""

from __future__ import annotations

import codecs
import json
import re
from html import unescape
from http.client import responses
from typing import Any, Final, NamedTuple

import httpx

from circleci_v2._http.logging import AttemptInfo, redact_json, redact_message, url_without_query
from circleci_v2._http.prepared_request import CallState
from circleci_v2._http.rate_limit.fixed_window import FixedWindow
from circleci_v2._http.sender import REDIRECTS, RawResponse, TransportFailure
from circleci_v2.errors import APIConnectionError, APIError, APITimeoutError, RateLimitError, error_class_for
from circleci_v2.policies import IDEMPOTENT_METHODS, Failure

__all__ = [
    "FailedAttempt",
    "cooldown_error",
    "error_for_failure",
    "error_for_response",
    "fixed_window_error",
]

_MAX_MESSAGE: Final = 500
# Characters. The message of an HTML page is at its beginning, and the patterns below take quadratic time on some input.
_MAX_SCANNED_HTML: Final = 8_192
_UNKNOWN_EFFECT: Final = " (whether it took effect is unknown, so it was not sent again)"
# RFC 9110, section 8.3.1, without the continuations and languages of RFC 2231, which HTTP does not use for a charset.
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# Other codecs of Python are no character sets (rot13), warn (unicode_escape) or are slow on some input (idna).
_TEXT_ENCODINGS: Final = frozenset({"ascii", "cp1252", "iso8859-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le"})
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class FailedAttempt(NamedTuple):
    """An attempt that did not succeed, as the retry loop sees it.

    Attributes:
        error: The error to raise if there is no further attempt.
        origin: The error behind it, to be shown with it.
        cause: The status of the response, or why there was none.
        reason: The same, for people.
        may_retry: Whether the retry policy allows another attempt.
    """

    error: APIError | APIConnectionError
    origin: Exception | None
    cause: int | Failure
    reason: str
    may_retry: bool

    @classmethod
    def of(cls, call: CallState, outcome: RawResponse | TransportFailure) -> FailedAttempt:
        """Return the failure that an attempt ended with.

        Args:
            call: The call.
            outcome: A response with a status of 300 or above, or why there is none.
        """
        error: APIError | APIConnectionError
        cause: int | Failure
        if isinstance(outcome, TransportFailure):
            error, origin = error_for_failure(call.info(), outcome), _shown_cause(outcome)
            cause, reason, is_final = outcome.kind, outcome.name, outcome.is_final
        else:
            status = outcome.status_code
            effect = call.may_have_taken_effect
            error, origin = error_for_response(call.info(), outcome, may_have_taken_effect=effect), None
            cause, reason, is_final = status, str(status), status < 400
        may_retry = not is_final and call.retry.allows(call.attempt, method=call.request.method, cause=cause)
        return cls(error, origin, cause, reason, may_retry)


def error_for_response(info: AttemptInfo, response: RawResponse, *, may_have_taken_effect: bool = False) -> APIError:
    """Return the error for a response with a status of 300 or above.

    Args:
        info: The attempt.
        response: The response.
        may_have_taken_effect: Whether an earlier attempt may have had the effect of the request.
    """
    body = _redacted_body(_parse_body(_text(response)))
    headers = _redacted_headers(response.headers)
    context: dict[str, Any] = {
        "status_code": response.status_code,
        "method": info.method,
        "url": info.url,
        "headers": headers,
        "body": body,
        "operation_id": info.operation_id,
        "request_id": headers.get("x-request-id"),
        "may_have_taken_effect": may_have_taken_effect,
    }
    if response.status_code in REDIRECTS:
        return APIError(_redirect_message(response), **context)
    error_class = error_class_for(response.status_code)
    if error_class is RateLimitError:
        context["retry_after"] = response.retry_after
    return error_class(_message(body, response.status_code), **context)


def error_for_failure(info: AttemptInfo, failure: TransportFailure) -> APIConnectionError:
    """Return the error for an attempt without a complete response.

    Args:
        info: The attempt.
        failure: Why there is none.
    """
    error_class = APITimeoutError if failure.timed_out else APIConnectionError
    effect = "" if failure.kind == "never sent" or info.method in IDEMPOTENT_METHODS else _UNKNOWN_EFFECT
    text = f"{failure.name} from {info.method} {info.url}: {redact_message(failure.message)}{effect}"
    return error_class(text, method=info.method, url=info.url, operation_id=info.operation_id)


def _shown_cause(failure: TransportFailure) -> Exception | None:
    """Return the error behind a failure, to be shown with it; None if its text holds a secret that a server echoed."""
    text = str(failure.cause)
    return failure.cause if redact_message(text) == text else None


def cooldown_error(info: AttemptInfo, seconds: float, rejection: APIError | None) -> RateLimitError:
    """Return the error of a call that was not sent, because a rate limit allows it only after its deadline.

    Args:
        info: The call.
        seconds: When it may be sent.
        rejection: The 429 that began a cooldown.
    """
    text = f"the rate limit allows this call in {seconds:.0f} s, which is beyond its deadline"
    return _unsent_error(text, info, seconds, rejection)


def fixed_window_error(info: AttemptInfo, seconds: float, window: FixedWindow) -> RateLimitError:
    """Return the error of a call that was not sent, because a published limit allows it only after its deadline.

    Args:
        info: The call.
        seconds: When it may be sent.
        window: The published limit.
    """
    text = (
        f"CircleCI allows {window.calls} calls of {info.operation_id} in {window.seconds:.0f} s, and all were made; "
        f"the next one may be sent in {seconds:.0f} s, which is beyond the deadline of this call"
    )
    return _unsent_error(text, info, seconds, None)


def _unsent_error(text: str, info: AttemptInfo, seconds: float, rejection: APIError | None) -> RateLimitError:
    return RateLimitError(
        text,
        retry_after=seconds,
        status_code=429,
        method=info.method,
        url=info.url,
        headers=rejection.headers if rejection else {},
        body=rejection.body if rejection else None,
        operation_id=info.operation_id,
        request_id=rejection.request_id if rejection else None,
    )


def _text(response: RawResponse) -> str:
    return response.content.decode(_encoding(response.headers.get("content-type", "")), "replace")


def _encoding(content_type: str) -> str:
    """Return the encoding that a Content-Type names; UTF-8 if it names none, or none that a message is written in."""
    charset = _CHARSET.search(content_type)
    if charset is None:
        return "utf-8"
    try:
        encoding = codecs.lookup(charset[1]).name
    except LookupError:
        return "utf-8"
    return encoding if encoding in _TEXT_ENCODINGS else "utf-8"


def _redirect_message(response: RawResponse) -> str:
    location = redact_message(url_without_query(response.headers.get("location", "nowhere")))
    return (
        f"a redirect to {location[:_MAX_MESSAGE]} that the client does not follow: only GET is redirected, and never "
        "from https to http. If the API has moved, set base_url"
    )


def _redacted_headers(headers: httpx.Headers) -> httpx.Headers:
    redacted = [(name, redact_message(value)) for name, value in headers.multi_items()]
    return httpx.Headers(redacted, encoding=headers.encoding)


def _redacted_body(body: Any) -> Any:
    try:
        return redact_json(body)
    except RecursionError:
        return "JSON that is nested too deeply to show"


def _parse_body(text: str) -> Any:
    # Regardless of Content-Type: CircleCI sends JSON as text/plain.
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text or None


def _message(body: Any, status_code: int) -> str:
    # Once more, because reading HTML may have joined what was apart.
    found = redact_message(_find_message(body))
    if not found:
        phrase = responses.get(status_code, "undocumented status")
        return f"{phrase} (the response has no message)"
    return found if len(found) <= _MAX_MESSAGE else f"{found[:_MAX_MESSAGE]}…"


def _find_message(body: Any) -> str:
    match body:
        case {"message": str(text)} | {"error": str(text)} | {"error": {"message": str(text)}} if text.strip():
            return text.strip()
        case str():
            return _html_to_text(body[:_MAX_SCANNED_HTML])
        case {"message": None | "", **rest} | {"error": None | "", **rest} if not rest:
            return ""
        case _:
            return _compact(body) if body else ""


def _compact(body: Any) -> str:
    try:
        return json.dumps(body)
    except RecursionError:
        # Writing JSON takes more stack than reading it.
        return f"an object of JSON that is nested too deeply to show, with {len(body)} fields or items"


def _html_to_text(page: str) -> str:
    if "<html" in page.lower() or "<!doctype" in page.lower():
        title = _TITLE.search(page)
        page = unescape(_TAG.sub(" ", title.group(1) if title else page))
    return " ".join(page.split())
