"""Back-tests: scores by hand, no look ahead, and the better way is the one that is used."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.policy.made import history, shipped

from qipan.bootstrap.policy import ends_early, read_history
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import RuleBrokenError
from qipan.policy.back_test import BackTest, Score, back_test, crps, theil
from qipan.policy.foresee import drift, persist, regress
from qipan.policy.lay_out import lay_out
from qipan.policy.model.study import Study
from qipan.policy.model.world import MAY
from qipan.policy.stage import stage
from qipan.regions.measure import theil_t

DATA = Path(os.environ.get("QIPAN_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data")) / "regions"


def test_theil_is_that_of_regions() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        value, weight = rng.lognormal(1.0, 0.7, 31), rng.uniform(1.0, 9.0, 31)
        assert float(theil(value, weight)) == pytest.approx(theil_t(value, weight), rel=1e-12)


def test_crps_is_the_mean_distance_less_half_of_that_within() -> None:
    drawn, came = np.random.default_rng(1).normal(size=40), 0.3
    within = np.abs(drawn[:, None] - drawn).mean()
    assert crps(drawn, came) == pytest.approx(np.abs(drawn - came).mean() - 0.5 * within)


def test_no_forecast_changes_when_the_future_does() -> None:
    known = history(years=11)
    moved = known.per_head.copy()
    moved[6:] *= np.random.default_rng(0).lognormal(0.0, 1.0, moved[6:].shape)
    both = (back_test(one, shipped(), members=60) for one in (known, replace(known, per_head=moved)))
    for first, second in zip(*(one.scores for one in both), strict=True):
        for one, two in zip(first.origins, second.origins, strict=True):
            same = (one.median, one.low, one.high) == (two.median, two.low, two.high)
            assert same, (first.name, one.year)
        assert first.origins[-1].theil != second.origins[-1].theil


def test_simple_ways_say_what_they_are_named_for() -> None:
    known = history(years=9)
    relative = known.relative
    assert (persist(known, 3) == relative[-1]).all()
    assert drift(known, 5)[0, 5] == pytest.approx(relative[-1] + (relative[-1] - relative[-6]))
    drawn = regress(known, 2, 200, np.random.default_rng(0))
    assert drawn.shape == (200, 3, 31)
    assert len({one.tobytes() for one in drawn[:, 1]}) <= 7


def test_the_better_way_is_used_and_a_simulation_that_does_not_win_is_told() -> None:
    def score(name: str, value: float, held: float | None) -> Score:
        return Score(name, (), value, value, value, held, held)

    others = score("persistence", 0.005, None), score("autoregressive_panel", 0.01, 0.8)
    lost = BackTest(5, (score("simulation", 0.02, 0.9), *others))
    assert (lost.best, lost.is_simulation_best) == ("autoregressive_panel", False)
    won = BackTest(5, (score("simulation", 0.004, 0.9), *others))
    assert (won.best, won.is_simulation_best) == ("simulation", True)


def test_origins_are_all_that_the_years_allow() -> None:
    found = back_test(history(years=12), shipped(), members=20)
    assert [one.year for one in found.scores[0].origins] == [2005, 2006]
    with pytest.raises(RuleBrokenError) as caught:
        back_test(history(years=10), shipped(), members=20)
    assert caught.value.code == "origins_none"


@pytest.mark.slow
def test_simulation_beats_the_others_on_chinese_provinces() -> None:
    """2000 to 2015, five years ahead; no parameter was chosen on these figures."""
    if not DATA.is_dir():
        words = f"real data are not at {DATA}; QIPAN_DATA names their folder"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    output, people = ((DATA / f"china_{name}_2000_2015.csv.gz").read_bytes() for name in ("gdp", "population"))
    known, left_out, _ = read_history(output, people, Catalog.load(None))
    assert left_out == ()
    found = back_test(known, shipped())
    assert found.is_simulation_best
    scores = {one.name: one for one in found.scores}
    assert scores["simulation"].theil_crps < 0.7 * scores["autoregressive_panel"].theil_crps
    assert 0.85 <= scores["simulation"].region_covered <= 0.97


def test_a_study_learns_nothing_from_after_its_start() -> None:
    known = history(years=16)
    regions = lay_out(
        known.regions,
        {name: np.full(31, np.nan) for name in MAY} | {"population": known.people[0], "output": known.people[0] * 5.0},
        shipped(), 0.1, nearness=np.ones((31, 31)), groups={},
    )  # fmt: skip
    study = Study("a test", "none", 2012, 3, members=20)
    found, until = (stage(study, regions, shipped(), one) for one in (known, known.until(2012)))
    np.testing.assert_array_equal(found.scene.base, until.scene.base)
    assert ends_early(study, known) == ()
    assert [one.rule for one in ends_early(Study("a test", "none", 2020, 3), known)] == ["history_ends_early"]
    with pytest.raises(RuleBrokenError) as caught:
        stage(Study("a test", "none", 1990, 3), regions, shipped(), known)
    assert caught.value.code == "policy_history_short"


def test_regions_and_years_that_are_in_one_panel_only_are_named() -> None:
    years = range(2000, 2010)
    output = "".join(f"{year},{','.join(str(1 + at + year - 1990) for at in range(6))}\n" for year in years)
    people = "".join(f"{year},1,2,3,4,5\n" for year in (*years, 2010))
    found, _, noted = read_history(
        f"year,a,b,c,d,e,f\n{output}".encode(), f"year,a,b,c,d,e\n{people}".encode(), Catalog.load(None)
    )
    assert found.regions == ("a", "b", "c", "d", "e")
    assert [(one.rule, one.value) for one in noted] == [("region_unjoined", "f"), ("year_unjoined", "2010")]
