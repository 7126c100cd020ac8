"""Bids and offers are held, covered and refused with a code; auctions pay once and are told alike; vouchers pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.market.made import cover
from tests.market.made_spot import (
    AFTER,
    BEFORE,
    CLASS,
    DAY,
    GATE,
    NARROW,
    PLAIN,
    SpotMarket,
    at,
    auction,
    back,
    bid,
    offer,
)

from qipan.kernel.errors import QipanError
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Entry, Side
from qipan.market.model.request import Certification, Listing
from qipan.market.model.voucher import Programme

ENDS = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def spot(books) -> SpotMarket:
    """Return a market with one auction of two hubs and a link of three lots between them."""
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    return made


def refused(work) -> str:
    with pytest.raises(QipanError) as raised:
        work()
    return raised.value.code


def standing(spot: SpotMarket) -> list[object]:
    with spot.books.read() as unit:
        orders = spot.spot.orders(unit, spot.name)
    return [orders, spot.money("east/margin", "north/margin", "west/margin")]


def filled(spot: SpotMarket):
    """Enter and clear three lots over the link and two beside it; 5 for east, none for north."""
    spot.enter(BEFORE, bid("b-1", "east", 5, 1500), bid("b-2", "north", 3, 1250))
    spot.enter(BEFORE, offer("o-1", "west", 10, 900), offer("o-2", "site", 4, 1300, "guizhou"))
    return spot.clear(AFTER)


def test_bids_are_held_at_their_limit_with_the_fee_and_freed_by_cancelling(spot) -> None:
    spot.enter(BEFORE, bid("b-1", "east", 5, 1500), bid("b-2", "east", 1, 1000, hour=10))
    needed = 5 * 8 * 1500 + 150 + 8 * 1000 + 20
    assert spot.money("east/margin") == [(10**9, 10**9 - needed)]
    spot.enter(BEFORE, back("x-1", "east", "b-1"))
    assert spot.money("east/margin") == [(10**9, 10**9 - 8020)]
    spot.enter(BEFORE, back("x-2", "east", "b-2", hour=10))
    assert spot.money("east/margin") == [(10**9, 10**9)]
    assert spot.wrong() == ()


def test_the_same_request_is_told_the_same_and_another_under_its_id_is_refused(spot) -> None:
    ((first, is_new),) = spot.enter(BEFORE, bid("b-1", "east", 5, 1500))
    ((again, is_again),) = spot.enter(AFTER, bid("b-1", "east", 5, 1500))
    assert (is_new, is_again, again) == (True, False, first)
    before = standing(spot)
    assert refused(lambda: spot.enter(BEFORE, bid("b-1", "east", 6, 1500))) == "order_differs"
    assert standing(spot) == before


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        ([bid("x", "east", 0, 1500)], "order_negative"),
        ([bid("x", "east", -1, 1500)], "order_negative"),
        ([bid("x", "east", 1, -1)], "order_negative"),
        ([bid("x", "east", 1, 1500.5)], "order_out_of_grid"),
        ([bid("x", "east", 1, 10**9)], "order_out_of_grid"),
        ([replace(bid("x", "east", 1, 1500), entry=Entry.PASSIVE)], "bid_unfit"),
        ([replace(bid("x", "east", 1, 1500), is_whole=True)], "bid_unfit"),
        ([bid("a b", "east", 1, 1500)], "request_id_malformed"),
        ([bid("x", "east", 1, 1500, "gansu")], "order_elsewhere"),
        ([replace(bid("x", "east", 1, 1500), instrument=f"{CLASS}@guizhou/{DAY}")], "order_elsewhere"),
        ([replace(bid("x", "east", 1, 1500), instrument=f"{CLASS}@guizhou/2026-03-04T09")], "order_elsewhere"),
        ([bid("x", "thief", 1, 1500)], "member_unknown"),
        ([bid("x", "east", 20_000, 10_000)], "bid_unfunded"),
        ([offer("x", "west", 101, 900)], "offer_uncovered"),
        ([offer("x", "west", 60, 900), offer("y", "west", 41, 950)], "offer_uncovered"),
        ([bid("x", "east", 1, 1500), offer("y", "east", 1, 1500, "guizhou")], "order_self_trade"),
        ([back("x", "east", "never")], "order_unknown"),
        ([back("x", "north", "stands")], "order_unknown"),
    ],
)
def test_bad_requests_are_refused_with_a_code_and_nothing_is_posted(spot, requests, code) -> None:
    spot.enter(BEFORE, bid("stands", "east", 1, 800))
    before = standing(spot)
    # What stands beside a bad one in the same sending goes with it.
    assert refused(lambda: spot.enter(BEFORE, bid("good", "north", 1, 900), *requests)) == code
    assert standing(spot) == before
    assert spot.wrong() == ()


def test_nothing_is_entered_from_the_gate_on_nor_cleared_before_it(spot) -> None:
    spot.enter(GATE - timedelta(seconds=1), bid("b-1", "east", 1, 1500))
    assert refused(lambda: spot.clear(GATE - timedelta(seconds=1))) == "auction_open"
    before = standing(spot)
    assert refused(lambda: spot.enter(GATE, bid("b-2", "east", 1, 1500))) == "auction_gated"
    assert refused(lambda: spot.enter(GATE, back("x-1", "east", "b-1"))) == "auction_gated"
    assert standing(spot) == before
    spot.clear(GATE)


def test_a_gate_that_is_closed_early_stays_closed(spot) -> None:
    with spot.books.begin() as unit:
        closed = spot.spot.close_gate(unit, spot.name, BEFORE)
        assert spot.spot.close_gate(unit, spot.name, AFTER) == closed == BEFORE
    assert refused(lambda: spot.enter(BEFORE, bid("b-1", "east", 1, 1500))) == "auction_gated"
    assert spot.clear(BEFORE).awards == ()


def test_an_offer_is_taken_back_also_where_the_certificate_was_cut(spot) -> None:
    spot.enter(BEFORE, offer("o-1", "west", 60, 900), offer("o-2", "west", 40, 900))
    with spot.books.begin() as unit:
        start = Instrument.named(at("ningxia")).window.start
        spot.trading.certify(unit, Certification("west", CLASS, "ningxia", start, 80, "NC-2"), BEFORE)
    spot.enter(BEFORE, back("x-1", "west", "o-2", "ningxia"), bid("b-1", "west", 1, 100, "ningxia"))
    assert refused(lambda: spot.enter(BEFORE, offer("o-3", "west", 1, 900))) == "offer_uncovered"


def test_hours_are_promised_once_between_spot_and_forward_books(spot) -> None:
    ware = Instrument(CLASS, "ningxia", Window.named(str(DAY)))
    with spot.books.begin() as unit:
        spot.trading.open_book(unit, Listing(ware, ware.window.start, 100, "assumed"), BEFORE)
    spot.enter(BEFORE, offer("o-1", "west", 70, 900))
    assert refused(lambda: spot.send(cover("c-1", "west", 31, ware), at=BEFORE)) == "cover_uncertified"
    spot.send(cover("c-2", "west", 30, ware), at=BEFORE)
    assert refused(lambda: spot.enter(BEFORE, offer("o-2", "west", 1, 900))) == "offer_uncovered"
    spot.enter(BEFORE, back("x-1", "west", "o-1", "ningxia"), offer("o-3", "west", 70, 950))
    # What is not awarded is free again.
    spot.clear(AFTER)
    spot.send(cover("c-3", "west", 70, ware), at=AFTER)


def test_an_auction_pays_to_the_fen_once_and_is_told_alike(spot) -> None:
    outcome = filled(spot)
    assert [(one.order_id, one.lots, one.fen_per_card_h) for one in outcome.awards] == [
        ("b-1", 5, 1300),
        ("b-2", 0, 1300),
        ("o-1", 3, 900),
        ("o-2", 2, 1300),
    ]
    assert outcome.payment_fen == 5 * 8 * 1300 + 130
    assert (outcome.transfer_fen, outcome.rent_fen, outcome.fee_fen) == (480, 24 * 380, 130 + 54 + 52)
    names = ("market/spot", "market/carriers", "market/rent", "market/fees", "market/uplift", "market/remainder")
    assert spot.posted(*names) == [0, 480, 9120, 236, 0, 0]
    assert spot.money("east/margin") == [(10**9 - outcome.payment_fen,) * 2]
    assert spot.money("north/margin") == [(10**9, 10**9)]
    assert spot.posted("west/margin", "site/margin") == [10**9 + 21600 - 54, 10**9 + 20800 - 52]
    transfers = len(spot.transfers())
    assert spot.clear(AFTER).digest == outcome.digest
    spot.begin_anew()
    told = spot.clear(AFTER + timedelta(days=1))
    assert replace(told, drafts=outcome.drafts) == outcome
    assert len(spot.transfers()) == transfers
    assert spot.wrong() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"fee_bp": -1},
        {"gate": datetime(2026, 3, 3, tzinfo=UTC)},
        {"network": replace(PLAIN, hubs=("ningxia", "ningxia"))},
        {"network": replace(PLAIN, transfer_fen_per_card_h=((0, -1), (1, 0)))},
        {"network": replace(PLAIN, transfer_fen_per_card_h=((5, 1), (1, 0)))},
        {"network": replace(NARROW, capacity_lots=())},
        {"network": replace(NARROW, parts=0)},
    ],
)
def test_terms_that_do_not_fit_are_refused(spot, wrong) -> None:
    terms = replace(auction(), day=DAY + timedelta(days=0), **wrong)
    with spot.books.begin() as unit:
        assert refused(lambda: spot.spot.open(unit, terms, BEFORE)) == "auction_unfit"


def test_an_auction_keeps_its_terms(spot) -> None:
    with spot.books.begin() as unit:
        assert refused(lambda: spot.spot.open(unit, auction(PLAIN), BEFORE)) == "auction_taken"
        assert refused(lambda: spot.spot.auction(unit, "h100/2026-03-03")) == "auction_unknown"
        assert refused(lambda: spot.spot.outcome(unit, spot.name)) == "auction_uncleared"


def programme(**more) -> Programme:
    told = {
        "programme_id": "gz",
        "fund": "fund",
        "rate_bp": 3000,
        "cap_fen": 5000,
        "suppliers": frozenset({"site"}),
        "starts": BEFORE,
        "ends": ENDS,
        "holders": {"east": 6000, "north": 10_000},
    }
    return Programme(**{**told, **more})


def test_vouchers_pay_their_part_up_to_their_cap_and_give_the_rest_back(spot) -> None:
    assert spot.issue(BEFORE, programme())
    assert not spot.issue(BEFORE, programme())
    assert spot.posted("fund", "market/vouchers") == [-16_000, 16_000]
    outcome = filled(spot)
    # Thirty per cent of 16 card-hours at 1,300 fen are 6,240; the cap of one purchase is 5,000.
    assert [(one.holder, one.supplier, one.fen) for one in outcome.redeemed] == [("east", "site", 5000)]
    assert spot.posted("market/vouchers", "east/margin") == [11_000, 10**9 - outcome.payment_fen + 5000]
    assert spot.wrong() == ()
    with spot.books.begin() as unit:
        assert spot.vouchers.left(unit)["gz"] == {"east": 1000, "north": 10_000}
        assert refused(lambda: spot.vouchers.close(unit, "gz", AFTER)) == "programme_running"
        assert spot.vouchers.close(unit, "gz", ENDS) == spot.vouchers.close(unit, "gz", ENDS) == 11_000
    assert spot.posted("fund", "market/vouchers") == [-5000, 0]
    assert spot.wrong() == ()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"rate_bp": 0}, "programme_unfit"),
        ({"rate_bp": 10_001}, "programme_unfit"),
        ({"cap_fen": 0}, "programme_unfit"),
        ({"holders": {}}, "programme_unfit"),
        ({"holders": {"east": -1}}, "programme_unfit"),
        ({"ends": BEFORE}, "programme_unfit"),
        ({"starts": BEFORE - timedelta(days=1)}, "programme_late"),
        ({"suppliers": frozenset({"thief"})}, "member_unknown"),
        ({"fund": "east/margin", "holders": {"north": 10**10}}, "transfers_refused"),
    ],
)
def test_programmes_that_do_not_hold_are_refused_and_nothing_is_posted(spot, wrong, code) -> None:
    assert refused(lambda: spot.issue(BEFORE, programme(**wrong))) == code
    assert spot.posted("fund", "market/vouchers", "east/margin") == [0, 0, 10**9]
    with spot.books.read() as unit:
        assert refused(lambda: spot.vouchers.programme(unit, "gz")) == "programme_unknown"


def test_a_member_that_serves_its_own_bid_over_a_link_is_paid_nothing_by_a_fund(spot) -> None:
    spot.issue(BEFORE, programme(cap_fen=10**6, suppliers=frozenset({"west"}), holders={"west": 10**6}))
    spot.enter(BEFORE, bid("b-1", "west", 3, 10**5), offer("o-1", "west", 3, 0))
    told = spot.clear(AFTER)
    assert [(one.bid_id, one.offer_id, one.lots) for one in told.fills] == [("b-1", "o-1", 3)]
    assert told.redeemed == ()
    assert not spot.wrong()


def test_a_programme_keeps_its_terms(spot) -> None:
    spot.issue(BEFORE, programme())
    assert refused(lambda: spot.issue(BEFORE, programme(cap_fen=1))) == "programme_taken"


def test_prices_at_which_nothing_was_traded_are_not_told_for_they_are_limits(spot) -> None:
    spot.enter(BEFORE, bid("b-1", "east", 2, 800), bid("b-2", "north", 1, 700), bid("b-3", "east", 2, 1500, hour=10))
    spot.enter(
        BEFORE,
        offer("o-1", "west", 2, 1000),
        offer("o-2", "west", 2, 900, hour=10),
        offer("o-3", "west", 1, 900, hour=11),
    )
    told = spot.clear(AFTER)
    assert [one.fen_per_card_h for one in told.prices if one.instrument.endswith("guizhou/2026-03-03T09")] == [800]
    assert {one.instrument.rpartition("T")[2] for one in told.published} == {"10"}
    assert {one.side for one in told.published} == {Side.BUY, Side.SELL}
