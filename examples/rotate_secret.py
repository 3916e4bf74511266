"""Rotate a secret everywhere in an organization; the value comes from standard input.

new-key | CIRCLE_TOKEN=… python examples/rotate_secret.py gh/acme DEPLOY_KEY
"""

from __future__ import annotations

import sys

import anyio

from circleci_v2 import CircleCI
from circleci_v2.environment import Rotation

ATTEMPTS = 3


async def rotate(circleci: CircleCI, organization: str, name: str, value: str) -> Rotation:
    """Set the value in every context and project that has the variable; repeat for the places that fail."""
    rotation = await circleci.rotate_environment_variable(name, value, organization=organization)
    for _ in range(ATTEMPTS - 1):
        if rotation.is_complete:
            break
        rotation = await circleci.rotate_environment_variable(name, value, organization=organization, previous=rotation)
    return rotation


async def main(organization: str, name: str) -> int:
    """Rotate, and print an outcome per place; revoke the old value only after an exit code of 0."""
    value = sys.stdin.read().removesuffix("\n")
    async with CircleCI() as circleci:
        rotation = await rotate(circleci, organization, name, value)
    for outcome in rotation.outcomes:
        print(f"{outcome.place}: {outcome.action}" + (f" ({outcome.error})" if outcome.error else ""))
    return 0 if rotation.is_complete and rotation.outcomes else 1


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))
