"""Helpers that the tests of history have in common."""

from __future__ import annotations

from circleci_v2.history import history

__all__ = ["SLUG", "crawl", "keep", "numbers_of"]

SLUG = "gh/acme/web"


async def crawl(archive, **options):
    return [record async for record in history(archive, SLUG, **options)]


async def keep(kept, records):
    async for record in records:
        kept.append(record)


def numbers_of(records):
    return [record.pipeline.number for record in records]
