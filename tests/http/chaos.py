"""A handler with faults of every kind, at random but reproducibly."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from random import Random

import attrs

from tests.http.fault_server import CUT, RESET, SILENCE, Reply, json_reply, reply
from tests.loopback import Received

JSON = ("Content-Type", "application/json")
Fault = Callable[[bytes, Random], Reply]


def right(body: bytes, random: Random) -> Reply:
    return reply(200, body, JSON, delay=random.choice([0.0, 0.0, 0.0, 0.002, 0.01]))


def right_but_called_text(body: bytes, _: Random) -> Reply:
    return reply(200, body, ("Content-Type", "text/plain;charset=no-such-set"))


def right_in_chunks(body: bytes, random: Random) -> Reply:
    at = random.randrange(1, len(body))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:at], body[at:], b""))
    return reply(200, chunks, JSON, ("Transfer-Encoding", "chunked"))


def right_and_compressed(body: bytes, _: Random) -> Reply:
    return reply(200, gzip.compress(body), JSON, ("Content-Encoding", "gzip"))


def refusal(_: bytes, random: Random) -> Reply:
    asked = random.choice([None, "0", "0.01", "-1", "soon", "", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo"])
    return json_reply({"message": "slow down"}, *([("Retry-After", asked)] if asked is not None else []), status=429)


def refusal_for_ever(_: bytes, random: Random) -> Reply:
    return reply(429, b"", ("Retry-After", random.choice(["1000000000000", "Fri, 31 Dec 9999 23:59:59 GMT"])))


def failure(_: bytes, random: Random) -> Reply:
    status = random.choice([500, 502, 503])
    page = f"<html><title>{status}</title></html>".encode()
    return random.choice([reply(status), reply(status, page, ("Content-Type", "text/html")), reply(status, page, JSON)])


def page_instead(_: bytes, __: Random) -> Reply:
    return reply(200, b"<html><title>Sign in</title></html>", ("Content-Type", "text/html"))


def truncated_json(body: bytes, random: Random) -> Reply:
    return reply(200, body[: random.randrange(1, len(body))], JSON)


def break_anywhere(body: bytes, random: Random) -> Reply:
    whole = reply(200, body, JSON).raw
    return Reply(whole[: random.randrange(1, len(whole))], random.choice(["close", "reset"]))


def break_at_once(_: bytes, random: Random) -> Reply:
    return random.choice([CUT, RESET])


def length_too_long(body: bytes, _: Random) -> Reply:
    return reply(200, body, JSON, ("Content-Length", str(len(body) + 7)), ending="close")


def length_too_short(body: bytes, random: Random) -> Reply:
    return reply(200, body, JSON, ("Content-Length", str(random.randrange(1, len(body)))))


def length_that_is_none(body: bytes, random: Random) -> Reply:
    return reply(200, body, JSON, ("Content-Length", random.choice(["many", "-5", "1e3", ""])))


def broken_chunks(body: bytes, _: Random) -> Reply:
    return reply(200, b"fff\r\n" + body, JSON, ("Transfer-Encoding", "chunked"), ending="close")


def wrong_encoding(body: bytes, random: Random) -> Reply:
    return reply(200, body, JSON, ("Content-Encoding", random.choice(["gzip", "deflate"])))


def no_http(_: bytes, random: Random) -> Reply:
    return Reply(random.choice([b"SSH-2.0-OpenSSH_9.6\r\n", b"\0" * 50, b"HTTP/9 999\r\n\r\n"]), "close")


def silence(_: bytes, __: Random) -> Reply:
    return SILENCE


FAULTS: dict[Fault, int] = {
    right: 500,
    right_but_called_text: 20,
    right_in_chunks: 20,
    right_and_compressed: 20,
    refusal: 60,
    refusal_for_ever: 4,
    failure: 90,
    page_instead: 10,
    truncated_json: 20,
    break_anywhere: 60,
    break_at_once: 40,
    length_too_long: 20,
    length_too_short: 20,
    length_that_is_none: 20,
    broken_chunks: 20,
    wrong_encoding: 20,
    no_http: 20,
    silence: 10,
}
"""The relative frequency of each."""


@attrs.frozen
class Chaos:
    """Responds to ``…/item-7`` with the number 7, or with a fault.

    Attributes:
        happened: How often each fault was chosen.
        worked_on: How often each request was received and not rejected, by method and path.
    """

    random: Random = attrs.field(factory=lambda: Random(20_260_131))
    happened: Counter[str] = attrs.field(factory=Counter[str])
    worked_on: Counter[str] = attrs.field(factory=Counter[str])

    def __call__(self, request: Received) -> Reply:
        body = json.dumps({"number": int(request.path.rpartition("-")[2]), "filling": "x" * 200}).encode()
        fault = self.random.choices(list(FAULTS), list(FAULTS.values()))[0]
        self.happened[fault.__name__] += 1
        if fault not in {refusal, refusal_for_ever}:
            self.worked_on[f"{request.method} {request.path}"] += 1
        return fault(body, self.random)
