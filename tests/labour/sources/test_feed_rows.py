"""Deliveries: what lies outside of the agreement is refused with a finding that does not tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.labour.feeds import FEED

from qipan.labour.model.feed import OnHand
from qipan.labour.model.panel import Cell
from qipan.labour.sources import feed_rows

DAY = date(2026, 3, 20)
HEAD = "region,industry,period,value"


def read(*lines, head=HEAD, feed=FEED, received=DAY, released=DAY, held=OnHand()):  # noqa: B008 - it is frozen
    data = "\n".join([head, *lines]).encode()
    return feed_rows.read(data, feed, received=received, released=released, held=held)


def test_rows_that_the_agreement_covers_are_let_in_with_what_the_feed_says_of_them():
    found = read("440000,I,2026-W10,120", "440000,C,2026-03-02,30")
    assert (found.count, found.findings) == (2, ())
    assert [(one.cell, one.start, one.value, one.released) for one in found.figures] == [
        (Cell("440000", "I"), date(2026, 3, 2), 120.0, DAY),
        (Cell("440000", "C"), date(2026, 3, 2), 30.0, DAY),
    ]


@pytest.mark.parametrize(
    ("head", "line", "rule"),
    [
        (f"{HEAD},name", "440000,I,2026-W10,120,张三", "column_unagreed"),
        (f"{HEAD},persons", "440000,I,2026-W10,120,120", "column_unagreed"),
        (f"{HEAD},用途", "440000,I,2026-W10,120,回测", "purpose_differs"),
        (f"{HEAD},occupation", "440000,I,2026-W10,120,4222", "column_unagreed"),
        (HEAD, "440000,,2026-W10,120", "level_differs"),
        (HEAD, "440000,I/J,2026-W10,120", "part_unfit"),
        (HEAD, "440000,I,2026-W10,3", "cell_small"),
        (HEAD, "440000,I,2026-03,120", "cadence_differs"),
        (HEAD, "440000,I,2026-W13,120", "period_ahead"),
        (f"{HEAD},released", "440000,I,2026-W10,120,2026-03-21", "release_ahead"),
        (f"{HEAD},unit", "440000,I,2026-W10,120,percent", "unit_differs"),
        (f"{HEAD},direction", "440000,I,2026-W10,120,下降", "direction_varies"),
        (HEAD, "440000,I,2026-W10", "row_torn"),
    ],
)
def test_a_row_outside_of_it_is_refused(head, line, rule):
    found = read(line, head=head)
    assert (found.count, found.figures) == (1, ())
    assert [(one.row, one.rule) for one in found.findings] == [(2, rule)]


def test_what_may_not_be_told_is_not_told_by_its_finding():
    found = read("440000,I,2026-W10,3,", "440000,I,2026-W10,120,张三", head=f"{HEAD},name")
    assert [one.rule for one in found.findings] == ["cell_small", "column_unagreed"]
    assert all(one.value == "" and "张三" not in one.message and "3." not in one.message for one in found.findings)


@pytest.mark.parametrize(
    ("received", "ended", "rule"),
    [
        (date(2025, 12, 31), None, "agreement_ahead"),
        (date(2027, 1, 1), None, "agreement_over"),
        (date(2026, 6, 1), date(2026, 6, 1), "agreement_over"),
    ],
)
def test_what_comes_while_no_agreement_is_in_force_is_refused_row_by_row(received, ended, rule):
    found = read("440000,I,2025-W10,120", "440000,C,2025-W10,90", received=received, feed=replace(FEED, ended=ended))
    assert [(one.row, one.rule) for one in found.findings] == [(2, rule), (3, rule)]


def test_no_people_at_all_are_not_few():
    assert read("440000,I,2026-W10,0").figures[0].value == 0.0


def test_people_are_counted_in_the_unit_of_the_feed():
    found = read("440000,I,2026-W10,0.0009", "440000,C,2026-W10,0.001", feed=replace(FEED, unit="万人"))
    assert [one.cell.industry for one in found.figures] == ["C"]
    assert [one.rule for one in found.findings] == ["cell_small"]


def test_people_behind_a_rate_are_told_by_a_column_of_their_own():
    sharing = replace(FEED.sharing, columns=frozenset({"industry", "persons"}))
    rate = replace(FEED, unit="percent", sharing=sharing)
    found = read("440000,I,2026-W10,2.5,9", "440000,C,2026-W10,2.5,10", head=f"{HEAD},人数", feed=rate)
    assert [one.cell.industry for one in found.figures] == ["C"]
    assert [one.rule for one in found.findings] == ["cell_small"]
    for persons in ("nan", "-3", "inf"):
        odd = read(f"440000,I,2026-W10,2.5,{persons}", head=f"{HEAD},人数", feed=rate)
        assert (odd.figures, [one.rule for one in odd.findings]) == ((), ["value_unreadable"])


def test_a_bad_week_day_does_not_settle_it_for_others():
    month = replace(FEED, cadence=type(FEED.cadence)("month"))
    found = read("440000,I,2026-W10,120", "440000,I,2026-02,120", feed=month)
    assert [one.rule for one in found.findings] == ["cadence_differs"]
    assert len(found.figures) == 1


@pytest.mark.parametrize("data", [b"", b"region,value\n1,2\n", b"region,region,period,value\n", b"\xff\xfe"])
def test_a_file_that_is_no_table_gets_one_finding(data):
    found = feed_rows.read(data, FEED, received=DAY, released=DAY, held=OnHand())
    assert (found.figures, [one.row for one in found.findings]) == ((), [0])
