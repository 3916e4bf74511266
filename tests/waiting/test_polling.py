from __future__ import annotations

from itertools import islice

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.errors import ConfigurationError, PaginationError, WaitTimeoutError
from circleci_v2.waiting import Polling
from circleci_v2.waiting.polling import Watch
from tests.support.scripted import refusal


@given(
    interval=st.floats(0.1, 60),
    more=st.floats(0, 600),
    growth=st.floats(1, 10),
    jitter=st.floats(0, 0.9),
    luck=st.floats(0, 1),
)
def test_pauses_stay_between_the_interval_and_its_maximum_plus_or_minus_the_jitter(
    interval, more, growth, jitter, luck
):
    polling = Polling(
        interval=interval, max_interval=interval + more, growth=growth, jitter=jitter, random=lambda: luck
    )
    for pause in islice(polling.pauses(), 20):
        assert interval * (1 - jitter) * 0.999 <= pause <= (interval + more) * (1 + jitter) * 1.001


@pytest.mark.parametrize(
    "options",
    [
        {"interval": 0},
        {"interval": 9, "max_interval": 8},
        {"growth": 0.5},
        {"jitter": 1},
        {"jitter": -0.1},
        {"grace": -1},
    ],
)
def test_polling_options_out_of_range_are_rejected(options):
    with pytest.raises(ConfigurationError, match=list(options)[-1]):
        Polling(**options)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("broken", "is_tolerated"),
    [
        (refusal(503), True),
        (refusal(400), False),
        (PaginationError("circle", next_page_token="t", items_seen=3), False),
    ],
)
async def test_an_error_in_mid_list_is_tolerated_as_on_the_first_page(broken, is_tolerated):
    watch = Watch(timeout=10.0, polling=Polling(sleep=lambda seconds: anyio.lowlevel.checkpoint()))
    watch.tolerate_errors()
    broken.next_page_token, broken.items_seen = "t", 3
    looks = 0

    async def look():
        nonlocal looks
        looks += 1
        if looks == 1:
            raise broken
        return looks

    if is_tolerated:
        assert await watch.until(look, subject="It", seen=lambda: None) == 2
    else:
        with pytest.raises(type(broken)):
            await watch.until(look, subject="It", seen=lambda: None)


@pytest.mark.anyio
async def test_a_check_that_never_returns_is_cancelled_at_the_deadline():
    now = 0.0

    async def look():
        nonlocal now
        now = 10.0
        await anyio.sleep_forever()

    watch = Watch(timeout=0.01, polling=Polling(interval=0.01, clock=lambda: now))
    with pytest.raises(WaitTimeoutError, match="nothing was seen"):
        await watch.until(look, subject="It", seen=lambda: None)


@pytest.mark.anyio
async def test_a_callback_that_never_returns_is_cancelled_and_named():
    now = 0.0
    watch = Watch(timeout=0.01, polling=Polling(interval=0.01, clock=lambda: now))

    async def look():
        nonlocal now
        now = 10.0
        with watch.fatal():
            await anyio.sleep_forever()

    with pytest.raises(WaitTimeoutError, match="on_change had not returned"):
        await watch.until(look, subject="It", seen=lambda: None)
