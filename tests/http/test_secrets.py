"""The token appears nowhere but in requests to its own host: not in errors, logs, events, reprs or URLs."""

from __future__ import annotations

import base64
import html
import io
import logging
import re
import traceback
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import anyio
import pytest
from rich.console import Console
from rich.traceback import Traceback

import circleci_v2
from circleci_v2 import APIError, CircleCI, CircleCIError, ConfigurationError, DecodeError
from circleci_v2.config import Token
from circleci_v2.events import DeviationEvent, Event
from tests.http.clients import client
from tests.http.fault_server import CUT, FaultServer, Reply, json_reply, reply, serving
from tests.loopback import TOKEN, Received

pytestmark = pytest.mark.anyio

# As long as a personal token, but without its prefix, so that it is only redacted by value; with characters to escape.
SECRET = "q7Z~3f9d2c/8b1e4a+6d5c0f9e8d7c6b5a4"
FORMS = (
    SECRET,
    quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode(),
    base64.b64encode(f"{SECRET}:".encode()).decode(),
)
SCHEMES = ("header", "bearer", "basic")
ME = {"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "login": "fake-user", "name": "A user"}


async def from_a_function() -> str:
    return SECRET


@pytest.fixture(params=[SECRET, from_a_function], ids=["text", "function"])
def token(request: pytest.FixtureRequest) -> Token:
    given: Token = request.param
    return given


@pytest.fixture(params=SCHEMES)
def auth(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Everything that this library and the HTTP libraries log at DEBUG, formatted with tracebacks."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep = Keep(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in ("circleci_v2", "httpx", "httpcore", "aiohttp", "asyncio", "h11")]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(keep)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in before:
        logger.removeHandler(keep)
        logger.setLevel(level)


def assert_absent(*texts: str) -> None:
    for text in texts:
        for form in FORMS:
            assert form not in text, text[max(0, text.find(form) - 300) : text.find(form) + 80]


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: BaseException) -> Iterator[str]:
    """Yield an error as tools show it: with its causes, and with the local variables of every frame."""
    for one in chain_of(error):
        yield from (str(one), repr(one), repr(vars(one)))
        # The frames of this test hold the token.
        while one.__traceback__ and one.__traceback__.tb_frame.f_code.co_filename == __file__:
            one.__traceback__ = one.__traceback__.tb_next
    assert error.__traceback__
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    screen = Console(file=io.StringIO(), width=400)
    rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None, locals_max_length=None
    )
    screen.print(rich)
    assert isinstance(screen.file, io.StringIO)
    yield screen.file.getvalue()


FAULTS: dict[str, Callable[[Received], Reply]] = {
    "401": lambda _: json_reply({"message": "Invalid token provided."}, status=401),
    "401 that echoes the headers": lambda request: json_reply({"message": f"no: {request.headers}"}, status=401),
    "404": lambda _: json_reply({"message": "Project not found"}, status=404),
    "500": lambda _: reply(500, b"<html>oops</html>"),
    "cut": lambda _: CUT,
    "no JSON": lambda _: reply(200, b"not JSON"),
    "not gzip": lambda _: reply(200, b"plain", ("Content-Encoding", "gzip")),
    "a broken head": lambda _: Reply(b"HTTP/1.1 nonsense\r\n\r\n"),
    "a redirect to nowhere": lambda _: reply(302, b"", ("Location", "http://[broken")),
}


@pytest.mark.parametrize("fault", [name for name in FAULTS if "echoes" not in name])
async def test_no_error_shows_it_even_with_local_variables(
    fault: str, token: Token, auth: Any, fast: bool, log: list[str]
):
    async with serving(FAULTS[fault]) as server:
        async with client(server.url, fast=fast, max_retries=1, token=token, auth=auth) as circleci:
            with pytest.raises(CircleCIError) as caught:
                await circleci.user.me()
        assert server.requests
    assert_absent(*shown(caught.value), *log)
    assert log


def escaped_for_json(text: str) -> str:
    """Return JSON in which every character of a text is escaped."""
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'


