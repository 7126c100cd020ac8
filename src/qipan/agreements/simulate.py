"""Say before signing what an agreement would bring each region against having none, and at which prices all gain.

Without the agreement the buyer buys elsewhere what it would have taken, the seller sells elsewhere what it would have
kept ready, and there is nothing to share. The seller resells nothing that the buyer leaves. Gains of a month are whole
fen, and expectations exact fractions, neither discounted nor rounded. Since a higher base price never helps the buyer
and never hurts the seller, bisection over whole fen finds the ends of the range exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from qipan.agreements.bill import bill
from qipan.agreements.model.agreement import MOST_FEN_PER_CARD_H, Agreement, Pool, Terms
from qipan.agreements.model.bill import Use
from qipan.agreements.model.simulation import Case, Component, Gain, PriceRange, Scenario, Simulation
from qipan.agreements.price import factor, limited
from qipan.agreements.share import aided_fen, contributed_fen, share
from qipan.kernel.errors import BadInputError, RuleBrokenError

Parts = dict[str, dict[Component, int]]
"""Gains of one scenario by party and component, fen."""


def simulate(agreement: Agreement, scenarios: Sequence[Scenario]) -> Simulation:
    """Return what each party gains in each scenario, and the base prices at which none loses.

    Raises
    ------
    BadInputError
        ``scenarios_unfit`` unless there are some, of different names, weights above 0 and the same months; what `bill`
        says of a month.
    RuleBrokenError
        ``table_missing`` where rent or green premium has no sharing table; ``table_not_yet``; ``month_outside``;
        ``use_above_volume``.
    """
    _check(scenarios)
    whole = sum(Fraction(one.weight) for one in scenarios)
    odds = [Fraction(one.weight) / whole for one in scenarios]
    of_scenario = {one.name: _gains(agreement, one) for one in scenarios}
    gains = tuple(_gain(party, of_scenario, odds) for party in _parties(agreement))
    paid = [_Paid.of(agreement, one) for one in scenarios]
    return Simulation(
        gains,
        _range(gains, paid, lambda totals: sum(p * fen for p, fen in zip(odds, totals, strict=True)) >= 0),
        _range(gains, paid, lambda totals: min(totals) >= 0),
    )


# --- gains -------------------------------------------------------------------------------------------------------


def _parties(agreement: Agreement) -> tuple[str, ...]:
    """Return buyer and seller, then whoever else shares rent or green premium."""
    told = {agreement.buyer: None, agreement.seller: None}
    for pool in (Pool.RENT, Pool.GREEN_PREMIUM):
        for one in agreement.tables[pool].versions if pool in agreement.tables else ():
            told |= dict.fromkeys(one.parts)
    return tuple(told)


def _gain(party: str, of_scenario: dict[str, Parts], odds: Sequence[Fraction]) -> Gain:
    by_scenario = {name: parts[party] for name, parts in of_scenario.items()}
    expected = {
        component: sum((p * parts[component] for p, parts in zip(odds, by_scenario.values(), strict=True)), Fraction(0))
        for component in Component
    }
    return Gain(party, by_scenario, expected)


def _gains(agreement: Agreement, scenario: Scenario) -> Parts:
    """Return what each party gains over the months of a scenario."""
    found: Parts = {party: dict.fromkeys(Component, 0) for party in _parties(agreement)}
    for case in scenario.cases:
        terms = agreement.terms(case.month)
        _add_trade(found[agreement.buyer], found[agreement.seller], agreement, case)
        for pool, fen, component in (
            (Pool.RENT, case.rent_fen, Component.RENT),
            (Pool.GREEN_PREMIUM, case.green_premium_fen, Component.GREEN_PREMIUM),
        ):
            for party, part in _shared(agreement, pool, fen, case.month).items():
                found[party][component] += part
        for gained, component in ((contributed_fen(terms), Component.FUND), (aided_fen(terms), Component.AID)):
            for party, fen in gained.items():
                found[party][component] += fen
    return found


def _add_trade(buyer: dict[Component, int], seller: dict[Component, int], agreement: Agreement, case: Case) -> None:
    """Add what the trade of a month brings both: at the base price, by the index, by floor and cap, by take-or-pay."""
    owed = bill(agreement, Use(case.month, case.taken_card_h, case.available_card_h), case.index)
    volume = agreement.terms(case.month).card_h_per_month
    ready = volume if case.available_card_h is None else case.available_card_h
    elsewhere_card_h = ready if case.seller_elsewhere_card_h is None else case.seller_elsewhere_card_h
    forgone = elsewhere_card_h * max(case.seller_elsewhere_fen_per_card_h - case.seller_cost_fen_per_card_h, 0)
    taken, price = case.taken_card_h, owed.price
    buyer[Component.COMPUTE] += taken * (case.buyer_elsewhere_fen_per_card_h - price.base_fen)
    seller[Component.COMPUTE] += taken * (price.base_fen - case.seller_cost_fen_per_card_h) - forgone
    for component, fen in (
        (Component.INDEX, taken * (price.indexed_fen - price.base_fen)),
        (Component.LIMITS, taken * (price.fen_per_card_h - price.indexed_fen)),
        (Component.TAKE_OR_PAY, owed.untaken_fen),
    ):
        buyer[component] -= fen
        seller[component] += fen


def _shared(agreement: Agreement, pool: Pool, fen: int, month: date) -> dict[str, int]:
    if not fen:
        return {}
    if pool not in agreement.tables:
        raise RuleBrokenError(
            f"What is shared must have a sharing table, was {fen} fen of {pool} in {month:%Y-%m} without.",
            code="table_missing",
            hint=f"Write a table shares.{pool} in the agreement.",
        )
    return share(fen, agreement.tables[pool].on(month))


# --- prices ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Paid:
    """What of a scenario depends on the base price: by month, terms, their factor, and card-hours that are paid."""

    months: tuple[tuple[Terms, int, int, int], ...]
    now_fen: int

    @classmethod
    def of(cls, agreement: Agreement, scenario: Scenario) -> _Paid:
        """Return it, and what is paid at the base prices as they stand."""
        months = []
        now_fen = 0
        for case in scenario.cases:
            terms = agreement.terms(case.month)
            owed = bill(agreement, Use(case.month, case.taken_card_h, case.available_card_h), case.index)
            now_fen += owed.due_fen
            months.append(
                (terms, *factor(terms, case.index).as_integer_ratio(), owed.taken_card_h + owed.untaken_card_h)
            )
        return cls(tuple(months), now_fen)

    def rise_fen(self, base_fen: int) -> int:
        """Return what would be paid more at another base price."""
        paid = sum(
            limited(terms, _round(base_fen * above, below)) * card_h for terms, above, below, card_h in self.months
        )
        return paid - self.now_fen


def _round(above: int, below: int) -> int:
    """Return a ratio in whole numbers, halves to even, as `round` does of a fraction."""
    whole, rest = divmod(above, below)
    return whole + (2 * rest > below or (2 * rest == below and whole % 2 == 1))


def _range(gains: Sequence[Gain], paid: Sequence[_Paid], suits: Callable[[Sequence[int]], bool]) -> PriceRange:
    """Return the base prices at which what parties gain by scenario suits them all."""
    buyer, seller = ([*one.totals_fen.values()] for one in gains[:2])

    def moved(totals: Sequence[int], sign: int, base_fen: int) -> list[int]:
        return [fen + sign * one.rise_fen(base_fen) for fen, one in zip(totals, paid, strict=True)]

    too_high = _first(lambda fen: not suits(moved(buyer, -1, fen)))
    high_enough = _first(lambda fen: suits(moved(seller, 1, fen)))
    return PriceRange(
        least_fen=high_enough if high_enough <= MOST_FEN_PER_CARD_H else None,
        most_fen=too_high - 1 if too_high else None,
    )


def _first(is_true: Callable[[int], bool]) -> int:
    """Return the lowest base price from which on something is true; one above the highest where it never is."""
    low, high = 0, MOST_FEN_PER_CARD_H + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_true(middle) else (middle + 1, high)
    return low


# --- what is asked -----------------------------------------------------------------------------------------------


def _check(scenarios: Sequence[Scenario]) -> None:
    names = [one.name for one in scenarios]
    months = [[case.month for case in one.cases] for one in scenarios]
    light = [f"{one.name} {one.weight}" for one in scenarios if not (one.weight.is_finite() and one.weight > 0)]
    torn = [name for name, some in zip(names, months, strict=True) if not some or len(set(some)) < len(some)]
    other = [name for name, some in zip(names, months, strict=True) if set(some) != set(months[0])]
    for is_met, must, told in (
        (names, "There must be scenarios", "none"),
        (len(set(names)) == len(names), "Each scenario must have its own name", ", ".join(names)),
        (not light, "A scenario must have a weight above 0", ", ".join(light)),
        (not torn, "A scenario must hold each of its months once", ", ".join(torn)),
        (not other, "All scenarios must hold the same months", ", ".join(other)),
    ):
        if not is_met:
            raise BadInputError(
                f"{must}, was {told}.",
                code="scenarios_unfit",
                hint="Give each scenario one weight, and one row a month.",
            )
