"""pycircleci-async; the URL of its API has no version."""

import asyncio

from calls import KNOWN, call_async, finish
from pycircleci_async import CircleCIClient
from pycircleci_calls import calls_of, check_content


async def use(name, function):
    check_content(name, await function())


async def main():
    async with CircleCIClient(KNOWN["token"], url=f"{KNOWN['origin']}/api") as client:
        for name, function in calls_of(client, asynchronous=True):
            await call_async(name, use, name, function)


asyncio.run(main())
finish()
