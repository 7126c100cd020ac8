"""Warnings in the books: followed by what came, never changed, each step a leaf, help no false alarm."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from tests.labour.conftest import panel_of, waves
from tests.labour.test_warn import released, terms_of

from qipan.kernel.errors import BadInputError, NotFoundError, QipanError, RuleBrokenError
from qipan.labour.follow import follow, keep_account
from qipan.labour.model.issued import Act, Outcome
from qipan.labour.model.panel import Cadence
from qipan.labour.service.warnings import Warnings
from qipan.labour.warn import warn
from qipan.log.service import Log

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def outlooks():
    """Return what can be said each quarter of a panel that loses from late in 2015 on."""
    releases = released(panel_of(waves(12, 240, seed=5)))
    days = [Cadence.MONTH.after(date(2015, 6, 1), at) for at in range(0, 42, 6)]
    return [warn(releases, day, terms_of()) for day in days]


@pytest.fixture
def issued(books, outlooks):
    """Return the service, with all but the newest outlooks issued."""
    service = Warnings(Log())
    for found in outlooks[:-1]:
        with books.begin() as unit:
            service.issue(unit, "states", found, NOW)
    return service


def test_losses_that_come_confirm_their_warnings_and_what_is_made_good_resolves_them(books, issued, outlooks):
    with books.read() as unit:
        known = issued.warnings(unit)
        kept = issued.kept(unit, "states")
    came = [one for one in known if one.outcome is Outcome.CAME]
    assert len(came) >= 3
    assert [step.act for step in came[0].steps if step.act is not Act.TOLD_AGAIN][:2] == [Act.ISSUED, Act.CONFIRMED]
    assert {step.by for one in came for step in one.steps if step.act is Act.CONFIRMED} == {"outcome"}
    assert kept.counts["came"] == len(came)
    assert kept.promised_a_year == 0.1
    assert 0.0 < kept.years < 12 * 4
    assert kept.a_year <= kept.upper


def test_every_step_is_a_leaf_and_check_finds_what_was_changed(books, issued):
    with books.begin() as unit:
        assert issued.check(unit) == ()
        steps = sum(len(one.steps) for one in issued.warnings(unit))
        assert len(Log().leaves(unit, kind="labour_step")) == steps
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), unit.connection.begin_nested():
            unit.execute(sa.text("UPDATE labour_step SET record = '{}'"))
        unit.execute(sa.text("DROP TRIGGER labour_step_no_update"))
        unit.execute(sa.text("UPDATE labour_step SET record = replace(record, 'as of', 'As of') WHERE number = 1"))
        assert {one.rule for one in issued.check(unit)} == {"labour_differs"}


def test_a_panel_is_told_forward_only_and_of_one_rule(books, issued, outlooks):
    with books.begin() as unit, pytest.raises(RuleBrokenError, match="later day") as error:
        issued.issue(unit, "states", outlooks[0], NOW)
    assert error.value.code == "outlook_older"
    releases = released(panel_of(waves(12, 240, seed=5)))
    other = warn(releases, date(2019, 6, 1), terms_of(rule="rise 1.5"))
    with books.begin() as unit, pytest.raises(RuleBrokenError, match="same events"):
        issued.issue(unit, "states", other, NOW)
    untold = warn(releases, date(2001, 1, 1), terms_of())
    with books.begin() as unit, pytest.raises(RuleBrokenError, match="must be told first"):
        issued.issue(unit, "other", untold, NOW)
    with books.begin() as unit, pytest.raises(BadInputError, match="small letters"):
        issued.issue(unit, "The Panel", outlooks[0], NOW)


@pytest.fixture
def standing(books, outlooks):
    """Return the service and a warning that stands."""
    service = Warnings(Log())
    for found in outlooks:
        with books.begin() as unit:
            service.issue(unit, "states", found, NOW)
            standing = service.warnings(unit, open_only=True)
        if standing:
            return service, standing[0].warning_id
    pytest.fail("no warning was issued")


def test_help_that_worked_is_no_false_alarm(books, standing):
    service, name = standing
    with books.begin() as unit:
        service.act(unit, name, Act.TREATED, "courses for 40 people", NOW)
        found = service.act(unit, name, Act.RESOLVED, "no loss came", NOW)
    assert found.outcome is Outcome.TREATED
    with books.read() as unit:
        assert service.kept(unit, "states").counts["false"] == 0


def test_without_help_the_same_is_false(books, standing):
    service, name = standing
    with books.begin() as unit:
        found = service.act(unit, name, Act.RESOLVED, "no loss came", NOW)
    assert found.outcome is Outcome.FALSE


@pytest.mark.parametrize(
    ("acts", "code"),
    [
        ((Act.WITHDRAWN, Act.CONFIRMED), "warning_over"),
        ((Act.CONFIRMED, Act.WITHDRAWN), "warning_confirmed"),
        ((Act.CONFIRMED, Act.TREATED), "warning_confirmed"),
        ((Act.RESOLVED, Act.RESOLVED), "warning_over"),
    ],
)
def test_what_is_over_or_has_come_is_not_undone(books, standing, acts, code):
    service, name = standing
    with books.begin() as unit:
        service.act(unit, name, acts[0], "as the bureau says", NOW)
    with books.begin() as unit, pytest.raises(QipanError) as error:
        service.act(unit, name, acts[1], "as the bureau says", NOW)
    assert error.value.code == code


def test_an_act_needs_a_reason_and_a_warning(books, standing):
    service, name = standing
    with books.begin() as unit, pytest.raises(BadInputError, match="reason"):
        service.act(unit, name, Act.RESOLVED, "  ", NOW)
    with books.begin() as unit, pytest.raises(NotFoundError, match="issued"):
        service.act(unit, "states-999", Act.RESOLVED, "why", NOW)
    with books.read() as unit, pytest.raises(NotFoundError, match="states-9"):
        service.newest(unit, "states-9")


def test_a_warning_whose_time_is_over_is_resolved_and_a_silent_cell_waits(books, standing):
    service, name = standing
    with books.read() as unit:
        one = service.warning(unit, name)
        told = json.loads(json.dumps(service.newest(unit, "states").told))
    told["warnings"] = []
    (state,) = [cell for cell in told["cells"] if cell["region"] == one.cell.region]
    state["standing"] = "quiet"
    assert follow([one], told) == []
    last = date.fromisoformat(str(one.newest.told["last_period"]))
    told["data"]["last_period"] = str(Cadence.MONTH.after(last, 9))
    assert [due.act for due in follow([one], told)] == [Act.RESOLVED]
    state["standing"] = "silent"
    assert follow([one], told) == []


def test_only_time_whose_outcome_is_known_is_counted(books, issued):
    with books.read() as unit:
        known = issued.warnings(unit)
        newest = issued.newest(unit, "states")
    assert keep_account([newest], known).years == 0.0


def test_a_warning_ends_with_its_first_horizon_and_what_is_warned_of_still_is_a_new_one(books, standing):
    service, name = standing
    with books.read() as unit:
        one = service.warning(unit, name)
        told = json.loads(json.dumps(service.newest(unit, "states").told))
    (again,) = [row for row in told["warnings"] if row["region"] == one.cell.region]
    told["warnings"] = [again | {"probability": 0.99}]
    last, day = date.fromisoformat(str(one.steps[0].told["last_period"])), date.fromisoformat(str(told["as_of"]))
    for months, acts in ((3, [Act.TOLD_AGAIN]), (9, [Act.RESOLVED, Act.ISSUED])):
        told["data"]["last_period"] = str(Cadence.MONTH.after(last, months))
        told["as_of"] = str(Cadence.MONTH.after(day.replace(day=1), months))
        assert [due.act for due in follow([one], told)] == acts


def test_who_withdraws_a_warning_takes_nothing_back_of_the_count(books, outlooks, standing):
    service, name = standing
    with books.begin() as unit:
        service.act(unit, name, Act.WITHDRAWN, "a slip", NOW)
        known = service.warnings(unit)
        newest = service.newest(unit, "states")
    later = replace(newest, as_of=date(2019, 12, 1))
    kept = keep_account([newest, later], known)
    assert (kept.counts["withdrawn"], kept.false) == (1, 1)


def test_a_day_that_has_not_come_is_not_entered(books, outlooks):
    with books.begin() as unit, pytest.raises(BadInputError) as caught:
        Warnings(Log()).issue(unit, "states", outlooks[0], datetime(2015, 5, 1, tzinfo=UTC))
    assert caught.value.code == "outlook_ahead"
