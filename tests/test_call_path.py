"""The path of one call: how many functions and files of ours a warm list call runs through."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

import circleci_v2
from circleci_v2 import CircleCI
from circleci_v2._wire.page_decoding import page_reader

PACKAGE = str(Path(circleci_v2.__file__).parent)
PAGE = {
    "items": [
        {
            "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
            "number": number,
            "state": "created",
            "created_at": "2026-01-31T12:00:00Z",
            "updated_at": "2026-01-31T12:00:00Z",
            "errors": [],
            "project_slug": "gh/acme/web",
            "trigger": {
                "type": "webhook",
                "received_at": "2026-01-31T12:00:00Z",
                "actor": {"login": "octocat", "avatar_url": None},
            },
            "trigger_parameters": {},
        }
        for number in range(20)
    ],
    "next_page_token": None,
}


class Functions:
    """Records every function of the package that runs."""

    def __init__(self) -> None:
        self.codes: set[Any] = set()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if code.co_filename.startswith("<circleci_v2 decoder of "):
            return  # generated, one per model
        if event == "call" and (code.co_filename.startswith(PACKAGE) or "circleci_v2" in code.co_filename):
            self.codes.add(code)

    @property
    def names(self) -> list[str]:
        return sorted(f"{Path(code.co_filename).name}:{code.co_firstlineno} {code.co_qualname}" for code in self.codes)

    @property
    def files(self) -> set[str]:
        return {code.co_filename for code in self.codes if not code.co_filename.startswith("<")}


@pytest.mark.asyncio
async def test_a_warm_list_call_runs_through_few_functions():
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=PAGE))
    async with CircleCI("a-token", transport=transport) as circleci:
        # The reader of pages is compiled when a few pages have shown their form; those of other tests have other forms.
        page_reader.cache_clear()
        for _ in range(5):
            await circleci.pipelines.list_for_project("gh/acme/web")
        functions = Functions()
        sys.setprofile(functions)
        try:
            page = await circleci.pipelines.list_for_project("gh/acme/web")
        finally:
            sys.setprofile(None)
    assert len(page.items) == 20
    assert len(functions.names) <= 60, "\n".join(functions.names)
    assert len(functions.files) <= 22, "\n".join(sorted(functions.files))
