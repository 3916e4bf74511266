"""Redaction: no token and no signature of a presigned URL in log records, errors and events.

A filter redacts the records of this package's loggers and of those of the HTTP libraries below it, because one of them
logs the headers it sends and another those it receives. A filter on a logger does not see records of that logger's
children, so every logger that is written to is listed. Loggers of anything else, `asyncio` and the application's own
included, are left alone.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from circleci_v2._wire.json import is_array, is_object

__all__ = [
    "RedactingFilter",
    "redact",
    "redact_json",
    "redact_logs",
    "redact_message",
    "register_secret",
    "url_without_query",
]

_REDACTED: Final = "[hidden]"
# The name of a credential header and the separator, in any notation that headers are printed in; the value follows.
_CREDENTIAL: Final = re.compile(
    r"""((?:circle-token|(?:proxy-)?authorization)['"]?\s*[:=,]\s*(?:b?['"])?(?:(?:bearer|basic)\s+)?)[^\s'",)}&]+""",
    re.IGNORECASE,
)
_PERSONAL_TOKEN: Final = re.compile(r"\bCCI(?:PAT|PRJ)_\w+")
# The parameters of presigned URLs that sign them or name the key, of S3, Google Cloud Storage, CloudFront and Azure, and
# common names of tokens; the value follows. Not `page-token`, which is no secret.
_SIGNATURE: Final = re.compile(
    r"""([?&;](?:x-(?:amz|goog)-[\w-]+|signature|sig|policy|key-pair-id|awsaccesskeyid|googleaccessid|credential"""
    r"""|(?:access|auth|security|session)?[-_]?token|(?:api|access)[-_]?key|secret|password)=)[^&\s'"<>)]+""",
    re.IGNORECASE,
)
# S3 repeats what it was sent in the body of an error about a signature.
_SIGNATURE_IN_XML: Final = re.compile(
    r"(<(?:SignatureProvided|StringToSign|StringToSignBytes|CanonicalRequest|CanonicalRequestBytes|AWSAccessKeyId)>)[^<]+"
)
# hpack logs the request line of HTTP/2.
_HTTP2_QUERY: Final = re.compile(r"""(:path'?,?\s*b?['"][^?'"]*\?)[^'"]+""")
_USER_INFO: Final = re.compile(r"//[^/]*@")
# A message may hold a shorter text by chance: tests call their token "token".
_SHORTEST_IN_MESSAGES: Final = 6
_PACKAGE_LOGGERS: Final = (
    *("circleci_v2", "circleci_v2.history", "circleci_v2.testing", "circleci_v2.usage_export", "circleci_v2.waiting"),
)
_LIBRARY_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
    "aiohttp.client",
)

_secrets: Final[WeakKeyDictionary[object, frozenset[str]]] = WeakKeyDictionary()
"""Secrets by the object that holds them, so that both are forgotten together."""


def redact_logs() -> None:
    """Install the filter on every logger that this package or the HTTP libraries below it write to."""
    for name in (*_PACKAGE_LOGGERS, *_LIBRARY_LOGGERS):
        # Adding a filter that a logger has already is a no-op.
        logging.getLogger(name).addFilter(_FILTER)


def register_secret(holder: object, *secrets: str) -> None:
    """Redact texts from logs and errors for as long as `holder` exists.

    Args:
        holder: The object that keeps the secrets.
        secrets: The texts. The forms that they have in a `repr`, in JSON, in HTML and in a URL are redacted, too.
    """
    _secrets[holder] = frozenset(form for secret in secrets for form in _forms(secret))


def _forms(secret: str) -> tuple[str, ...]:
    return (
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        quote(secret),
        quote(secret, safe=""),
    )


def redact(text: str) -> str:
    """Return a text for a log without any token, any header that holds one, and the signatures of URLs."""
    text = _without(_known_secrets(1), text)
    text = _CREDENTIAL.sub(_hide_value, text)
    return _without_patterns(_HTTP2_QUERY.sub(_hide_value, text))


def redact_message(text: str) -> str:
    """Return a text for an error or an event, which may quote a server, without tokens and the signatures of URLs."""
    return _without_patterns(_without(_known_secrets(_SHORTEST_IN_MESSAGES), text))


def url_without_query(url: str) -> str:
    """Return a URL without the parts that may hold secrets: its query, its fragment, and the user and password."""
    return _USER_INFO.sub("//", re.split("[?#]", url, maxsplit=1)[0])


def redact_json(value: Any) -> Any:
    """Return decoded JSON with all of its texts redacted as by `redact_message`."""
    secrets = _known_secrets(_SHORTEST_IN_MESSAGES)

    def redacted(value: Any) -> Any:
        if isinstance(value, str):
            return _without_patterns(_without(secrets, value))
        if is_object(value):
            return {redacted(name): redacted(item) for name, item in value.items()}
        return [redacted(item) for item in value] if is_array(value) else value

    return redacted(value)


def _known_secrets(shortest: int) -> list[str]:
    """Return the registered secrets of at least that length, the longest first, because one may be part of another."""
    secrets = {secret for secrets in list(_secrets.values()) for secret in secrets if len(secret) >= shortest}
    return sorted(secrets, key=len, reverse=True)


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, _REDACTED)
    return text


def _without_patterns(text: str) -> str:
    text = _PERSONAL_TOKEN.sub(_REDACTED, text)
    return _SIGNATURE_IN_XML.sub(_hide_value, _SIGNATURE.sub(_hide_value, text))


def _hide_value(match: re.Match[str]) -> str:
    return f"{match[1]}{_REDACTED}"


class RedactingFilter(logging.Filter):
    """Redacts tokens and signatures from the message, the traceback and the stack of a log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record where necessary; no record is suppressed."""
        message = record.getMessage()
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, ()
        if record.exc_info and not record.exc_text:
            # `logging.Formatter` caches the formatted traceback here, and uses it when it is set.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            redacted_traceback = redact(record.exc_text)
            if redacted_traceback != record.exc_text:
                # Formatters that ignore `exc_text` would format the exception itself.
                record.exc_info = None
            record.exc_text = redacted_traceback
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_FILTER: Final = RedactingFilter()
