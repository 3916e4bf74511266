"""What a refusal says: an error with a message, whatever the body of the answer is made of."""

from __future__ import annotations

import json
import re
from html import unescape
from http.client import responses
from typing import Any

import httpx

from circleci_v2._wire.request import Request
from circleci_v2.errors import APIError, RateLimitError, error_class_for

__all__ = ["error_from"]

_LONGEST_MESSAGE = 500
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def error_from(request: Request, response: httpx.Response, content: bytes, retry_after: float | None) -> APIError:
    """The error that stands for an answer with a status of 400 or above."""
    text = content.decode(response.encoding or "utf-8", "replace")
    body = _body(text)
    context: dict[str, Any] = {
        "status_code": response.status_code,
        "method": request.method,
        "url": str(response.request.url),
        "headers": response.headers,
        "body": body,
        "operation_id": request.operation.id if request.operation else None,
        "request_id": response.headers.get("x-request-id"),
    }
    kind = error_class_for(response.status_code)
    if kind is RateLimitError:
        context["retry_after"] = retry_after
    return kind(_message(body, response.status_code), **context)


def _body(text: str) -> Any:
    # Judged by the text and not by Content-Type: CircleCI sends JSON under text/plain.
    try:
        return json.loads(text)
    except ValueError:
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
        case str() if "<html" in body.lower() or "<!doctype" in body.lower():
            title = _TITLE.search(body)
            return " ".join(unescape(_TAG.sub(" ", title.group(1) if title else body)).split())
        case str():
            return " ".join(body.split())
        case {"message": None | "", **rest} | {"error": None | "", **rest} if not rest:
            return ""
        case _:
            return json.dumps(body) if body else ""
