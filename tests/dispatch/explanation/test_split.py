"""The parts of the prices add up to the prices, whatever is scarce and wherever the energy comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.dispatch.prices.test_price import random_day

from qipan.dispatch.explanation.split import split_prices
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Rules
from qipan.dispatch.model.explanation import SCARCITY, Part
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.plan import plan


def test_split_prices_tells_energy_carbon_and_rent_apart(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 8.0, "slack_h": 0.0} for _ in range(2)))
    board, priced = make_board(), replace(rules, carbon_fen_per_kg=10.0)
    reached = reach(jobs, board, priced)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    solved = plan(board, classes, priced, reached.takes[classes.streams.sort])
    parts = {part: values[1, 0] for part, values in split_prices(board, priced, solved).items()}
    # Ningxia is full: its price is what the next unit costs in Guangdong, 75 fen and 1.25 x 4.403 of carbon.
    assert parts[Part.ENERGY] == pytest.approx(48.0)
    assert parts[Part.CARBON] == pytest.approx(1.2 * 6.423)
    assert parts[Part.CAPACITY] == pytest.approx(75.0 + 1.25 * 4.403 - 48.0 - 1.2 * 6.423)
    assert parts[Part.POWER] == parts[Part.GRID] == parts[Part.RESERVE] == 0.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("keeps_reserve", [False, True])
def test_split_prices_adds_up_to_the_lmps(seed: int, *, keeps_reserve: bool) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    rules = replace(rules, keeps_reserve=keeps_reserve, carbon_fen_per_kg=5.0, carbon_account="market")
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    parts = split_prices(board, rules, solved)
    np.testing.assert_allclose(np.sum(list(parts.values()), axis=0), solved.lmp_fen_per_unit_h, atol=1e-9)
    assert all((values >= 0).all() for part, values in parts.items() if part in SCARCITY)
