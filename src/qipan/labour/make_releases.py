"""Make releases: synthetic ones, for a panel of which only one is there, with revisions of the size that is usual.

What they show is how a method bears revisions, not what those of the panel were. Sizes: first releases of postings by
state were mostly too rosy, by a median of 0.7 % to 2.5 % from state to state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.event import Direction
from qipan.labour.model.panel import Panel, Releases

LABEL: Final = "synthetic releases"
"""What the source says of them."""
STAGES: Final = ((0.0, 1.0), (1 / 12, 0.6), (2 / 12, 0.4), (0.25, 0.25), (0.5, 0.1), (1.0, 0.0))
"""Years after the first release of a value, and which part of its whole revision is then still to come."""


@dataclass(frozen=True, slots=True)
class RevisionSizes:
    """How far first releases are from final values, as shares of these.

    Attributes
    ----------
    least, most
        Between which the size of a cell lies.
    rosy, spread
        Mean and standard deviation of a revision, in sizes of its cell.
    lasting
        How alike the revisions of two periods in a row are, 0 to below 1.
    shared
        Part of the variance that all cells have in common.
    """

    least: float = 0.007
    most: float = 0.025
    rosy: float = 0.9
    spread: float = 0.7
    lasting: float = 0.5
    shared: float = 0.3


def make_releases(
    panel: Panel, direction: Direction, rng: np.random.Generator, sizes: RevisionSizes | None = None
) -> Releases:
    """Return a panel as it might have been released, stage by stage, each value from the end of the next period on.

    Parameters
    ----------
    direction
        Which way values move when jobs are lost: first releases are off the other way.
    """
    sizes = sizes or RevisionSizes()
    cells, periods = panel.values.shape
    size = rng.uniform(sizes.least, sizes.most, (cells, 1))
    noise = np.sqrt(sizes.shared) * _wavering(rng, (1, periods), sizes.lasting)
    noise = noise + np.sqrt(1.0 - sizes.shared) * _wavering(rng, (cells, periods), sizes.lasting)
    rosier = 1.0 if direction is Direction.FALL else -1.0
    off = rosier * size * (sizes.rosy + sizes.spread * noise)
    cell, period = (at.ravel() for at in np.nonzero(~np.isnan(panel.values)))
    parts = []
    for years, left in STAGES:
        later = 1 + round(years * panel.cadence.per_year)
        # On the last day of the next period, or of a later one.
        days = [panel.cadence.after(start, later + 1) - timedelta(days=1) for start in panel.starts]
        values = panel.values * np.exp(left * off)
        parts.append((values[cell, period], np.array(days, dtype="datetime64[D]")[period]))
    made = Releases(
        panel.cells, panel.starts, panel.cadence, panel.unit,
        np.tile(cell, len(STAGES)), np.tile(period, len(STAGES)),
        np.concatenate([value for value, _ in parts]), np.concatenate([day for _, day in parts]),
    )  # fmt: skip
    return replace(made, direction=direction.value, sources=(LABEL,))


def _wavering(rng: np.random.Generator, shape: tuple[int, int], lasting: float) -> Floats:
    """Return paths of variance 1 that return to 0."""
    path = rng.normal(size=shape)
    for at in range(1, shape[1]):
        path[:, at] = lasting * path[:, at - 1] + np.sqrt(1.0 - lasting**2) * path[:, at]
    return path
