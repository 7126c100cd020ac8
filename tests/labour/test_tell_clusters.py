"""Clusters as plain values, of a panel and of what was told of one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves
from tests.labour.issued import KINDRED, PLACES
from tests.labour.test_scan_clusters import BESIDE, CELLS, WEEKS, losses
from tests.labour.test_warn import released, terms_of

from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence, Cell
from qipan.labour.tell_clusters import panel_of_outlook, tell_clusters


def test_clusters_are_told_as_shares_of_what_was():
    values = losses(3)
    hit = [CELLS.index(Cell(name, "a")) for name in ("22", "23", "33")]
    values[hit, WEEKS - 2 :] += 0.20
    panel = panel_of(np.exp(-values), cadence=Cadence.WEEK, cells=list(CELLS))
    told = tell_clusters(panel, EventRule.read("fall 10%"), Adjacency(BESIDE), 1.0)
    assert (told["regions"], told["branches"], told["kinds"], told["is_share"]) == (len(BESIDE), 2, 0, True)
    best = told["clusters"][0]
    assert (best["industries"], best["occupations"], best["cells"]) == (["a"], [], len(best["regions"]))
    assert best["loss"] == pytest.approx(1 - np.exp(-0.2), abs=0.06)


def test_an_outlook_holds_the_panel_that_it_was_told_of():
    from qipan.labour.tell_warnings import tell_warnings
    from qipan.labour.warn import warn

    cells = [Cell(region, industry) for region in PLACES[:3] for industry in KINDRED]
    panel = panel_of(waves(len(cells), 120, seed=5), cells=cells)
    day = panel.cadence.after(panel.end, 2)
    found = panel_of_outlook(tell_warnings(warn(released(panel), day, terms_of())))
    assert (found.cells, found.cadence, found.unit, found.end) == (panel.cells, panel.cadence, panel.unit, panel.end)
    assert found.values == pytest.approx(panel.values[:, -60:], abs=1e-3)
    assert found.starts == panel.starts[-60:]
