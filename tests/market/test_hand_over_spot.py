"""What an auction trades is handed over at the hub that supplies it; refunds and deviations move what they pay for."""

from __future__ import annotations

import pytest
from tests.market.made_spot import AFTER, BEFORE, NARROW, SpotMarket, auction, bid, offer
from tests.market.test_balancing import ROLLING
from tests.market.test_spot import filled

from qipan.accounts.model.posting import Draft

CARD_H = 3600 * 1000


@pytest.fixture
def spot(books) -> SpotMarket:
    """Return a market with a cleared auction: east has 5 lots, 3 from west at ningxia and 2 from site at guizhou."""
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    filled(made)
    return made


def card_h(spot, *names):
    """Return the card-hours of accounts of nine o'clock, in whole ones."""
    with spot.books.read() as unit:
        found = spot.accounts.balances(unit, names)
    hours = {hour for _, hour in found}
    assert len(hours) == 1
    told = [found[name, hour].posted if (name, hour) in found else 0 for name in names for hour in hours]
    assert all(amount % CARD_H == 0 for amount in told)
    return [amount // CARD_H for amount in told]


def at_ningxia(spot):
    names = ("west", "issued"), ("east", "reserved"), ("east", "used"), ("market", "balancing"), ("market", "passing")
    return card_h(spot, *(f"{owner}/h100-80g@ningxia/{purpose}" for owner, purpose in names))


def at_guizhou(spot):
    names = ("site", "issued"), ("east", "reserved"), ("east", "used"), ("market", "balancing"), ("market", "passing")
    return card_h(spot, *(f"{owner}/h100-80g@guizhou/{purpose}" for owner, purpose in names))


def test_bid_gets_compute_of_the_hubs_that_serve_it(spot) -> None:
    assert at_ningxia(spot) == [-24, 24, 0, 0, 0]
    assert at_guizhou(spot) == [-16, 16, 0, 0, 0]
    before = len(spot.transfers())
    spot.clear(AFTER)
    assert len(spot.transfers()) == before


def test_refund_takes_downtime_back_and_deviations_are_balanced(spot) -> None:
    spot.refund(AFTER, "r-1", "o-2", 4)
    assert at_guizhou(spot) == [-12, 12, 0, 0, 0]
    # East took 3 less than the 36 left to it: 2 of the 24 from ningxia, 1 of the 12 of guizhou. West supplied 6 less
    # than 24, site 1 less than its 12: what lacks comes from the one who balances.
    spot.deviate(AFTER, {"b-1": 33, "o-1": 18, "o-2": 11}, ROLLING)
    assert at_ningxia(spot) == [-18, 0, 22, 2 - 6, 0]
    assert at_guizhou(spot) == [-11, 0, 11, 1 - 1, 0]
    assert spot.wrong() == ()


def test_who_is_not_named_used_what_was_cleared(spot) -> None:
    spot.deviate(AFTER, {"o-2": 19, "b-2": 8}, ROLLING)
    # Site supplied 3 more than its 16. The other bid was served by nobody, and took 8 at its own hub.
    assert at_ningxia(spot) == [-24, 0, 24, 0, 0]
    assert at_guizhou(spot) == [-19, 0, 16, 3 - 8, 0]
    assert spot.wrong() == ()


def test_compute_of_an_auction_that_moved_otherwise_is_found(spot) -> None:
    with spot.books.begin(caller="test") as unit:
        (some, *_) = [one for one in spot.accounts.transfers(unit) if one.reason == "compute_supplied"]
        more = Draft(
            transfer_id="x-1",
            debit=some.debit,
            credit=some.credit,
            amount=5,
            period=some.period,
            reason="compute_supplied",
            reference=some.reference,
        )
        spot.accounts.post_whole(unit, [more], AFTER)
    assert {one.rule for one in spot.wrong()} == {"compute_differs"}


def test_two_bids_of_one_member_share_what_comes_and_goes(books) -> None:
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    made.enter(
        BEFORE,
        offer("o-1", "site", 4, 900, "guizhou"),
        bid("b-1", "east", 2, 1500),
        bid("b-2", "east", 4, 1400),
    )
    made.clear(AFTER)
    # Of the first nothing was taken, of the second all that it asked for: more than it was served with.
    made.deviate(AFTER, {"b-1": 0, "b-2": 32}, ROLLING)
    assert at_guizhou(made)[1:] == [0, 32, 0, 0]
    assert made.wrong() == ()
