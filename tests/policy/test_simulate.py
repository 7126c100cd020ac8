"""The simulation: the same equations twice, what is conserved, and limits that can be worked out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks import numpy_policy
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.made import all_pulls, fixed, scene, shipped, world

from qipan.kernel.errors import BadInputError
from qipan.policy.model.lever import Lever, Pull
from qipan.policy.model.result import LAST, MEASURES
from qipan.policy.model.study import Effect, Property, Step, Study
from qipan.policy.model.world import Stock
from qipan.policy.simulate import only_equal, simulate
from qipan.policy.stage import stage

# The first test compiles the step where no cache has it yet.
pytestmark = pytest.mark.slow


def at_end(found, name: str):
    return found.last[:, :, LAST.index(name)]


def paths(found, name: str):
    return found.paths[:, :, MEASURES.index(name)]


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("off", [(), *[(one,) for one in Property], tuple(Property)])
def test_compiled_step_and_plain_numpy_agree(step, off) -> None:
    asked = scene(world(9, seed=3), periods=12, step=step, members=7, pulls=all_pulls(), on=set(Property) - set(off))
    found, peer = simulate(asked, Lever), numpy_policy.run(asked, tuple(Lever))
    for name in ("output", "theil", "displaced"):
        np.testing.assert_allclose(paths(found, name), peer[name], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.to_output, peer["to_output"], rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(found.to_gap, peer["to_gap"], rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(at_end(found, "talent_in"), peer["talent_in"], rtol=1e-8, atol=1e-9)


@given(seed=st.integers(1, 10_000), cost=st.floats(0.0, 5000.0))
@settings(max_examples=25, deadline=None)
def test_talent_that_moves_and_money_that_is_paid_sum_to_zero(seed, cost) -> None:
    told = {"compute": np.random.default_rng(seed).lognormal(3.0, 2.0, 8)}
    found = simulate(scene(world(8, seed=seed, **told), seed=seed, members=4, pulls=all_pulls(cost)), Lever)
    for name in ("talent_in", "transfer"):
        moved = at_end(found, name)
        assert np.abs(moved.sum(axis=1)).max() <= 1e-9 * max(np.abs(moved).max(), 1.0)
    assert np.isfinite(found.paths).all()
    assert (at_end(found, "penetration") <= 1.0).all()


@given(
    costs=st.lists(st.floats(0.0, 1e5), min_size=1, max_size=6), first=st.integers(2025, 2028), years=st.integers(1, 9)
)
@settings(max_examples=30, deadline=None)
def test_costs_of_levers_add_up(costs, first, years) -> None:
    pulls = tuple(Pull(lever, cost, (), first, first + years) for lever, cost in zip(Lever, costs, strict=False))
    spending = scene(world(5, seed=2), periods=6, pulls=pulls).spending
    pulled_years = len(set(range(2025, 2031)) & set(range(first, first + years)))
    by_lever = spending.by_lever_100m_yuan
    assert [by_lever[one.lever] for one in pulls] == pytest.approx([cost * pulled_years for cost in costs])
    assert sum(spending.of([lever]).by_lever_100m_yuan[lever] for lever in Lever) == pytest.approx(
        sum(by_lever.values())
    )


@pytest.mark.parametrize("name", ["compute", "talent", "penetration"])
def test_what_a_region_or_the_nation_has_nothing_of_breaks_nothing(name) -> None:
    for nothing in (np.zeros(6), np.array([0.0, 0.5, 0.5, 0.5, 0.5, 0.5])):
        found = simulate(scene(world(6, seed=4, **{name: nothing}), members=20, pulls=all_pulls(1e5)), Lever)
        assert all(np.isfinite(one).all() for one in (found.paths, found.last, found.to_output, found.to_gap))


def test_without_ai_output_is_the_path_it_is_given() -> None:
    asked = scene(world(6, seed=4, penetration=np.zeros(6)), members=5)
    drawn = np.exp(asked.base).sum(axis=2)
    np.testing.assert_allclose(paths(simulate(asked), "output"), drawn, rtol=1e-12)


def test_members_do_not_depend_on_threads_or_on_each_other() -> None:
    asked = scene(world(6, seed=5), members=601)
    whole = simulate(asked, Lever, threads=1)
    np.testing.assert_array_equal(simulate(asked, Lever, threads=3).paths, whole.paths)
    draws = replace(asked.draws, structure=asked.draws.structure[400:], chance=asked.draws.chance[400:])
    np.testing.assert_array_equal(simulate(replace(asked, base=asked.base[400:], draws=draws)).paths, whole.paths[400:])


def test_a_lever_that_costs_nothing_changes_nothing() -> None:
    asked = scene(world(6, seed=6), pulls=all_pulls(0.0))
    np.testing.assert_array_equal(simulate(asked, Lever).paths, simulate(asked).paths)


def test_all_money_goes_to_one_lever() -> None:
    asked = scene(world(6, seed=6), pulls=all_pulls(7.0))
    alone = only_equal(asked, Lever.TALENT).spending.by_lever_100m_yuan
    assert alone[Lever.TALENT] == pytest.approx(sum(asked.spending.by_lever_100m_yuan.values()))
    assert sum(alone.values()) == pytest.approx(alone[Lever.TALENT])


def test_lever_in_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        scene(world(), pulls=(Pull(Lever.TALENT, 1.0, ("atlantis",)),))
    assert caught.value.code == "lever_nowhere"


# --- limiting cases: each property by itself ----------------------------------------------------------------------


@pytest.mark.parametrize("gain", [0.6, 1.0, 1.3])
def test_cumulative_loop_converges_below_a_gain_of_one_and_polarises_above(gain) -> None:
    """Near 1 the two stocks follow ``a' = k(g d - a)``, ``d' = l(a - d)``: gaps grow by the larger eigenvalue."""
    k, loss, tiny, periods = 0.15, 0.2, 1e-6, 20
    matrix = np.array([[-k, k * gain], [loss, -loss]])
    values, vectors = np.linalg.eig(matrix)
    lead = int(np.argmax(values.real))
    vector = vectors[:, lead].real / vectors[0, lead].real
    sign = np.array([1.0, -1.0] * 3)
    regions = world(6, knowledge=1.0 + tiny * sign, data=1.0 + tiny * vector[1] * sign)
    asked = scene(
        regions, fixed(knowledge_of_data=gain, knowledge_loss=k, data_loss=loss), periods=periods,
        on={Property.CUMULATIVE}, effects=(),
    )  # fmt: skip
    gap = at_end(simulate(asked), "knowledge")[0] @ sign / 6.0
    assert gap / tiny == pytest.approx((1.0 + values[lead].real) ** periods, rel=1e-4)
    assert (gap > tiny * 1.0001) == (gain > 1.0)
    still = at_end(simulate(replace(asked, on=frozenset())), "knowledge")[0] @ sign / 6.0
    assert still / tiny == pytest.approx((1.0 - k) ** periods, rel=1e-6)


@pytest.mark.parametrize(("steepness", "above", "below"), [(0.0, 0.5, 0.5), (1e6, 1.0, 0.0)])
def test_sudden_threshold_is_even_without_steepness_and_a_step_at_most(steepness, above, below) -> None:
    k, beta, periods = 0.15, 0.4, 7
    regions = world(6, compute=[400.0, 400, 400, 1, 1, 1], talent=[400.0, 400, 400, 1, 1, 1])
    asked = scene(
        regions,
        fixed(breakthrough_gain=beta, breakthrough_steepness=steepness, knowledge_loss=k, breakthrough_threshold=0.2),
        periods=periods,
        on={Property.SUDDEN}, effects=(),
    )  # fmt: skip
    ends = [1.0 + beta * part for part in (above,) * 3 + (below,) * 3]
    expected = [end + (1.0 - end) * (1.0 - k) ** periods for end in ends]
    assert at_end(simulate(asked), "knowledge")[0] == pytest.approx(expected)
    assert at_end(simulate(replace(asked, on=frozenset())), "knowledge")[0] == pytest.approx([1.0] * 6)


def test_sudden_breakthroughs_let_others_pass_the_threshold() -> None:
    parameters = fixed(
        breakthrough_gain=0.4, breakthrough_steepness=1e6, breakthrough_threshold=0.2, breakthrough_fall=0.4,
        breakthroughs_a_year=50.0,
    )  # fmt: skip
    asked = scene(world(), parameters, periods=3, on={Property.SUDDEN}, effects=())
    found = simulate(asked)
    assert found.breakthroughs.tolist() == [3, 3, 3]
    assert (at_end(found, "knowledge") > 1.05).all()


def adopted(periods: int, speed: float, at: float = 0.1) -> list[float]:
    """Return penetration by period where nothing but use itself spreads it."""
    found = [at]
    for _ in range(periods):
        found.append(found[-1] + speed * found[-1] * (1.0 - found[-1]))
    return found


def test_coupling_multiplies_what_ai_gives_by_the_fit_of_industries() -> None:
    gain, fit = 0.02, np.array([0.5, 1.0, 2.0, 1.0, 1.0, 1.0])
    parameters = fixed(adoption_speed=0.3, gain_features=gain, compute_used=0.01)
    asked = scene(world(6, fit=fit), parameters, on={Property.COUPLING}, effects={Effect.FEATURES})
    used = adopted(5, 0.3)
    heads = at_end(simulate(asked), "output_per_head")[0]
    assert np.log(heads / 5.0) == pytest.approx(gain * fit * (used[-1] - used[0]))
    alike = at_end(simulate(replace(asked, on=frozenset())), "output_per_head")[0]
    assert np.log(alike / 5.0) == pytest.approx([gain * (used[-1] - used[0])] * 6)


def test_evolutionary_gain_of_a_doubled_deployment_is_two_to_the_exponent() -> None:
    gain, learning = 0.02, 0.3
    parameters = fixed(
        adoption_speed=0.3, gain_features=gain, learning=learning, earlier_years=1.0, compute_used=0.01
    )  # fmt: skip
    asked = scene(world(), parameters, periods=2, on={Property.EVOLUTIONARY}, effects={Effect.FEATURES})
    first, second, third = adopted(2, 0.3)
    heads = at_end(simulate(asked), "output_per_head")[0]
    expected = gain * ((second - first) + 2.0**learning * (third - second))
    assert np.log(heads / 5.0) == pytest.approx([expected] * 6)


def test_talent_does_not_move_between_regions_alike_and_moves_to_the_richer() -> None:
    alike = at_end(simulate(scene(world(), fixed(talent_mobility=0.05))), "talent_in")
    assert np.abs(alike).max() < 1e-9
    richer = world(6, output=[8000.0, 5000, 5000, 5000, 5000, 2000], talent=np.ones(6))
    moved = at_end(simulate(scene(richer, fixed(talent_mobility=0.05), effects=())), "talent_in")[0]
    assert moved[0] > 0.0 > moved[5]


# --- effects of figure 2 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", Effect)
def test_what_an_effect_adds_is_what_changes_with_it(effect) -> None:
    """To first order: with a small effect alone, output and gap change by what is told of it."""
    small = dict.fromkeys([name for name in shipped() if name.startswith(("gain_", "loss_"))], 1e-5)
    parameters = fixed(adoption_speed=0.3, displaced_share=0.2, compute_moved=0.5, talent_mobility=0.0, **small)
    regions = world(
        8,
        seed=7,
        penetration=np.linspace(0.05, 0.4, 8),
        compute=np.linspace(1.0, 40.0, 8),
        knowledge=np.linspace(0.5, 2, 8),
    )
    on = {Property.CUMULATIVE}
    with_it = simulate(scene(regions, parameters, on=on, effects={effect}))
    without = simulate(scene(regions, parameters, on=on, effects=()))
    for told, name, turn in ((with_it.to_output, "output", np.log), (with_it.to_gap, "theil", np.asarray)):
        change = turn(paths(with_it, name)[:, -1]) - turn(paths(without, name)[:, -1])
        assert told.sum(axis=1) == pytest.approx(change, rel=2e-2, abs=1e-10)
    others = [at for at, one in enumerate(Effect) if one is not effect]
    assert not with_it.to_output[:, others].any()


def test_effects_have_the_signs_of_the_figure() -> None:
    regions = world(8, seed=7, compute=np.linspace(1.0, 40.0, 8))
    found = simulate(scene(regions, periods=10, members=50))
    mean = dict(zip(Effect, found.to_output.mean(axis=0), strict=True))
    assert all(mean[one] > 0.0 for one in (Effect.SMALLER_GAP, Effect.DIVISION, Effect.ADVANTAGE, Effect.FEATURES))
    assert mean[Effect.PENETRATION] < 0.0
    assert mean[Effect.INCLUSION] < 0.0
    assert abs(mean[Effect.DIVIDEND]) < 1e-9
    gap = dict(zip(Effect, found.to_gap.mean(axis=0), strict=True))
    assert gap[Effect.SMALLER_GAP] < 0.0 < gap[Effect.DIVIDEND]


def test_compute_serves_others_and_is_paid_for_only_with_coordination() -> None:
    regions = world(6, compute=[100.0, 1, 1, 1, 1, 1], penetration=np.full(6, 0.3))
    asked = scene(regions, fixed(compute_moved=0.2), pulls=(Pull(Lever.COORDINATION, 100.0),), effects=())
    free, paid = simulate(asked), simulate(asked, [Lever.COORDINATION])
    assert at_end(paid, "compute_out")[0, 0] > at_end(free, "compute_out")[0, 0] > 0.0
    assert not at_end(free, "transfer").any()
    assert at_end(paid, "transfer")[0, 0] > 0.0
    assert at_end(paid, "transfer")[0].sum() == pytest.approx(0.0, abs=1e-9)


def test_stocks_that_are_not_told_are_assumed_and_named() -> None:
    told = world(6, talent=[1.0, np.nan, 1, 1, 1, 1])
    assert told.assumed["talent"] == ("r1",)
    assert told.stocks[Stock.TALENT][1] == pytest.approx(1.0)
    assert set(told.assumed) == {
        "knowledge",
        "data",
        "compute",
        "talent",
        "penetration",
        "capital",
        "displaced",
        "fit",
        "green",
        "exposure",
    }


@pytest.mark.parametrize(
    ("pull", "words"),
    [
        (Pull(Lever.TALENT, 5000.0), "at most 10%"),
        (Pull(Lever.TALENT, 5.0, (), 2040), "in some period"),
        (Pull(Lever.TALENT, 5.0, (), None, 2025), "in some period"),
    ],
)
def test_levers_that_cost_too_much_or_are_never_on_are_refused(pull, words) -> None:
    study = Study("a test", "none", 2025, 5, members=2, levers=(pull,))
    with pytest.raises(BadInputError, match=words) as caught:
        stage(study, world(6), fixed())
    assert caught.value.code == "lever_unfit"
