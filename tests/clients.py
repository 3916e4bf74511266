"""A client whose downloads go through the exchange."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from circleci_v2._files.downloading import Body
from circleci_v2.client import CircleCI
from tests.loopback import TOKEN


class StreamingClient(CircleCI):
    def stream(self, url: str, *, headers: Mapping[str, str], authenticate: bool) -> AbstractAsyncContextManager[Body]:
        return self._exchange.stream(url, headers=headers, authenticate=authenticate, options=self._options)


def client_of(origin: str) -> StreamingClient:
    return StreamingClient(TOKEN, base_url=f"{origin}/api/v2")
