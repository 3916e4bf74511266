"""Settings of a client, and where they come from: arguments, the environment, the files of CircleCI's CLI.

This is the only place that reads any of them.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import attrs

from circleci_v2._http.policy import RateLimitPolicy, RetryPolicy
from circleci_v2.errors import ConfigurationError
from circleci_v2.events import Event

__all__ = ["AuthScheme", "Settings", "Token", "resolve"]

AuthScheme = Literal["header", "bearer", "basic"]
Token = str | Callable[[], Awaitable[str]]

DEFAULT_BASE_URL = "https://circleci.com/api/v2"
TOKEN_VARIABLES = ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN")
HOST_VARIABLES = ("CIRCLECI_BASE_URL", "CIRCLE_HOST", "CIRCLECI_CLI_HOST")
CLI_FILES = (".circleci/cli.yml", ".config/circleci/config.yml")
"""The older CLI writes the first, the newer one the second (with the token mostly in the keyring of the system)."""


@attrs.frozen(kw_only=True)
class Settings:
    """Everything a client was set up with.

    Attributes:
        base_url: Where the API is, with its path and without a trailing slash.
        token: A personal API token, or an async function that gives one.
        auth: How the token travels: in ``Circle-Token``, as a bearer token, or as the user name of HTTP basic.
        timeout: Seconds for one attempt.
        max_concurrency: How many requests may be under way at once.
        retry: When and how often a request is sent again.
        rate_limit: How the client keeps within the rate limits.
        strict: Whether an answer that deviates from its description raises.
        on_event: Told what the client does.
    """

    base_url: str
    token: Token = attrs.field(repr=False)
    auth: AuthScheme = "header"
    timeout: float = 60.0
    max_concurrency: int = 100
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    rate_limit: RateLimitPolicy = attrs.field(factory=RateLimitPolicy)
    strict: bool = False
    on_event: Callable[[Event], None] | None = None


def resolve_token(token: Token | None, environ: Mapping[str, str], home: Path) -> Token:
    """The token from the first place that has one.

    Raises:
        ConfigurationError: No place has one; the message says where it looked.
    """
    if token is not None:
        if isinstance(token, str) and (not token.strip() or not token.isascii() or not token.isprintable()):
            msg = "the token is empty or holds characters that no token has; copy it again from CircleCI's user settings"
            raise ConfigurationError(msg)
        return token.strip() if isinstance(token, str) else token
    found = _first(environ, TOKEN_VARIABLES) or _from_files(home, ("token",))
    if found:
        return resolve_token(found, environ, home)
    looked = ", ".join((*TOKEN_VARIABLES, *(f"~/{name}" for name in CLI_FILES)))
    msg = f"no token: pass token=..., or set CIRCLE_TOKEN to a personal API token. Looked in {looked}."
    raise ConfigurationError(msg)


def resolve_base_url(base_url: str | None, environ: Mapping[str, str], home: Path) -> str:
    """The address of the API from the first place that has one; a host alone is completed to ``https://<host>/api/v2``."""
    found = base_url or _first(environ, HOST_VARIABLES) or _from_files(home, ("host",)) or DEFAULT_BASE_URL
    text = found if "://" in found else f"https://{found}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        msg = f"base_url={found!r} is not the address of an API: use a form like https://circleci.example.com/api/v2"
        raise ConfigurationError(msg)
    path = parts.path.rstrip("/") or "/api/v2"
    return f"{parts.scheme}://{parts.netloc}{path}"


def resolve(
    token: Token | None = None,
    *,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    **options: object,
) -> Settings:
    """Settings from arguments, then the environment, then the files of CircleCI's CLI, then the defaults."""
    environ = os.environ if environ is None else environ
    home = Path.home() if home is None else home
    auth = options.get("auth", "header")
    if auth not in get_args(AuthScheme):
        msg = f"auth={auth!r}: choose one of {', '.join(get_args(AuthScheme))}"
        raise ConfigurationError(msg)
    return Settings(
        base_url=resolve_base_url(base_url, environ, home),
        token=resolve_token(token, environ, home),
        **options,  # type: ignore[arg-type]  # attrs names an option that does not exist
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _from_files(home: Path, keys: tuple[str, ...]) -> str | None:
    return next((value for name in CLI_FILES for key, value in _entries(home / name) if key in keys and value), None)


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    """The flat entries of a CLI file; the few of interest need no YAML parser."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        key, colon, value = line.partition(":")
        if colon and key == key.strip():
            yield key, value.split(" #", 1)[0].strip().strip("'\"")