# Replies of a server that repeats the token it received, by the value of its header.
ECHOES: dict[str, Callable[[str], Reply]] = {
    "JSON": lambda got: json_reply({"message": f"no: {got}"}, status=401),
    "a field of JSON": lambda got: json_reply({"message": "no", "detail": [{"got": got}, got]}, status=422),
    "a key of JSON": lambda got: json_reply({"message": "no", got: 1}, status=400),
    "escaped JSON": lambda got: reply(400, f'{{"message": {escaped_for_json(got)}}}'.encode()),
    "JSON without a message": lambda got: json_reply([got], status=500),
    "text": lambda got: reply(403, f"token {got} is unknown".encode()),
    "long text": lambda got: reply(403, f"{'x' * 490} {got} is unknown".encode()),
    "a page": lambda got: reply(502, f"<html><title>no {got}</title><p>{quote(got)}</p></html>".encode()),
    "a long page": lambda got: reply(502, f"<html><title>{'x' * 8160}{got}</title></html>".encode()),
    "an escaped page": lambda got: reply(502, f"<html><title>{html.escape(got)}</title></html>".encode()),
    "a header": lambda got: reply(400, b"no", ("X-Echo", got), ("X-Request-Id", got)),
    "a redirect": lambda got: reply(302, b"", ("Location", f"ftp://evil.example/{quote(got, safe='')}/?t={got}")),
    "a limit": lambda got: json_reply({"message": got}, ("Retry-After", "900"), status=429),
    "no JSON": lambda got: reply(200, f"<html>{got}".encode()),
    "no JSON, later": lambda got: reply(200, f"{'x' * 60}{got}{'y' * 5000}{got}".encode()),
    "no UTF-8": lambda got: reply(200, b'{"login": "' + got.encode() + b"\xff"),
    "a broken head": lambda got: Reply(f"HTTP/1.1 {got}\r\n\r\n".encode()),
    "a broken header": lambda got: Reply(f"HTTP/1.1 200 OK\r\n{got}\x00: 1\r\n\r\n".encode()),
}


@pytest.mark.parametrize("echo", ECHOES)
async def test_no_error_and_no_event_shows_what_a_server_echoes(
    echo: str, token: Token, auth: Any, fast: bool, log: list[str]
):
    def answer(request: Received) -> Reply:
        return ECHOES[echo](request.headers.get("circle-token") or request.headers["authorization"])

    events: list[Event] = []
    async with serving(answer) as server:
        options: dict[str, Any] = {"token": token, "auth": auth, "on_event": events.append}
        async with client(server.url, fast=fast, max_retries=1, **options) as circleci:
            with pytest.raises(CircleCIError) as caught:
                await circleci.user.me()
        assert server.requests
    for error in chain_of(caught.value):
        assert_absent(str(error), repr(error), repr(vars(error)))
        # The repr of headers hides some of them itself.
        assert_absent(repr(dict(getattr(error, "headers", {}))))
    assert "".join(traceback.format_exception(caught.value))
    assert_absent("".join(traceback.format_exception(caught.value)), *map(repr, events), *log)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("body", [{**ME, "login": [SECRET], "id": SECRET}, {**ME, SECRET: 1}], ids=["value", "field"])
async def test_a_report_of_a_deviation_does_not_quote_it(body: Any, strict: bool, fast: bool, log: list[str]):
    events: list[Event] = []
    async with serving(lambda _: json_reply(body)) as server:
        options: dict[str, Any] = {"token": SECRET, "strict": strict, "on_event": events.append}
        async with client(server.url, fast=fast, **options) as circleci:
            with pytest.raises(DecodeError) if strict else nullcontext() as caught:
                await circleci.user.me()
    if caught is not None:
        assert_absent(str(caught.value), repr(vars(caught.value)))
    assert_absent(*map(repr, events), *log)
    assert any(isinstance(event, DeviationEvent) for event in events) is not strict


@pytest.mark.parametrize("auth", ["header", "bearer", "basic"])
async def test_the_form_of_another_scheme_is_redacted_too(auth: Any, fast: bool):
    """A server may convert a token that it received as a header to basic authentication, and name that in a message."""
    basic = base64.b64encode(f"{TOKEN}:".encode()).decode()
    async with (
        serving(lambda _: json_reply({"message": f"rejected: Basic {basic}"}, status=401)) as server,
        client(server.url, fast=fast, auth=auth) as circleci,
    ):
        with pytest.raises(CircleCIError, match="rejected: Basic") as caught:
            await circleci.user.me()
    assert basic not in str(caught.value) + repr(vars(caught.value))


