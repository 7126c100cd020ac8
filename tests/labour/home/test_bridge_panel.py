"""A panel of counts becomes one by occupation, and no job is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.home.bridge_panel import bridge_panel
from qipan.labour.model.home import Bridge
from qipan.labour.model.panel import Cell

BRIDGE = Bridge({("", "C39"): {"6-25": 0.7, "4-02": 0.3}, ("440000", "C39"): {"6-25": 1.0}})
CELLS = [Cell("440000", "C39"), Cell("440000", "G54"), Cell("520000", "C39"), Cell("520000", "", "4-02")]


def test_bridge_panel_keeps_the_jobs_of_each_region_and_says_where_a_national_row_counts():
    values = np.array([[10.0, 20.0], [5.0, 6.0], [100.0, 200.0], [1.0, 2.0]])
    found, national = bridge_panel(panel_of(values, cells=CELLS, unit="jobs"), BRIDGE)
    by = {(cell.region, cell.occupation): value for cell, value in zip(found.cells, found.values.tolist(), strict=True)}
    assert by == {
        ("440000", ""): [5.0, 6.0],
        ("440000", "6-25"): [10.0, 20.0],
        ("520000", "4-02"): [31.0, 62.0],
        ("520000", "6-25"): [70.0, 140.0],
    }
    assert national == (Cell("520000", "C39"),)
    assert found.values.sum(axis=0) == pytest.approx(values.sum(axis=0))


def test_bridge_panel_does_not_know_an_occupation_of_which_an_industry_is_unknown():
    values = np.array([[np.nan, 20.0], [5.0, 6.0]])
    found, _ = bridge_panel(panel_of(values, cells=CELLS[:2], unit="persons"), BRIDGE)
    assert np.isnan(found.values).tolist() == [[False, False], [True, False]]


def test_bridge_panel_of_a_section_and_its_division_is_refused():
    cells = [Cell("440000", "C"), Cell("440000", "C39")]
    with pytest.raises(RuleBrokenError) as refused:
        bridge_panel(panel_of([[9.0], [3.0]], cells=cells, unit="jobs"), BRIDGE)
    assert refused.value.code == "panel_nested"


def test_bridge_panel_of_rates_is_refused():
    with pytest.raises(RuleBrokenError) as refused:
        bridge_panel(panel_of([[1.0]], cells=CELLS[:1], unit="percent"), BRIDGE)
    assert refused.value.code == "panel_not_counts"
