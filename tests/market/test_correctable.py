"""What of the market's payments a correction may take back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.market.made import DAY, NOW
from tests.market.made_spot import AFTER, BEFORE, NARROW, SpotMarket, auction
from tests.market.test_delivery import ENDED, sold
from tests.market.test_products import HOUR, do
from tests.market.test_spot import filled, programme

from qipan.accounts.correct import correct
from qipan.kernel.errors import RuleBrokenError
from qipan.market.model.product import BankDeposit, BankDraw
from qipan.market.service.bank import Bank
from qipan.market.service.correctable import correctable


def bounds(market, account):
    """Return what moved on an account and what of it may go back, by the ids of transfers."""
    with market.books.read() as unit:
        moved = tuple(market.accounts.transfers(unit, account))
        return {one.transfer_id: (one.amount, correctable(market.accounts, unit, one)) for one in moved}


def test_what_buyers_paid_ahead_stays_and_other_payments_may_go_back(market):
    sold(market)
    market.allocate(DAY, ENDED)
    found = bounds(market, "market/clearing")
    ahead = {name: most for name, (_, most) in found.items() if name.startswith("rs/a1/")}
    assert ahead == {"rs/a1/bank": 0, "rs/a1/firm": 0, "rs/a1/to/market/delivery": 0}
    assert bounds(market, "firm/margin")["in-m-firm"][1] > 0


@pytest.fixture
def spot(books) -> SpotMarket:
    """Return a market with a cleared auction: east has 5 lots, 3 from west at ningxia and 2 from site at guizhou."""
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    made.issue(BEFORE, programme(cap_fen=10**6, holders={"east": 10**6}))
    filled(made)
    return made


def test_what_was_refunded_is_not_given_back_again_and_what_vouchers_paid_stays(spot):
    pay, get, other = (f"{begin}/{word}" for begin in ("spot/2026-03-03/h100-80g",)
                       for word in ("pay/east", "get/site", "get/west"))  # fmt: skip
    before = bounds(spot, "market/spot")
    assert {before[name][0] - before[name][1] for name in (pay, get, other)} == {0}
    assert {most for name, (_, most) in before.items() if "/v/" in name} == {0}
    spot.refund(AFTER, "r-1", "o-2", 5)
    after = bounds(spot, "market/spot")
    assert [after[name][0] - after[name][1] for name in (pay, get, other)] == [6500 - 1950, 6500, 0]


def test_what_was_corrected_is_not_refunded_again(spot):
    pay, get = (f"spot/2026-03-03/h100-80g/{word}" for word in ("pay/east", "get/site"))
    back = bounds(spot, "market/spot")[get][0] - 3000
    with spot.books.begin(caller="test") as unit:
        moved = {one.transfer_id: replace(one, chain="") for one in spot.accounts.transfers(unit, "market/spot")}
        spot.accounts.post_whole(unit, correct("d-1", {pay: back, get: back}, [moved[pay], moved[get]]), AFTER)
    spot.refund(AFTER, "r-1", "o-2", 2)
    with pytest.raises(RuleBrokenError, match=rf"was 1300 fen where 400 are left: {get}\.") as refused:
        spot.refund(AFTER, "r-2", "o-2", 1)
    assert refused.value.code == "refund_corrected"


def corrected(spot, name, amounts):
    """Correct transfers as a dispute does, and return the ids of what that posted by what it corrects."""
    with spot.books.begin(caller="test") as unit:
        moved = [replace(one, chain="") for one in spot.accounts.transfers(unit, "market/spot")]
        drafts = correct(name, amounts, [one for one in moved if one.transfer_id in amounts])
        spot.accounts.post_whole(unit, drafts, AFTER)
    return {one.reference: one.transfer_id for one in drafts}


def test_what_an_appeal_gave_again_is_refunded_and_not_taken_back_once_more(spot):
    pay, get = (f"spot/2026-03-03/h100-80g/{word}" for word in ("pay/east", "get/site"))
    back = bounds(spot, "market/spot")[get][0]
    first = corrected(spot, "d-1", {pay: back, get: back})
    appeal = corrected(spot, "d-2", {first[pay]: back, first[get]: back})
    assert bounds(spot, "market/spot")[appeal[first[get]]] == (back, back)
    spot.refund(AFTER, "r-1", "o-2", 5)
    assert bounds(spot, "market/spot")[appeal[first[get]]] == (back, back - 6500)
    assert not spot.wrong()


def test_check_finds_what_was_both_refunded_and_corrected(spot):
    pay, get = (f"spot/2026-03-03/h100-80g/{word}" for word in ("pay/east", "get/site"))
    back = bounds(spot, "market/spot")[get][0]
    spot.refund(AFTER, "r-1", "o-2", 5)
    corrected(spot, "d-1", {pay: back, get: back})
    assert [(one.rule, one.value) for one in spot.wrong()] == [("refund_corrected", get)]


def test_credit_of_the_compute_bank_follows_from_draws_and_does_not_go_back(market):
    bank = Bank(market.trading, market.accounts, market.log)
    market.fund(10**6)
    market.site("site", "north", 24)
    for member in ("site", "firm"):
        do(market, bank.join, member, 10**6, NOW)
    do(market, bank.deposit, BankDeposit("d-1", "site", HOUR.name, "north", 8), NOW)
    do(market, bank.draw, BankDraw("w-1", "firm", HOUR.name, 4, 100, {}), NOW)
    assert set(bounds(market, "firm/credit").values()) == {(400, 0)}