async def test_a_token_that_was_replaced_meanwhile_is_redacted_from_the_error_of_its_own_call(fast: bool):
    tokens = iter(["the-elder-token", "the-newer-token"])
    answered = anyio.Event()
    caught: list[CircleCIError] = []

    async def renewed() -> str:
        return next(tokens)

    def echo(request: Received) -> Reply:
        token = request.headers["circle-token"]
        raw = json_reply({"message": f"no: {token}"}, status=401).raw if "elder" in token else json_reply(ME).raw
        return Reply(raw, gate=answered if "elder" in token else None)

    async def fail() -> None:
        try:
            await circleci.user.me()
        except CircleCIError as error:
            caught.append(error)

    async with (
        serving(echo) as server,
        client(server.url, fast=fast, token=renewed) as circleci,
        anyio.create_task_group() as group,
    ):
        group.start_soon(fail)
        await server.received(1)
        await circleci.user.me()
        answered.set()
    assert str(caught[0]).endswith("no: [hidden]")


async def test_an_error_keeps_everything_else_that_a_server_says(fast: bool):
    said = {
        "message": "Authorization: your token lacks read:org",
        "path": "/me?page-token=abc&branch=main",
        "n": [1, None],
    }
    async with (
        serving(lambda _: json_reply(said, ("X-Request-Id", "r-1"), status=403)) as server,
        client(server.url, fast=fast, token=SECRET) as circleci,
    ):
        with pytest.raises(APIError) as caught:
            await circleci.user.me()
    assert (caught.value.message, caught.value.body, caught.value.request_id) == (said["message"], said, "r-1")


async def test_a_log_does_not_show_what_a_server_echoes(token: Token, fast: bool, log: list[str]):
    async with serving(FAULTS["401 that echoes the headers"]) as server:
        async with client(server.url, fast=fast, token=token) as circleci:
            with pytest.raises(CircleCIError) as caught:
                await circleci.user.me()
        logging.getLogger("circleci_v2").error("it failed", exc_info=caught.value)
    assert_absent(*log)


@pytest.mark.parametrize("odd", ["back\\slash", "single'quote", """both'"quotes"""])
async def test_a_token_is_redacted_in_its_repr_form(odd: str, fast: bool, log: list[str]):
    def echo(request: Received) -> Reply:
        return json_reply(ME, ("X-Echo", request.headers["circle-token"]))

    async with serving(echo) as server, client(server.url, fast=fast, token=odd) as circleci:
        await circleci.user.me()
    written = "".join(log).casefold()
    assert "x-echo" in written, "the test looks for the wrong thing"
    assert not any(part in written for part in ("slash", "quote"))


async def test_a_replaced_token_is_redacted_until_its_last_response(fast: bool, log: list[str]):
    tokens = iter(["the-elder-token", "the-newer-token"])
    answered = anyio.Event()

    async def renewed() -> str:
        return next(tokens)

    def echo(request: Received) -> Reply:
        token = request.headers["circle-token"]
        return Reply(json_reply(ME, ("X-Echo", token)).raw, gate=answered if "elder" in token else None)

    async with (
        serving(echo) as server,
        client(server.url, fast=fast, token=renewed) as circleci,
        anyio.create_task_group() as group,
    ):
        group.start_soon(circleci.user.me)
        await server.received(1)
        await circleci.user.me()
        answered.set()
    written = "".join(log)
    assert "x-echo" in written.casefold(), "the test looks for the wrong thing"
    assert "elder" not in written
    assert "newer" not in written


@pytest.mark.parametrize("given", [None, b"bytes", "", "two words"])
async def test_a_token_function_without_a_token_is_an_error(given: Any, fast: bool):
    async def token() -> Any:
        return given

    async with client("http://127.0.0.1:1/api/v2", fast=fast, token=token) as circleci:
        with pytest.raises(ConfigurationError, match="the token function returned no text"):
            await circleci.user.me()


