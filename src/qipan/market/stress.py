"""Ask how far the loss of the largest member's default runs down the waterfall, over many paths of prices.

The largest member is the one with the most initial margin. It pays nothing any more, its position is closed at the
prices at the end of the path, and who bears that is the order of `qipan.market.default.waterfall`.

Source: `pfmi2012`.
"""

from __future__ import annotations

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.market.model.array import Ints
from qipan.market.model.stress import Stress


def stress(
    positions_card_h: Ints, moves_fen: Ints, margins_fen: Ints, shares_fen: Ints, house_fen: Ints | int
) -> Stress:
    """Return in which share of paths the loss of the largest member's default reaches each layer.

    Parameters
    ----------
    positions_card_h
        Card-hours bought less sold, ``(members, instruments)``.
    moves_fen
        Price at which the position is closed less the last paid mark, fen a card-hour, ``(paths, instruments)``.
    margins_fen, shares_fen
        Initial margin, and share of the mutual fund, ``(members,)``, or ``(paths, members)`` where they differ by path.
    house_fen
        What the clearing house puts in before the others, one for all paths or ``(paths,)``.

    Raises
    ------
    BadInputError
        ``stress_unfit`` without a path or a member, or where a layer is negative.

    Examples
    --------
    >>> firm, site = [10], [-10]
    >>> moves = np.array([[5], [-8], [-13], [-20]])
    >>> stress(np.array([firm, site]), moves, np.array([101, 100]), np.array([20, 50]), 10)
    Stress(paths=4, margin=0.75, share=0.5, house=0.5, others=0.25, uncovered=0.25, worst_fen=200)
    """
    paths, members = len(moves_fen), len(positions_card_h)
    if not paths or not members or min(np.min(margins_fen), np.min(shares_fen), np.min(house_fen)) < 0:
        raise BadInputError(
            f"A stress must have paths, members and layers of at least 0 fen, was {paths} paths, {members} members.",
            code="stress_unfit",
            hint="An account below 0 is a loss: add it to the loss.",
        )
    margins = np.broadcast_to(margins_fen, (paths, members))
    shares = np.broadcast_to(shares_fen, (paths, members))
    rows, largest = np.arange(paths), margins.argmax(axis=1)
    own, share = margins[rows, largest], shares[rows, largest]
    losses = -(positions_card_h[largest] * moves_fen).sum(axis=1)
    layers = np.stack([own, share, np.broadcast_to(house_fen, paths), shares.sum(axis=1) - share])
    begins = np.vstack([np.zeros(paths, dtype=np.int64), layers.cumsum(axis=0)])
    margin, beyond_margin, beyond_share, beyond_house, beyond_all = (losses > begins).mean(axis=1).tolist()
    worst_fen = max(int(losses.max()), 0)
    return Stress(paths, margin, beyond_margin, beyond_share, beyond_house, beyond_all, worst_fen)
