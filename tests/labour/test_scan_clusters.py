"""The scan finds regions that adjoin and lose work together, and few where only chance joins them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence, Cell
from qipan.labour.scan_clusters import count_begun, deviations, lay_out, scan_clusters
from qipan.labour.tell_clusters import tell_clusters

SIDE = 5
CELLS = tuple(Cell(f"{row}{column}", branch) for row in range(SIDE) for column in range(SIDE) for branch in "ab")
BESIDE = {
    f"{row}{column}": frozenset(
        f"{row + up}{column + right}"
        for up, right in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if 0 <= row + up < SIDE and 0 <= column + right < SIDE
    )
    for row in range(SIDE)
    for column in range(SIDE)
}
WEEKS = 110


def losses(seed):
    """Return random walks of a hundredth a week, with a shock that all share and one series that is wild."""
    chance = np.random.default_rng(seed)
    found = chance.normal(0.0, 0.01, (len(CELLS), WEEKS)).cumsum(axis=1)
    found[:, 60:] += 0.2
    found[7] *= 10.0
    return found


def scan(values, at=WEEKS - 1):
    board = lay_out(CELLS, BESIDE)
    return scan_clusters(CELLS, values, board, at, np.random.default_rng(0), per_year=52.18, false_a_year=1.0)


def test_areas_hang_together_and_reach_three_regions_or_all_that_adjoin_one():
    board = lay_out(CELLS, BESIDE)
    names = [{board.regions[one] for one in area} for area in board.areas]
    assert {"00"} in names
    assert {"00", "01"} in names
    assert {"00", "11"} not in names
    assert {"00", "01", "02"} in names
    assert {"00", "01", "11"} in names
    assert {"11", "01", "10", "12", "21"} in names
    assert len({tuple(sorted(one)) for one in names}) == len(names)
    assert board.weights.shape == (len(names), SIDE**2)
    assert (board.weights**2).sum(axis=1) == pytest.approx(1.0)


def test_three_adjoining_regions_that_lose_a_tenth_are_found_and_nothing_else():
    values = losses(3)
    hit = [CELLS.index(Cell(name, "a")) for name in ("22", "23", "33")]
    values[hit, WEEKS - 2 :] += 0.10
    (found,) = scan(values)
    assert len({one.region for one in found.cells} & {"22", "23", "33"}) >= 2
    assert {one.industry for one in found.cells} == {"a"}
    assert found.loss == pytest.approx(0.10, abs=0.06)
    assert found.since < WEEKS - 2 <= found.period


def test_three_regions_far_from_each_other_are_no_cluster_of_three():
    values = losses(3)
    hit = [CELLS.index(Cell(name, "a")) for name in ("00", "04", "42")]
    values[hit, WEEKS - 2 :] += 0.06
    assert all(len({"00", "04", "42"} & {cell.region for cell in one.cells}) <= 1 for one in scan(values))


def test_nothing_after_the_period_is_looked_at():
    values = losses(5)
    after = values.copy()
    after[:, 100:] = 99.0
    assert scan(values, 99) == scan(after, 99)


def test_a_shock_that_all_share_moves_nobody_beyond_the_others():
    board = lay_out(CELLS, BESIDE)
    values = losses(1)
    laid = np.empty((SIDE**2 * 2, WEEKS))
    laid[board.place] = values
    before = deviations(laid.reshape(SIDE**2, 2, -1), 70, 52)
    laid[:, 65:] += 0.5
    assert deviations(laid.reshape(SIDE**2, 2, -1), 70, 52)[:, :, :2] == pytest.approx(before[:, :, :2])


def test_scores_that_are_reached_again_soon_are_one_cluster():
    reached = np.zeros((2, 30), dtype=np.bool_)
    reached[0, [0, 3, 11, 25]] = True
    reached[1, [4, 13]] = True
    assert count_begun(reached) == 4


def test_a_gap_is_no_loss():
    values = losses(2)
    values[3, 90:] = np.nan
    assert all(CELLS[3] not in one.cells or len(one.cells) > 1 for one in scan(values))


def test_too_few_regions_or_periods_are_refused():
    with pytest.raises(RuleBrokenError) as few:
        lay_out(CELLS[:6], BESIDE)
    assert few.value.code == "regions_few"
    with pytest.raises(RuleBrokenError) as short:
        scan(losses(1), 60)
    assert short.value.code == "panel_short"


def test_clusters_are_told_as_shares_of_what_was():
    values = losses(3)
    hit = [CELLS.index(Cell(name, "a")) for name in ("22", "23", "33")]
    values[hit, WEEKS - 2 :] += 0.20
    panel = panel_of(np.exp(-values), cadence=Cadence.WEEK, cells=list(CELLS))
    told = tell_clusters(panel, EventRule.read("fall 10%"), BESIDE, 1.0)
    assert told["regions"] == SIDE**2
    best = told["clusters"][0]
    assert best["industry"] == "a"
    assert best["loss"] == pytest.approx(1 - np.exp(-0.2), abs=0.06)
