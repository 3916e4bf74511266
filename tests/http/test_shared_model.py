"""SharedModel: what several processes are granted, whatever the order and the fate of their reports."""

from __future__ import annotations

import math

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circleci_v2._http.rate_limit.serialization import dump_state, load_state
from circleci_v2._http.rate_limit.shared_entries import Demand, Entry, Report, WindowCall
from circleci_v2._http.rate_limit.shared_model import Grant, SharedModel
from circleci_v2.policies import RateLimit, RateLimitPolicy
from tests.http.limited import Server, TokenBucket, Verdict

POLICY = RateLimitPolicy()
DEAD_AFTER = 5.0
FIFTY = RateLimit(family="ratelimit", limit=50, remaining=40, reset=1)


def demand(waiting: int = 10, operation: str = "a") -> Demand:
    return Demand(operation=operation, waiting=waiting)


def accepted(lease: int | None, *, at: float = 0.02, operation: str = "a", limit: RateLimit | None = FIFTY) -> Report:
    return Report(operation=operation, lease=lease, outcome="accepted", sent_at=at - 0.02, at=at, limit=limit)


def rejected(lease: int | None, *, at: float, pause: float = 3.0) -> Report:
    return Report(
        operation="a", lease=lease, outcome="rejected", sent_at=at - 0.02, at=at, pause=pause, is_requested=True
    )


def numbers(grant: Grant, operation: str = "a") -> list[int]:
    return [number for number, _ in grant.leases[operation]]


def test_an_entry_survives_its_text():
    entry = Entry(
        member="one",
        reports=(accepted(3), rejected(None, at=1.0), attrs.evolve(accepted(4, limit=None), outcome="unused")),
        demands=(demand(),),
        window_calls=(WindowCall(operation="createUsageExport", organization="x", released_at=2.0),),
        levels={"a": 3.5},
    )
    assert Entry.from_text(entry.to_text()) == entry


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '["a",[[1]],[],[],{}]', '["a",1,[],[],{}]', '["a",[],[],[],1]']
)
def test_a_text_that_is_no_entry_is_an_error(text: str):
    with pytest.raises(ValueError):
        Entry.from_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "1",
        "{}",
        '{"dict":{}}',
        '{"SharedModel":{}}',
        '{"Span":{"x":1},"number":0}',
        '{"os.system":[1]}',
    ],
)
def test_a_text_that_is_no_state_is_an_error(text: str):
    with pytest.raises(ValueError):
        SharedModel.from_text(text, POLICY)


def test_only_the_classes_of_rate_limits_have_a_text_form():
    with pytest.raises(TypeError, match="Entry has no text form"):
        dump_state([Entry(member="one")])
    with pytest.raises(TypeError, match="the key 1 is no text"):
        dump_state({1: 2})
    shared = POLICY and [1.5, math.inf, (1, None), "text"]
    assert load_state(dump_state({"x": shared})) == {"x": shared}


def test_the_first_requests_of_all_processes_together_are_as_many_as_the_policy_allows():
    model = SharedModel(POLICY)
    granted = [model.apply(Entry(member=str(member), demands=(demand(4),)), 0.0) for member in range(4)]
    assert sum(len(numbers(grant)) for grant in granted) == POLICY.initial


def test_a_rejection_pauses_all_processes_and_voids_their_later_leases():
    model = SharedModel(POLICY)
    first = numbers(model.apply(Entry(member="one", demands=(demand(2),)), 0.0))
    model.apply(Entry(member="two", demands=(demand(2),)), 0.0)
    model.apply(Entry(member="one", reports=(rejected(first[0], at=0.02),)), 0.02)
    assert model.paused_until("a") == pytest.approx(3.02)
    grant = model.apply(Entry(member="two", demands=(demand(5),)), 0.05)
    assert all(at >= 3.02 for _, at in grant.leases["a"])


def test_operations_with_the_same_headers_share_a_bucket_in_all_processes():
    model = SharedModel(POLICY)
    for operation in ("a", "b"):
        lease = numbers(model.apply(Entry(member="one", demands=(demand(1, operation),)), 0.0), operation)[0]
        model.apply(Entry(member="one", reports=(accepted(lease, operation=operation),)), 0.02)
    assert model.names == {"a": "ratelimit 50", "b": "ratelimit 50"}


def test_the_leases_of_a_dead_process_come_back():
    model = SharedModel(POLICY)
    model.apply(Entry(member="dead", demands=(demand(),)), 0.0)
    assert model.leased == POLICY.initial
    assert not numbers(model.apply(Entry(member="alive", demands=(demand(),)), DEAD_AFTER / 2))
    assert numbers(model.apply(Entry(member="alive", demands=(demand(),)), 1.1 * DEAD_AFTER))


def test_a_lease_that_is_given_back_takes_no_request():
    model = SharedModel(POLICY)
    leases = numbers(model.apply(Entry(member="one", demands=(demand(),)), 0.0))
    unused = tuple(attrs.evolve(accepted(lease, limit=None), outcome="unused") for lease in leases)
    grant = model.apply(Entry(member="two", reports=unused, demands=(demand(),)), 0.01)
    assert not numbers(grant), "another process cannot give back what it was not granted"
    model.apply(Entry(member="one", reports=unused), 0.02)
    assert model.leased == 0
    assert len(numbers(model.apply(Entry(member="two", demands=(demand(),)), 0.03))) == POLICY.initial


