"""Jobs counted in the lake, beside a count that goes through every person and every day."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.labour.store.spell import SPELLS_SCHEMA, flows
from qipan.storage import engine as engines

FIRST = date(2020, 1, 1)
DAYS = st.integers(0, 150).map(lambda day: FIRST + timedelta(day))
LENGTHS = st.none() | st.integers(1, 90)
SPELL = st.tuples(st.integers(1, 6), st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), DAYS, LENGTHS)
ENGINE = engines.connect()


def table_of(spells) -> pa.Table:
    rows = [
        (person, region, "I", job, start, start + timedelta(length) if length else None)
        for person, region, job, start, length in spells
    ]
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=SPELLS_SCHEMA)


def counted(spells, within_days, *, by_occupation=True) -> dict:
    found = flows(ibis.memtable(table_of(spells)), within_days=within_days, by_occupation=by_occupation)
    rows = ENGINE.to_pyarrow(found).to_pylist()
    kept = ("opened", "closed", "separated", "lost")
    return {(r["region"], r["occupation"], r["month"]): tuple(r[name] for name in kept) for r in rows}


def month(day) -> int:
    return day.year * 12 + day.month - 1


def by_days(spells, within_days) -> dict:
    """Count as the definitions say it: on first days of months, and day by day after an end."""
    found: dict[tuple, list[int]] = {}

    def add(region, job, at, place):
        found.setdefault((region, job, at), [0, 0, 0, 0])[place] += 1

    for person, region, job, start, length in spells:
        day = start
        while day.day != 1:
            day += timedelta(1)
        add(region, job, month(day), 0)
        if length is None:
            continue
        end = start + timedelta(length)
        last = end - timedelta(1)
        add(region, job, month(last), 1)
        if last.replace(day=1) < start:
            continue
        add(region, job, month(last), 2)
        others = [(s, date.max if n is None else s + timedelta(n)) for p, _, _, s, n in spells if p == person]
        days = [end + timedelta(n) for n in range(within_days)]
        if not any(s <= day < e for s, e in others for day in days):
            add(region, job, month(last), 3)
    return {key: tuple(counts) for key, counts in found.items()}


@settings(max_examples=15, deadline=None)
@given(st.lists(SPELL, min_size=1, max_size=25), st.sampled_from([1, 30, 60]))
def test_jobs_are_counted_as_day_by_day(spells, within_days):
    assert counted(spells, within_days) == by_days(spells, within_days)


def test_occupations_are_one_unless_asked_for():
    spells = [(1, "a", "x", FIRST, 40), (2, "a", "y", FIRST, None)]
    assert counted(spells, 60, by_occupation=False) == {("a", "", 24240): (2, 0, 0, 0), ("a", "", 24241): (0, 1, 1, 1)}


def test_who_goes_on_in_another_job_of_the_same_time_has_lost_none():
    spells = [(1, "a", "x", FIRST, 40), (1, "b", "y", FIRST + timedelta(30), 40)]
    lost = {key: counts[3] for key, counts in counted(spells, 60).items()}
    assert lost == {("a", "x", 24240): 0, ("a", "x", 24241): 0, ("b", "y", 24241): 0, ("b", "y", 24242): 1}
