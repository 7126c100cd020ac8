"""Tell clusters as plain values: which adjoining regions lose work at once, and how often that is told by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np

from qipan.labour.lay_out import lay_out
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.cluster import Cluster
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence, Cell, Panel
from qipan.labour.scan_clusters import scan_clusters

SEED: Final = 1
"""Regions are dealt out alike each time, so that the same panel says the same."""


def tell_clusters(panel: Panel, rule: EventRule, beside: Adjacency, false_a_year: float) -> dict[str, Any]:
    """Return the clusters of the last period of a panel.

    Parameters
    ----------
    rule
        Which way is worse, and whether losses are shares.
    beside
        Which regions adjoin, and which industries.
    false_a_year
        How many a year there may be where only chance joins regions.

    Raises
    ------
    RuleBrokenError
        ``panel_not_positive``, ``panel_short``, ``regions_few``.
    """
    watch = Watch.over(panel, rule)
    board = lay_out(panel.cells, beside)
    at = len(panel.starts) - 1
    chance = np.random.default_rng(SEED)
    found = scan_clusters(
        panel.cells, watch.losses, board, at, chance, per_year=watch.per_year, false_a_year=false_a_year
    )
    return {
        "cadence": panel.cadence.value,
        "period": panel.starts[at],
        "regions": len(board.regions),
        "region_names": list(board.regions),
        "areas": len(board.areas),
        "branches": len(board.branches),
        "kinds": len(board.kinds),
        "false_a_year": false_a_year,
        "is_share": rule.is_relative,
        "unit": "" if rule.is_relative else panel.unit,
        "clusters": [_cluster(one, panel, rule) for one in found],
    }


def panel_of_outlook(told: Mapping[str, Any]) -> Panel:
    """Return the panel that the paths of cells in an issued outlook hold."""
    cells = tuple(Cell(one["region"], one["industry"], one["occupation"]) for one in told["cells"])
    paths = [one["path"] for one in told["cells"]]
    values = np.array([[np.nan if value is None else value for value in path] for path in paths], dtype=np.float64)
    cadence, last = Cadence(told["data"]["cadence"]), date.fromisoformat(str(told["data"]["last_period"]))
    periods = values.shape[1] if paths else 0
    starts = tuple(cadence.after(last, at - periods + 1) for at in range(periods))
    return Panel(cells, starts, cadence, told["data"]["unit"], values)


def _cluster(one: Cluster, panel: Panel, rule: EventRule) -> dict[str, Any]:
    return {
        "regions": sorted({cell.region for cell in one.cells}),
        "industries": sorted({cell.industry for cell in one.cells} - {""}),
        "occupations": sorted({cell.occupation for cell in one.cells} - {""}),
        "cells": len(one.cells),
        "since": panel.starts[one.since],
        "score": round(one.score, 2),
        "loss": round(float(-np.expm1(-one.loss)) if rule.is_relative else one.loss, 5),
    }
