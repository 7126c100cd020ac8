"""Nouns of an enclave, a park that regions run together: one event, and what of it stands in each region's books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qipan.kernel.errors import BadInputError


class Item(StrEnum):
    """What an event of an enclave has amounts of, each with its unit; a memo is output as statistics count it."""

    TAX = "tax_fen"
    INCOME = "income_fen"
    MEMO = "memo_fen"
    COST = "cost_fen"
    LOSS = "loss_fen"
    LAND = "land_m2"
    ENERGY = "energy_wh"
    DATA = "data_bytes"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened in an enclave, as a firm's year or a month of a site.

    Attributes
    ----------
    amounts
        Of each item, whole and 0 or more, in its unit.

    Raises
    ------
    BadInputError
        ``event_unfit`` for a negative amount, or none at all.
    """

    event_id: str
    day: date
    amounts: Mapping[Item, int]

    def __post_init__(self) -> None:
        if not self.amounts or min(self.amounts.values()) < 0:
            told = ", ".join(f"{item} {amount}" for item, amount in self.amounts.items()) or "none"
            raise BadInputError(
                f"An event must have amounts of 0 or more, was {told}.",
                code="event_unfit",
                hint="Costs and losses are items of their own, written without a sign.",
                field="amounts",
            )


@dataclass(frozen=True, slots=True)
class Split:
    """An event as regions' books hold it.

    Attributes
    ----------
    shares_from
        The day from which the shares hold that split it.
    parts
        By region and item; over regions they add up to the event.
    """

    event_id: str
    day: date
    shares_from: date
    parts: Mapping[str, Mapping[Item, int]]
