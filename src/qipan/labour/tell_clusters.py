"""Tell clusters as plain values: which adjoining regions lose work at once, and how often that is told by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Panel
from qipan.labour.scan_clusters import lay_out, scan_clusters

SEED: Final = 1
"""Regions are dealt out alike each time, so that the same panel says the same."""


def tell_clusters(
    panel: Panel, rule: EventRule, neighbours: Mapping[str, frozenset[str]], false_a_year: float
) -> dict[str, Any]:
    """Return the clusters of the last period of a panel.

    Parameters
    ----------
    rule
        Which way is worse, and whether losses are shares.
    false_a_year
        How many a year there may be where only chance joins regions.

    Raises
    ------
    RuleBrokenError
        ``panel_not_positive``, ``panel_short``, ``regions_few``.
    """
    watch = Watch.over(panel, rule)
    board = lay_out(panel.cells, neighbours)
    at = len(panel.starts) - 1
    chance = np.random.default_rng(SEED)
    found = scan_clusters(
        panel.cells, watch.losses, board, at, chance, per_year=watch.per_year, false_a_year=false_a_year
    )
    return {
        "cadence": panel.cadence.value,
        "period": panel.starts[at],
        "regions": len(board.regions),
        "areas": len(board.areas),
        "false_a_year": false_a_year,
        "clusters": [
            {
                "industry": one.cells[0].industry,
                "occupation": one.cells[0].occupation,
                "regions": [cell.region for cell in one.cells],
                "since": panel.starts[one.since],
                "score": round(one.score, 2),
                "loss": round(float(-np.expm1(-one.loss)) if rule.is_relative else one.loss, 5),
            }
            for one in found
        ],
    }
