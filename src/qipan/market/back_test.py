"""Test margin against what happened: how often a loss exceeded it, and whether that can be chance.

Kupiec's test of the proportion of failures, its exact one-sided companion, and its exact power against a true rate.

Source: `kupiec1995`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, chdtrc, chdtri, gammaln, xlogy

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.margin import initial_margin_fen
from qipan.market.model.array import Bools, Floats, Ints
from qipan.market.model.margin import Kupiec, MarginRule


def exceptions(positions_card_h: Ints, marks_fen: Ints, rule: MarginRule, window_days: int) -> Bools:
    """Return in which holding periods the loss exceeded the margin of its first day, ``(periods, members)``.

    Margin sees the ``window_days`` marks up to its day. Periods do not overlap, so that they may count as trials.

    Parameters
    ----------
    positions_card_h
        Card-hours held throughout, ``(members, instruments)``.
    marks_fen
        Marks in fen a card-hour, the oldest first, ``(days, instruments)``.

    Raises
    ------
    RuleBrokenError
        ``history_short`` where no period follows the first window, or the window is too short for the coverage.
    """
    days = range(window_days, len(marks_fen) - rule.holding_days + 1, rule.holding_days)
    if not days:
        raise RuleBrokenError(
            f"Marks must outlast the window by {rule.holding_days} days, was {len(marks_fen)} of {window_days}.",
            code="history_short",
            hint="Bring more days or shorten the window.",
        )
    found = []
    for day in days:
        margin = initial_margin_fen(positions_card_h, marks_fen[day - window_days : day], rule)
        loss = -(positions_card_h @ (marks_fen[day - 1 + rule.holding_days] - marks_fen[day - 1]))
        found.append(loss > margin)
    return np.array(found)


def kupiec(found: int, trials: int, coverage: float, significance: float = 0.05) -> Kupiec:
    """Return what Kupiec's test says of so many exceptions.

    Raises
    ------
    BadInputError
        ``trials_bad`` unless there is a trial and no more exceptions than trials.

    Examples
    --------
    >>> [kupiec(found, 255, 0.99).is_rejected for found in (1, 6, 7)]
    [False, False, True]
    """
    if not 0 <= found <= trials or not trials:
        raise BadInputError(
            f"Exceptions must number from 0 to the trials, and trials at least 1, was {found} of {trials}.",
            code="trials_bad",
            hint="Count holding periods and those whose loss exceeded the margin.",
        )
    promised = 1.0 - coverage
    statistic = float(_ratio(np.array([float(found)]), trials, promised)[0])
    is_rejected = statistic > chdtri(1, significance)
    return Kupiec(
        exceptions=found,
        trials=trials,
        coverage=coverage,
        statistic=statistic,
        p_value=float(chdtrc(1, statistic)),
        p_more=1.0 if found == 0 else float(bdtrc(found - 1, trials, promised)),
        is_rejected=bool(is_rejected),
        is_short=bool(is_rejected and found > promised * trials),
    )


def power(trials: int, coverage: float, true_rate: float, significance: float = 0.05) -> float:
    """Return the exact chance that the test finds coverage short where exceptions have a true rate.

    Examples
    --------
    >>> round(power(250, 0.99, 0.01), 3), round(power(250, 0.99, 0.05), 3)
    (0.014, 0.969)
    """
    found = np.arange(trials + 1, dtype=np.float64)
    promised = 1.0 - coverage
    rejects = (_ratio(found, trials, promised) > chdtri(1, significance)) & (found > promised * trials)
    ways = gammaln(trials + 1) - gammaln(found + 1) - gammaln(trials - found + 1)
    chance = np.exp(ways + xlogy(found, true_rate) + xlogy(trials - found, 1.0 - true_rate))
    return float(chance[rejects].sum())


def _ratio(found: Floats, trials: int, promised: float) -> NDArray[np.floating]:
    """Return the likelihood ratio of so many exceptions against the promised rate."""
    kept = trials - found
    observed = xlogy(found, found / trials) + xlogy(kept, kept / trials)
    ratio: NDArray[np.floating] = 2.0 * (observed - xlogy(found, promised) - xlogy(kept, 1.0 - promised))
    ratio[ratio < 0.0] = 0.0
    return ratio
