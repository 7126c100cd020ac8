"""Settlement as arithmetic: amounts are written anew here with plain numbers, and random days add up to nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.made import DAY, LISTINGS, NOW, WEEK

from qipan.accounts.model.posting import Action
from qipan.kernel.errors import RuleBrokenError
from qipan.kernel.time import Interval
from qipan.market.model.clearing import DayMark, Hold, Purse
from qipan.market.model.mark import Mark, MarkRule
from qipan.market.model.order import Trade
from qipan.market.model.request import Exposure
from qipan.market.settle import paid_fen, required_fen, settle

TODAY = date(2026, 2, 1)
TERMS = {one.instrument.name: one for one in LISTINGS}
HOURS = {WEEK.name: 8 * 168, DAY.name: 8 * 24}
NAMES = ["a", "b", "c", "d"]
CLOSING = Interval(datetime(2026, 1, 31, tzinfo=UTC), NOW)


def marked(name, fen):
    return DayMark(TODAY, name, Mark(fen, MarkRule.PLAN, CLOSING, 0, 0, None, None, float(fen)), 0, is_final=False)


deals = st.builds(
    lambda pair, lots, fen: Trade(1, NOW, "x", "y", pair[0], pair[1], lots, fen),
    st.permutations(NAMES),
    st.integers(1, 10**6),
    st.integers(0, 10**7),
)


@given(
    prices=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=5),
    days=st.lists(st.tuples(st.lists(deals, max_size=4), st.lists(deals, max_size=4)), min_size=5, max_size=5),
)
def test_paid_adds_up_to_nothing_and_a_life_gains_last_mark_less_price(prices, days):
    whole = dict.fromkeys(NAMES, 0)
    held = {WEEK.name: {}, DAY.name: {}}
    before: dict[str, int] = {}
    done: list[tuple[str, Trade]] = []
    for (week, day), (of_week, of_day) in zip(prices, days, strict=False):
        trades = {WEEK.name: of_week, DAY.name: of_day}
        paid = paid_fen([marked(WEEK.name, week), marked(DAY.name, day)], before, held, trades, TERMS)
        assert sum(paid.values()) == 0
        for member, fen in paid.items():
            whole[member] += fen
        before = {WEEK.name: week, DAY.name: day}
        for name, some in trades.items():
            done += [(name, one) for one in some]
            for one in some:
                held[name][one.buyer] = held[name].get(one.buyer, 0) + one.lots
                held[name][one.seller] = held[name].get(one.seller, 0) - one.lots
    for member in NAMES:
        gains = (
            ((one.buyer == member) - (one.seller == member))
            * one.lots
            * HOURS[name]
            * (before[name] - one.fen_per_card_h)
            for name, one in done
        )
        assert whole[member] == sum(gains)


@given(
    losses=st.lists(st.integers(-1000, 1000), min_size=3, max_size=3),
    margins=st.lists(st.integers(0, 1500), min_size=4, max_size=4),
    shares=st.lists(st.integers(0, 400), min_size=4, max_size=4),
    required=st.lists(st.integers(0, 300), min_size=4, max_size=4),
    defaulted=st.sets(st.sampled_from(NAMES)),
    capital=st.integers(0, 500),
)
def test_drafts_in_their_order_break_no_floor_and_leave_the_house_at_nothing(
    losses, margins, shares, required, defaulted, capital
):
    paid = dict(zip(NAMES, [*losses, -sum(losses)], strict=True))
    need = dict(zip(NAMES, required, strict=True))
    purses = [
        Purse(name, margin, share, Hold(name, f"im/r/{name}", min(margin, 1)) if margin else None, name in defaulted)
        for name, margin, share in zip(NAMES, margins, shares, strict=True)
    ]
    beyond_own = [max(-paid[one.member] - one.margin_fen - one.share_fen, 0) for one in purses if one.is_defaulted]
    calls = {
        one.member: need[one.member] - one.margin_fen - paid[one.member]
        for one in purses
        if not one.is_defaulted and one.margin_fen + paid[one.member] < need[one.member]
    }
    if not calls and sum(beyond_own) > capital + sum(one.share_fen for one in purses if not one.is_defaulted):
        with pytest.raises(RuleBrokenError) as caught:
            settle(TODAY, paid, need, purses, capital)
        assert caught.value.code == "default_uncovered"
        return
    found = settle(TODAY, paid, need, purses, capital)
    assert found.calls_fen == calls
    if calls:
        assert found.drafts == ()
        return
    balance = {f"{one.member}/margin": one.margin_fen for one in purses}
    balance |= {f"{one.member}/fund": one.share_fen for one in purses}
    balance |= {"market/clearing": 0, "market/capital": capital}
    held = dict.fromkeys(NAMES, 0)
    for draft in found.drafts:
        if draft.action is Action.MOVE:
            balance[draft.debit] -= draft.amount
            balance[draft.credit] += draft.amount
        elif draft.action is Action.PENDING:
            held[draft.debit.removesuffix("/margin")] += draft.amount
        assert min(balance.values()) >= 0
    assert balance["market/clearing"] == 0
    for one in purses:
        after = balance[f"{one.member}/margin"]
        if one.is_defaulted:
            assert held[one.member] == 0
            assert after == max(one.margin_fen + paid[one.member], 0)
        else:
            assert after == one.margin_fen + paid[one.member]
            assert after >= held[one.member] == need[one.member]
    assert len({one.transfer_id for one in found.drafts}) == len(found.drafts)
    assert [one.linked for one in found.drafts] == [True] * (len(found.drafts) - 1) + [False] * bool(found.drafts)


def test_two_defaulters_share_one_fund_and_one_capital():
    purses = [
        Purse("a", 10, 5, None, is_defaulted=True),
        Purse("b", 20, 5, None, is_defaulted=True),
        Purse("c", 100, 40, None),
        Purse("d", 100, 20, None),
    ]
    found = settle(TODAY, {"a": -45, "b": -65, "c": 110}, {}, purses, 20)
    told = {one.transfer_id.removeprefix(f"default/{TODAY}/"): one.amount for one in found.drafts}
    # a: 10, 5, 20, then 10 of 60 shared as 7 and 3; b: 20, 5, no capital left, 40 of 50 shared as 27 and 13.
    assert told == {
        f"vm/{TODAY}/a": 10,
        "a/fund": 5,
        "a/capital": 20,
        "a/by/c": 7,
        "a/by/d": 3,
        f"vm/{TODAY}/b": 20,
        "b/fund": 5,
        "b/by/c": 27,
        "b/by/d": 13,
        f"vm/{TODAY}/c": 110,
    }


def test_digest_tells_days_apart_that_differ_by_a_fen():
    purses = [Purse("a", 100, 0), Purse("b", 100, 0)]
    digests = [settle(TODAY, {"a": -fen, "b": fen}, {}, purses, 0).digest for fen in (5, 5, 6)]
    assert digests[0] == digests[1]
    for one, other in pairwise([digests[0], digests[2], settle(TODAY, {"a": -5, "b": 5}, {"a": 1}, purses, 0).digest]):
        assert one != other


@pytest.mark.parametrize(
    ("position", "buys", "sells", "worst"),
    [(0, 0, 0, 0), (3, 0, 0, 3), (-3, 0, 0, 3), (3, 2, 0, 5), (3, 0, 7, 4), (-3, 7, 1, 4), (0, 2, 5, 5)],
)
def test_required_is_that_of_the_largest_position_orders_can_lead_to(position, buys, sells, worst):
    one = Exposure(DAY.name, "a", position, buys, sells)
    assert required_fen([one, Exposure(WEEK.name, "a", 1)], TERMS) == worst * 130 * 8 * 24 + 100 * 8 * 168
