"""The drivers' side of the protocol: one JSON line for each call, on standard output.

Clients write to standard output, too, so it is redirected to standard error; the lines go to the original one.
"""

import json
import os
import sys

KNOWN = json.loads(os.environ["KNOWN"])
"""The identifiers of what the fake contains, its URLs, and its token."""

_lines = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def call(name, function, *arguments):
    """Call a function and report whether it succeeded; returns its result, or None."""
    try:
        result = function(*arguments)
    except BaseException as error:  # noqa: BLE001 - some clients call sys.exit
        _report(name, error)
        return None
    _report(name)
    return result


async def call_async(name, function, *arguments):
    """Await the result of a function and report whether it succeeded; returns its result, or None."""
    try:
        result = await function(*arguments)
    except Exception as error:  # noqa: BLE001 - every failure of a client is a result
        _report(name, error)
        return None
    _report(name)
    return result


def check(condition, message):
    """Make the current call fail unless a condition holds."""
    if not condition:
        raise AssertionError(message)


def finish():
    """Report that the driver came to its end."""
    _lines.write(json.dumps({"finished": True}) + "\n")
    _lines.flush()
    sys.stderr.flush()
    os._exit(0)


def _report(name, error=None):
    described = None if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:500]
    _lines.write(json.dumps({"call": name, "ok": error is None, "error": described}) + "\n")
    _lines.flush()
