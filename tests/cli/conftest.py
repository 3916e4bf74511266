"""Fixtures for commands that run as separate processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def children_receive_interrupts() -> Iterator[None]:
    """Start child processes with the default action for SIGINT.

    A process inherits an ignored signal, and Python keeps it ignored: under nohup or as a background job of a shell, the
    children of pytest would never see the SIGINT that a test sends, and the test would wait for ever. A handler is not
    inherited; execve(2) resets it to the default.
    """
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
