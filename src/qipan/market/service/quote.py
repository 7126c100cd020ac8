"""What an hour of cards costs, from cleared auctions; a price is stated by hand only where none of them has one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from qipan.kernel.errors import Finding, RuleBrokenError
from qipan.market.fulfil import hours
from qipan.market.model.contract import Instrument, Tenor, Window
from qipan.market.model.delivery import Supply
from qipan.market.store import spot
from qipan.storage.books import UnitOfWork


def spot_fen(unit: UnitOfWork, ware: Instrument) -> dict[datetime, int]:
    """Return the price of each hour of a window that a cleared auction has priced at its hub, fen a card-hour.

    It is what offers got there; where none was awarded, what bids paid; an hour in which nobody traded has no price.
    """
    names = {_hour(ware, hour).name: hour for hour in hours(ware.window.start, ware.window.end)}
    return {names[name]: fen for name, fen in sorted(spot.prices_of(unit, list(names)).items())}


def mean_fen(unit: UnitOfWork, ware: Instrument) -> float | None:
    """Return the mean price of a window on spot, fen a card-hour; none unless every hour is priced."""
    found = spot_fen(unit, ware)
    return float(Fraction(sum(found.values()), len(found))) if len(found) == ware.window.hours else None


def check_priced(unit: UnitOfWork, ware: Instrument, word: Supply) -> None:
    """Refuse a buy-in without a price, and one whose price is stated though an auction has it.

    Raises
    ------
    RuleBrokenError
        ``spot_unpriced`` with a finding for each hour; ``spot_priced``.
    """
    told = hours(word.start, word.end)
    priced = spot_fen(unit, ware)
    if word.fen_per_card_h is None:
        refuse_unpriced(ware, [hour for hour in told if hour not in priced])
    else:
        refuse_stated(ware, [hour for hour in told if hour in priced])


def merged(
    unit: UnitOfWork, ware: Instrument, stated: Mapping[datetime, int], needed: Iterable[datetime]
) -> dict[datetime, int]:
    """Return the prices of a window on spot, those that are stated for hours without one among them.

    Raises
    ------
    RuleBrokenError
        ``spot_priced`` where a price is stated that an auction has; ``spot_unpriced`` where one is needed and missing.
    """
    priced = spot_fen(unit, ware)
    refuse_stated(ware, [hour for hour in stated if hour in priced])
    found = dict(sorted({**priced, **stated}.items()))
    refuse_unpriced(ware, [hour for hour in needed if hour not in found])
    return found


def rule_of(unit: UnitOfWork, ware: Instrument, prices: Iterable[datetime]) -> str:
    """Return where prices of hours come from: ``auction``, ``given``, ``auction_or_given``, or ``none`` of them."""
    priced = spot_fen(unit, ware)
    return "_or_".join(sorted({"auction" if hour in priced else "given" for hour in prices})) or "none"


def refuse_stated(ware: Instrument, wrong: Collection[datetime]) -> None:
    """Refuse prices that are stated though an auction has them.

    Raises
    ------
    RuleBrokenError
        ``spot_priced``.
    """
    if wrong:
        raise RuleBrokenError(
            f"A price is stated only for hours that no auction has priced, was for {_hour(ware, min(wrong)).name}.",
            code="spot_priced",
            hint="Leave the price out: that of the cleared auction counts.",
        )


def refuse_unpriced(ware: Instrument, missing: Collection[datetime]) -> None:
    """Refuse hours without a price.

    Raises
    ------
    RuleBrokenError
        ``spot_unpriced`` with a finding for each hour.
    """
    if missing:
        names = [_hour(ware, hour).name for hour in sorted(missing)]
        raise RuleBrokenError(
            f"Hours must be priced by a cleared auction, {len(names)} were not, the first {names[0]}.",
            code="spot_unpriced",
            hint="Clear the auction of the day with qipan market spot clear, or state a price for these hours.",
            findings=[
                Finding(row, "instrument", "spot_unpriced", f"{name} must have a price on spot, had none.", name)
                for row, name in enumerate(names, start=1)
            ],
        )


def _hour(ware: Instrument, hour: datetime) -> Instrument:
    return Instrument(ware.card_class, ware.hub_id, Window(hour, Tenor.HOUR))
