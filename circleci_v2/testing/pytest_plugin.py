"""The pytest plugin: fixtures for a fake and a client of it, and a guard against connections to the real CircleCI.

pytest loads the plugin wherever this package is installed, so the fake is imported only by the fixtures.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from circleci_v2 import CircleCI
    from circleci_v2.testing import FakeCircleCI

__all__ = ["RealCircleCIError"]

_MARKER: Final = "real_circleci"
_BACKOFF_SECONDS: Final = 0.001
_REAL_HOSTS: Final = ("circleci.com", "circle-artifacts.com")


class RealCircleCIError(RuntimeError):
    """Raised in a test that tries to connect to the real CircleCI."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the ``real_circleci`` marker."""
    config.addinivalue_line("markers", f"{_MARKER}: this test may connect to the real CircleCI.")


@pytest.fixture
def fake_circleci() -> FakeCircleCI:
    """A new, empty fake for each test; add projects and pipelines to it.

    Its clock stands still until ``await fake_circleci.advance(seconds)``.
    """
    from circleci_v2.testing import FakeCircleCI

    return FakeCircleCI()


@pytest.fixture
def circleci(fake_circleci: FakeCircleCI) -> CircleCI:
    """An in-process client of `fake_circleci`; it has no connections and need not be closed.

    It retries like any client, but with a backoff of about 1 ms. It does wait for ``Retry-After``.
    """
    from circleci_v2 import CircleCI, RetryPolicy

    retry = RetryPolicy(backoff=_BACKOFF_SECONDS)
    return CircleCI(fake_circleci.token, transport=fake_circleci.transport(), retry=retry)


@pytest.fixture(autouse=True)
def _no_real_circleci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that resolves a host of the real CircleCI, even if the code under test catches the exception."""
    if request.node.get_closest_marker(_MARKER):
        yield
        return
    blocked: list[str] = []
    getaddrinfo = socket.getaddrinfo

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if _is_real(host):
            blocked.append(str(host))
            raise RealCircleCIError(_message(str(host)))
        return getaddrinfo(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    if blocked:
        pytest.fail(_message(blocked[0]), pytrace=False)


def _is_real(host: Any) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = name.lower().rstrip(".")
    return any(name == real or name.endswith(f".{real}") for real in _REAL_HOSTS)


def _message(host: str) -> str:
    return (
        f"this test tried to reach the real CircleCI at {host}: use the fixtures circleci or fake_circleci, "
        f"or mark the test with @pytest.mark.{_MARKER}"
    )
