"""Redaction: the logger `circleci_v2`, and a filter that lets no token through.

The libraries below log, too, and one of them logs the headers it sends; their loggers get the same filter. So do those of
single rooms, since a filter does not see what the loggers below its own are told.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from circleci_v2.errors import ConfigurationError

__all__ = ["Redaction", "hide", "log_to_stderr", "logger", "redacted"]

logger: Final = logging.getLogger("circleci_v2")

_HIDDEN: Final = "[hidden]"
# What names a credential, and the credential after it, in any of the ways that headers are written in.
_NAMED: Final = re.compile(
    r"""((?:circle-token|(?:proxy-)?authorization)['"]?\s*[:=,]\s*(?:b?['"])?(?:(?:bearer|basic)\s+)?)[^\s'",)}&]+""",
    re.IGNORECASE,
)
_PERSONAL_TOKEN: Final = re.compile(r"\bCCI(?:PAT|PRJ)_\w+")
_OTHER_LOGGERS: Final = (
    "circleci_v2.testing",
    "circleci_v2.usage_export",
    "circleci_v2.waiting",
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
    "aiohttp.client",
    "asyncio",
)

# Who holds which tokens; they are forgotten with their holder.
_secrets: Final[WeakKeyDictionary[object, frozenset[str]]] = WeakKeyDictionary()


def hide(holder: object, *secrets: str) -> None:
    """Keep texts out of the log for as long as their holder lives, also where they are quoted as Python does it."""
    _secrets[holder] = frozenset(form for secret in secrets for form in (secret, repr(secret)[1:-1]))
    for name in (logger.name, *_OTHER_LOGGERS):
        # A logger has a filter once, however often it is added.
        logging.getLogger(name).addFilter(_REDACTION)


def redacted(text: str) -> str:
    """The text without any token."""
    for secret in _all_secrets():
        text = text.replace(secret, _HIDDEN)
    text = _NAMED.sub(lambda match: match[1] + _HIDDEN, text)
    return _PERSONAL_TOKEN.sub(_HIDDEN, text)


def _all_secrets() -> Iterable[str]:
    # The longest first, because one may be a part of another.
    return sorted({secret for secrets in list(_secrets.values()) for secret in secrets}, key=len, reverse=True)


class Redaction(logging.Filter):
    """Takes tokens out of the message, the traceback and the stack of a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record where it has to be; none is held back."""
        message = record.getMessage()
        clean = redacted(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            # Formatters use this text where there is one, and do not format the exception again.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            clean_traceback = redacted(record.exc_text)
            if clean_traceback != record.exc_text:
                # Handlers with formatters of their own would otherwise take the exception itself.
                record.exc_info = None
            record.exc_text = clean_traceback
        if record.stack_info:
            record.stack_info = redacted(record.stack_info)
        return True


_REDACTION: Final = Redaction()
_HANDLER: Final = logging.StreamHandler()
_HANDLER.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))


def log_to_stderr(level: str) -> None:
    """Show what the client does on standard error, as ``CIRCLECI_V2_LOG`` asks for.

    Args:
        level: ``info`` for each request, ``debug`` for the headers of the answers, too.

    Raises:
        ConfigurationError: It is neither.
    """
    if level not in {"info", "debug"}:
        msg = f"CIRCLECI_V2_LOG={level!r}: set it to 'info' or 'debug', or leave it out"
        raise ConfigurationError(msg)
    logger.setLevel(level.upper())
    logger.addHandler(_HANDLER)
