"""From outcomes to errors: with a message, whatever the body of the answer is made of, or if there is none."""

from __future__ import annotations

import json
import re
from email.message import Message
from html import unescape
from http.client import responses
from typing import Any

from circleci_v2._http.instrumentation import Observed
from circleci_v2._http.rate_limit.fixed_window import PublishedLimit
from circleci_v2._http.sender import REDIRECTS, Answer, NoAnswer
from circleci_v2.errors import APIConnectionError, APIError, APITimeoutError, RateLimitError, error_class_for
from circleci_v2.policies import IDEMPOTENT_METHODS

__all__ = ["error_from", "gate_error", "no_answer_error", "published_error"]

_LONGEST_MESSAGE = 500
# Characters. What a page has to say it says at its beginning, and what looks for it takes the square of its length.
_READ_OF_A_PAGE = 8_192
_UNKNOWN_EFFECT = " (whether it had its effect is unknown, so it was not sent again)"
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def error_from(seen: Observed, answer: Answer) -> APIError:
    """The error that stands for an answer with a status of 300 or above.

    Args:
        seen: The attempt that was answered so.
        answer: The answer.
    """
    body = _body(_text(answer))
    context: dict[str, Any] = {
        "status_code": answer.status,
        "method": seen.method,
        "url": seen.url,
        "headers": answer.headers,
        "body": body,
        "operation_id": seen.operation_id,
        "request_id": answer.headers.get("x-request-id"),
    }
    if answer.status in REDIRECTS:
        return APIError(_redirect_message(answer), **context)
    kind = error_class_for(answer.status)
    if kind is RateLimitError:
        context["retry_after"] = answer.retry_after
    return kind(_message(body, answer.status), **context)


def no_answer_error(seen: Observed, outcome: NoAnswer) -> APIConnectionError:
    """The error that stands for an answer that did not come."""
    kind = APITimeoutError if outcome.timed_out else APIConnectionError
    effect = "" if outcome.failure == "never sent" or seen.method in IDEMPOTENT_METHODS else _UNKNOWN_EFFECT
    text = f"{outcome.name} from {seen.method} {seen.url}: {outcome.text}{effect}"
    return kind(text, method=seen.method, url=seen.url, operation_id=seen.operation_id)


def gate_error(seen: Observed, seconds: float, refusal: APIError | None) -> RateLimitError:
    """The error of a call that was not sent, because CircleCI asked to wait for longer than it may."""
    text = f"CircleCI asked to wait, for {seconds:.0f} s more, which is past the deadline of this call"
    return _unsent_error(text, seen, seconds, refusal)


def published_error(seen: Observed, seconds: float, limit: PublishedLimit) -> RateLimitError:
    """The error of a call that was not sent, because a published limit leaves no room for it before its deadline."""
    text = (
        f"CircleCI allows {limit.calls} calls of {seen.operation_id} in {limit.seconds:.0f} s, and they have been made; "
        f"the next one may be sent in {seconds:.0f} s, which is past the deadline of this call"
    )
    return _unsent_error(text, seen, seconds, None)


def _unsent_error(text: str, seen: Observed, seconds: float, refusal: APIError | None) -> RateLimitError:
    return RateLimitError(
        text,
        retry_after=seconds,
        status_code=429,
        method=seen.method,
        url=seen.url,
        headers=refusal.headers if refusal else {},
        body=refusal.body if refusal else None,
        operation_id=seen.operation_id,
        request_id=refusal.request_id if refusal else None,
    )


def _text(answer: Answer) -> str:
    content_type = Message()
    content_type["content-type"] = answer.headers.get("content-type", "")
    try:
        return answer.content.decode(content_type.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        # The header names a character set that does not exist, or one that is not for texts.
        return answer.content.decode("utf-8", "replace")


def _redirect_message(answer: Answer) -> str:
    location = answer.headers.get("location", "nowhere")
    return (
        f"a redirect to {location[:_LONGEST_MESSAGE]} that the client does not follow: only GET is sent on, and never "
        "from https to http. If the API has moved, set base_url"
    )


def _body(text: str) -> Any:
    # Judged by the text and not by Content-Type: CircleCI sends JSON under text/plain.
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text or None


def _message(body: Any, status_code: int) -> str:
    found = _said(body)
    if not found:
        phrase = responses.get(status_code, "undocumented status")
        return f"{phrase} (the answer says no more)"
    return found if len(found) <= _LONGEST_MESSAGE else f"{found[:_LONGEST_MESSAGE]}…"


def _said(body: Any) -> str:
    match body:
        case {"message": str(text)} | {"error": str(text)} | {"error": {"message": str(text)}} if text.strip():
            return text.strip()
        case str():
            return _said_by_page(body[:_READ_OF_A_PAGE])
        case {"message": None | "", **rest} | {"error": None | "", **rest} if not rest:
            return ""
        case _:
            return json.dumps(body) if body else ""


def _said_by_page(page: str) -> str:
    if "<html" in page.lower() or "<!doctype" in page.lower():
        title = _TITLE.search(page)
        page = unescape(_TAG.sub(" ", title.group(1) if title else page))
    return " ".join(page.split())
