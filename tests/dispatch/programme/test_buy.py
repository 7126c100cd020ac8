"""The energy of given work at least cost, by hand on small boards and beside a programme written down anew."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_meters import random_meters
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.programme.bound_energy import least_energy_fen, within_reason
from qipan.dispatch.programme.buy import buy

SLOTS = 6


def work(*west: float) -> np.ndarray:
    """Return what the western site draws in the first slots; the eastern one draws nothing."""
    drawn = np.zeros((2, SLOTS))
    drawn[1, : len(west)] = west
    return drawn


def test_buy_without_meters_is_the_tariff_and_its_carbon(make_board, rules) -> None:
    found = buy(make_board(), replace(rules, carbon_fen_per_kg=10.0), work(3.0, 1.0))
    assert found.fen == pytest.approx(4.0 * (40.0 + 10.0 * 0.6423))
    assert found.energy.grid_kwh == pytest.approx(work(3.0, 1.0))
    assert found.energy.renewable_kwh.sum() == 0.0


def test_buy_takes_the_plant_first_and_the_rest_from_the_grid(make_board, rules) -> None:
    board = with_energy(make_board(), renewable_kw=[[0.0], [2.0]], renewable_fen_per_kwh=10.0, fixed_kw=[[0.0], [0.5]])
    found = buy(board, rules, work(3.0, 1.0))
    assert found.fen == pytest.approx((2.0 + 1.5 + 4 * 0.5) * 10.0 + 1.5 * 40.0)
    assert found.energy.grid_kwh == pytest.approx(work(1.5))
    assert found.energy.energy_fen_per_kwh[1] == pytest.approx([40.0] + [10.0] * 5)


def test_buy_shaves_a_peak_with_the_store(make_board, rules) -> None:
    figures = {"store_kwh": [0.0, 2.0], "store_kw": [0.0, 2.0]}
    board = with_energy(make_board(), {"peak": 100.0}, **figures)
    found = buy(board, rules, work(1.0, 3.0))
    assert found.energy.peak_kw == pytest.approx([2.0])
    assert found.energy.fill_kwh[1, 0] == found.energy.drain_kwh[1, 1] == pytest.approx(1.0)
    assert found.fen == pytest.approx(4.0 * 40.0 + 2.0 * 100.0)


def test_buy_tells_peaks_and_excess_that_cost_nothing_as_they_are(make_board, rules) -> None:
    board = with_energy(make_board(), {"over": 0.0, "most_kw": 1.0, "load_kw": [5.0, 3.0, 0.0, 0.0, 0.0, 0.0]})
    found = buy(board, rules, work(1.5, 4.0))
    assert found.energy.over_kwh[0] == pytest.approx([0.5, 3.0, 0.0, 0.0, 0.0, 0.0])
    assert found.energy.peak_kw == pytest.approx([2.0])


def test_buy_of_equal_costs_takes_the_plant_and_leaves_the_store_alone(make_board, rules) -> None:
    figures = {"store_kwh": 4.0, "store_kw": 2.0, "renewable_kw": [[0.0], [1.0]], "renewable_fen_per_kwh": 40.0}
    found = buy(with_energy(make_board(), **figures), rules, work(2.0, 2.0, 2.0))
    assert found.energy.renewable_kwh == pytest.approx(work(1.0, 1.0, 1.0))
    assert found.energy.fill_kwh == pytest.approx(np.zeros((2, SLOTS)))


def test_buy_oversteps_a_limit_at_its_price(make_board, rules) -> None:
    board = with_energy(make_board(), {"most_kw": [1.0] + [math.inf] * 5, "over": 7.0})
    found = buy(board, rules, work(3.0))
    assert found.fen == pytest.approx(3.0 * 40.0 + 2.0 * 7.0)
    assert found.energy.energy_fen_per_kwh[1, 0] == pytest.approx(47.0)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_buy_costs_what_a_programme_written_anew_costs_and_its_prices_prove_it(make_board, rules, seed: int) -> None:
    board, rules, drawn = drawn_at_random(make_board(), rules, seed)
    found = buy(board, rules, drawn)
    assert found.fen == pytest.approx(written_anew(board, rules, drawn), rel=1e-7, abs=1e-6)
    assert found.fen == pytest.approx(cost_of(board, rules, found), rel=1e-7, abs=1e-6)
    assert buy(board, rules, drawn).energy.grid_kwh.tolist() == found.energy.grid_kwh.tolist()
    priced = within_reason(board, board.energy, rules, found.energy)
    paid = float((priced.energy_fen_per_kwh * drawn).sum())
    assert least_energy_fen(board, board.energy, priced) + paid == pytest.approx(found.fen, rel=1e-7, abs=1e-6)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_prices_prove_no_more_than_energy_costs(make_board, rules, seed: int) -> None:
    board, rules, drawn = drawn_at_random(make_board(), rules, seed)
    found = buy(board, rules, drawn)
    rng = np.random.default_rng(seed + 1)

    def shaken(prices: np.ndarray) -> np.ndarray:
        return prices + rng.normal(0.0, 30.0, prices.shape)

    any_prices = replace(
        found.energy,
        energy_fen_per_kwh=shaken(found.energy.energy_fen_per_kwh),
        stored_fen_per_kwh=shaken(found.energy.stored_fen_per_kwh),
        limit_rent_fen_per_kwh=shaken(found.energy.limit_rent_fen_per_kwh),
        peak_rent_fen_per_kwh=shaken(found.energy.peak_rent_fen_per_kwh),
    )
    priced = within_reason(board, board.energy, rules, any_prices)
    proven = least_energy_fen(board, board.energy, priced) + float((priced.energy_fen_per_kwh * drawn).sum())
    assert proven <= found.fen + 1e-6 * max(1.0, abs(found.fen))


def drawn_at_random(board: Board, rules: Rules, seed: int) -> tuple[Board, Rules, np.ndarray]:
    rng = np.random.default_rng(seed)
    board = replace(board, price_fen_per_kwh=rng.choice([-20.0, 30.0, 45.0, 90.0], (2, SLOTS)))
    rules = replace(rules, carbon_fen_per_kg=float(rng.choice([0.0, 8.0])))
    drawn = rng.choice([0.0, 1.0, 1.0], (2, SLOTS)) * rng.uniform(0.0, 12.0, (2, SLOTS))
    return random_meters(rng, board), rules, drawn


def cost_of(board: Board, rules: Rules, found) -> float:
    """Add up what was bought, kilowatt-hour by kilowatt-hour."""
    energy, bought = board.energy, found.energy
    drawn = energy.areas.member.astype(float) @ bought.grid_kwh / board.slot_h
    load = energy.areas.load_kw
    raised = [max(0.0, float((load[a] + drawn[a]).max() - load[a].max())) for a in range(len(load))]
    over = np.maximum(drawn - energy.areas.most_kw, 0.0).sum(axis=1) * board.slot_h
    carbon = rules.carbon_fen_per_kg * board.location_kg_per_kwh
    return float(
        ((board.price_fen_per_kwh + carbon[:, None]) * bought.grid_kwh).sum()
        + (energy.renewable_fen_per_kwh[:, None] * bought.renewable_kwh).sum()
        + over @ energy.areas.over_fen_per_kwh
        + np.array(raised) @ energy.areas.peak_fen_per_kw
    )


def written_anew(board: Board, rules: Rules, drawn: np.ndarray) -> float:
    """Write the same programme down one constraint after the other, and let SciPy solve it."""
    sites, slots = drawn.shape
    areas = board.energy.areas
    count = 5 * sites * slots + len(areas.names) * (slots + 1)
    cost, bounds = np.zeros(count), [(0.0, None)] * count
    equal = [row for s in range(sites) for row in rows_of_site(board, rules, drawn, s, cost, bounds)]
    less = [row for a in range(len(areas.names)) for row in rows_of_area(board, a, cost)]
    a_eq, b_eq = dense(equal, count)
    a_ub, b_ub = dense(less, count) if less else (None, None)
    return float(linprog(cost, a_ub, b_ub, a_eq, b_eq, bounds).fun)


def column(board: Board, family: int, site: int, slot: int) -> int:
    """Return the column of what is drawn, taken, filled, drained or stored."""
    return (family * len(board.sites) + site) * board.slot_count + slot


def rows_of_site(board: Board, rules: Rules, drawn: np.ndarray, s: int, cost: np.ndarray, bounds: list) -> list:
    energy, h = board.energy, board.slot_h
    held, way = energy.stored_kwh[s], math.sqrt(energy.store_efficiency[s])
    rows = []
    for t in range(board.slot_count):
        grid, plant, fill, drain, stored = (column(board, family, s, t) for family in range(5))
        cost[grid] = board.price_fen_per_kwh[s, t] + rules.carbon_fen_per_kg * board.location_kg_per_kwh[s]
        cost[plant] = energy.renewable_fen_per_kwh[s]
        bounds[plant] = (0.0, energy.renewable_kw[s, t] * h)
        bounds[fill] = bounds[drain] = (0.0, energy.store_kw[s] * h)
        bounds[stored] = (held if t == board.slot_count - 1 else 0.0, energy.store_kwh[s])
        rows.append(({grid: 1, plant: 1, drain: 1, fill: -1}, drawn[s, t] + energy.fixed_kw[s, t] * h))
        kept = {stored: 1, fill: -way, drain: 1 / way}
        rows.append((kept | ({column(board, 4, s, t - 1): -1} if t else {}), 0.0 if t else held))
    return rows


def rows_of_area(board: Board, a: int, cost: np.ndarray) -> list:
    areas, h, slots = board.energy.areas, board.slot_h, board.slot_count
    peak = len(cost) - len(areas.names) + a
    cost[peak] = areas.peak_fen_per_kw[a]
    rows = []
    for t in range(slots):
        over = 5 * len(board.sites) * slots + a * slots + t
        cost[over] = areas.over_fen_per_kwh[a]
        together = {column(board, 0, s, t): 1.0 for s in np.flatnonzero(areas.member[a])}
        if math.isfinite(areas.most_kw[a, t]):
            rows.append((together | {over: -1}, areas.most_kw[a, t] * h))
        rows.append((together | {peak: -h}, (areas.load_kw[a].max() - areas.load_kw[a, t]) * h))
    return rows


def dense(rows: list, count: int) -> tuple[np.ndarray, np.ndarray]:
    matrix = np.zeros((len(rows), count))
    for row, (entries, _) in enumerate(rows):
        for at, value in entries.items():
            matrix[row, at] = value
    return matrix, np.array([limit for _, limit in rows])
