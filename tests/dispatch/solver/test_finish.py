"""From a plan near the optimum to the optimum and its final prices."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from benchmarks.random_programme import programme

from qipan.dispatch.plan import plan, solve
from qipan.dispatch.programme.formulate import formulate
from qipan.dispatch.solver.approach import approach
from qipan.dispatch.solver.finish import finish, solve_from

PRICES = (
    "lmp_fen_per_unit_h",
    "delivered_fen_per_unit_h",
    "class_price_fen_per_unit_h",
    "capacity_rent_fen_per_unit_h",
    "power_rent_fen_per_kwh",
    "link_rent_fen_per_gb",
)


@pytest.mark.slow
def test_finished_approach_is_the_optimum_with_the_same_final_prices() -> None:
    made = programme(4, 12, 60, 0)
    near = approach(*made, gap=1e-2, whole_most=0, finished_most=0).plan
    assert not near.is_final
    finished, exact = finish(*made, near=near), plan(*made)
    assert finished.is_final
    assert finished.objective_fen == pytest.approx(exact.objective_fen, rel=1e-12)
    assert {field.name for field in fields(finished)} >= set(PRICES)
    for name in PRICES:
        assert getattr(finished, name) == pytest.approx(getattr(exact, name), abs=1e-8)


def test_from_no_knowledge_at_all_it_is_the_optimum_as_well() -> None:
    made = programme(3, 8, 40, 1, origins=3)
    program = formulate(*made)
    found = solve_from(program, np.zeros(program.rows.count), np.zeros(program.columns.count, dtype=bool))
    assert found.objective == pytest.approx(solve(program).objective, rel=1e-12)
    assert found.reduced_cost[found.value > 1e-6].max() <= 1e-6


def test_columns_that_are_missing_are_added_until_none_pays() -> None:
    made = programme(3, 8, 40, 1, origins=3)
    program = formulate(*made)
    # At prices far too low nothing but the cheapest columns look cheap.
    dear = replace(program, cost=program.cost.copy())
    found = solve_from(dear, np.full(program.rows.count, -1e3), np.zeros(program.columns.count, dtype=bool))
    assert found.objective == pytest.approx(solve(program).objective, rel=1e-12)
