"""Compare a site with its peers, by statistics that a few liars cannot move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]

PEERS_LEAST: Final = 5
NORMAL: Final = 1.4826
"""Deviation of a normal distribution over its median absolute deviation."""

EFFICIENCY: Final = 0.37
"""Of the median absolute deviation beside the deviation, of normal values (Rousseeuw and Croux, 1993)."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Each site beside those of its kind, itself included; every array has the axis ``(sites,)``.

    Attributes
    ----------
    median
        Of the kind.
    deviations
        Robust deviations from it.
    peers
        How many of the kind have told.
    """

    median: Floats
    deviations: Floats
    peers: NDArray[np.int64]

    def chance(self) -> Floats:
        """Return the probability, at most, that an honest one deviates so far, if honest ones are normally spread.

        The spread of few is itself uncertain, hence Student's distribution; of fewer than fifty it promises too much.

        Examples
        --------
        >>> value = np.array([10.0, 11.0, 9.0, 10.5, 9.5, 4.0])
        >>> compare_peers(value, ["a"] * 6).chance().round(3).tolist()
        [0.861, 0.43, 0.613, 0.613, 0.861, 0.051]
        """
        freedom = np.maximum(EFFICIENCY * (self.peers - 1), 1)
        unsure = np.sqrt(1 + np.pi / 2 / np.maximum(self.peers, 1))
        return np.asarray(2 * stdtr(freedom, -np.abs(self.deviations) / unsure))


def compare_peers(value: Floats, kinds: Sequence[str], *, least: float = 0.0, accuracy: float = 0.0) -> Compared:
    """Return where each site stands among those of its kind.

    NaN where a site is silent, where fewer than `PEERS_LEAST` sites of its kind have told, or where they do not differ.

    Parameters
    ----------
    least, accuracy
        Least deviation that is believed of a kind, as such and as a share of its median: peers that agree better do so
        by chance.

    Examples
    --------
    >>> compare_peers(np.array([10.0, 11.0, 9.0, 10.5, 9.5, 4.0]), ["a"] * 6).deviations.round(1).tolist()
    [0.2, 1.1, -0.7, 0.7, -0.2, -5.2]
    """
    median, deviations = np.full(len(value), np.nan), np.full(len(value), np.nan)
    peers = np.zeros(len(value), dtype=np.int64)
    kind = np.array(kinds)
    for one in dict.fromkeys(kinds):
        rows = np.flatnonzero((kind == one) & ~np.isnan(value))
        peers[rows] = len(rows)
        if len(rows) < PEERS_LEAST:
            continue
        median[rows] = np.median(value[rows])
        apart = value[rows] - median[rows]
        spread = max(NORMAL * float(np.median(np.abs(apart))), least, accuracy * abs(float(median[rows[0]])))
        deviations[rows] = apart / spread if spread > 0 else np.nan
    return Compared(median, deviations, peers)
