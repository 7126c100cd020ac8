"""A bulletin is of a month's end: what is told and done later moves nothing of it, not a byte."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.labour.conftest import panel_of, waves
from tests.labour.test_warn import released, terms_of

from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.labour.look_back import civil_month
from qipan.labour.model.issued import Act, Outcome
from qipan.labour.service.warnings import Warnings
from qipan.labour.warn import warn
from qipan.log.service import Log

MARCH = date(2026, 3, 1)
IN_MARCH, IN_APRIL, IN_MAY = (datetime(2026, month, 10, 3, tzinfo=UTC) for month in (3, 4, 5))
END_OF_MARCH = datetime(2026, 3, 31, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def outlooks():
    """Return what can be said on three days of a panel that loses from late in 2015 on."""
    releases = released(panel_of(waves(12, 240, seed=5)))
    return [warn(releases, day, terms_of()) for day in (date(2015, 9, 1), date(2015, 12, 1), date(2016, 6, 1))]


@pytest.fixture
def issued(books, outlooks):
    """Return the service, with one outlook issued in March and one in April."""
    service = Warnings(Log())
    for found, now in zip(outlooks[:2], (IN_MARCH, IN_APRIL), strict=True):
        with books.begin(caller="user:li.wei") as unit:
            service.issue(unit, "states", found, now)
    return service


def bulletin_of(books, service, month=MARCH, now=IN_MAY):
    with books.read() as unit:
        return service.bulletin(unit, "states", month, now)


def test_a_month_ends_at_midnight_in_beijing():
    assert civil_month(date(2026, 3, 17)).end == END_OF_MARCH


def test_later_outlooks_and_steps_move_nothing(books, issued, outlooks):
    before = bulletin_of(books, issued)
    assert before.is_over
    assert [one.number for one in before.outlooks] == [1]
    assert {step.act for _, step in before.steps()} == {Act.ISSUED}
    with books.begin() as unit:
        name = next(one.warning_id for one in issued.warnings(unit, open_only=True) if not one.has(Act.CONFIRMED))
        issued.act(unit, name, Act.WITHDRAWN, "wrong panel", IN_MAY)
        issued.issue(unit, "states", outlooks[2], IN_MAY)
    assert bulletin_of(books, issued) == before
    later = bulletin_of(books, issued, date(2026, 5, 1), datetime(2026, 6, 2, tzinfo=UTC))
    assert later.kept.counts[Outcome.WITHDRAWN.value] == 1
    assert Act.WITHDRAWN in {step.act for _, step in later.steps()}


def test_what_is_done_as_the_next_month_begins_is_of_that_month(books, issued):
    with books.begin() as unit:
        name = next(one.warning_id for one in issued.warnings(unit) if not one.has(Act.CONFIRMED))
        issued.act(unit, name, Act.TREATED, "courses", END_OF_MARCH)
    march, april = bulletin_of(books, issued), bulletin_of(books, issued, date(2026, 4, 1))
    assert Act.TREATED not in {step.act for _, step in march.steps()}
    assert Act.TREATED in {step.act for _, step in april.steps()}
    assert all(april.stood(one) for one in april.warnings if one.warning_id == name)
    assert not any(march.stood(one) for one in march.warnings)


def test_a_month_that_is_not_over_is_told_until_now(books, issued):
    found = bulletin_of(books, issued, date(2026, 4, 1), IN_APRIL.replace(hour=4))
    assert not found.is_over
    assert found.span.end == IN_APRIL.replace(hour=4)
    assert [one.number for one in found.outlooks] == [2]


def test_a_month_without_anything_new_rests_on_what_was_told_before(books, issued):
    found = bulletin_of(books, issued, date(2026, 5, 1), datetime(2026, 7, 1, tzinfo=UTC))
    assert (found.outlooks, found.newest.number, found.steps()) == ((), 2, ())


def test_a_month_to_come_and_one_before_the_first_are_refused(books, issued):
    with pytest.raises(BadInputError, match="begun") as error:
        bulletin_of(books, issued, date(2026, 6, 1))
    assert error.value.code == "month_to_come"
    with pytest.raises(NotFoundError, match="by the end of 2026-02") as missing:
        bulletin_of(books, issued, date(2026, 2, 1))
    assert missing.value.code == "bulletin_empty"
    with books.read() as unit, pytest.raises(NotFoundError, match="states-2"):
        issued.bulletin(unit, "states-2", MARCH, IN_MAY)


def test_months_reach_from_the_first_outlook_to_now(books, issued):
    with books.read() as unit:
        assert issued.months(unit, "states", IN_MAY) == (date(2026, 5, 1), date(2026, 4, 1), MARCH)
        assert issued.months(unit, "other", IN_MAY) == ()
