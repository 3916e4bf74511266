"""``serve`` of a fake CircleCI, called on a fake or on the class itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from circleci_v2.testing.fake import FakeCircleCI
    from circleci_v2.testing.server import LoopbackServer

__all__ = ["Serve", "Serving"]


class Serve:
    """Serves a fake CircleCI over a real socket, in a thread of its own.

    Args:
        make_fake: What gives the fake.
    """

    def __init__(self, make_fake: Callable[[], FakeCircleCI]) -> None:
        self._make_fake = make_fake

    def __call__(self, *, host: str = "127.0.0.1", port: int = 0) -> LoopbackServer:
        """Serve it over a real socket, in a thread of its own.

        Called on the class, it serves a new fake: `FakeCircleCI.seeded`, which takes the token ``fake-token``.

        Args:
            host: The address to listen on.
            port: The port; 0 takes a free one.

        Returns:
            A context manager, for ``with`` and ``async with``, that gives the base URL, for example
            ``http://127.0.0.1:40123/api/v2``.
        """
        from circleci_v2.testing.server import LoopbackServer  # noqa: PLC0415 - in process needs no server

        return LoopbackServer(self._make_fake(), host=host, port=port)


class Serving:
    """The attribute that is `Serve` for the fake it is read from, or for a seeded one where it is read from the class."""

    def __get__(self, fake: FakeCircleCI | None, kind: type[FakeCircleCI]) -> Serve:
        # Nothing is seeded before it is called: tools that list the members of a class read its attributes.
        return Serve(kind.seeded if fake is None else partial(_same, fake))


def _same(fake: FakeCircleCI) -> FakeCircleCI:
    return fake
