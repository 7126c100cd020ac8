"""The scan finds regions that adjoin and lose work together, and few where only chance joins them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.lay_out import lay_out
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.panel import Cell
from qipan.labour.scan_clusters import (
    areas_above,
    count_begun,
    deviations,
    grid,
    highest_score,
    learn_threshold,
    scan_clusters,
)

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
KINDRED = tuple(Cell(one.region, {"a": "C38", "b": "C39"}[one.industry]) for one in CELLS)
"""The same cells, where the two industries adjoin."""


def losses(seed):
    """Return random walks of a hundredth a week, with a shock that all share and one series that is wild."""
    chance = np.random.default_rng(seed)
    found = chance.normal(0.0, 0.01, (len(CELLS), WEEKS)).cumsum(axis=1)
    found[:, 60:] += 0.2
    found[7] *= 10.0
    return found


def scan(values, at=WEEKS - 1):
    board = lay_out(CELLS, Adjacency(BESIDE))
    return scan_clusters(CELLS, values, board, at, np.random.default_rng(0), per_year=52.18, false_a_year=1.0)


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
    board = lay_out(CELLS, Adjacency(BESIDE))
    values = losses(1)
    before = deviations(grid(values, board), 70, 52)
    values[:, 65:] += 0.5
    assert deviations(grid(values, board), 70, 52)[:2] == pytest.approx(before[:2])


def test_scores_that_are_reached_again_soon_are_one_cluster():
    reached = np.zeros((2, 30), dtype=np.bool_)
    reached[0, [0, 3, 11, 25]] = True
    reached[1, [4, 13]] = True
    assert count_begun(reached, 52.18) == 4


def test_what_stands_for_ever_is_counted_again_and_again_in_months_as_in_weeks():
    always = np.ones((1, 60), dtype=np.bool_)
    assert count_begun(always, 52.18) == 5
    assert count_begun(always, 12.0) == 9


def test_a_gap_is_no_loss():
    values = losses(2)
    values[3, 90:] = np.nan
    assert all(CELLS[3] not in one.cells or len(one.cells) > 1 for one in scan(values))


def test_too_few_periods_are_refused():
    with pytest.raises(RuleBrokenError) as short:
        scan(losses(1), 60)
    assert short.value.code == "panel_short"


def test_two_industries_that_adjoin_are_one_cluster_and_two_that_do_not_are_two():
    values = losses(3)
    hit = [at for at, one in enumerate(CELLS) if one.region in {"22", "23", "33"}]
    values[hit, WEEKS - 2 :] += 0.12
    together = scan_of(KINDRED, values)
    assert len(together) == 1
    assert {one.industry for one in together[0].cells} == {"C38", "C39"}
    assert together[0].loss == pytest.approx(0.12, abs=0.05)
    assert len({one.region for one in together[0].cells} & {"22", "23", "33"}) == 3
    assert sorted({cell.industry for cell in one.cells} == {"a", "b"} for one in scan(values)) == [False, False]


def scan_of(cells, values):
    board = lay_out(cells, Adjacency(BESIDE, {"38": "C", "39": "C"}))
    chance = np.random.default_rng(0)
    return scan_clusters(cells, values, board, WEEKS - 1, chance, per_year=52.18, false_a_year=1.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), branches=st.integers(2, 6))
def test_the_highest_score_is_that_of_every_set_tried_one_by_one(seed, branches):
    chance = np.random.default_rng(seed)
    names = [f"C{13 + at}" for at in range(branches)] + ["I63"]
    cells = tuple(Cell(f"{row}{column}", name) for row in range(2) for column in range(3) for name in names)
    board = lay_out(cells, Adjacency(BESIDE, {str(13 + at): "C" for at in range(branches)} | {"63": "I"}))
    (kind,) = board.kinds
    seen = chance.normal(size=(3, len(board.regions), len(names)))
    counts = {*range(1, min(3, branches) + 1), branches}
    sets = [(len(names) - 1,), *(one for count in counts for one in combinations(kind, count))]
    tried = {
        (window, area, one): sum(seen[window, region, branch] for region in regions for branch in one)
        / np.sqrt(len(regions) * len(one))
        for window in range(3)
        for area, regions in enumerate(board.areas)
        for one in sets
    }
    best = max(tried, key=tried.get)
    assert highest_score(seen, board) == pytest.approx(tried[best])
    assert highest_score(seen, replace(board, kinds=())) <= highest_score(seen, board)
    score, *first = areas_above(seen, board, 0.0)[0]
    assert (tuple(first), score) == (best, pytest.approx(tried[best]))


def test_where_nothing_happens_clusters_are_as_few_as_promised_though_a_region_s_industries_move_together():
    false, years = 0, 0.0
    beside = Adjacency(BESIDE, {"38": "C", "39": "C"})
    board = lay_out(KINDRED, beside)
    for seed in range(12):
        chance = np.random.default_rng(seed)
        own = chance.standard_t(4, (len(KINDRED), WEEKS)) + np.repeat(chance.normal(0, 1, (SIDE**2, WEEKS)), 2, axis=0)
        laid = grid(0.01 * own.cumsum(axis=1), board)
        seen = [deviations(laid, week, 52) for week in range(30, WEEKS)]
        limit = learn_threshold(seen[:50], board, 52.18, 2.0, chance)
        false += count_begun(np.array([[highest_score(one, board) >= limit for one in seen[50:]]]), 52.18)
        years += len(seen[50:]) / 52.18
    # Seven are promised; 13 or more come once in forty times by chance alone.
    assert years == pytest.approx(6.9, abs=0.1)
    assert false <= 20
