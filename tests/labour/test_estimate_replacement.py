"""The replacement ratio: by hand where all is certain, covered where it is not, silent where employment contradicts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.estimate_replacement import estimate_replacement
from qipan.labour.model.exposure import Adoption, Adoptions, Channel, Employed, Exposure, Exposures, Triangle
from qipan.labour.model.replacement import Assumed, Consistency

MODELS, ROBOTS = Channel.LANGUAGE_MODELS, Channel.ROBOTS


def sure(share: float) -> Triangle:
    return Triangle(share, share, share)


def adopted(channel: Channel, year: int, share: float, error: float = 0.0, **whose: str) -> Adoption:
    of = {"region": "", "industry": "", "occupation": ""} | whose
    return Adoption(**of, channel=channel, year=year, share=share, standard_error=error)


def estimated(exposures, adoptions, employed=(), handed=None, **options):
    assumed = Assumed(handed or {MODELS: sure(1.0), ROBOTS: sure(1.0)})
    return estimate_replacement(
        Exposures.of(exposures), Adoptions.of(adoptions), employed, assumed,
        **{"base": 2019, "year": 2024, "rng": np.random.default_rng(0)} | options,
    )  # fmt: skip


def test_without_uncertainty_it_is_the_formula():
    exposures = [Exposure("a", MODELS, None, sure(0.5)), Exposure("a", ROBOTS, None, sure(0.2))]
    adoptions = [
        adopted(MODELS, 2019, 0.0), adopted(MODELS, 2024, 0.4), adopted(ROBOTS, 2019, 0.5), adopted(ROBOTS, 2024, 1.0)
    ]  # fmt: skip
    (found,) = estimated(exposures, adoptions, handed={MODELS: sure(0.5), ROBOTS: sure(1.0)})
    # Machines did 0.1 in 2019, robots alone; in 2024 models do 0.5 x 0.5 x 0.4 and robots 0.2.
    assert found.by_channel[MODELS].middle == pytest.approx(0.1 / 0.9)
    assert found.by_channel[ROBOTS].middle == pytest.approx(0.1 / 0.9)
    assert found.ratio.middle == pytest.approx(1.0 - 0.9 * 0.8 / 0.9)
    assert found.at_most == pytest.approx(1.0 - 0.5 * 0.8)
    assert found.verdict is Consistency.UNCHECKED


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).map(sorted),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.2),
)
def test_it_lies_in_order_and_never_above_its_bound(ends, share, error):
    (found,) = estimated([Exposure("a", MODELS, None, Triangle(*ends))], [adopted(MODELS, 2024, share, error)])
    assert 0.0 <= found.ratio.low <= found.ratio.middle <= found.ratio.high <= found.at_most + 1e-12


def test_a_base_year_of_which_nothing_is_told_widens_the_interval():
    exposures = [Exposure("a", MODELS, None, sure(0.5))]
    told, untold = (
        estimated(exposures, [*more, adopted(MODELS, 2024, 0.4)])[0] for more in ([adopted(MODELS, 2019, 0.0)], [])
    )
    assert told.ratio.low == pytest.approx(told.ratio.high)
    assert untold.ratio.low < 0.02
    assert 0.18 < untold.ratio.high <= 0.2 + 1e-9


def test_adoption_of_the_occupation_comes_before_that_of_the_industry_and_of_all():
    exposures = [Exposure(one, MODELS, None, sure(1.0)) for one in "ab"]
    adoptions = [
        adopted(MODELS, 2019, 0.0),
        adopted(MODELS, 2024, 0.1),
        adopted(MODELS, 2019, 0.0, industry="I65"),
        adopted(MODELS, 2024, 0.3, industry="I65"),
        adopted(MODELS, 2024, 0.6, industry="I65", occupation="b"),
    ]
    found = {(one.industry, one.occupation): one.ratio.high for one in estimated(exposures, adoptions)}
    assert found["", "a"] == pytest.approx(0.1)
    assert found["I65", "a"] == pytest.approx(0.3)
    assert found["I65", "b"] == pytest.approx(0.6)


def world(seed: int, *, occupations: int = 60, drift: float = 0.1, wrong: dict[int, float] | None = None):
    """Return a region where exposure, adoption and what is handed over are drawn, employment follows; and the truth."""
    rng = np.random.default_rng(seed)
    handed = float(Triangle(0.3, 0.6, 0.9).at(rng.random(1))[0])
    level, use = rng.random(1), float(np.clip(rng.normal(0.4, 0.05), 0.0, 1.0))
    names = [f"o{at:02}" for at in range(occupations)]
    triangles = [Triangle(0.4 * top, 0.7 * top, top) for top in np.linspace(0.0, 0.9, occupations)]
    truth = np.array([handed * use * float(one.at(level)[0]) for one in triangles])
    lost = truth.copy()
    for at, share in (wrong or {}).items():
        lost[at] = share
    before = 1000.0 * rng.uniform(0.5, 2.0, occupations)
    after = before * (1.0 - lost) * np.exp(rng.normal(0.05, drift, occupations))
    employed = [
        Employed("r", "", name, year, float(persons), 0.0)
        for year, path in ((2019, before), (2024, after))
        for name, persons in zip(names, path, strict=True)
    ]
    exposures = [Exposure(name, MODELS, None, one) for name, one in zip(names, triangles, strict=True)]
    adoptions = [adopted(MODELS, 2019, 0.0), adopted(MODELS, 2024, 0.4, 0.05)]
    return exposures, adoptions, employed, truth


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    covered, told, silent = 0, 0, 0
    for seed in range(40):
        exposures, adoptions, employed, truth = world(seed)
        found = estimated(exposures, adoptions, employed, {MODELS: Triangle(0.3, 0.6, 0.9)}, draws=512)
        for one, share in zip(found, truth, strict=True):
            silent += one.ratio is None
            if one.ratio is not None and share > 0.0:
                told += 1
                covered += one.ratio.low <= share <= one.ratio.high
    assert silent / (40 * 60) < 0.09  # A doubt of 5 % is wrong about every twentieth time.
    assert 0.86 < covered / told < 0.95


def test_employment_that_contradicts_is_told_and_what_agrees_narrows():
    exposures, adoptions, employed, _ = world(7, drift=0.04, wrong={50: 0.8, 55: -0.6})
    found = estimated(exposures, adoptions, employed, {MODELS: Triangle(0.3, 0.6, 0.9)})
    assert [found[at].verdict for at in (50, 55)] == [Consistency.CANNOT_TELL] * 2
    assert found[50].ratio is None
    assert not found[50].by_channel
    assert found[50].realised.middle == pytest.approx(0.8, abs=0.08)
    agreeing = [one for one in found if one.verdict is Consistency.AGREES and one.expected.middle > 0.1]
    assert len(agreeing) > 10
    widths = np.array([[one.ratio.high - one.ratio.low, one.expected.high - one.expected.low] for one in agreeing])
    assert (widths[:, 0] < widths[:, 1]).mean() > 0.9


def test_too_few_that_are_little_exposed_check_nothing():
    exposures, adoptions, employed, _ = world(3, occupations=15)
    assert {one.verdict for one in estimated(exposures, adoptions, employed)} == {Consistency.UNCHECKED}


def test_draws_of_a_cell_do_not_depend_on_the_others():
    exposures, adoptions, _, _ = world(1)
    alone = estimated(exposures[-1:], adoptions)
    assert estimated(exposures, adoptions)[-1] == alone[0]


def test_years_out_of_order_are_refused():
    with pytest.raises(RuleBrokenError) as refused:
        estimated([], [], base=2024)
    assert refused.value.code == "years_not_in_order"
