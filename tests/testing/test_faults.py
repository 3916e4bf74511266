from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import Clock, FakeCircleCI, FakeRateLimit, FakeResponse, Faults
from tests.testing.live import http_of

PROJECT = "/project/gh/acme/web"


def test_the_next_requests_fail_and_later_ones_succeed(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.fail_next(503, times=2, retry_after=3)
    responses = [http.get("/me") for _ in range(3)]
    assert [response.status_code for response in responses] == [503, 503, 200]
    assert responses[0].headers["retry-after"] == "3"
    assert responses[0].json() == {"message": "Service Unavailable"}


@pytest.mark.parametrize("status", [499, 520, 530, 599])
def test_nonstandard_statuses_can_be_sent(fake: FakeCircleCI, http: httpx.Client, status: int) -> None:
    fake.faults.fail_next(status, times=2)
    assert (http.get("/me").status_code, http.get("/me").json()) == (status, {"message": f"HTTP {status}"})
    fake.faults.fail_next(status)
    with fake.serve() as url:
        assert httpx.get(f"{url}/me", trust_env=False).status_code == status


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_allows_no_body_has_none(fake: FakeCircleCI, status: int) -> None:
    fake.faults.fail_next(status)
    with fake.serve() as url, httpx.Client(trust_env=False, headers={"Circle-Token": fake.token}) as http:
        response = http.get(f"{url}/me")
        assert (response.status_code, response.content) == (status, b"")
        assert http.get(f"{url}/me").status_code == 200


def test_a_long_retry_after_has_no_exponent(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.fail_next(429, retry_after=3_000_000)
    assert http.get("/me").headers["retry-after"] == "3000000"


@pytest.mark.parametrize("status", [0, 99, 199, 600, 1000, -1])
def test_an_invalid_status_is_an_error(fake: FakeCircleCI, status: int) -> None:
    with pytest.raises(ValueError, match=f"status={status}:"):
        fake.faults.fail_next(status)


def test_a_call_that_fails_has_no_effect(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.fail_next(500)
    http.post(f"{PROJECT}/pipeline")
    assert len(fake.state.projects["gh/acme/web"].pipelines) == 50


def test_a_call_whose_connection_is_cut_has_had_its_effect(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.cut_next()
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{PROJECT}/pipeline")
    assert len(fake.state.projects["gh/acme/web"].pipelines) == 51


@pytest.mark.parametrize("route", ["/project/{project-slug}", "GET /project/{project-slug}"])
def test_a_fault_applies_to_its_route_only(fake: FakeCircleCI, http: httpx.Client, route: str) -> None:
    fake.faults.fail_next(502, route=route)
    assert http.get("/me").status_code == 200
    assert http.get(PROJECT).status_code == 502
    assert http.get(PROJECT).status_code == 200


def test_a_custom_response_is_sent(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.respond_next(FakeResponse(502, b"<h1>Bad Gateway</h1>", {"content-type": "text/html"}))
    response = http.get("/me")
    assert (response.status_code, response.text) == (502, "<h1>Bad Gateway</h1>")


def test_a_delay_takes_no_real_time_and_moves_the_clock(fake: FakeCircleCI, http: httpx.Client) -> None:
    before, started = fake.clock.now(), time.monotonic()
    fake.faults.delay_next(3, times=2)
    for _ in range(3):
        http.get("/me")
    assert fake.clock.now() - before == pytest.approx(6)
    assert time.monotonic() - started < 3


def test_a_fake_whose_clock_runs_delays_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("circleci_v2.testing.transport.time.sleep", slept.append)
    fake = FakeCircleCI(clock=Clock(speed=60))
    fake.faults.delay_next(30, times=2)
    with http_of(fake, timeout=60) as http:
        for _ in range(3):
            http.get("/me")
    assert slept == [30, 30]


def test_faults_can_be_cleared(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.fail_next(503, times=9)
    fake.faults.clear()
    assert http.get("/me").status_code == 200


def test_a_fault_for_no_request_is_an_error(fake: FakeCircleCI) -> None:
    with pytest.raises(ValueError, match="times=0"):
        fake.faults.fail_next(503, times=0)


class Outside:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def outside() -> Outside:
    return Outside()


def test_a_bucket_gives_calls_back_one_by_one(fake: FakeCircleCI, http: httpx.Client, outside: Outside) -> None:
    limit = FakeRateLimit(2, seconds=10, timer=outside)
    fake.faults.limit_rate(limit)
    assert [http.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    outside.now += 5
    assert [http.get("/me").status_code for _ in range(2)] == [200, 429]
    assert limit.rejected == 2


def test_a_window_gives_all_calls_back_at_its_end(fake: FakeCircleCI, http: httpx.Client, outside: Outside) -> None:
    fake.faults.limit_rate(FakeRateLimit(2, seconds=10, kind="window", timer=outside))
    assert [http.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    outside.now += 9
    assert http.get("/me").status_code == 429
    outside.now += 1
    assert [http.get("/me").status_code for _ in range(3)] == [200, 200, 429]


def test_every_response_contains_the_rate_limit_headers(
    fake: FakeCircleCI, http: httpx.Client, outside: Outside
) -> None:
    fake.faults.limit_rate(
        FakeRateLimit(3, seconds=60, kind="window", headers=("RateLimit", "X-RateLimit"), timer=outside)
    )
    headers = http.get("/me").headers
    for family in ("ratelimit", "x-ratelimit"):
        headers_seen = [headers[f"{family}-{name}"] for name in ("limit", "remaining", "reset")]
        assert headers_seen == ["3", "2", "60"]


@pytest.mark.parametrize(
    ("body", "text"),
    [("message", '{"message":"Rate limit exceeded."}'), ("empty object", "{}"), ("text", "Rate limited.")],
)
def test_429_responses_look_like_those_of_circleci(
    fake: FakeCircleCI, http: httpx.Client, outside: Outside, body: str, text: str
) -> None:
    fake.faults.limit_rate(FakeRateLimit(1, seconds=8, headers=(), body=body, timer=outside))
    http.get("/me")
    rejection = http.get("/me")
    assert (rejection.status_code, rejection.text, rejection.headers["retry-after"]) == (429, text, "8")
    assert not [name for name in rejection.headers if "ratelimit" in name]


def test_retry_after_can_be_turned_off(fake: FakeCircleCI, http: httpx.Client, outside: Outside) -> None:
    fake.faults.limit_rate(FakeRateLimit(1, retry_after=False, timer=outside))
    http.get("/me")
    assert "retry-after" not in http.get("/me").headers


def test_a_limit_of_zero_is_an_error() -> None:
    with pytest.raises(ValueError, match="limit=0"):
        FakeRateLimit(0)


def test_faults_can_change_while_another_thread_sends_requests(fake: FakeCircleCI, http: httpx.Client) -> None:
    asked, seconds = threading.Event(), sys.getswitchinterval()

    def ask() -> None:
        while not asked.is_set():
            assert http.get("/me").status_code == 200

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            for _ in range(30):
                for _ in range(1_000):
                    fake.faults.delay_next(0.0, route="/user/{id}")
                fake.faults.clear()
            asked.set()
            asking.result()
    finally:
        sys.setswitchinterval(seconds)


def test_a_share_of_all_requests_fails_without_effect(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.fail_share(0.5, status=502)
    statuses = [http.post(f"{PROJECT}/pipeline").status_code for _ in range(100)]
    assert set(statuses) == {201, 502}
    assert 30 < statuses.count(502) < 70
    assert len(fake.state.projects["gh/acme/web"].pipelines) == 50 + statuses.count(201)
    fake.faults.clear()
    assert {http.get("/me").status_code for _ in range(50)} == {200}


def test_each_response_is_delayed_in_addition_to_single_delays(fake: FakeCircleCI, http: httpx.Client) -> None:
    before = fake.clock.now()
    fake.faults.delay_all(2)
    fake.faults.delay_next(1)
    for _ in range(3):
        http.get("/me")
    assert fake.clock.now() - before == pytest.approx(7)


@pytest.mark.parametrize(
    "configure",
    [
        lambda faults: faults.fail_share(1.1),
        lambda faults: faults.fail_share(-0.1),
        lambda faults: faults.fail_share(0.5, status=99),
        lambda faults: faults.delay_all(-1),
    ],
)
def test_impossible_shares_and_delays_are_errors(configure: Callable[[Faults], None]) -> None:
    with pytest.raises(ConfigurationError, match=r"(share|status|seconds)="):
        configure(FakeCircleCI().faults)
