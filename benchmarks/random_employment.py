"""Random panels of employment by region and industry, with all that may pass for what machines do.

Exposed industries may grow or shrink anyway, and move more with the cycle; industries and regions have shocks that
last, seasons, and cells noise. Everything is said in logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.attribution import CellExposures
from qipan.labour.model.panel import Cadence, Cell, Panel

TAILS = 4
"""Degrees of freedom of shocks with heavy tails."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a panel is like: how heavy its shocks, and how exposed industries go their own way."""

    name: str
    is_heavy: bool = False
    trend: float = 0.0
    cyclical: float = 0.0


KINDS = (
    Kind("calm"),
    Kind("heavy_tails", is_heavy=True),
    Kind("exposed_shrink", trend=-0.002),
    Kind("exposed_are_cyclical", cyclical=1.5),
)


def random_employment(
    chance: np.random.Generator, kind: Kind, *, regions: int, industries: int, months: int, effect: float, since: int
) -> tuple[Panel, CellExposures]:
    """Return a panel, and exposures of which one lowers its cells by ``effect`` over the year after a month."""
    cells = tuple(Cell(f"r{region}", f"s{industry}") for industry in range(industries) for region in range(regions))
    of_industry, of_region = np.divmod(np.arange(len(cells)), regions)
    share = chance.beta(2.0, 5.0, industries)
    far = (share - share.mean())[of_industry]
    time = np.arange(months)
    cycle = _shocks(chance, kind, 1, months, 0.97, 0.005)[0]
    values = (1.0 + kind.cyclical * far + 0.3 * chance.standard_normal(len(cells)))[:, None] * cycle
    values += _shocks(chance, kind, industries, months, 0.97, 0.004)[of_industry]
    values += _shocks(chance, kind, regions, months, 0.97, 0.003)[of_region]
    values += _shocks(chance, kind, len(cells), months, 0.6, 0.01)
    values += (0.001 * chance.standard_normal(industries)[of_industry] + kind.trend * far)[:, None] * time
    values += 0.01 * chance.standard_normal(industries)[of_industry][:, None] * np.sin(time * np.pi / 6.0)
    values += effect * share[of_industry][:, None] * np.clip((time - since + 1) / 12.0, 0.0, 1.0)
    starts = tuple(Cadence.MONTH.after(date(2012, 1, 1), at) for at in range(months))
    rows = tuple(("language_models", Cell("", f"s{at}"), 0, float(one)) for at, one in enumerate(share))
    return Panel(cells, starts, Cadence.MONTH, "index", np.exp(values)), CellExposures(("language_models",), rows)


def _shocks(chance: np.random.Generator, kind: Kind, many: int, months: int, kept: float, size: float) -> Floats:
    """Return shocks of which so much is kept from month to month, ``(many, months)``."""
    news = (
        chance.standard_t(TAILS, (many, months)) / np.sqrt(2.0)
        if kind.is_heavy
        else chance.standard_normal((many, months))
    )
    found = news * size
    found[:, 0] /= np.sqrt(1.0 - kept**2)
    for at in range(1, months):
        found[:, at] += kept * found[:, at - 1]
    return found
