"""HTTP: sends the requests of a client. No other package but `circleci_v2.testing` imports httpx.

The way of a request::

    CircleCI.call                        client.py: a request relative to the base URL
      Session.send                       session.py: the retry loop
        PreparedRequest.for_operation    prepared_request.py: URL, headers and body
        Limiter.try_acquire              rate_limit/limiter.py: permission to send
        Lifecycle.run                    lifecycle.py: safe from native cancellation
          Sender.send                    sender.py: redirects, and a response within bounds
            Transports.for_url           transports/factory.py: a pool of connections

and of its response: `RawResponse` with the bytes (``sender.py``), then the value that the client parses from them.

Where each decision lives:

- May this be sent again, and when? `circleci_v2.policies.RetryPolicy`.
- May this be sent now? ``rate_limit/``, see there.
- Which connection carries it? ``transports/``, see there.
- Which hosts receive the token? ``auth.py`` and `PreparedRequest.to_httpx`. Where is it redacted? ``logging.py``.
- Which error does the caller get, with what message? ``error_mapping.py``.
- How large may a response be? ``sender.py``; ``decompression.py`` keeps compression bombs small.
- What happens to a connection when a call is cancelled? ``lifecycle.py`` and ``transports/pools.py``.
- Is the client still open, and on this event loop? ``lifecycle.py``.
"""
