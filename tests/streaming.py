from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from circleci_v2.client import CircleCI
from circleci_v2.errors import APIConnectionError, APIError
from tests.artifacts.storage import TOKEN


class _Body:
    def __init__(self, response, url):
        self.response, self.url = response, url
        self.status_code, self.headers = response.status_code, response.headers

        self.iterator = response.aiter_raw()

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await anext(self.iterator)
        except httpx.TransportError as error:
            raise APIConnectionError(repr(error), method="GET", url=self.url) from error


class StreamingClient(CircleCI):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self._plain = httpx.AsyncClient(timeout=10)

    @asynccontextmanager
    async def stream(self, url: str, *, headers: Mapping[str, str], authenticate: bool) -> AsyncIterator[_Body]:
        asked = url
        sent = dict(headers) | ({"Circle-Token": TOKEN} if authenticate else {})
        for _ in range(5):
            try:
                async with self._plain.stream("GET", asked, headers=sent) as response:
                    if response.status_code in {301, 302, 307}:
                        asked = response.headers["location"]
                        sent = dict(headers)
                        continue
                    if response.status_code >= 400:
                        raise APIError("refused", status_code=response.status_code, method="GET", url=url, headers={})
                    body = _Body(response, url)
                    try:
                        yield body
                    finally:
                        await body.iterator.aclose()
                    return
            except httpx.TransportError as error:
                raise APIConnectionError(repr(error), method="GET", url=url) from error

    async def aclose(self):
        await self._plain.aclose()
        await super().aclose()


def client_of(origin: str) -> StreamingClient:
    return StreamingClient(TOKEN, base_url=f"{origin}/api/v2")
