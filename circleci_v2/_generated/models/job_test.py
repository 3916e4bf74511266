"""JobTest."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobTest"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobTest(Model):
    """Result of one test, as read from the JUnit or Cucumber file that the job uploaded.

    Values that the file does not contain are null, empty or absent.
    """

    name: str
    """Name of the test case; parametrized tests carry their parameters."""

    result: str
    """Outcome as the test runner reported it, such as `success`, `failure` or `skipped`."""

    classname: str | None = None
    """Class or module of the test, for pytest such as `tests.test_login`; may be null."""

    file: str | None = None
    """File that defines the test; null or absent unless the test runner writes it."""

    message: str | None = None
    """Failure text, up to a full traceback; empty, null or absent for passed tests."""

    run_time: float | None = None
    """Duration in seconds, with a fraction. Some responses contain it as text; may be null."""

    source: str | None = None
    """Program that wrote the results, such as `pytest`; null or absent if unknown."""
