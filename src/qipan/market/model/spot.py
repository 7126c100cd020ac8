"""Nouns of the spot auction: orders of one slot as arrays, what they get, and the bill of a cleared slot.

Axes: orders; places; links. Amounts are fen, quantities card-hours or lots.
"""

from __future__ import annotations

from dataclasses import dataclass

from qipan.market.model.array import Ints


@dataclass(frozen=True, slots=True)
class Cleared:
    """What dispatch cleared in a slot.

    Attributes
    ----------
    place, bought_card_h
        Of each award ``(awards,)``: its place, and card-hours bought (above 0) or sold (below).
    fen_per_card_h
        Price of each place ``(places,)``.
    link_from, link_to, flow_card_h, transfer_fen_per_card_h
        Of each link ``(links,)``: its ends, what flows, and what its carrier asks.
    """

    place: Ints
    bought_card_h: Ints
    fen_per_card_h: Ints
    link_from: Ints
    link_to: Ints
    flow_card_h: Ints
    transfer_fen_per_card_h: Ints


@dataclass(frozen=True, slots=True)
class Bill:
    """Who pays and gets what in a cleared slot, fen: payments = revenue + transfer + rent + fees + remainder, exactly.

    Attributes
    ----------
    paid_fen
        Of each award ``(awards,)``: paid (above 0) or received (below), fees included.
    fee_fen
        Of each award, the fee in it.
    transfer_fen, rent_fen
        Of each link ``(links,)``: what its carrier gets, and the congestion rent.
    remainder_fen
        What whole numbers leave over, for the account of that name: price x what quantities lack to balance.
    """

    paid_fen: Ints
    fee_fen: Ints
    transfer_fen: Ints
    rent_fen: Ints
    remainder_fen: int
