"""Money is integer fen, rounded here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

FEN_PER_YUAN = 100


def round_fen(amount_fen: float) -> int:
    """Round an amount in fen to whole fen, halves to even.

    Examples
    --------
    >>> round_fen(2.5), round_fen(3.5), round_fen(-0.4)
    (2, 4, 0)
    """
    return int(Decimal(repr(float(amount_fen))).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def split_fen(total_fen: int, weights: Sequence[float]) -> tuple[tuple[int, ...], int]:
    """Split an amount by weights; what rounding leaves over is returned, never given to a part.

    Nothing is made or lost: ``sum(parts) + remainder == total_fen``.

    Returns
    -------
    parts
        Whole fen for each weight, rounded towards zero.
    remainder
        What is left, for the account of rounding remainders.

    Examples
    --------
    >>> split_fen(100, [1, 1, 1])
    ((33, 33, 33), 1)
    """
    whole = math.fsum(weights)
    parts = tuple(int(total_fen * weight / whole) for weight in weights)
    return parts, total_fen - sum(parts)


def yuan_from_fen(amount_fen: float) -> float:
    """Convert fen to yuan.

    Examples
    --------
    >>> yuan_from_fen(1250)
    12.5
    """
    return amount_fen / FEN_PER_YUAN
