from __future__ import annotations

import threading

import pytest

from circleci_v2.errors import ConfigurationError
from circleci_v2.webhooks import Deduplicator


def test_a_delivery_is_new_once():
    deliveries = Deduplicator()
    with deliveries.claim("a") as first, deliveries.claim("b") as other:
        assert first
        assert other
    with deliveries.claim("a") as again:
        assert not again


def test_a_delivery_that_failed_is_new_again():
    deliveries = Deduplicator()
    with pytest.raises(KeyError), deliveries.claim("a"):
        raise KeyError
    with deliveries.claim("a") as is_new:
        assert is_new


def test_a_repetition_that_fails_does_not_undo_the_first():
    deliveries = Deduplicator()
    with deliveries.claim("a"):
        pass
    with pytest.raises(KeyError), deliveries.claim("a"):
        raise KeyError
    assert "a" in deliveries


def test_a_delivery_that_is_being_handled_is_not_new():
    deliveries = Deduplicator()
    with deliveries.claim("a"), deliveries.claim("a") as second:
        assert not second


def test_deliveries_without_an_id_are_always_new():
    deliveries = Deduplicator()
    for _ in range(2):
        with deliveries.claim(None) as is_new:
            assert is_new
    assert len(deliveries) == 0


def test_the_oldest_is_forgotten_beyond_the_capacity():
    deliveries = Deduplicator(capacity=3)
    for event_id in "abcd":
        with deliveries.claim(event_id):
            pass
    assert len(deliveries) == 3
    assert "a" not in deliveries
    assert all(event_id in deliveries for event_id in "bcd")


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_capacity_that_remembers_nothing_is_rejected(capacity):
    with pytest.raises(ConfigurationError, match=f"capacity={capacity}"):
        Deduplicator(capacity=capacity)


def test_a_capacity_of_one_remembers_the_last_delivery():
    deliveries = Deduplicator(capacity=1)
    with deliveries.claim("a") as first, deliveries.claim("a") as again:
        assert first
        assert not again
    with deliveries.claim("b") as other:
        assert other
    assert ("a" in deliveries, "b" in deliveries, len(deliveries)) == (False, True, 1)


def test_forgetting_an_unknown_id_is_not_an_error():
    deliveries = Deduplicator()
    deliveries.forget("never seen")
    deliveries.forget(None)
    assert "never seen" not in deliveries


def test_many_threads_handle_a_delivery_once():
    deliveries = Deduplicator()
    handled: list[str] = []
    start = threading.Barrier(8)

    def receive() -> None:
        start.wait()
        for event_id in map(str, range(500)):
            with deliveries.claim(event_id) as is_new:
                if is_new:
                    handled.append(event_id)

    threads = [threading.Thread(target=receive) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(handled) == sorted(map(str, range(500)))
