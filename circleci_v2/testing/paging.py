"""Pages: 20 items and an opaque token for the next ones, as CircleCI deals its lists out."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError

__all__ = ["PAGE_SIZE", "PageTokens", "page", "page_size"]

Item = TypeVar("Item")

PAGE_SIZE: Final = 20
"""Items per page, on every list whose size a caller cannot choose."""

_POSITION_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 11


class PageTokens:
    """Makes the tokens of a list and reads them back; a token means nothing to another list.

    Nothing is stored: a token carries its position and a signature.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._generation = 0

    def expire(self) -> None:
        """Make every token given out so far stale."""
        self._generation += 1

    def issue(self, request: FakeRequest, position: int) -> str:
        """The token of a position in the list that the call asks for."""
        encoded = position.to_bytes(_POSITION_BYTES, "big")
        return urlsafe_b64encode(encoded + self._sign(request, encoded)).decode()

    def read(self, request: FakeRequest, token: str) -> int:
        """The position that a token of this list stands for.

        Raises:
            Refusal: The token is stale, of another list, or no token at all.
        """
        try:
            raw = urlsafe_b64decode(token.encode())
        except ValueError:
            raw = b""
        encoded, signature = raw[:_POSITION_BYTES], raw[_POSITION_BYTES:]
        if not hmac.compare_digest(signature, self._sign(request, encoded)):
            raise HTTPError(HTTPStatus.NOT_FOUND, "Not Found")
        return int.from_bytes(encoded, "big")

    def _sign(self, request: FakeRequest, encoded: bytes) -> bytes:
        asked = sorted(pair for pair in request.query if pair[0] != "page-token")
        text = f"{self._seed} {self._generation} {request.path} {asked} ".encode()
        return hashlib.blake2s(text + encoded, digest_size=_SIGNATURE_BYTES).digest()


def page_size(request: FakeRequest, name: str) -> int:
    """How many items per page a call asks for, at least one.

    Args:
        call: The call.
        name: The query parameter that says so; 20 when it is absent.
    """
    return max(1, int(request.query_value(name) or PAGE_SIZE))


def page(
    tokens: PageTokens,
    request: FakeRequest,
    items: Sequence[Item],
    render: Callable[[Item], Any],
    *,
    newest_first: bool = False,
    size: int = PAGE_SIZE,
    envelope: Mapping[str, Any] | None = None,
) -> FakeResponse:
    """One page of a list.

    Args:
        tokens: What makes and reads the tokens.
        call: The call; its ``page-token`` says which page.
        items: The whole list, in the order in which it is shown.
        render: From an item to its JSON.
        newest_first: Whether new items come in at the front. Positions then count from the other end, so that a list
            that grows while it is read neither repeats nor leaves out an item.
        size: Items per page.
        envelope: What stands beside the items, such as a total.

    Raises:
        Refusal: The token is not one of this list.
    """
    token = request.query_value("page-token")
    position = tokens.read(request, token) if token else (len(items) if newest_first else 0)
    start = max(0, len(items) - position) if newest_first else position
    end = start + size
    following = len(items) - end if newest_first else end
    return FakeResponse.json(
        {
            "items": [render(item) for item in items[start:end]],
            "next_page_token": tokens.issue(request, following) if end < len(items) else None,
            **(envelope or {}),
        }
    )
