"""Compute is conserved: in every hour what suppliers gave is what holders used, left unused, or nobody metered."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.made import DAY
from tests.market.test_delivery import AFTER, ENDED, START, sold, told
from tests.market.test_fulfil import HOURS, MARK, WARE, cases

from qipan.accounts.admit import check_account, check_asset
from qipan.accounts.model.posting import ISSUED, UNUSED, USED, Draft, Outcome, Standing
from qipan.accounts.post import post
from qipan.market.fulfil import fulfil, reserve
from qipan.market.hand_over import RESERVED, Served, account_of, asset_of, give, pool_of, take_back
from qipan.market.model.clearing import Default
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Allocation, Delivery, Failure
from qipan.market.store.clearing import insert_default

LOT_H = 8 * 3600 * 1000
"""Milli-card-seconds of a lot in an hour, computed here by hand."""


@st.composite
def metered(draw):
    """Return a case with its reservations, some of them metered, also above what was reserved."""
    held, said, known = draw(cases())
    reserved = reserve(WARE, 1, held, said)
    used = {
        one.reservation_id: draw(st.integers(0, 2 * one.lots * 8 * 3600 * 24))
        for one in reserved
        if draw(st.booleans())
    }
    served = Served(WARE, Allocation(WARE.name, 1, 1, MARK), held, tuple(said), reserved)
    return served, Delivery(WARE.name, known.failures, known.spot_fen_per_card_h, used)


def entered(*all_handed):
    """Post what changes hands in books that hold nothing else; return all balances."""
    accounts = {one.account_id: one for handed in all_handed for one in handed.accounts}
    drafts = [draft for handed in all_handed for draft in handed.drafts]
    asset = asset_of(WARE)
    standing = Standing({asset.asset_id: asset}, accounts, {}, {}, {}, {})
    posting = post(standing, drafts, AFTER)
    assert set(posting.outcomes) <= {Outcome.CREATED}
    return posting.balances


@settings(max_examples=60)
@given(metered())
def test_what_suppliers_gave_is_used_unused_or_not_metered(case):
    served, known = case
    balances = entered(give(served), take_back(served, known))
    by_purpose: Counter[tuple[str, object]] = Counter()
    for (name, hour), balance in balances.items():
        by_purpose[name.rsplit("/", 1)[1], hour] += balance.posted
    outturn = fulfil(WARE.window, served.positions, served.supplies, known, fen_per_card_h=MARK)
    owing = sum(lots for lots in served.positions.values() if lots > 0)
    for hour in HOURS:
        came = sum(by_purpose[purpose, hour] for purpose in (RESERVED, USED, UNUSED))
        assert by_purpose[ISSUED, hour] == -came
        assert by_purpose["passing", hour] == 0
    came = sum(by_purpose[purpose, hour] for purpose in (RESERVED, USED, UNUSED) for hour in HOURS)
    # What money is paid for is what came: the same card-hours stand in both.
    assert came == owing * LOT_H * 24 - sum(outturn.unserved_card_h.values()) * 3600 * 1000
    used = sum(by_purpose[USED, hour] for hour in HOURS)
    assert used <= sum(known.used_card_s.values()) * 1000
    if set(known.used_card_s) == {one.reservation_id for one in served.reserved}:
        assert sum(by_purpose[RESERVED, hour] for hour in HOURS) == 0


def compute(market, member, purpose):
    """Return what a member has for a purpose, by the hour of the day."""
    name = account_of(DAY, member, purpose).account_id
    with market.books.read() as unit:
        found = market.accounts.balances(unit, [name])
    return {(hour - START) // HOUR: balance.posted for (_, hour), balance in found.items()}


def test_day_hands_compute_over_hour_by_hour_and_takes_back_what_failed(market):
    sold(market)
    market.allocate(DAY, ENDED)
    day = range(24)
    assert compute(market, "site", ISSUED) == dict.fromkeys(day, -5 * LOT_H)
    assert compute(market, "bank", RESERVED) == dict.fromkeys(day, 2 * LOT_H)
    assert compute(market, "firm", RESERVED) == dict.fromkeys(day, 3 * LOT_H)
    # One lot of north, which serves firm, fails in the sixth hour. Firm used 100 card-hours, bank is not metered.
    failure = Failure("site", "north", START + 5 * HOUR, START + 6 * HOUR, 1)
    market.deliver(told([failure], spot=1000, used={"a1-2": 100 * 3600}), AFTER)
    assert compute(market, "site", ISSUED) == {hour: -(4 if hour == 5 else 5) * LOT_H for hour in day}
    assert set(compute(market, "firm", RESERVED).values()) == {0}
    used, unused = compute(market, "firm", USED), compute(market, "firm", UNUSED)
    assert sum(used.values()) == 100 * 3600 * 1000
    assert {hour: used[hour] + unused[hour] for hour in day} == {h: (2 if h == 5 else 3) * LOT_H for h in day}
    # Of the hour with two lots a smaller part was used than of those with three.
    assert used[5] * 3 - used[4] * 2 in range(-5, 6)
    assert compute(market, "bank", RESERVED) == dict.fromkeys(day, 2 * LOT_H)
    assert market.check() == ()


def test_what_is_used_never_moves_again(market):
    sold(market)
    market.allocate(DAY, ENDED)
    market.deliver(told(used={"a1-2": 3600}), AFTER)
    back = Draft(
        transfer_id="back",
        debit=account_of(DAY, "firm", USED).account_id,
        credit=account_of(DAY, "firm", RESERVED).account_id,
        amount=1,
        reason="test",
        period=START,
    )
    with market.books.begin(caller="test") as unit:
        assert market.accounts.post(unit, [back], AFTER) == (Outcome.ACCOUNT_SEALED,)


def test_compute_that_moved_otherwise_is_found(market):
    sold(market)
    market.allocate(DAY, ENDED)
    away = Draft(
        transfer_id="away",
        debit=account_of(DAY, "firm", RESERVED).account_id,
        credit=pool_of(DAY).account_id,
        amount=7,
        reason="test",
        period=START,
    )
    with market.books.begin(caller="test") as unit:
        market.accounts.post_whole(unit, [away], ENDED)
    assert [one.rule for one in market.check()] == ["compute_differs"]


def test_units_made_under_another_reference_are_found(market):
    sold(market)
    market.allocate(DAY, ENDED)
    draft = Draft(
        transfer_id="more",
        debit=account_of(DAY, "site", ISSUED).account_id,
        credit=account_of(DAY, "bank", RESERVED).account_id,
        amount=10**12,
        period=START,
        reason="test",
        reference="elsewhere",
    )
    with market.books.begin(caller="test") as unit:
        market.accounts.post_whole(unit, [draft], ENDED)
    assert [(one.rule, one.value) for one in market.check()] == [("compute_differs", "more")]


def test_what_a_defaulted_member_had_bought_is_the_clearing_houses(market):
    sold(market)
    with market.books.begin(caller="test") as unit:
        insert_default(unit, Default("firm", ENDED.date(), ENDED))
    market.allocate(DAY, ENDED)
    assert compute(market, "firm", RESERVED) == {}
    assert set(compute(market, "market", RESERVED).values()) == {3 * LOT_H}
    with market.books.read() as unit:
        assert market.deliveries.holders(unit) == {"a1-1": "bank", "a1-2": "market"}


def test_show_and_accounts_tell_one_use(market):
    sold(market)
    market.allocate(DAY, ENDED)
    failure = Failure("site", "north", START, START + HOUR, 1)
    market.deliver(told([failure], spot=1000, used={"a1-2": 24 * 24 * 3600}), AFTER)
    with market.books.read() as unit:
        ((_, found),) = [pair for pair in market.deliveries.uses(unit, DAY.name) if pair[0].member == "firm"]
    assert found.used_card_s * 1000 == sum(compute(market, "firm", USED).values()) == (24 * 24 - 8) * 3600 * 1000
    assert (found.unused_card_s, found.beyond_card_s) == (0, 8 * 3600)


def test_names_that_are_too_long_become_their_digest():
    window = Window.named("2026-03-03")
    long = Instrument("c" * 40, "h" * 40, window)
    account = account_of(long, "m" * 20, RESERVED)
    assert len(account.account_id) <= 64
    check_account(account)
    check_asset(asset_of(long))
    assert account != account_of(Instrument("c" * 40, "h" * 39, window), "m" * 20, RESERVED)
