"""Find what members must leave with the clearing house: initial margin, variation margin, calls.

Initial margin is the loss that past moves of the marks would have brought to today's positions, at a stated coverage.
Of ``n`` past losses it takes the one of rank ``ceil(coverage (n + 1))``, so the next loss is covered with that
probability where past and next are exchangeable; the mean of the tail is never below it. Scaled moves answer to what
moves today (filtered historical simulation).

Source: `pfmi2012`, `hull1998`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.market.model.array import Floats, Ints
from qipan.market.model.margin import Deals, MarginRule, Measure, Variation

STILL_FEN: Final = 1.0
"""Least root mean square of a move, in fen: prices that never moved may still move by a tick."""


def initial_margin_fen(positions_card_h: Ints, marks_fen: Ints, rule: MarginRule) -> Ints:
    """Return the initial margin of each member, fen ``(members,)``.

    Parameters
    ----------
    positions_card_h
        Card-hours bought less sold, ``(members, instruments)``.
    marks_fen
        Past marks in fen a card-hour, the oldest first, ``(days, instruments)``.

    Raises
    ------
    RuleBrokenError
        ``history_short`` where there are too few days for the coverage.

    Examples
    --------
    >>> marks = np.cumsum(np.tile([[3], [-3], [-5], [5]], (30, 1)), axis=0)
    >>> rule = MarginRule(coverage=0.9, holding_days=1)
    >>> initial_margin_fen(np.array([[10], [-10], [0]]), marks, rule).tolist()
    [50, 50, 0]
    """
    moves = scale(marks_fen[rule.holding_days :] - marks_fen[: -rule.holding_days], rule.decay)
    days = len(moves)
    rank = math.ceil(rule.coverage * (days + 1) - 1e-9)
    if rank > days:
        raise RuleBrokenError(
            f"Past marks must give at least {math.ceil(rule.coverage / (1 - rule.coverage) - 1e-9)} moves to cover "
            f"{rule.coverage:.2%}, was {days}.",
            code="history_short",
            hint="Bring more days, or a modelled history that says so.",
        )
    losses = np.sort(-(positions_card_h @ moves.T))
    if rule.measure is Measure.QUANTILE:
        covered: Ints = losses[:, rank - 1]
    else:
        tail = losses[:, rank - 1 :]
        covered = -(-tail.sum(axis=1) // tail.shape[1])
    return np.maximum(covered, 0)


def rate_fen_per_card_h(prices_fen: Ints, rule: MarginRule) -> int:
    """Return what one card-hour, bought or sold, must be secured by: the larger of the two, and at least a fen.

    Parameters
    ----------
    prices_fen
        Past prices in fen a card-hour, the oldest first, ``(days,)``.

    Raises
    ------
    RuleBrokenError
        ``history_short``.

    Examples
    --------
    >>> prices = np.cumsum(np.tile([3, -3, -5, 5], 30))
    >>> rate_fen_per_card_h(prices, MarginRule(coverage=0.9, holding_days=1))
    5
    """
    both = np.array([[1], [-1]], dtype=np.int64)
    return max(1, int(initial_margin_fen(both, prices_fen[:, None], rule).max()))


def scale(moves_fen: Ints, decay: float | None) -> Ints:
    """Return past moves ``(days, instruments)`` scaled to how much prices move now, rounded away from nothing.

    Each is divided by the root of the decaying mean of the squared moves before it, and multiplied by today's. The mean
    begins as that of all of them.
    """
    if decay is None or not len(moves_fen):
        return moves_fen
    from scipy.signal import lfilter

    squares = moves_fen.astype(np.float64) ** 2
    first = squares.mean(axis=0, keepdims=True)
    after, _ = lfilter([1.0 - decay], [1.0, -decay], squares, axis=0, zi=decay * first)
    root: Floats = np.maximum(np.sqrt(np.concatenate([first, after])), STILL_FEN)
    size = np.ceil(np.abs(moves_fen) * (root[-1] / root[:-1]) - 1e-9)
    scaled: Ints = np.sign(moves_fen) * size.astype(np.int64)
    return scaled


def variation(held: Ints, previous_fen: Ints, marks_fen: Ints, card_h_per_lot: Ints, deals: Deals) -> Variation:
    """Return what the day's marks pay to each member, and positions after the day's deals.

    Paid amounts sum to zero. Over the life of a position they sum to its size x (last mark - price of its deal),
    whatever the marks were on the way.

    Parameters
    ----------
    held
        Lots before the day's deals, ``(members, instruments)``.
    previous_fen, marks_fen
        Marks in fen a card-hour of the day before and of the day, ``(instruments,)``.
    card_h_per_lot
        Card-hours of a lot, ``(instruments,)``.
    """
    paid = held @ ((marks_fen - previous_fen) * card_h_per_lot)
    kind = deals.instrument
    gain = deals.lots * card_h_per_lot[kind] * (marks_fen[kind] - deals.fen_per_card_h)
    positions = held.copy()
    for member, sign in ((deals.buyer, 1), (deals.seller, -1)):
        np.add.at(paid, member, sign * gain)
        np.add.at(positions, (member, kind), sign * deals.lots)
    return Variation(paid, positions)


def calls_fen(balances_fen: Ints, required_fen: Ints) -> Ints:
    """Return what each member must bring so that its balance covers what is required, ``(members,)``.

    Examples
    --------
    >>> calls_fen(np.array([100, -5, 70]), np.array([60, 10, 70])).tolist()
    [0, 15, 0]
    """
    lacking: Ints = required_fen - balances_fen
    return np.maximum(lacking, 0)
