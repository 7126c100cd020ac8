"""How a value moves with its inputs: one at a time, and discount rate by occupancy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from qipan.agreements.model.prospectus import Growth, Prospectus, Step
from qipan.agreements.value import value

MOVED_BY: Final = Decimal("0.1")
"""Part of itself by which an input is moved where nothing else is asked."""


def one_at_a_time(prospectus: Prospectus, by: Decimal = MOVED_BY) -> dict[str, tuple[int, int]]:
    """Return the value, fen, with each input moved down and up by a part of itself, the others as they are.

    Shares stay at most 1. An input that is 0, or is not told, is left out.
    """
    found = {}
    for name, move in _MOVES.items():
        down, up = move(prospectus, 1 - by), move(prospectus, 1 + by)
        if down != prospectus or up != prospectus:
            found[name] = (value(down).value_fen, value(up).value_fen)
    return found


def by_rate_and_occupancy(
    prospectus: Prospectus, rates: Sequence[Decimal], occupancies: Sequence[Decimal]
) -> tuple[tuple[int, ...], ...]:
    """Return values, fen ``(rates, occupancies)``, each occupancy the same in all years."""
    return tuple(
        tuple(
            value(replace(prospectus, discount_rate=rate, occupancy=(Step(prospectus.first_year, share),))).value_fen
            for share in occupancies
        )
        for rate in rates
    )


def _whole(amount: int, factor: Decimal) -> int:
    return round(amount * Fraction(factor))


def _share(share: Decimal, factor: Decimal) -> Decimal:
    return min(share * factor, Decimal(1))


def _occupancy(one: Prospectus, factor: Decimal) -> Prospectus:
    return replace(one, occupancy=tuple(Step(step.from_year, _share(step.share, factor)) for step in one.occupancy))


def _growth(one: Prospectus, factor: Decimal) -> Prospectus:
    return replace(
        one, growth=tuple(Growth(step.from_year, step.rate * factor, step.every_years) for step in one.growth)
    )


def _electricity(one: Prospectus, factor: Decimal) -> Prospectus:
    if one.electricity is None or one.electricity.is_passed_through:
        return one
    return replace(one, electricity=replace(one.electricity, fen_per_kwh=one.electricity.fen_per_kwh * factor))


def _margin(one: Prospectus, factor: Decimal) -> Prospectus:
    return one if one.noi_margin is None else replace(one, noi_margin=_share(one.noi_margin, factor))


_MOVES: Final[dict[str, Callable[[Prospectus, Decimal], Prospectus]]] = {
    "fen_per_unit": lambda one, by: replace(one, fen_per_unit=_whole(one.fen_per_unit, by)),
    "occupancy": _occupancy,
    "growth": _growth,
    "electricity": _electricity,
    "noi_margin": _margin,
    "operating_fen_per_year": lambda one, by: replace(
        one, operating_fen_per_year=_whole(one.operating_fen_per_year, by)
    ),
    "capex_fen_per_year": lambda one, by: replace(one, capex_fen_per_year=_whole(one.capex_fen_per_year, by)),
    "capex_fen": lambda one, by: replace(one, capex_fen={year: _whole(fen, by) for year, fen in one.capex_fen.items()}),
    "residual_fen": lambda one, by: replace(one, residual_fen=_whole(one.residual_fen, by)),
    "discount_rate": lambda one, by: replace(one, discount_rate=one.discount_rate * by),
}
