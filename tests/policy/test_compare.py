"""Comparisons: parts add up, ties and dominance by hand, the stage with a history, and what is told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.made import all_pulls, history, scene, shipped, world

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.policy.back_test import back_test
from qipan.policy.compare import compare, shapley, undominated
from qipan.policy.draw import draw
from qipan.policy.model.lever import Dimension, Lever
from qipan.policy.model.parameter import STRUCTURE
from qipan.policy.model.study import Study
from qipan.policy.rank_parameters import rank_parameters
from qipan.policy.simulate import simulate
from qipan.policy.stage import stage
from qipan.policy.tell import tell_comparison, tell_run


@given(st.lists(st.floats(-1e3, 1e3), min_size=8, max_size=8))
def test_shapley_parts_add_up_and_pay_equals_alike(worth) -> None:
    players = [Lever.AI_PLUS, Lever.TALENT, Lever.SUPPORT]
    choices = [frozenset(p for at, p in enumerate(players) if number >> at & 1) for number in range(8)]
    game = {choice: np.array(value) for choice, value in zip(choices, worth, strict=True)}
    parts = shapley(players, game)
    whole = game[frozenset(players)] - game[frozenset()]
    assert float(sum(parts.values())) == pytest.approx(float(whole), abs=1e-9)
    alike = {choice: np.array(float(len(choice)) ** 2) for choice in choices}
    assert {float(part) for part in shapley(players, alike).values()} == {3.0}


def test_combinations_that_another_beats_are_out() -> None:
    growth_gap_jobs = np.array([[[1.0, 0.1, 5.0], [1.0, 0.1, 6.0], [2.0, 0.2, 5.0], [1.0, 0.1, 5.0]]])
    assert undominated(growth_gap_jobs).tolist() == [[True, False, True, True]]


def test_a_result_hangs_on_what_it_was_made_of() -> None:
    drawn = draw(shipped(), 400, 1, np.random.default_rng(0))
    speed, growth = drawn.structure[:, STRUCTURE.index("adoption_speed")], drawn.baseline[:, 0]
    found = rank_parameters(drawn, np.exp(20.0 * speed))
    assert next(iter(found)) == "adoption_speed"
    assert found["adoption_speed"] == pytest.approx(1.0)
    both = rank_parameters(drawn, speed / speed.std() - growth / growth.std())
    assert list(both)[:2] in (["adoption_speed", "growth"], ["growth", "adoption_speed"])
    assert both["adoption_speed"] + both["growth"] == pytest.approx(1.0, abs=0.1)
    assert set(rank_parameters(drawn, np.ones(400)).values()) == {0.0}


@pytest.mark.slow
def test_comparison_of_six_levers_has_64_choices_whose_parts_add_up() -> None:
    asked = scene(world(8, seed=3), periods=4, members=20, pulls=all_pulls())
    found = compare(asked)
    assert len(found.values) == 64
    whole = found.values[frozenset(Lever)] - found.values[frozenset()]
    for parts in (found.of_lever, found.of_dimension):
        np.testing.assert_allclose(sum(parts.values()), whole, atol=1e-9)
    assert set(found.of_dimension) == set(Dimension)
    assert found.cost_100m_yuan[frozenset(Lever)] == pytest.approx(6 * 50.0 * 4)
    assert frozenset() in found.values
    assert all(0.0 <= one <= 1.0 for one in found.best_chance.values())
    assert found.pareto
    # On the same members: spending on support only helps jobs.
    assert (found.of_lever[Lever.SUPPORT][:, 2] < 0.0).all()


def test_comparison_without_a_lever_is_refused() -> None:
    with pytest.raises(RuleBrokenError) as caught:
        compare(scene(world()))
    assert caught.value.code == "levers_none"


@pytest.mark.slow
def test_what_is_told_is_json_and_says_what_it_rests_on() -> None:
    regions = world(31, seed=9)
    study = Study("a test", "none", 2025, 4, members=30, levers=all_pulls())
    staged = stage(study, regions, shipped())
    told = tell_run(study, staged, simulate(staged.scene, Lever), simulate(staged.scene), 0.005)
    again = tell_comparison(study, staged, compare(staged.scene))
    for one in (told, again):
        json.dumps(one, allow_nan=False)
        assert one["standing"] == "assumption-driven"
        assert len(one["parameters_assumed"]) == 50
        assert one["cells_assumed"]["compute"] == regions.regions
    assert [one["is_positive"] for one in told["effects"]] == [True] * 4 + [False] * 3
    assert told["costs_100m_yuan"]["total"] == pytest.approx(6 * 50 * 4)


@pytest.mark.slow
def test_stage_takes_the_path_without_ai_from_the_panel_where_that_is_better(monkeypatch) -> None:
    regions = world(31, seed=9)
    made = history(years=12)
    known = type(made)(regions.regions, made.years, made.per_head, made.people)
    tested = back_test(known, shipped(), members=20)
    order = {"simulation": 2.0, "autoregressive_panel": 1.0}
    lost = replace(tested, scores=tuple(replace(one, theil_crps=order.get(one.name, 3.0)) for one in tested.scores))
    monkeypatch.setattr("qipan.policy.stage.back_test", lambda *_, **__: lost)
    study = Study("a test", "none", 2012, 3, members=40)
    staged = stage(study, regions, shipped(), known)
    told = tell_run(study, staged, simulate(staged.scene), simulate(staged.scene), 0.005)
    assert (told["baseline"], told["baseline_tested"]["is_simulation_best"]) == ("autoregressive_panel", False)
    # Years of residuals are drawn whole: against their mean, regions have as many paths in a year as there are years.
    moved = staged.scene.base[:, 1] - staged.scene.base[:, 0]
    apart = np.round(moved - moved.mean(axis=1, keepdims=True), 9)
    assert len({one.tobytes() for one in apart}) <= 10


@pytest.mark.slow
def test_stage_with_a_history_uses_the_better_way_and_calibrates() -> None:
    regions = world(31, seed=9)
    known = history(years=16)
    named = type(known)(regions.regions, known.years, known.per_head, known.people)
    staged = stage(Study("a test", "none", 2016, 5, members=50), regions, shipped(), named)
    assert staged.tested is not None
    assert staged.baseline == staged.tested.best
    assert staged.calibration is not None
    first = np.exp(staged.scene.base[:, 0])
    np.testing.assert_allclose(first, np.tile(regions.stocks["output"], (50, 1)))
    with pytest.raises(BadInputError) as caught:
        stage(Study("a test", "none", 2016, 5, members=50), regions, shipped(), known)
    assert caught.value.code == "history_elsewhere"
