"""The pytest plugin: a fake CircleCI and a client wired to it, and no test that reaches the real one.

It is loaded wherever this package is installed; it imports the fake only for tests that ask for it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

if TYPE_CHECKING:
    from circleci_v2 import CircleCI
    from circleci_v2.testing import FakeCircleCI

__all__ = ["RealCircleCIError"]

_MARKER: Final = "real_circleci"
_BACKOFF_SECONDS: Final = 0.001
_REAL_HOSTS: Final = ("circleci.com", "circle-artifacts.com")


class RealCircleCIError(RuntimeError):
    """A test tried to connect to the real CircleCI."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", f"{_MARKER}: this test may connect to the real CircleCI.")


@pytest.fixture
def fake_circleci() -> FakeCircleCI:
    """A fake CircleCI, new for each test, that knows nothing yet: add projects and pipelines to it.

    Time stands still in it until ``fake_circleci.clock.advance(seconds)`` is called.
    """
    from circleci_v2.testing import FakeCircleCI

    return FakeCircleCI()


@pytest.fixture
def circleci(fake_circleci: FakeCircleCI) -> CircleCI:
    """A client of `fake_circleci`, in process; it has no connections that would have to be closed.

    It retries like any other, but hardly waits before it does, unless it is told to by ``Retry-After``.
    """
    from circleci_v2 import CircleCI, RetryPolicy

    retry = RetryPolicy(backoff=_BACKOFF_SECONDS)
    return CircleCI(fake_circleci.token, transport=fake_circleci.transport(), retry=retry)


@pytest.fixture(autouse=True)
def _no_real_circleci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that reaches the real CircleCI, also where the code under test swallows the error."""
    if request.node.get_closest_marker(_MARKER):
        yield
        return
    reached: list[str] = []
    look_up = socket.getaddrinfo

    def look_up_others(host: Any, *arguments: Any, **options: Any) -> Any:
        if _is_real(host):
            _refuse(str(host), reached)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_others)
    yield
    if reached:
        pytest.fail(_problem(reached[0]), pytrace=False)


def _is_real(host: Any) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = name.lower().rstrip(".")
    return any(name == real or name.endswith(f".{real}") for real in _REAL_HOSTS)


def _refuse(host: str, reached: list[str]) -> NoReturn:
    reached.append(host)
    raise RealCircleCIError(_problem(host))


def _problem(host: str) -> str:
    return (
        f"this test tried to reach the real CircleCI at {host}: use the fixtures circleci or fake_circleci, "
        f"or mark the test with @pytest.mark.{_MARKER}"
    )
