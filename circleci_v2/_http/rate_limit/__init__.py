"""Rate limiting: when a request may be sent. ``limiter.py`` and ``shared.py`` wait; the rest is arithmetic on given times.

- ``limiter.py`` grants permits: concurrency, two priorities, and per bucket a cooldown and a budget.
- ``budget.py`` defines the interface of a budget, and the adaptive one, which chooses between two models that both learn
  from every response:
    - ``from_headers.py`` mirrors a token bucket from the rate-limit headers of responses;
    - ``from_throughput.py`` estimates one from accepted and rejected requests when no headers are sent, with the
      arithmetic in ``measurement.py``.
- ``fixed_window.py`` keeps the limits that CircleCI publishes.
- ``limits.py`` has the limits of a client, which it keeps alone or, by ``shared.py`` and its parts, with other processes.
- ``circleci_v2.policies.RateLimitPolicy`` holds the settings, ``_http/headers.py`` reads the headers.
"""