async def test_no_repr_and_no_event_shows_it(token: Token, auth: Any, fast: bool, log: list[str]):
    events: list[Event] = []
    async with serving(answers_with_everything()) as server:
        options: dict[str, Any] = {"fast": fast, "token": token, "auth": auth, "on_event": events.append}
        async with client(server.url, **options) as circleci:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                response = await circleci.with_raw_response.user.me()
            assert_absent(*(repr(value) for value in everything_in(circleci)), repr(response), repr(response.parsed))
    assert {type(event).__name__ for event in events} >= {"RequestEvent", "ResponseEvent", "RetryEvent"}
    assert_absent(*map(repr, events), *log, *(str(warning.message) for warning in warned))


def answers_with_everything() -> Callable[[Received], Reply]:
    replies = iter([json_reply({"message": "later"}, ("Retry-After", "0"), status=429)])
    deprecated = json_reply({**ME, "unheard": 1}, ("Deprecation", "true"), ("X-RateLimit-Limit", "9"))
    return lambda _: next(replies, deprecated)


def everything_in(circleci: CircleCI) -> Iterator[Any]:
    """Yield the client and every object of the package that it refers to."""
    found, seen = [circleci, circleci.user, circleci.with_raw_response], set[int]()
    while found:
        value = found.pop()
        if id(value) in seen or not type(value).__module__.startswith("circleci_v2"):
            continue
        seen.add(id(value))
        yield value
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        # `Secret` and `Credential` hold it, and hide it in their reprs.
        attributes = {**getattr(value, "__dict__", {}), **{name: getattr(value, name, None) for name in slots}}
        found.extend(attributes.values())


@pytest.fixture
async def two_hosts(fast: bool) -> AsyncIterator[tuple[FaultServer, FaultServer]]:
    async with serving(lambda _: json_reply(ME)) as second:
        moved = reply(302, b"", ("Location", f"{second.origin}/elsewhere?next=1"))
        async with serving(lambda _: moved) as first:
            yield first, second


async def test_it_is_sent_to_no_other_host(
    two_hosts: tuple[FaultServer, FaultServer], token: Token, auth: Any, fast: bool
):
    first, second = two_hosts
    async with client(first.url, fast=fast, token=token, auth=auth) as circleci:
        await circleci.user.me()
        async with circleci.stream(f"{first.origin}/artifact", authenticate=True) as body:
            async for _ in body:
                pass
    assert len(second.requests) == 2
    assert any(form in repr(first.requests) for form in FORMS), "the test looks for the wrong thing"
    assert_absent(repr(second.requests), *(repr(request.headers) for request in second.requests))


async def test_no_url_holds_it(token: Token, auth: Any, fast: bool):
    async with serving(lambda _: json_reply(ME)) as server:
        async with client(server.url, fast=fast, token=token, auth=auth) as circleci:
            await circleci.user.me()
        assert_absent(*(request.target for request in server.requests))


async def test_values_of_variables_are_sent_and_not_logged(fast: bool, log: list[str]):
    created = {"variable": "KEY", "context_id": ME["id"], "created_at": "2026-03-04T15:00:00Z"}
    async with serving(lambda _: json_reply({**created, "updated_at": created["created_at"]})) as server:
        async with client(server.url, fast=fast) as circleci:
            await circleci.contexts.set_environment_variable(ME["id"], "KEY", value=SECRET)
        assert SECRET in server.requests[0].body.decode()
    assert_absent(*log)


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_the_log_on_stderr_does_not_show_it(
    level: str, token: Token, fast: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    logger = logging.getLogger("circleci_v2")
    before = (logger.level, list(logger.handlers))
    monkeypatch.setenv("CIRCLECI_V2_LOG", level)
    screen = io.StringIO()
    try:
        async with serving(lambda _: json_reply(ME)) as server, client(server.url, fast=fast, token=token) as circleci:
            for handler in logger.handlers:
                if isinstance(handler, logging.StreamHandler):
                    handler.setStream(screen)
            await circleci.user.me()
    finally:
        logger.setLevel(before[0])
        for handler in set(logger.handlers) - set(before[1]):
            logger.removeHandler(handler)
    assert "getCurrentUser" in screen.getvalue()
    assert_absent(screen.getvalue(), *capsys.readouterr())


def loggers_of_the_package() -> list[str]:
    texts = (path.read_text(encoding="utf-8") for path in Path(circleci_v2.__file__).parent.rglob("*.py"))
    return sorted({name for text in texts for name in re.findall(r'getLogger\("(circleci_v2[^"]*)"\)', text)})


@pytest.mark.parametrize("name", loggers_of_the_package())
def test_every_logger_of_the_package_redacts_it(name: str, caplog: pytest.LogCaptureFixture):
    circleci = CircleCI(SECRET)
    logging.getLogger(name).warning("%r was told %s", circleci, SECRET)
    assert "was told [hidden]" in caplog.text


def test_other_loggers_have_no_filter():
    CircleCI(SECRET)
    assert not any(logging.getLogger(name).filters for name in ("", "asyncio", "application"))


def formatted(record: logging.LogRecord, kind: type[logging.Formatter] = logging.Formatter) -> str:
    """Return a record as a handler with a formatter of its own would write it."""
    for filter_ in logging.getLogger("circleci_v2").filters:
        assert isinstance(filter_, logging.Filter)
        filter_.filter(record)
    return kind("%(message)s").format(record)


class OwnTracebacks(logging.Formatter):
    """Formats exceptions itself, as structured logging does, and so ignores a text that was prepared for it."""

    def format(self, record: logging.LogRecord) -> str:
        lines = traceback.format_exception(*record.exc_info) if record.exc_info else []
        return "".join([record.getMessage(), *lines])


def record_of(error: BaseException) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__)
    return logging.LogRecord("circleci_v2", logging.ERROR, __file__, 1, "it failed", (), exc_info)


