"""Sources of settings; errors about invalid ones show the value, and never the token."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from circleci_v2 import CircleCI, ConfigurationError, ConnectionOptions, RateLimitPolicy, RetryPolicy, Timeout, config
from circleci_v2._http.transports.factory import Transports
from circleci_v2.config import HOST_VARIABLES, TOKEN_VARIABLES, Secret, Settings
from circleci_v2.errors import ArgumentTypeError

TOKEN = "a-token-of-the-argument"
OLD, NEW = ".circleci/cli.yml", ".config/circleci/config.yml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def write(home: Path, name: str, text: str) -> Path:
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def resolve(token: Any = None, *, environ: Mapping[str, str], **options: Any) -> Settings:
    """Resolve settings in an environment of these variables alone."""
    with mock.patch.dict(os.environ, environ, clear=True):
        return config.resolve(token, **options)


def token_of(settings: Settings) -> str:
    assert isinstance(settings.token, Secret)
    return settings.token.reveal()


def test_arguments_have_precedence(home: Path):
    write(home, OLD, "token: from-file\nhost: https://file.example.com")
    environ = {"CIRCLE_TOKEN": "from-environment", "CIRCLECI_BASE_URL": "https://environment.example.com"}
    settings = resolve(TOKEN, base_url="https://argument.example.com/api/v2", environ=environ, home=home)
    assert token_of(settings) == TOKEN
    assert settings.base_url == "https://argument.example.com/api/v2"


@pytest.mark.parametrize("place", range(len(TOKEN_VARIABLES)))
def test_token_variables_have_an_order(place: int, home: Path):
    write(home, OLD, "token: from-file")
    environ = {name: f"token-{number}" for number, name in enumerate(TOKEN_VARIABLES) if number >= place}
    assert token_of(resolve(environ=environ, home=home)) == f"token-{place}"


@pytest.mark.parametrize("place", range(len(HOST_VARIABLES)))
def test_host_variables_have_an_order(place: int, home: Path):
    environ = {name: f"host-{number}.example.com" for number, name in enumerate(HOST_VARIABLES) if number >= place}
    assert resolve(TOKEN, environ=environ, home=home).base_url == f"https://host-{place}.example.com/api/v2"


def test_an_empty_variable_counts_as_unset(home: Path):
    settings = resolve(environ={"CIRCLE_TOKEN": "", "CIRCLECI_TOKEN": "second", "CIRCLE_HOST": ""}, home=home)
    assert token_of(settings) == "second"
    assert settings.base_url == "https://circleci.com/api/v2"


@pytest.mark.parametrize("name", [OLD, NEW])
def test_the_files_of_the_command_line_are_read(name: str, home: Path):
    write(
        home, name, "# made by setup\nhost: \"https://server.example.com\"  # ours\nendpoint: graphql\ntoken: 't0ken'\n"
    )
    settings = resolve(environ={}, home=home)
    assert token_of(settings) == "t0ken"
    assert settings.base_url == "https://server.example.com/api/v2"


def test_a_file_may_set_the_path_of_the_api(home: Path):
    write(home, OLD, "host: https://server.example.com/\nrest_endpoint: /other/v2/\ntoken: t0ken\n")
    assert resolve(environ={}, home=home).base_url == "https://server.example.com/other/v2"


def test_the_token_of_a_file_is_not_sent_to_the_host_of_another_file(home: Path):
    write(home, OLD, "token: t0ken\n")
    write(home, NEW, "host: https://elsewhere.example.com\n")
    assert resolve(environ={}, home=home).base_url == "https://circleci.com/api/v2"


def test_unreadable_files_are_skipped(home: Path):
    (home / OLD).mkdir(parents=True)
    (home / NEW).parent.mkdir(parents=True)
    (home / NEW).write_bytes(b"\xff\xfe token: x")
    with pytest.raises(ConfigurationError, match="no token"):
        resolve(environ={}, home=home)


def test_the_error_without_a_token_names_every_source(home: Path):
    with pytest.raises(ConfigurationError) as caught:
        resolve(environ={}, home=home)
    for place in (*TOKEN_VARIABLES, OLD, NEW):
        assert place in str(caught.value)


@pytest.mark.parametrize("token", ["", "   ", "two words", "line\nbreak", "zwölf", "tab\there"])
def test_a_token_that_is_not_valid_in_a_header_is_rejected_and_not_shown(token: str, home: Path):
    with pytest.raises(ConfigurationError, match="copy it again") as caught:
        resolve(token, environ={}, home=home)
    assert not token.strip() or token.strip() not in str(caught.value)


def test_blanks_around_a_token_are_stripped(home: Path):
    assert token_of(resolve(f"  {TOKEN}\n", environ={}, home=home)) == TOKEN


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ("circleci.example.com", "https://circleci.example.com/api/v2"),
        ("https://circleci.example.com/", "https://circleci.example.com/api/v2"),
        ("https://circleci.example.com/api/v2/", "https://circleci.example.com/api/v2"),
        ("https://example.com/circleci/api/v2", "https://example.com/circleci/api/v2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v2"),
        ("http://[::1]:8080", "http://[::1]:8080/api/v2"),
        ("http://localhost", "http://localhost/api/v2"),
        ("http://circleci.localhost/api/v2", "http://circleci.localhost/api/v2"),
    ],
)
def test_hosts_are_completed(given: str, base_url: str, home: Path):
    assert resolve(TOKEN, base_url=given, environ={}, home=home).base_url == base_url


@pytest.mark.parametrize(
    "given",
    [
        *("https://", "ftp://example.com", "https://example.com:port", "https://example.com/?a=b", "https://e.com/#x"),
        *("https://example.com:0", "https://example.com:65536/api/v2"),
        *("https://example.com/api/../v2", "https://example.com/%2E%2e/v2", "https://example.com/./api/v2"),
    ],
)
def test_an_invalid_base_url_is_rejected_and_shown(given: str, home: Path):
    with pytest.raises(ConfigurationError) as caught:
        resolve(TOKEN, base_url=given, environ={}, home=home)
    assert given in str(caught.value)


@pytest.mark.parametrize("token", [5, b"a-secret-of-bytes", 1.5, ["a-secret-of-a-list"], object(), True])
def test_a_token_that_is_neither_text_nor_a_function_is_rejected_and_not_shown(token: Any, home: Path):
    with pytest.raises(ConfigurationError, match=f"not {type(token).__name__}") as caught:
        resolve(token, environ={"CIRCLE_TOKEN": "from-environment"}, home=home)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "given",
    [
        "https://circleci.exa\tmple.com/api/v2",
        "https://circleci.example.com/a\tpi/v2",
        "https://circleci\n.example.com",
        "https://circleci.example.com/api\r/v2",
        "https://circleci.example.com/api /v2",
        "https://circleci.example.com/\x00",
        "https://circleci.example.com/\x7f",
        "https://circleci.example.com/\u2028api",
        "https://circleci.example.com/\ud800",
        "circle\tci.example.com",
    ],
)
@pytest.mark.parametrize("source", ["argument", "environment"])
def test_a_base_url_with_a_blank_or_control_character_inside_is_rejected(given: str, source: str, home: Path):
    options: dict[str, Any] = {"base_url": given, "environ": {}}
    if source == "environment":
        if "\x00" in given or "\ud800" in given:
            pytest.skip("no environment can hold it")
        options = {"environ": {"CIRCLECI_BASE_URL": given}}
    with pytest.raises(ConfigurationError) as caught:
        resolve(TOKEN, home=home, **options)
    assert repr(given) in str(caught.value)


@pytest.mark.parametrize(
    "given", [" https://circleci.example.com/api/v2 ", "https://circleci.example.com\n", "\thost\r\n"]
)
def test_blanks_around_a_base_url_are_stripped(given: str, home: Path):
    assert resolve(TOKEN, base_url=given, environ={}, home=home).base_url.isprintable()


@pytest.mark.parametrize("given", [5, b"https://circleci.example.com", ["host"]])
def test_a_base_url_that_is_no_text_is_rejected(given: Any, home: Path):
    with pytest.raises(ConfigurationError, match=re.escape(f"base_url={given!r}")):
        resolve(TOKEN, base_url=given, environ={}, home=home)


@pytest.mark.parametrize("given", ["https://[::1/api", "https://[foo]/", "[::1"])
def test_invalid_brackets_are_rejected(given: str, home: Path):
    with pytest.raises(ConfigurationError, match=re.escape(repr(given))):
        resolve("token", base_url=given, environ={}, home=home)


def test_a_user_may_have_no_home_directory(monkeypatch: pytest.MonkeyPatch):
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert resolve("token", environ={}).base_url == "https://circleci.com/api/v2"


def test_a_password_in_a_base_url_is_rejected_and_not_shown(home: Path):
    with pytest.raises(ConfigurationError) as caught:
        resolve(TOKEN, base_url="https://user:passw0rd@example.com", environ={}, home=home)
    assert "passw0rd" not in str(caught.value)


def test_the_token_is_not_sent_unencrypted_without_allow_http(home: Path):
    address = "http://circleci.internal/api/v2"
    with pytest.raises(ConfigurationError, match="unencrypted"):
        resolve(TOKEN, base_url=address, environ={}, home=home)
    allowed = resolve(TOKEN, base_url=address, connection=ConnectionOptions(allow_http=True), environ={}, home=home)
    assert allowed.base_url == address


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resolve(TOKEN, environ={}, max_concurrency=0), "max_concurrency=0"),
        (lambda: resolve(TOKEN, environ={}, max_response_bytes=-1), "max_response_bytes=-1"),
        (lambda: resolve(TOKEN, environ={}, auth="cookie"), "auth='cookie'"),
        (lambda: Timeout(read=0), "read=0"),
        (lambda: Timeout(connect=float("nan")), "connect=nan"),
        (lambda: RetryPolicy(max_retries=-1), "max_retries=-1"),
        (lambda: RetryPolicy(deadline=0), "deadline=0"),
        (lambda: RateLimitPolicy(initial=0), "initial=0"),
        (lambda: RateLimitPolicy(reserve=-2), "reserve=-2"),
        (lambda: ConnectionOptions(http2=True, fast=True), "http2=True and fast=True"),
    ],
)
def test_values_out_of_range_are_rejected_by_name(make: Any, message: str):
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resolve(TOKEN, environ={}, timeout="5"), "timeout='5': pass a number of seconds, or a Timeout"),
        (lambda: resolve(TOKEN, environ={}, timeout=b"5"), "timeout=b'5'"),
        (lambda: resolve(TOKEN, environ={}, timeout=(5, 5)), "timeout=(5, 5)"),
        (lambda: resolve(TOKEN, environ={}, max_concurrency="100"), "max_concurrency='100'"),
        (lambda: resolve(TOKEN, environ={}, max_response_bytes="1 MB"), "max_response_bytes='1 MB'"),
        (lambda: resolve(TOKEN, environ={}, max_concurrency=None), "max_concurrency=None"),
        (lambda: Timeout(read="5"), "read='5'"),
        (lambda: Timeout(connect=None), "connect=None"),
        (lambda: RetryPolicy(max_retries="3"), "max_retries='3'"),
        (lambda: RetryPolicy(max_retries=None), "max_retries=None"),
        (lambda: RetryPolicy(deadline="300"), "deadline='300'"),
        (lambda: RetryPolicy(backoff=[]), "backoff=[]"),
        (lambda: RateLimitPolicy(initial="5"), "initial='5'"),
        (lambda: RateLimitPolicy(reserve=None), "reserve=None"),
    ],
)
def test_values_of_the_wrong_type_are_rejected_by_name(make: Any, message: str):
    with pytest.raises(ConfigurationError, match="number") as caught:
        make()
    assert message in str(caught.value)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"retry": 3}, "retry: pass a RetryPolicy, not int"),
        ({"rate_limit": None}, "rate_limit: pass a RateLimitPolicy, not NoneType"),
        ({"connection": False}, "connection: pass a ConnectionOptions, not bool"),
        ({"on_event": "print"}, "on_event='print': pass a function"),
    ],
)
def test_an_option_of_the_wrong_type_is_rejected_by_name(option: dict[str, Any], message: str):
    with pytest.raises(ArgumentTypeError, match=re.escape(message)):
        resolve(TOKEN, environ={}, **option)


@pytest.mark.parametrize("timeout", ["5", None.__class__, [5]])
def test_the_client_says_which_timeouts_it_accepts(timeout: Any):
    with pytest.raises(ConfigurationError, match="pass a number of seconds, or a Timeout"):
        CircleCI(TOKEN, timeout=timeout)


def test_no_deadline_is_a_deadline_of_none():
    assert RetryPolicy(deadline=None).deadline is None


def test_a_log_level_is_taken_from_the_environment(home: Path):
    assert resolve(TOKEN, environ={"CIRCLECI_V2_LOG": "debug"}, home=home).log == "debug"
    assert resolve(TOKEN, environ={"CIRCLECI_V2_LOG": ""}, home=home).log is None


@pytest.mark.parametrize("level", ["verbose", "INFO", "1"])
def test_an_unknown_log_level_is_an_error_that_names_it(level: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CIRCLECI_V2_LOG", level)
    with pytest.raises(ConfigurationError, match=f"CIRCLECI_V2_LOG='{level}': set it to 'info' or 'debug'"):
        CircleCI(TOKEN)


def test_proxies_are_read_from_the_environment_if_it_is_trusted(home: Path):
    environ = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost"}
    assert resolve(TOKEN, environ=environ, home=home).proxies == {"https": "http://proxy:3128", "no": "localhost"}
    distrusting = ConnectionOptions(trust_env=False)
    assert resolve(TOKEN, environ=environ, home=home, connection=distrusting).proxies == {}


def test_a_header_of_a_cgi_request_is_not_used_as_a_proxy(home: Path):
    environ = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil.example.com"}
    assert resolve(TOKEN, environ=environ, home=home).proxies == {}


def test_nothing_about_settings_shows_the_token(home: Path):
    settings = resolve(TOKEN, environ={}, home=home)
    assert TOKEN not in repr(settings)
    assert TOKEN not in repr(settings.token)
    assert TOKEN not in str(settings.token)


def test_a_proxy_of_the_environment_is_not_used_for_exempt_hosts(home: Path):
    environ = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "internal.example,*.corp.example, ::1"}
    transports = Transports(resolve(TOKEN, environ=environ, home=home))
    proxied = transports.for_url(httpx.URL("https://circleci.com/"))
    exempt = [
        "internal.example",
        "ci.internal.example",
        "ci.corp.example:8443",
        "INTERNAL.example:443",
        "[::1]",
        "[::1]:1",
    ]
    direct = {transports.for_url(httpx.URL(f"https://{host}/")) for host in exempt}
    assert len(direct) == 1
    assert proxied not in direct
    assert transports.for_url(httpx.URL("https://notinternal.example/")) is proxied
