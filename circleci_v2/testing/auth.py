"""The token check: what CircleCI says to a call that carries no token, or a wrong one."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Iterable
from http import HTTPStatus

from circleci_v2.testing.messages import Answer, Call

__all__ = ["refuse_unknown_token", "token_of"]


def token_of(call: Call) -> str | None:
    """The token of a call: from ``Circle-Token``, or from ``Authorization``, as a bearer or as a basic user name.

    CircleCI still takes it from the query, too; there it ends up in logs, and no client should put it there.
    """
    if token := call.headers.get("circle-token") or call.value("circle-token"):
        return token
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            return _user_name(credentials)
        case _:
            return None


def refuse_unknown_token(call: Call, known: Iterable[str]) -> Answer | None:
    """The refusal of a call whose token is not known, in the words of the live API; else None."""
    token = token_of(call)
    if token is None:
        return Answer.message("You must log in first.", HTTPStatus.UNAUTHORIZED)
    if not any(hmac.compare_digest(token.encode(), other.encode()) for other in known):
        return Answer.message("Invalid token provided.", HTTPStatus.UNAUTHORIZED)
    return None


def _user_name(credentials: str) -> str:
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""