@pytest.mark.parametrize("kind", [logging.Formatter, OwnTracebacks])
def test_a_traceback_that_holds_it_is_redacted_whatever_formats_it(kind: type[logging.Formatter]):
    circleci = CircleCI(SECRET)
    record = record_of(ValueError(f"got {SECRET}"))
    text = formatted(record, kind)
    assert_absent(text)
    assert record.exc_info is None
    assert text.startswith("it failed")
    assert repr(circleci)


@pytest.mark.parametrize("kind", [logging.Formatter, OwnTracebacks])
def test_a_traceback_without_it_is_kept_for_handlers_that_format_it_themselves(kind: type[logging.Formatter]):
    circleci = CircleCI(SECRET)
    record = record_of(ValueError("something else"))
    assert "ValueError: something else" in formatted(record, kind)
    assert record.exc_info is not None
    assert repr(circleci)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'Circle-Token': 'unknown'}", "{'Circle-Token': '[hidden]'}"),
        ("{'authorization': 'Bearer unknown', 'n': 1}", "{'authorization': 'Bearer [hidden]', 'n': 1}"),
        ("(b'Authorization', b'Basic dW5rbm93bg==')", "(b'Authorization', b'Basic [hidden]')"),
        ("Proxy-Authorization: basic dW5rbm93bg==", "Proxy-Authorization: basic [hidden]"),
        ("circle-token=unknown&n=1", "circle-token=[hidden]&n=1"),
        ("CCIPAT_abc_123 and CCIPRJ_x", "[hidden] and [hidden]"),
        ("/file?X-Amz-Signature=s&X-Amz-Date=d&n=1", "/file?X-Amz-Signature=[hidden]&X-Amz-Date=[hidden]&n=1"),
        ("/file?n=1&Signature=s&Expires=7", "/file?n=1&Signature=[hidden]&Expires=7"),
        ("/file?sv=1&amp;sig=s", "/file?sv=1&amp;sig=[hidden]"),
        ("/file?access_token=s'", "/file?access_token=[hidden]'"),
        ("/pipeline?page-token=abc&branch=sig", "/pipeline?page-token=abc&branch=sig"),
        ("<AWSAccessKeyId>AKIA</AWSAccessKeyId>", "<AWSAccessKeyId>[hidden]</AWSAccessKeyId>"),
        ("Adding (b':path', b'/file?x=s') to", "Adding (b':path', b'/file?[hidden]') to"),
        ("a text without a secret", "a text without a secret"),
    ],
)
def test_credentials_are_recognized_in_every_notation(
    text: str, shown: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    # No client has this token: it may be another's, or one that was replaced. Clients of earlier tests, which may still
    # be in memory, have tokens such as "token", which would be redacted as well.
    monkeypatch.setattr("circleci_v2._http.logging._secrets", WeakKeyDictionary())
    CircleCI("another-token")
    logging.getLogger("circleci_v2").warning(text)
    assert caplog.messages == [shown]
