"""Receive a delivery: verify its signature, and handle each event once.

A signature proves that CircleCI sent the delivery and that it arrived unchanged: CircleCI signs the raw body with
HMAC-SHA256 under the secret of the webhook and sends the result, in hexadecimal, in the header ``circleci-signature`` as
``v1=<signature>``. Future versions would follow in the same header, after commas.

Source: https://circleci.com/docs/outbound-webhooks/, with the test vectors that the tests use.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import cast

from circleci_v2.errors import ArgumentTypeError, ConfigurationError, WebhookVerificationError

__all__ = ["EVENT_TYPE_HEADER", "SIGNATURE_HEADER", "Deduplicator", "sign", "verify"]

SIGNATURE_HEADER = "circleci-signature"
"""The header that holds the signature."""

EVENT_TYPE_HEADER = "circleci-event-type"
"""The header that names the type of the event; unlike the body it is not signed, so do not rely on it."""


def _sign_version_1(body: bytes, secret: bytes) -> str:
    return hmac.digest(secret, body, "sha256").hex()


# Newest first. The header may offer several versions; accepting any of them would let a forger choose the weakest.
_VERSIONS: Mapping[str, Callable[[bytes, bytes], str]] = {"v1": _sign_version_1}


def sign(body: bytes, secret: str | bytes) -> str:
    """Compute the ``circleci-signature`` header of a body, for tests and for services that relay deliveries.

    Args:
        body: The raw body, exactly as it is sent.
        secret: The secret of the webhook; text is encoded as UTF-8.

    Returns:
        The signatures of every version that this library knows, for example ``v1=734cc62f...``.

    Raises:
        ConfigurationError: The secret is empty or not valid, or the body is not bytes.
    """
    _require_bytes(body)
    key = _key(secret, ConfigurationError)
    return ",".join(f"{version}={compute(body, key)}" for version, compute in _VERSIONS.items())


def verify(body: bytes, signature: str | None, secret: str | bytes | Iterable[str | bytes]) -> None:
    """Raise unless the body was signed with the secret.

    Only the newest version that both CircleCI and this library know is compared, in constant time.

    Args:
        body: The raw body as received, before any JSON parsing: a re-encoded body has another signature.
        signature: The value of the ``circleci-signature`` header; None when the delivery had none.
        secret: The secret of the webhook, or several of which any may match, while one replaces another.

    Raises:
        WebhookVerificationError: The header is missing or malformed, or none of its signatures matches. Respond with 401
            or 403. Also raised when there is no secret, or one with which anyone could sign; the error is then a
            `ConfigurationError` as well.
        ConfigurationError: An argument has a type that is not accepted, for example a body that is not bytes.
    """
    _require_bytes(body)
    _require_text(signature)
    keys = _keys(secret)
    version, offered = _newest_known(signature)
    compute = _VERSIONS[version]
    accepted = False
    for key in keys:
        expected = compute(body, key).encode()
        for candidate in offered:
            # Every pair is compared, so that the time taken does not reveal which one matched.
            accepted |= hmac.compare_digest(expected, candidate.encode("utf-8", "surrogatepass"))
    if not accepted:
        msg = (
            f"no {version} signature in {SIGNATURE_HEADER} matches the body: was it read raw, and is the secret right?"
        )
        raise WebhookVerificationError(msg)


def _newest_known(header: str | None) -> tuple[str, list[str]]:
    """Return the newest version that the header offers and this library knows, with its signatures."""
    if not header:
        msg = (
            f"the delivery has no {SIGNATURE_HEADER} header: it is forged, or the webhook was created without a secret"
        )
        raise WebhookVerificationError(msg)
    offers = [entry.strip().partition("=") for entry in header.split(",")]
    for version in _VERSIONS:
        offered = [signature for name, _, signature in offers if name == version]
        if offered:
            return version, offered
    known = ", ".join(_VERSIONS)
    msg = f"the {SIGNATURE_HEADER} header {header[:100]!r} has no signature of a known version ({known})"
    raise WebhookVerificationError(msg)


class _SecretError(WebhookVerificationError, ConfigurationError):
    """No delivery can be verified with these secrets: the delivery is to be refused, and the receiver to be corrected."""


def _keys(secret: object) -> list[bytes]:
    candidates: object = [secret] if secret is None or isinstance(secret, str | bytes) else secret
    if not isinstance(candidates, Iterable):
        raise _secret_type_error(secret)
    keys = [_key(candidate, _SecretError) for candidate in cast("Iterable[object]", candidates)]
    if not keys:
        raise _SecretError("verify() needs a secret: pass the one that was set when the webhook was created")
    return keys


def _key(secret: object, error_class: type[ConfigurationError]) -> bytes:
    # None comes from an unset environment variable.
    if secret is not None and not isinstance(secret, str | bytes):
        raise _secret_type_error(secret)
    if not secret:
        raise error_class("the webhook secret is empty: anyone could sign with it. Set one at CircleCI and here")
    try:
        return secret.encode() if isinstance(secret, str) else secret
    except UnicodeEncodeError:
        # `from None`: the original error shows the secret.
        msg = "the webhook secret holds a surrogate, which no text has: was it decoded with errors='surrogateescape'?"
        raise error_class(msg) from None


def _secret_type_error(secret: object) -> ArgumentTypeError:
    return ArgumentTypeError(f"a webhook secret is text or bytes, not {type(secret).__name__}")


def _require_bytes(body: object) -> None:
    if not isinstance(body, bytes):
        msg = f"the body must be the bytes as received, not {type(body).__name__}: decoding and encoding changes it"
        raise ArgumentTypeError(msg)


def _require_text(header: object) -> None:
    if header is not None and not isinstance(header, str):
        msg = f"the {SIGNATURE_HEADER} header must be text, not {type(header).__name__}: decode it as latin-1"
        raise ArgumentTypeError(msg)


class Deduplicator:
    """Remembers the ids of the events that were handled, up to ``capacity`` of them.

    CircleCI repeats a delivery when the response was not 2xx or did not arrive in time, so that a slow receiver sees the
    same event twice. The ids are kept in the memory of this process: several processes need a shared store, for example
    a unique key in a database. Thread-safe.

    Args:
        capacity: The number of ids to remember; the oldest is forgotten first. An id takes about 200 bytes. Default:
            10,000.

    Raises:
        ConfigurationError: The capacity is below 1.
    """

    def __init__(self, *, capacity: int = 10_000) -> None:
        if capacity < 1:
            msg = f"capacity={capacity!r} remembers nothing: pass at least 1"
            raise ConfigurationError(msg)
        self._capacity = capacity
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._seen

    @contextmanager
    def claim(self, event_id: str | None) -> Generator[bool]:
        """Claim an event for the block: yields True when it is new, False when it was or is being handled.

        When the block raises, the id is forgotten, so that the delivery which CircleCI repeats after an error response
        is handled, not dropped. A delivery that is repeated earlier, because the response took too long, is not new and
        may be the last one: hand long work that may fail to a queue. An event without an id is always new.

        Args:
            event_id: The id of the event.
        """
        is_new = self._remember(event_id)
        try:
            yield is_new
        except BaseException:
            if is_new:
                self.forget(event_id)
            raise

    def forget(self, event_id: str | None) -> None:
        """Let the event be handled again; does nothing when its id is not known."""
        if event_id is not None:
            with self._lock:
                self._seen.pop(event_id, None)

    def _remember(self, event_id: str | None) -> bool:
        if event_id is None:
            return True
        with self._lock:
            if event_id in self._seen:
                return False
            self._seen[event_id] = None
            if len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
            return True
