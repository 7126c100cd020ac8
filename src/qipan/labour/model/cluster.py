"""Nouns of clusters: adjoining regions in which an industry, or several that adjoin, lose work at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.labour.model.array import Floats, Ints
from qipan.labour.model.panel import Cell


@dataclass(frozen=True, slots=True)
class Board:
    """Cells laid out by region and by what they are in it.

    Attributes
    ----------
    regions, branches
        Names; a branch is an industry, an occupation, or both.
    place
        Position of each cell as ``region * len(branches) + branch``, ``(cells,)``.
    areas
        Sets of regions that hang together, as positions among ``regions``.
    kinds
        Sets of two branches or more of which each adjoins each, as positions among ``branches``.
    """

    regions: tuple[str, ...]
    branches: tuple[tuple[str, str], ...]
    place: Ints
    areas: tuple[tuple[int, ...], ...]
    kinds: tuple[tuple[int, ...], ...] = ()

    @property
    def weights(self) -> Floats:
        """Weight of each region in each area, so that noise of all areas is alike, ``(areas, regions)``."""
        found = np.zeros((len(self.areas), len(self.regions)))
        for at, area in enumerate(self.areas):
            found[at, list(area)] = 1.0 / np.sqrt(len(area))
        return found


@dataclass(frozen=True, slots=True)
class Cluster:
    """Adjoining regions in which one branch, or some that adjoin, lose more than elsewhere.

    Attributes
    ----------
    cells
        One for each region and branch.
    since, period
        Positions: the period after which it began, and the one in which it is seen.
    score
        How far the cells lie beyond the others together, about in standard errors.
    loss
        Mean loss of the cells beyond that of their branch elsewhere, on the scale of the panel's losses.
    """

    cells: tuple[Cell, ...]
    since: int
    period: int
    score: float
    loss: float
