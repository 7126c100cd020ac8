"""Downtime is refunded in proportion, to vouchers too; deviations settle once, at the rolling price."""

from __future__ import annotations

import pytest
from tests.market.made_spot import AFTER, BEFORE, NARROW, SpotMarket, at, auction
from tests.market.test_spot import ENDS, filled, programme, refused

from qipan.storage.books import UnitOfWork

ROLLING = {at("guizhou"): 1400, at("ningxia"): 1000}
EVERYONE = ("east/margin", "north/margin", "site/margin", "west/margin", "market/balancing", "market/vouchers")


@pytest.fixture
def spot(books) -> SpotMarket:
    """Return a market with a cleared auction: east has 5 lots, 3 from west at ningxia and 2 from site at guizhou."""
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    made.issue(BEFORE, programme(cap_fen=10**6, holders={"east": 10**6}))
    filled(made)
    return made


def test_downtime_gives_back_what_was_paid_and_a_voucher_its_part(spot) -> None:
    before = spot.posted(*EVERYONE)
    made, is_new = spot.refund(AFTER, "r-1", "o-2", 5)
    assert (dict(made.parts), is_new) == ({"b-1": 5}, True)
    # The voucher had paid 6,240 fen of 16 card-hours: 1,950 of 5 come back to it.
    moved = [after - was for was, after in zip(before, spot.posted(*EVERYONE), strict=True)]
    assert moved == [6500 - 1950, 0, -6500, 0, 0, 1950]
    assert spot.refund(AFTER, "r-1", "o-2", 5) == (made, False)
    assert refused(lambda: spot.refund(AFTER, "r-1", "o-2", 6)) == "refund_differs"
    spot.refund(AFTER, "r-2", "o-2", 11)
    moved = [after - was for was, after in zip(before, spot.posted(*EVERYONE), strict=True)]
    assert moved == [20_800 - 6240, 0, -20_800, 0, 0, 6240]
    assert refused(lambda: spot.refund(AFTER, "r-3", "o-2", 1)) == "downtime_unfit"
    assert spot.wrong() == ()


def test_a_refund_and_the_closing_of_a_programme_wait_for_each_other(spot, monkeypatch) -> None:
    taken = []
    monkeypatch.setattr(UnitOfWork, "lock", lambda _, name: taken.append(name))
    spot.refund(AFTER, "r-1", "o-2", 5)
    assert taken[:2] == [f"market/spot/{spot.name}", "market/vouchers"]
    taken.clear()
    with spot.books.begin(caller="test") as unit:
        spot.vouchers.close(unit, "gz", ENDS)
    assert taken[0] == "market/vouchers"


@pytest.mark.parametrize(
    ("offer_id", "card_h", "code"),
    [("b-1", 1, "offer_unknown"), ("never", 1, "offer_unknown"), ("o-1", 0, "downtime_unfit"),
     ("o-1", 25, "downtime_unfit")],
)  # fmt: skip
def test_downtime_of_nothing_is_refused(spot, offer_id, card_h, code) -> None:
    before = spot.posted(*EVERYONE)
    assert refused(lambda: spot.refund(AFTER, "r-1", offer_id, card_h)) == code
    assert spot.posted(*EVERYONE) == before


def test_deviations_settle_once_at_the_rolling_price(spot) -> None:
    before = spot.posted(*EVERYONE)
    spot.refund(AFTER, "r-1", "o-2", 4)
    refunded = spot.posted(*EVERYONE)
    # East took 2 card-hours less than the 36 left to it, west supplied 6 less than 24, site 1 less than its 12.
    found, is_new = spot.deviate(AFTER, {"b-1": 34, "o-1": 18, "o-2": 11}, ROLLING)
    assert (dict(found.paid_fen), found.remainder_fen, is_new) == (
        {"b-1": -2800, "o-1": 6000, "o-2": 1400},
        4600,
        True,
    )
    moved = [after - was for was, after in zip(refunded, spot.posted(*EVERYONE), strict=True)]
    assert moved == [2800, 0, -1400, -6000, 4600, 0]
    assert spot.deviate(AFTER, {"b-1": 34, "o-1": 18, "o-2": 11}, ROLLING) == (found, False)
    assert refused(lambda: spot.deviate(AFTER, {"b-1": 35}, ROLLING)) == "deviation_differs"
    assert refused(lambda: spot.refund(AFTER, "r-2", "o-2", 1)) == "deviation_settled"
    assert sum(spot.posted(*EVERYONE)) == sum(before)
    assert spot.wrong() == ()


def test_deviations_may_settle_at_the_prices_of_the_auction(spot) -> None:
    found, _ = spot.deviate(AFTER, {"b-1": 39, "o-1": 23})
    assert dict(found.paid_fen) == {"b-1": -1300, "o-1": 900}


@pytest.mark.parametrize(
    ("delivered", "rolling", "code"),
    [
        ({"never": 1}, ROLLING, "delivered_unfit"),
        ({"b-1": -1}, ROLLING, "delivered_unfit"),
        ({"b-1": 41}, ROLLING, "delivered_unfit"),
        ({"b-1": 39}, {}, "rolling_missing"),
        ({"b-1": 39}, {at("guizhou"): -1}, "rolling_missing"),
    ],
)
def test_deviations_without_order_or_price_are_refused_with_findings(spot, delivered, rolling, code) -> None:
    before = spot.posted(*EVERYONE)
    assert refused(lambda: spot.deviate(AFTER, delivered, rolling)) == code
    assert spot.posted(*EVERYONE) == before
