"""The pytest plugin: fixtures for a fake and a client of it, and a guard against connections to the real CircleCI.

pytest loads the plugin wherever this package is installed, so the fake is imported only by the fixtures.

The arguments of `FakeCircleCI` are set by a marker, ``@pytest.mark.circleci_fake(realistic=True)``, or by overriding the
fixture ``circleci_fake_options``; the ini option ``circleci_check_requests`` sets how strict all fakes are.
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
_FAKE_MARKER: Final = "circleci_fake"
_CHECKS: Final = "circleci_check_requests"
_BACKOFF_SECONDS: Final = 0.001
_REAL_HOSTS: Final = ("circleci.com", "circle-artifacts.com")


class RealCircleCIError(RuntimeError):
    """Raised in a test that tries to connect to the real CircleCI."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option ``circleci_check_requests``."""
    parser.addini(
        _CHECKS,
        "Which requests the fixture fake_circleci rejects: lenient, strict or off (see FakeCircleCI). With strict, a test "
        "fails that sends a request which CircleCI's document does not allow.",
        default="lenient",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", f"{_MARKER}: this test may connect to the real CircleCI.")
    config.addinivalue_line(
        "markers", f"{_FAKE_MARKER}(**arguments): arguments of FakeCircleCI for the fixture fake_circleci."
    )


@pytest.fixture
def circleci_fake_options() -> dict[str, Any]:
    """The arguments of `FakeCircleCI` for the fixture `fake_circleci`; override it for all tests of a module or folder."""
    return {}


@pytest.fixture
def fake_circleci(request: pytest.FixtureRequest, circleci_fake_options: dict[str, Any]) -> Iterator[FakeCircleCI]:
    """A new, empty fake for each test; add projects and pipelines to it.

    Its clock stands still until ``await fake_circleci.advance(seconds)``. Its arguments come from the ini option
    ``circleci_check_requests``, the fixture `circleci_fake_options` and the marker ``circleci_fake``; the last one that sets
    an argument decides. A strict fake fails the test if it had to reject a request.
    """
    from circleci_v2.testing import FakeCircleCI

    options: dict[str, Any] = {"check_requests": request.config.getini(_CHECKS), **circleci_fake_options}
    for marker in reversed([*request.node.iter_markers(_FAKE_MARKER)]):  # the closest one comes last
        options |= marker.kwargs
    fake = FakeCircleCI(**options)
    yield fake
    if options["check_requests"] == "strict" and (errors := fake.journal.validation_errors):
        pytest.fail("CircleCI's document does not allow these requests:\n" + "\n".join(errors), pytrace=False)


@pytest.fixture
def circleci(fake_circleci: FakeCircleCI) -> CircleCI:
    """An in-process client of `fake_circleci`; it has no connections and need not be closed.

    It retries like any client. Its waits, for example for ``Retry-After``, take no real time: they move the clock of the fake,
    unless that clock runs with real time.
    """
    from circleci_v2 import CircleCI, RetryPolicy

    skip_waits = not fake_circleci.clock.running
    retry = RetryPolicy() if skip_waits else RetryPolicy(backoff=_BACKOFF_SECONDS)
    return CircleCI(fake_circleci.token, transport=fake_circleci.transport(skip_waits=skip_waits), retry=retry)


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
