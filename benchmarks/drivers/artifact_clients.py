"""Driver: download artifacts by their addresses with another client, one after the other.

The argument is the package. Requests name the address of the API, the addresses of the artifacts and a folder; replies have
the number of downloads that raised an exception.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import Any, Final

TOKEN: Final = "a-token"


def with_pycircleci(url: str, addresses: list[str], folder: str) -> int:
    client: Any = importlib.import_module("pycircleci.api").Api(token=TOKEN, url=url)
    failed = 0
    for address in addresses:
        try:
            client.download_artifact(address, folder)
        except Exception as error:  # noqa: BLE001 - any error is a result
            print(repr(error)[:200], file=sys.stderr)
            failed += 1
    return failed


def with_pycircleci_async(url: str, addresses: list[str], folder: str) -> int:
    module: Any = importlib.import_module("pycircleci_async")

    async def main() -> int:
        failed = 0
        async with module.CircleCIClient(token=TOKEN, url=url) as client:
            for address in addresses:
                try:
                    await client.download_artifact(address, folder)
                except Exception as error:  # noqa: BLE001 - any error is a result
                    print(repr(error)[:200], file=sys.stderr)
                    failed += 1
        return failed

    return asyncio.run(main())


CLIENTS: Final = {"pycircleci": with_pycircleci, "pycircleci-async": with_pycircleci_async}


def main() -> None:
    client = CLIENTS[sys.argv[1]]
    for line in sys.stdin:
        request = json.loads(line)
        failed = client(request["url"], request["addresses"], request["folder"])
        print(json.dumps({"failed": failed}), flush=True)


if __name__ == "__main__":
    main()
