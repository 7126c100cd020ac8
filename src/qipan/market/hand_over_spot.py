"""Hand over what an auction traded, hour by hour: as compute of the hub that supplies it, wherever the bid came from.

A cleared auction gives what offers supply to the bids that they serve. A refund takes downtime back. When what was
delivered is settled, the one who balances takes what lay over the day ahead and gives what lacked; bids used the rest.
So in every hour what offers gave, less what the one who balances took, is what bids used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from qipan.accounts.model.posting import ISSUED, USED, Account
from qipan.kernel.apportion import apportion
from qipan.market.admit import HOUSE
from qipan.market.hand_over import BALANCING, MILLI_PER_LOT_H, RESERVED, Handed, Move, account_of, handed, pool_of
from qipan.market.model.auction import Award, Outcome, Refund
from qipan.market.model.contract import CARDS_PER_LOT, Instrument
from qipan.market.model.order import Side

MILLI_PER_CARD_H: Final = MILLI_PER_LOT_H // CARDS_PER_LOT


def sell(outcome: Outcome) -> Handed:
    """Return what the offers of a cleared auction give to the bids that they serve."""
    awards = {one.order_id: one for one in outcome.awards}
    served = [(awards[one.offer_id], awards[one.bid_id].member, one.lots * CARDS_PER_LOT) for one in outcome.fills]
    given = [_give("compute_supplied", _ware(offer), offer.member, card_h) for offer, _, card_h in served]
    taken = [_take("compute_reserved", _ware(offer), member, card_h) for offer, member, card_h in served]
    return handed(f"cs/{outcome.auction}", outcome.auction, [*given, *taken])


def give_back(outcome: Outcome, made: Refund) -> Handed:
    """Return what of an offer's downtime goes back to it from the bids that it serves."""
    awards = {one.order_id: one for one in outcome.awards}
    offer = awards[made.offer_id]
    missed = [
        _take("compute_missed", _ware(offer), awards[name].member, -card_h) for name, card_h in made.parts.items()
    ]
    returned = _give("compute_returned", _ware(offer), offer.member, -made.card_h)
    return handed(f"cf/{made.refund_id}", outcome.auction, [*missed, returned])


def balance(outcome: Outcome, refunds: Iterable[Refund], delivered_card_h: Mapping[str, int]) -> Handed:
    """Return what the one who balances takes and gives, and what bids used; orders that are not named went as cleared.

    What a bid took more or less is shared out over the hubs that serve it; a bid that none serves takes at its own.
    """
    held = _held(outcome, tuple(refunds))
    gives: list[Move] = []
    takes: list[Move] = []
    uses: list[Move] = []
    for one in outcome.awards:
        parts = held.get(one.order_id, Counter())
        took = delivered_card_h.get(one.order_id, sum(parts.values()))
        over = took - sum(parts.values())
        places = parts if sum(parts.values()) else {_ware(one): 1}
        shares = dict(zip(places, apportion(abs(over), list(places.values())), strict=True))
        for ware, share in shares.items():
            (gives if over > 0 else takes).append(_balance(ware, one, share if over > 0 else -share))
            if one.side is Side.BUY:
                uses.append(_use(ware, one.member, parts.get(ware, 0) + (share if over > 0 else -share)))
    # What comes to a member comes first: its bids share accounts.
    return handed(f"cb/{outcome.auction}", outcome.auction, [*gives, *takes, *uses])


def _held(outcome: Outcome, refunds: tuple[Refund, ...]) -> dict[str, Counter[Instrument]]:
    """Return the card-hours of each order by the hub that supplies them, refunds taken off."""
    ware = {one.order_id: _ware(one) for one in outcome.awards}
    held: dict[str, Counter[Instrument]] = {}
    for one in outcome.fills:
        for name in (one.bid_id, one.offer_id):
            held.setdefault(name, Counter())[ware[one.offer_id]] += one.lots * CARDS_PER_LOT
    for made in refunds:
        held[made.offer_id][ware[made.offer_id]] -= made.card_h
        for name, card_h in made.parts.items():
            held[name][ware[made.offer_id]] -= card_h
    return held


def _give(reason: str, ware: Instrument, member: str, card_h: int) -> Move:
    """Return a move from a supplier into the account that compute passes through; below 0 it goes back."""
    return _move(reason, ware, (account_of(ware, member, ISSUED), pool_of(ware)), card_h)


def _take(reason: str, ware: Instrument, member: str, card_h: int) -> Move:
    """Return a move from there to a holder; below 0 it goes back."""
    return _move(reason, ware, (pool_of(ware), account_of(ware, member, RESERVED)), card_h)


def _balance(ware: Instrument, one: Award, over_card_h: int) -> Move:
    """Return what the one who balances gives to a bid that took more, or takes from an offer that supplied more."""
    own = account_of(ware, HOUSE, BALANCING)
    if one.side is Side.BUY:
        return _move("compute_balanced", ware, (own, account_of(ware, one.member, RESERVED)), over_card_h)
    return _move("compute_balanced", ware, (account_of(ware, one.member, ISSUED), own), over_card_h)


def _use(ware: Instrument, member: str, card_h: int) -> Move:
    return _move("compute_used", ware, (account_of(ware, member, RESERVED), account_of(ware, member, USED)), card_h)


def _move(reason: str, ware: Instrument, between: tuple[Account, Account], card_h: int) -> Move:
    debit, credit = between if card_h >= 0 else between[::-1]
    return Move(reason, ware, debit, credit, ware.window.start, abs(card_h) * MILLI_PER_CARD_H)


def _ware(one: Award) -> Instrument:
    return Instrument.named(one.instrument)
