"""Nouns of what a member holds: a position, and the cover that lets it sell."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.market.model.contract import Instrument


@dataclass(frozen=True, slots=True)
class Position:
    """Lots of one instrument bought (above 0) or sold (below), paid for up to a mark.

    Attributes
    ----------
    carried_fen_per_card_h
        Mark up to which variation margin was paid; the next day's is held against it.
    """

    member: str
    instrument: Instrument
    lots: int
    carried_fen_per_card_h: int

    @property
    def card_h(self) -> int:
        """Card-hours of the whole window."""
        return self.lots * self.instrument.window.card_h_per_lot

    @property
    def value_fen(self) -> int:
        """Card-hours at the carried mark."""
        return self.card_h * self.carried_fen_per_card_h
