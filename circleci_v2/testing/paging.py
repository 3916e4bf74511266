"""Pagination: pages of 20 items with an opaque token for the next page, as in the API."""

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
"""Items per page, unless the operation has a parameter for it."""

_POSITION_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 11


class PageTokens:
    """Issues and verifies page tokens; a token is valid only for the list that issued it.

    Tokens are stateless: they contain a position and a signature over the path, the query and the position.

    Args:
        seed: The seed of the fake, which is part of the signature.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._generation = 0

    def expire(self) -> None:
        """Invalidate all tokens issued so far."""
        self._generation += 1

    def issue(self, request: FakeRequest, position: int) -> str:
        """Return the token of a position in the requested list."""
        encoded = position.to_bytes(_POSITION_BYTES, "big")
        return urlsafe_b64encode(encoded + self._sign(request, encoded)).decode()

    def read(self, request: FakeRequest, token: str) -> int:
        """Return the position of a token in the requested list.

        Raises:
            HTTPError: The token is malformed, expired or from another list (404).
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
        query = sorted(pair for pair in request.query if pair[0] != "page-token")
        text = f"{self._seed} {self._generation} {request.path} {query} ".encode()
        return hashlib.blake2s(text + encoded, digest_size=_SIGNATURE_BYTES).digest()


def page_size(request: FakeRequest, name: str) -> int:
    """Return the requested number of items per page, at least 1.

    Args:
        request: The request.
        name: The query parameter that contains it; without it, 20.
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
    """Return the response with one page of a list.

    Args:
        tokens: Issues and verifies the page tokens.
        request: The request; its ``page-token`` selects the page.
        items: The complete list, in display order.
        render: Converts an item to JSON.
        newest_first: Whether new items are added at the front. Positions then count from the end, so that pages neither
            repeat nor skip items when the list grows between requests.
        size: Items per page.
        envelope: Additional fields of the response, such as a total.

    Raises:
        HTTPError: The page token is invalid for this list (404).
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
