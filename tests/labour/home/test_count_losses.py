"""Warnings speak of shares, percent or jobs; people come in numbers, or it is said why they do not."""

from __future__ import annotations

import json

import pytest
from tests.labour.conftest import panel_of, waves
from tests.labour.test_warn import released, terms_of

from qipan.kernel.errors import BadInputError
from qipan.labour.home.count_losses import count_losses
from qipan.labour.model.home import Headcounts, People
from qipan.labour.model.panel import Cell
from qipan.labour.record import write
from qipan.labour.tell_warnings import tell_warnings
from qipan.labour.warn import warn

JOBS = Headcounts({("440000", "C39"): 1000.0})


def outlook(rule="fall 10%", unit="jobs", *, loss=(0.2, 0.1, 0.3), path=(None, 900.0), lost=0.1, occupation=""):
    cell = {"region": "440000", "industry": "C39", "occupation": occupation}
    ends = dict(zip(("expected_loss", "low", "high"), loss, strict=True))
    return {
        "as_of": "2026-03-01",
        "cannot_tell": None,
        "events_rule": rule,
        "horizon": {"first": 3, "until": 10},
        "data": {"unit": unit, "cadence": "month", "last_period": "2026-01-01"},
        "warnings": [{**cell, "grade": "red", "probability": 0.7, **ends}],
        "cells": [{**cell, "standing": "warned", "lost": lost, "path": list(path)}],
    }


@pytest.mark.parametrize(
    ("told", "jobs", "people", "base"),
    [
        # 900 are left of 1,000, a tenth is lost already: the loss is one of 1,000.
        (outlook(), None, People(200.0, 100.0, 300.0), 1000.0),
        (outlook(unit="index"), JOBS, People(200.0, 100.0, 300.0), 1000.0),
        (outlook("rise 2", "percent", loss=(3.0, 2.0, 4.0)), JOBS, People(30.0, 20.0, 40.0), 1000.0),
        (outlook("fall 50", "jobs", loss=(60.0, 50.0, 80.0)), None, People(60.0, 50.0, 80.0), None),
    ],
)
def test_count_losses_of_each_kind_of_loss_tells_jobs(told, jobs, people, base):
    found = count_losses(told, jobs)
    (loss,) = found.losses
    assert (loss.people.expected, loss.people.low, loss.people.high) == pytest.approx(
        (people.expected, people.low, people.high)
    )
    assert loss.base_jobs == (None if base is None else pytest.approx(base))
    assert (found.horizon, loss.probability, found.uncounted) == ((3, 10), 0.7, ())


@pytest.mark.parametrize(
    ("told", "jobs", "code"),
    [
        (outlook("rise 10%", "claims"), JOBS, "loss_not_of_jobs"),
        (outlook("rise 10", "claims"), JOBS, "loss_not_of_jobs"),
        (outlook(unit="index"), None, "jobs_unknown"),
        (outlook(unit="index", occupation="6-25"), JOBS, "jobs_unknown"),
        (outlook(path=(None,)), None, "jobs_unknown"),
        (outlook(lost=None), None, "jobs_unknown"),
    ],
)
def test_count_losses_that_are_none_of_jobs_say_why(told, jobs, code):
    found = count_losses(told, jobs)
    assert (found.losses, [(one.cell.region, one.why.rule) for one in found.uncounted]) == ((), [("440000", code)])


def test_count_losses_within_each_other_counts_the_finest_and_says_so():
    told = outlook()
    wide = {**told["warnings"][0], "industry": "C"}
    found = count_losses({**told, "warnings": [wide, *told["warnings"]]}, JOBS)
    assert [one.cell.industry for one in found.losses] == ["C39"]
    assert [(one.cell.industry, one.why.rule) for one in found.uncounted] == [("C", "loss_counted_finer")]


@pytest.mark.parametrize("unit", ["persons", "人", "万人"])
def test_count_losses_in_persons_knows_their_units(unit):
    (loss,) = count_losses(outlook("fall 50", unit, loss=(60.0, 50.0, 80.0)), None).losses
    assert loss.people.expected == (600_000.0 if unit == "万人" else 60.0)
    (loss,) = count_losses(outlook(unit=unit), None).losses
    assert loss.base_jobs == pytest.approx(10_000_000.0 if unit == "万人" else 1000.0)


@pytest.mark.parametrize("unit", ["thousand persons", "千万", "index", ""])
def test_count_losses_in_another_unit_is_refused(unit):
    (one,) = count_losses(outlook("fall 50", unit), None).uncounted
    assert one.why.rule == "loss_not_of_jobs"


def test_count_losses_the_base_is_the_best_of_a_year_not_made_of_a_rounded_share():
    told = outlook(path=(1_999_871.0,), lost=round(1 - 1_999_871 / 2_000_000, 4))
    told["cells"][0]["best"] = 2_000_000.0
    (loss,) = count_losses(told, None).losses
    assert loss.base_jobs == 2_000_000.0


@pytest.mark.parametrize("lacking", ["events_rule", "horizon", "data", "warnings", "as_of", "cells"])
def test_count_losses_of_something_else_is_refused(lacking):
    told = outlook()
    del told[lacking]
    with pytest.raises(BadInputError) as refused:
        count_losses(told, None)
    assert refused.value.code == "warnings_unreadable"


def test_count_losses_where_nothing_can_be_told_is_refused():
    with pytest.raises(BadInputError) as refused:
        count_losses({"cannot_tell": {"message": "A panel must be long."}}, None)
    assert refused.value.code == "outlook_cannot_tell"


def test_count_losses_takes_what_warn_tells_as_it_is_and_as_json():
    cells = [Cell(f"{at}40000", "C39") for at in range(1, 9)]
    panel = panel_of(waves(8, 240, seed=5), cells=cells)
    told = tell_warnings(warn(released(panel), panel.starts[186], terms_of()))
    jobs = Headcounts({(cell.region, cell.industry): 1e6 for cell in cells})
    found = count_losses(told, jobs)
    assert found == count_losses(json.loads(write(told)), jobs)
    assert len(found.losses) == len(told["warnings"]) > 0
    assert all(0.0 <= one.people.low <= one.people.high for one in found.losses)
