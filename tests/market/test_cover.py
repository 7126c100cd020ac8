"""Cover that is granted never exceeds certified cards in any hour."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.time import Interval
from qipan.market.cascade import parts
from qipan.market.cover import certified_cards, free_cards, usable_cards
from qipan.market.model.contract import HOUR, Window
from qipan.market.model.delivery import SiteStep
from qipan.market.model.request import Certification

WEEK = Window.named("2026-W10")
DAYS = parts(WEEK)
HOURS = tuple(hour for day in DAYS[:2] for hour in parts(day))
WINDOWS = st.sampled_from([WEEK, *DAYS, *HOURS])


@given(
    st.lists(st.integers(0, 200), min_size=168, max_size=168),
    st.lists(st.tuples(WINDOWS, st.integers(0, 9)), max_size=6),
)
def test_free_cards_are_what_every_hour_still_holds(cards, granted) -> None:
    certified = np.array(cards)
    hours = [WEEK.start + timedelta(hours=hour) for hour in range(168)]
    expected = [
        cards[i] - 8 * sum(lots for part, lots in granted if part.start <= hour < part.end)
        for i, hour in enumerate(hours)
    ]
    assert free_cards(certified, WEEK.start, granted).tolist() == expected
    assert certified.tolist() == cards


def test_windows_that_reach_beyond_take_of_the_hours_inside() -> None:
    cards = np.full(24, 80)
    first, second = DAYS[:2]
    assert free_cards(cards, first.start, [(WEEK, 12)]).tolist() == [-16] * 24
    assert free_cards(cards, first.start, [(second, 12)]).tolist() == [80] * 24


def test_site_promises_what_is_left_after_derating():
    start = WEEK.start
    step = SiteStep("b", "north", "h100", "gui", start, 33, 10, "N-1")
    more = SiteStep("b", "north", "h100", "gui", start + HOUR, 100, 0, "N-2")
    span = Interval(start - HOUR, start + 2 * HOUR)
    assert usable_cards([more, step], span).tolist() == [0, 29, 100]


def test_a_hub_promises_no_more_than_its_sites_have_and_no_more_than_its_own_certificate():
    start = WEEK.start
    span = Interval(start - HOUR, start + 3 * HOUR)
    hub = [Certification("b", "h100", "gui", start, 80, "H-1")]
    north = [SiteStep("b", "north", "h100", "gui", start + HOUR, 40, 10, "N-1")]
    south = [SiteStep("b", "south", "h100", "gui", start + 2 * HOUR, 90, 0, "N-2")]
    assert certified_cards(hub, [], span).tolist() == [0, 80, 80, 80]
    assert certified_cards([], [north, south], span).tolist() == [0, 0, 36, 126]
    assert certified_cards(hub, [north, south], span).tolist() == [0, 80, 36, 80]
    assert certified_cards([], [], span).tolist() == [0, 0, 0, 0]


def test_each_step_certifies_from_its_start_on_until_the_next() -> None:
    def step(hours, cards):
        return Certification("m", "a100", "gui", DAYS[0].start + timedelta(hours=hours), cards, "NC-1")

    day = Interval(DAYS[0].start, DAYS[0].end)
    steps = [step(20, 7), step(-30, 90), step(5, 64), step(-3, 80), step(5, 16), step(30, 1)]
    found = certified_cards(steps, [], day)
    assert found.tolist() == [80] * 5 + [16] * 15 + [7] * 4
    assert found.dtype == np.int64
    assert certified_cards(steps[2:3], [], day).tolist() == [0] * 5 + [64] * 19
    assert certified_cards([], [], Interval(day.start, day.start + HOUR)).tolist() == [0]
