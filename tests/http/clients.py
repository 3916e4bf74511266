"""A client for tests over real connections: patient with a busy machine, and without delays between attempts."""

from __future__ import annotations

import ssl
from typing import Any

from circleci_v2 import CircleCI, ConnectionOptions, RateLimitPolicy, RetryPolicy, Timeout
from circleci_v2.config import Token
from tests.loopback import TOKEN

# Pacing after a rejection would slow these tests down, and is tested elsewhere.
UNPACED = RateLimitPolicy(enabled=False)
# Loading the CA bundle takes longer than a test, and nothing is encrypted here.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(
    url: str,
    *,
    fast: bool = False,
    read: float = 20,
    max_retries: int = 5,
    deadline: float = 300,
    rate_limit: RateLimitPolicy = UNPACED,
    token: Token = TOKEN,
    **options: Any,
) -> CircleCI:
    return CircleCI(
        token,
        base_url=url,
        connection=ConnectionOptions(fast=fast, trust_env=False, verify=NO_AUTHORITIES),
        timeout=Timeout(connect=20, read=read, write=20),
        retry=RetryPolicy(backoff=0.002, max_backoff=0.02, max_retries=max_retries, deadline=deadline),
        rate_limit=rate_limit,
        **options,
    )
