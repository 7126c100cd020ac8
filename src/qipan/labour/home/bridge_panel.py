"""Bridge a panel of counts from industries to occupations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Floats
from qipan.labour.model.home import ALL, Bridge, holders
from qipan.labour.model.panel import JOBS, Cell, Panel


def bridge_panel(panel: Panel, bridge: Bridge) -> tuple[Panel, tuple[Cell, ...]]:
    """Return a panel of jobs by region and occupation, and the cells that the bridge has only a national row of.

    What the bridge does not cover stands under no occupation, so that nothing is lost. Where the value of an industry
    is not known, those of its occupations are not.

    Raises
    ------
    RuleBrokenError
        ``panel_not_counts``: rates and indices do not add up. ``panel_nested`` where one cell holds another, as C holds
        C39: its jobs would be told twice.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.labour.model.panel import Cadence
    >>> one = Panel((Cell("440000", "C39"),), (date(2026, 1, 1),), Cadence.MONTH, "jobs", np.array([[200.0]]))
    >>> found, national = bridge_panel(one, Bridge({("", "C39"): {"6-25": 0.75, "4-07": 0.25}}))
    >>> [(cell.occupation, value) for cell, (value,) in zip(found.cells, found.values.tolist())], len(national)
    ([('4-07', 50.0), ('6-25', 150.0)], 1)
    """
    if panel.unit not in JOBS:
        raise RuleBrokenError(
            f"A panel must be in {', '.join(JOBS)} to be bridged, was in {panel.unit or 'no unit'}.",
            code="panel_not_counts",
            hint="Bridge a panel of employment or separations.",
        )
    known = set(panel.cells)
    nested = next(((one, cell) for cell in panel.cells for one in holders(cell) if one in known), None)
    if nested is not None:
        raise RuleBrokenError(
            f"A panel must tell jobs once to be bridged, was told in {nested[0]} and within it in {nested[1]}.",
            code="panel_nested",
            hint="Bring a panel of sections or of divisions, not of both.",
        )
    sums: dict[Cell, Floats] = defaultdict(lambda: np.zeros(len(panel.starts)))
    national = []
    for cell, values in zip(panel.cells, panel.values, strict=True):
        row = bridge.of(cell.region, cell.industry) if not cell.occupation else None
        shares = row.shares if row else {cell.occupation: 1.0}
        if row and row.region == ALL:
            national.append(cell)
        for occupation, share in shares.items():
            at = Cell(cell.region, ALL, occupation)
            sums[at] = sums[at] + values * share
    cells = tuple(sorted(sums))
    return replace(panel, cells=cells, values=np.stack([sums[at] for at in cells])), tuple(national)
