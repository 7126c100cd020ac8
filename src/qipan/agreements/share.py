"""Share an amount out by a sharing table, to the last fen."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import lcm

from qipan.agreements.model.agreement import Terms
from qipan.agreements.model.sharing import Shares
from qipan.kernel.apportion import apportion


def share(amount: int, shares: Shares) -> dict[str, int]:
    """Return whole parts of an amount, one for each party, that add up to it; a loss is shared as a gain is.

    Each part is the exact one rounded down or up, those that come first up.

    Examples
    --------
    >>> from datetime import date
    >>> from decimal import Decimal
    >>> third = Shares(date(2027, 1, 1), {"a": Decimal("0.34"), "b": Decimal("0.33"), "c": Decimal("0.33")})
    >>> share(101, third), share(-10, third)
    ({'a': 35, 'b': 33, 'c': 33}, {'a': -4, 'b': -3, 'c': -3})
    """
    parts = apportion(abs(amount), _whole(shares.parts.values()))
    sign = -1 if amount < 0 else 1
    return {party: sign * part for party, part in zip(shares.parts, parts, strict=True)}


def contributed_fen(terms: Terms) -> dict[str, int]:
    """Return what each party gains of a month's contributions to industry-transfer funds; they sum to nothing."""
    gained: dict[str, int] = {}
    for one in terms.contributions:
        gained[one.giver] = gained.get(one.giver, 0) - one.fen_per_month
        gained[one.taker] = gained.get(one.taker, 0) + one.fen_per_month
    return gained


def aided_fen(terms: Terms) -> dict[str, int]:
    """Return what each party gains of a month's aid: the taker what it is worth, the giver less what it costs."""
    gained: dict[str, int] = {}
    for one in terms.aid:
        gained[one.giver] = gained.get(one.giver, 0) - one.cost_fen_per_month
        gained[one.taker] = gained.get(one.taker, 0) + one.worth_fen_per_month
    return gained


def _whole(parts: Iterable[Decimal]) -> list[int]:
    """Return decimals as whole numbers in the same proportion."""
    ratios = [one.as_integer_ratio() for one in parts]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios]
