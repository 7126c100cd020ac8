"""Attribution: effects of machines are found beside trends and cycles, dates at which nothing happened are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from benchmarks.random_employment import KINDS, random_employment
from tests.labour.conftest import panel_of

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.attribute import attribute, expose
from qipan.labour.explain import explain
from qipan.labour.model.attribution import CellExposures, Verdict
from qipan.labour.model.panel import Cell

SINCE, WINDOW = 120, 12


def made(seed, effect, kind=KINDS[0], industries=40, regions=6):
    chance = np.random.default_rng(seed)
    panel, exposure = random_employment(
        chance, kind, regions=regions, industries=industries, months=132, effect=effect, since=SINCE
    )
    return panel, exposure


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_an_effect_is_found_beside_trends_and_cycles_of_exposed_work(kind):
    panel, exposure = made(5, -0.6, kind)
    found = attribute(panel, np.log(panel.values), exposure, SINCE, WINDOW)
    lower, upper = found.estimates[0].interval
    assert found.verdict(0) is Verdict.LOWERS
    assert lower <= -0.6 * 6.5 / 12 <= upper
    assert upper - lower < 0.2


def test_where_nothing_happened_most_dates_are_not_told():
    told = 0
    for seed in range(40):
        panel, exposure = made(seed, 0.0, KINDS[seed % 4], industries=20, regions=2)
        told += attribute(panel, np.log(panel.values), exposure, SINCE, WINDOW).verdict(0) is not Verdict.CANNOT_TELL
    assert told <= 6  # With 5 % each, more come up once in a thousand times.


def test_parts_add_up_to_the_change_beyond_the_usual_one():
    panel, exposure = made(3, -0.3)
    values = np.log(panel.values)
    found = attribute(panel, values, exposure, SINCE, WINDOW)
    dates = range(SINCE - 9 * WINDOW, SINCE + 1, WINDOW)
    changes = np.stack([values[:, at : at + 12].mean(1) - values[:, at - 12 : at].mean(1) for at in dates], axis=1)
    assert found.change == pytest.approx(changes[:, -1] - changes[:, :-1].mean(axis=1))
    assert found.parts[:, 2].reshape(40, 6).mean(axis=0) == pytest.approx(found.parts[:6, 2])
    assert found.parts[:, 4].reshape(40, 6).mean(axis=1) == pytest.approx(np.zeros(40))


def test_machines_are_told_by_channel_and_pseudo_dates_one_by_one():
    panel, exposure = made(3, -0.3)
    chance = np.random.default_rng(1)
    robots = tuple(("robots", about, year, float(chance.uniform())) for _, about, year, _ in exposure.rows)
    both = CellExposures(("language_models", "robots"), (*exposure.rows, *robots))
    found = attribute(panel, np.log(panel.values), both, SINCE, WINDOW)
    assert found.machines.sum(axis=1) == pytest.approx(found.parts[:, 0])
    told = explain(panel, both, panel.starts[SINCE])
    assert [set(one["by_channel"]) for one in told["parts"][:1]] == [{"language_models", "robots"}]
    for one, rejected in zip(told["channels"], found.rejected, strict=True):
        assert [pseudo["date"].month for pseudo in one["placebo"]] == [1] * one["pseudo_dates"]
        assert one["placebo"][-1]["date"] == date(panel.starts[SINCE].year - 1, 1, 1)
        assert sum(pseudo["is_told"] for pseudo in one["placebo"]) == rejected == one["pseudo_dates_told"]


def test_what_comes_after_the_window_changes_nothing():
    panel, exposure = made(7, -0.3)
    values = np.log(panel.values)
    longer = replace(panel, starts=panel_of(np.ones((1, 140)), first=panel.starts[0]).starts)
    more = np.hstack([values, np.random.default_rng(0).normal(size=(len(values), 8))])
    first, second = (attribute(one, some, exposure, SINCE, WINDOW) for one, some in ((panel, values), (longer, more)))
    assert first.estimates == second.estimates


def test_two_channels_are_kept_apart():
    panel, exposure = made(9, -0.6)
    chance = np.random.default_rng(2)
    robots = tuple(("robots", about, 0, float(chance.beta(2, 5))) for _, about, *_ in exposure.rows)
    both = CellExposures(("language_models", "robots"), (*exposure.rows, *robots))
    found = attribute(panel, np.log(panel.values), both, SINCE, WINDOW)
    assert [found.verdict(at) for at in (0, 1)] == [Verdict.LOWERS, Verdict.CANNOT_TELL]


def test_of_exposures_the_one_that_says_most_of_a_cell_counts_and_of_years_the_last_that_has_come():
    rows = (
        ("it", Cell("", "retail"), 0, 0.1),
        ("it", Cell("", "retail"), 2022, 0.3),
        ("it", Cell("", "retail"), 2030, 0.9),
        ("it", Cell("", "", "clerk"), 0, 0.5),
        ("it", Cell("gd", "retail"), 0, 0.7),
    )
    cells = (Cell("sh", "retail"), Cell("gd", "retail"), Cell("sh", "retail", "clerk"), Cell("sh", "mining"))
    found = expose(cells, CellExposures(("it",), rows), 2024)[:, 0]
    assert found.tolist()[:3] == [0.3, 0.7, 0.5]
    assert np.isnan(found[3])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda panel, exposure: (panel, exposure, 60), "attribution_short"),
        (lambda panel, exposure: (panel, exposure, 125), "attribution_short"),
        (
            lambda panel, _: (panel, CellExposures(("x",), (("x", Cell("", "nowhere"), 0, 0.5),)), SINCE),
            "exposure_unmatched",
        ),
        (
            lambda panel, exposure: (
                panel,
                CellExposures(("x",), tuple(("x", about, 0, 0.5) for _, about, *_ in exposure.rows)),
                SINCE,
            ),
            "exposure_alike",
        ),
    ],
)
def test_what_cannot_be_attributed_is_refused(change, code):
    panel, exposure, since = change(*made(1, 0.0, industries=10, regions=2))
    with pytest.raises(RuleBrokenError) as refused:
        attribute(panel, np.log(panel.values), exposure, since, WINDOW)
    assert refused.value.code == code


def test_shares_of_what_is_not_above_nothing_are_refused_and_levels_are_not():
    panel, exposure = made(1, 0.0, industries=10, regions=2)
    panel = replace(panel, values=np.log(panel.values))
    with pytest.raises(RuleBrokenError) as refused:
        explain(panel, exposure, date(2022, 1, 1))
    assert refused.value.code == "panel_not_positive"
    told = explain(panel, exposure, date(2022, 1, 1), is_level=True)
    assert (told["cells"], told["cells_left_out"], told["since"]) == (20, 0, date(2022, 1, 1))
    assert {one["verdict"] for one in told["channels"]} <= set(Verdict)
