"""Transports: the connections that carry requests.

- ``factory.py`` chooses and creates the transport for a URL: by scheme, proxy and the options of the client.
- ``sharded.py`` spreads requests over many small pools of httpx, because large ones cost too much CPU time.
- ``aiohttp.py`` sends through aiohttp instead, with errors that retries can rely on (the extra ``fast``).
- ``connect_cleanup.py`` closes connections that are cancelled while they are being established.
"""
