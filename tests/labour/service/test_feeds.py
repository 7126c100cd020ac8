"""Feeds in the books: received once, nothing lost, brought in after a kill, a panel of what had come by a day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from tests.labour.feeds import TERMS

from qipan.kernel.errors import ConflictError, EngineError, NotFoundError, RuleBrokenError
from qipan.labour.model.feed import BACKDATED, Purpose
from qipan.labour.model.panel import Cell
from qipan.labour.service.feeds import DELIVERY_KIND, Feeds
from qipan.labour.sources import feed_rows
from qipan.log.service import Log
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.lake import Lake

HEAD = "region,industry,period,value,released"
FIRST = f"{HEAD}\n440000,I,2026-W09,100,2026-03-06\n440000,I,2026-W10,120,2026-03-13\n330000,I,2026-W09,80,2026-03-06\n"
LATER = f"{HEAD}\n440000,I,2026-W10,140,2026-03-20\n440000,I,2026-W11,150,2026-03-20\n440000,I,2026-W11,4,2026-03-21\n"
MARCH = datetime(2026, 3, 14, 4, tzinfo=UTC)
LATE_MARCH = datetime(2026, 3, 21, 4, tzinfo=UTC)


@pytest.fixture
def feeds(books, tmp_path) -> Feeds:
    observations = Observations(Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))
    observations.create()
    made = Feeds(observations, Log(), feed_rows.read)
    with books.begin() as unit:
        made.add(unit, TERMS, MARCH)
    return made


def send(books, feeds, text, now):
    with books.begin() as unit:
        return feeds.receive(unit, "claims", text.encode(), now)


def panel(books, feeds, day, *, purpose=Purpose.WARNING, now=LATE_MARCH):
    with books.read() as unit:
        feeds.project(unit)
        return feeds.releases(unit, "claims", day, purpose, now)


def test_a_panel_is_what_had_come_by_the_day_corrections_too(books, feeds):
    send(books, feeds, FIRST, MARCH)
    send(books, feeds, LATER, LATE_MARCH)
    early = panel(books, feeds, date(2026, 3, 20))
    assert early.cells == (Cell("330000", "I"), Cell("440000", "I"))
    assert early.latest().values.tolist()[1] == [100.0, 120.0]
    whole = panel(books, feeds, date(2026, 3, 21))
    assert whole.latest().values.tolist()[1] == [100.0, 140.0, 150.0]
    assert whole.as_of(date(2026, 3, 13)).values.tolist()[1] == [100.0, 120.0]
    assert (whole.unit, whole.direction) == ("persons", "rise")


def test_the_same_bytes_are_entered_once_and_what_was_refused_is_told_again(books, feeds):
    first, findings, is_new = send(books, feeds, LATER, LATE_MARCH)
    again, same, is_new_again = send(books, feeds, LATER, LATE_MARCH)
    assert (is_new, is_new_again, first, findings) == (True, False, again, same)
    assert (first.rows, first.refused, [one.rule for one in findings]) == (3, 1, ["cell_small"])
    with books.begin() as unit:
        assert len(Log().leaves(unit, kind=DELIVERY_KIND)) == 1
        assert feeds.deliveries(unit, "claims") == (first,)


def test_what_was_acknowledged_before_a_kill_is_brought_in_later_once(books, feeds):
    send(books, feeds, FIRST, MARCH)
    send(books, feeds, LATER, LATE_MARCH)
    with books.read() as unit:
        assert feeds.project(unit) == 2
        assert feeds.project(unit) == 0
    assert panel(books, feeds, date(2026, 3, 21)).latest().values.shape == (2, 3)


def test_a_later_batch_of_the_same_release_counts(books, feeds):
    send(books, feeds, FIRST, MARCH)
    send(books, feeds, f"{HEAD}\n440000,I,2026-W10,130,2026-03-13\n", LATE_MARCH)
    assert panel(books, feeds, date(2026, 3, 21)).latest().values.tolist()[1] == [100.0, 130.0]


def test_figures_older_than_may_be_kept_are_not_used(books, feeds):
    send(books, feeds, FIRST, MARCH)
    day = date(2026, 3, 20)
    assert panel(books, feeds, day, now=datetime(2027, 3, 13, 4, tzinfo=UTC)).latest().values.size
    with pytest.raises(RuleBrokenError) as caught:
        panel(books, feeds, day, now=datetime(2027, 3, 13, 16, tzinfo=UTC))
    assert caught.value.code == "feed_empty"


def test_a_row_that_names_a_purpose_is_used_for_it_only(books, feeds):
    with books.begin() as unit:
        both = {**TERMS, "name": "both", "sharing": {**TERMS["sharing"], "purposes": ["warning", "backtest"]}}
        feeds.add(unit, both, MARCH)
        text = f"{HEAD},用途\n440000,I,2026-W09,100,2026-03-06,\n330000,I,2026-W09,80,2026-03-06,回测\n"
        feeds.receive(unit, "both", text.encode(), MARCH)
    with books.read() as unit:
        feeds.project(unit)
        warned, tested = (feeds.releases(unit, "both", date(2026, 3, 20), one, LATE_MARCH).cells for one in Purpose)
        (fresh,) = (one for one in feeds.fresh(unit, date(2026, 3, 14)) if one.feed == "both")
    assert warned == (Cell("440000", "I"),)
    assert tested == (Cell("330000", "I"), Cell("440000", "I"))
    assert (fresh.newest_period, fresh.silent) == (date(2026, 2, 23), ())


def test_weeks_of_all_deliveries_begin_on_one_day(books, feeds):
    send(books, feeds, FIRST, MARCH)
    made, findings, _ = send(books, feeds, f"{HEAD}\n440000,I,2026-03-08,9000,2026-03-20\n", LATE_MARCH)
    assert (made.refused, [one.rule for one in findings]) == (1, ["cadence_differs"])
    assert panel(books, feeds, date(2026, 3, 21)).latest().values.tolist()[1] == [100.0, 120.0]


def test_what_was_known_on_a_day_is_not_changed_by_a_release_that_is_claimed_later(books, feeds):
    send(books, feeds, FIRST, MARCH)
    text = (
        f"{HEAD}\n440000,I,2026-W10,500,2026-03-10\n110000,I,2026-W09,70,2026-03-14\n440000,I,2026-W11,90,2026-03-20\n"
    )
    made, findings, _ = send(books, feeds, text, LATE_MARCH)
    assert (made.refused, [(one.row, one.rule) for one in findings]) == (0, [(2, BACKDATED), (3, BACKDATED)])
    found = panel(books, feeds, date(2026, 3, 21))
    place = found.cells.index(Cell("440000", "I"))
    assert found.as_of(date(2026, 3, 14)).values[place].tolist() == [100.0, 120.0]
    assert np.isnan(found.as_of(date(2026, 3, 20)).values[0]).all()
    assert found.latest().values[place].tolist() == [100.0, 500.0, 90.0]


def test_of_claims_of_one_value_the_last_counts_and_the_others_are_refused(books, feeds):
    send(books, feeds, FIRST, MARCH)
    claims = ("500,2026-03-10", "130,2026-03-18", "400,2026-03-09")
    text = "\n".join([HEAD, *(f"440000,I,2026-W10,{claim}" for claim in claims), ""])
    made, findings, _ = send(books, feeds, text, LATE_MARCH)
    assert (made.refused, [(one.row, one.rule) for one in findings]) == (
        2,
        [(2, "value_outdated"), (4, "value_outdated")],
    )
    assert panel(books, feeds, date(2026, 3, 21)).latest().values[1].tolist() == [100.0, 130.0]


def test_a_value_that_returns_to_an_earlier_one_is_the_newest(books, feeds):
    send(books, feeds, FIRST, MARCH)
    send(books, feeds, f"{HEAD}\n440000,I,2026-W10,140,2026-03-20\n", LATE_MARCH)
    made, _, is_new = send(books, feeds, FIRST, LATE_MARCH)
    assert (is_new, made.sequence) == (True, 3)
    assert send(books, feeds, FIRST, LATE_MARCH)[2] is False
    assert panel(books, feeds, date(2026, 3, 21)).latest().values[1].tolist() == [100.0, 120.0]
    with books.read() as unit:
        assert feeds.check(unit) == ()


def test_figures_are_used_for_what_was_agreed_only(books, feeds):
    send(books, feeds, FIRST, MARCH)
    with books.read() as unit, pytest.raises(RuleBrokenError) as caught:
        feeds.releases(unit, "claims", date(2026, 3, 20), Purpose.BACKTEST, LATE_MARCH)
    assert caught.value.code == "purpose_unagreed"


def test_fresh_tells_what_is_late_and_silent_and_late_tells_it_from_the_books(books, feeds):
    send(books, feeds, FIRST, MARCH)
    with books.read() as unit:
        feeds.project(unit)
        (found,) = feeds.fresh(unit, date(2026, 3, 25))
        (quick,) = feeds.late(unit, date(2026, 3, 25))
    assert (found.missing, found.late_since, found.newest_release) == (1, date(2026, 3, 23), date(2026, 3, 13))
    assert [(one.cell.region, one.since) for one in found.silent] == [("330000", date(2026, 3, 2))]
    assert (quick.missing, quick.late_days, quick.newest_release) == (1, 3, date(2026, 3, 13))


def test_terms_stand_and_an_end_counts_from_the_next_day_on(books, feeds):
    with books.begin() as unit:
        assert feeds.add(unit, TERMS, LATE_MARCH).name == "claims"
        with pytest.raises(ConflictError) as caught:
            feeds.add(unit, {**TERMS, "unit": "jobs"}, LATE_MARCH)
        assert caught.value.code == "feed_differs"
    with books.begin() as unit:
        assert feeds.end(unit, "claims", "the agreement was not renewed", MARCH).ended == date(2026, 3, 15)
        with pytest.raises(RuleBrokenError) as again:
            feeds.end(unit, "claims", "once more", MARCH)
        assert again.value.code == "feed_over"
    assert send(books, feeds, FIRST, MARCH)[0].refused == 0
    assert {one.rule for one in send(books, feeds, LATER, LATE_MARCH)[1]} == {"agreement_over"}
    assert panel(books, feeds, date(2026, 3, 21)).latest().values.size


def test_an_unknown_feed_is_named(books, feeds):
    with books.begin() as unit, pytest.raises(NotFoundError) as caught:
        feeds.receive(unit, "postings", b"", MARCH)
    assert caught.value.code == "feed_unknown"


def test_the_engine_refuses_changes_and_check_finds_what_was_changed(books, feeds):
    with books.read() as unit:
        assert feeds.check(unit) == ()
    with pytest.raises(EngineError), books.begin() as unit:
        unit.execute(sa.text("UPDATE labour_feed SET record = '{}'"))
    with books.begin() as unit:
        unit.execute(sa.text("DROP TRIGGER labour_feed_no_update"))
        changed = json.dumps({**TERMS, "holder": "Somebody else"}, ensure_ascii=False)
        unit.execute(sa.text("UPDATE labour_feed SET record = :record"), {"record": changed})
        assert [one.rule for one in feeds.check(unit)] == ["labour_differs"]


@pytest.mark.parametrize("change", ["labour_feed_delivery SET refused = 0", "labour_feed_end SET reason = 'another'"])
def test_check_finds_changed_deliveries_and_ends(books, feeds, change):
    send(books, feeds, LATER, LATE_MARCH)
    table = change.split()[0]
    with books.begin() as unit:
        feeds.end(unit, "claims", "not renewed", LATE_MARCH)
        assert feeds.check(unit) == ()
        unit.execute(sa.text(f"DROP TRIGGER {table}_no_update"))
        unit.execute(sa.text(f"UPDATE {change}"))
        assert [one.rule for one in feeds.check(unit)] == ["labour_differs"]