def test_published_limits_count_the_calls_of_all_processes():
    model = SharedModel(POLICY)
    call = WindowCall(operation="createUsageExport", organization="acme")
    waits = [
        model.apply(Entry(member=str(number), window_calls=(call,)), float(number)).window_waits[0]
        for number in range(11)
    ]
    assert waits == [0.0] * 10 + [3590.0]
    other = model.apply(Entry(member="x", window_calls=(attrs.evolve(call, organization="other"),)), 11.0)
    assert other.window_waits == (0.0,)
    model.apply(Entry(member="x", window_calls=(attrs.evolve(call, released_at=3.0),)), 12.0)
    assert model.apply(Entry(member="y", window_calls=(call,)), 13.0).window_waits == (0.0,)
    unknown = attrs.evolve(call, operation="getCurrentUser")
    assert model.apply(Entry(member="y", window_calls=(unknown,)), 13.0).window_waits == (0.0,)


def test_a_time_without_the_store_leaves_what_the_process_expects_to_be_left():
    model = SharedModel(POLICY)
    for number in range(20):
        leases = numbers(model.apply(Entry(member="one", demands=(demand(1),)), number / 10))
        limit = attrs.evolve(FIFTY, remaining=49 - number)
        reports = tuple(accepted(lease, at=number / 10 + 0.02, limit=limit) for lease in leases)
        model.apply(Entry(member="one", reports=reports), number / 10 + 0.03)
    many = model.apply(Entry(member="one", demands=(demand(100),)), 10.0)
    model.apply(Entry(member="one", levels={"a": 0.0}), 11.0)
    few = model.apply(Entry(member="one", demands=(demand(100),)), 11.0)
    assert len(numbers(few)) < len(numbers(many))


@attrs.define
class Process:
    """A process that sends what it is granted; its reports may be late."""

    name: str
    calls: int
    lag: float
    dies_at: float = math.inf
    is_dead: bool = False
    leases: list[tuple[int, float]] = attrs.field(factory=list[tuple[int, float]])
    in_flight: list[tuple[float, Report]] = attrs.field(factory=list[tuple[float, Report]])
    again_at: float = 0.0

    def is_done(self) -> bool:
        return self.is_dead or (not self.calls and not self.in_flight)

    def step(self, now: float, server: Server) -> Entry | None:
        if now >= self.dies_at:
            self.is_dead = True
        if self.is_dead:
            return None
        while self.leases and self.leases[0][1] <= now and self.calls:
            number, _ = self.leases.pop(0)
            self.calls -= 1
            self.in_flight.append((now + self.lag, report_of(number, now, server.ask(now))))
        reports = tuple(report for at, report in self.in_flight if at <= now)
        self.in_flight = [pair for pair in self.in_flight if pair[0] > now]
        self.calls += sum(report.outcome == "rejected" for report in reports)
        if not self.calls:
            reports += tuple(attrs.evolve(accepted(number), outcome="unused", limit=None) for number, _ in self.leases)
            self.leases.clear()
        is_asking = self.calls > len(self.leases) and now >= self.again_at
        if not reports and not is_asking:
            return None
        demands = (Demand(operation="a", waiting=self.calls, held=len(self.leases)),) if self.calls else ()
        return Entry(member=self.name, reports=reports, demands=demands)

    def receive(self, grant: Grant) -> None:
        self.leases += grant.leases.get("a", [])
        self.leases.sort(key=lambda lease: lease[1])
        self.again_at = grant.again_at.get("a", 0.0)


def report_of(number: int, now: float, verdict: Verdict) -> Report:
    return Report(
        operation="a",
        lease=number,
        outcome="accepted" if verdict.accepted else "rejected",
        sent_at=now,
        at=now + 0.02,
        limit=verdict.limit,
        pause=verdict.retry_after or 0.0,
        is_requested=verdict.retry_after is not None,
    )


@settings(max_examples=25, deadline=None)
@given(
    calls=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    lags=st.lists(st.sampled_from([0.02, 0.05, 0.3]), min_size=5, max_size=5),
    deaths=st.lists(st.sampled_from([math.inf, 0.1, 1.0, 3.0]), min_size=5, max_size=5),
    rate=st.sampled_from([5.0, 50.0]),
    burst=st.sampled_from([10, 50]),
    headers=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_whatever_dies_or_comes_late_all_calls_are_sent_and_all_leases_come_back(  # noqa: PLR0917 - drawn by hypothesis
    calls, lags, deaths, rate, burst, headers, order
):
    model, copy = SharedModel(POLICY), SharedModel(POLICY)
    server = TokenBucket(rate, burst, headers=headers)
    members = [
        Process(str(index), count, lag, dies_at=death)
        for index, (count, lag, death) in enumerate(zip(calls, lags, deaths, strict=False))
    ]
    now, entries, reports = 0.0, 0, 0
    while not all(member.is_done() for member in members):
        now += 0.01
        for member in order.sample(members, len(members)):
            entry = member.step(now, server)
            if entry is not None:
                entries += 1
                reports += sum(report.outcome == "rejected" for report in entry.reports)
                member.receive(model.apply(entry, now))
                # Another process applies the text of the same entry, and begins from a snapshot now and then.
                copy.apply(Entry.from_text(entry.to_text()), now)
                if entries % 50 == 0:
                    copy = SharedModel.from_text(copy.to_text(), POLICY)
        # Far more than the limit takes, with several cooldowns, and the time until the dead are noticed.
        assert now < sum(calls) / rate + 60, "no request is ever sent again"
    assert copy.to_text() == model.to_text()
    model.apply(Entry(member="last"), now + 2 * DEAD_AFTER)
    assert model.leased == 0
    assert reports <= 10 + sum(calls) / 2 if not headers else reports <= 5 + sum(calls) / 10
