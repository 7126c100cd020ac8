"""The bound is one, and near the optimum, which HiGHS and trying everything agree on."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.random_exchange import random_exchange
from hypothesis import given, settings
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from tests.talent.made import all_matchings, exchanges

from qipan.talent.block import block
from qipan.talent.lay_out import Layout, lay_out
from qipan.talent.match import match
from qipan.talent.optimum import find_optimum, step_for


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(exchanges(rows=8))
def test_optimum_of_a_small_exchange_is_that_of_trying_everything(exchange) -> None:
    most = max(exchange.contracts.value[list(some)].sum() for some in all_matchings(exchange))
    found = find_optimum(lay_out(exchange), 0.01)
    broken = block(exchange, found.held)
    assert len(broken.overbooked) == len(broken.overfull) == 0
    assert found.value <= most <= found.bound + 1e-9
    assert found.bound - found.value <= 0.01 * found.held.sum() + 1e-9
    assert found.gap_of(found.bound) == pytest.approx(0.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_optimum_of_a_made_exchange_is_that_of_highs(seed) -> None:
    layout = lay_out(random_exchange(1_000, 100, seed=seed, pairs=5))
    held = match(layout)
    found = find_optimum(layout, step_for(layout, held, 0.001))
    most = by_highs(layout)
    assert layout.value[held].sum() <= most
    assert found.value <= most + 1e-6
    assert most <= found.bound + 1e-6
    assert found.bound - found.value <= 0.001 * most * 1.05


def by_highs(layout: Layout) -> float:
    """Return the optimum as a linear programme: a column for each contract and portion that it fits."""
    begins = np.concatenate(([0], np.cumsum(layout.portions)))
    parts = [(one, at) for one, fits in enumerate(layout.fits.tolist()) for at in range(6) if fits >> at & 1]
    nodes, contracts = len(layout.parent), len(layout.fits)
    row, column = [], []
    for part, (one, at) in enumerate(parts):
        rows = [begins[layout.expert[one]] + at, begins[-1] + nodes + one]
        node = int(layout.leaf[one])
        while node >= 0:
            rows.append(begins[-1] + node)
            node = int(layout.parent[node])
        row += rows
        column += [part] * len(rows)
    limits = np.concatenate((np.ones(begins[-1]), layout.limit, np.ones(contracts)))
    matrix = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(limits), len(parts)))
    answer = linprog(-layout.value[[one for one, _ in parts]], A_ub=matrix, b_ub=limits, method="highs")
    return -float(answer.fun)


def test_step_of_an_exchange_that_signs_nothing_is_tiny() -> None:
    layout = lay_out(random_exchange(5, 2, seed=0, listed=1))
    assert step_for(layout, np.zeros(len(layout.expert), dtype=np.bool_), 0.1) == pytest.approx(1e-9)
