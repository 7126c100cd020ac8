"""Readings are held against the register, a whole batch at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qipan.ledger.check_readings import RATE_MAX, TOLD_MAX, Checked, check_readings, moment_of, us_of
from qipan.ledger.model.fleet import Meter
from qipan.ledger.model.reading import NO_COUNTER, Measure, Quality, Readings
from qipan.ledger.sources.readings import read_csv

START = datetime(2026, 1, 1, tzinfo=UTC)
H_US = 3_600_000_000
METERS = {
    "a": Meter("a", Measure.USED, "s", "pool"),
    "b": Meter("b", Measure.GRID_ENERGY, "s", "", START, START + timedelta(hours=2)),
    "c": Meter("c", Measure.GRID_ENERGY, "other"),
}


def readings(*rows: tuple[str, int, int, int]) -> Readings:
    """Return readings of (meter, start hour, end hour, value)."""
    names = tuple(dict.fromkeys(row[0] for row in rows))
    count = len(rows)
    return Readings(
        names,
        np.array([names.index(row[0]) for row in rows], dtype=np.int32),
        np.array([us_of(START) + row[1] * H_US for row in rows], dtype=np.int64),
        np.array([us_of(START) + row[2] * H_US for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.int64),
        np.full(count, NO_COUNTER, dtype=np.int64),
        np.zeros(count, dtype=np.int32),
        np.zeros(count, dtype=np.int8),
    )


def check(told: Readings) -> Checked:
    rows = np.arange(1, len(told) + 1)
    return check_readings(told, rows=rows, meters=METERS, source_id="s", released=START + timedelta(hours=5))


def test_good_readings_are_kept() -> None:
    checked = check(readings(("a", 0, 1, 5), ("a", 1, 2, 6), ("b", 0, 1, 7)))
    assert checked.kept.all()
    assert not checked.repeated.any()
    assert checked.findings == ()


def test_every_rule_names_its_row() -> None:
    told = readings(
        ("unknown", 0, 1, 5),
        ("c", 0, 1, 5),
        ("a", 1, 1, 5),
        ("a", 4, 6, 5),
        ("b", 1, 3, 5),
        ("a", 0, 1, -1),
        ("a", 2, 3, 5),
    )
    checked = check(told)
    assert {(finding.row, finding.rule) for finding in checked.findings} == {
        (1, "meter_unknown"),
        (2, "meter_of_another_source"),
        (3, "period_empty"),
        (4, "period_after_release"),
        (5, "meter_not_valid"),
        (6, "value_out_of_range"),
    }
    assert checked.kept.tolist() == [False] * 6 + [True]
    stands = {finding.rule: finding.value for finding in checked.findings}
    assert (stands["meter_unknown"], stands["value_out_of_range"]) == ("unknown", "-1")
    assert stands["period_empty"] == moment_of(int(told.end_us[2])).isoformat()


def test_value_is_held_against_what_can_flow_in_its_period() -> None:
    most = RATE_MAX * 3600
    checked = check(readings(("a", 0, 1, most), ("a", 1, 2, most + 1), ("a", 2, 4, most + 1), ("a", 4, 4, most)))
    assert checked.kept.tolist() == [True, False, True, False]
    assert [(f.row, f.rule) for f in checked.findings] == [(4, "period_empty"), (2, "value_above_rate")]


def test_rehearsal_tells_modelled_readings_and_others_what_they_like() -> None:
    told = readings(("a", 0, 1, 5), ("a", 1, 2, 5))
    told = replace(told, quality=np.array([0, list(Quality).index(Quality.MODELLED)], dtype=np.int8))
    assert check(told).kept.all()
    meter = replace(METERS["a"], source_id="rehearsal/s")
    rows = np.arange(1, 3)
    checked = check_readings(
        told, rows=rows, meters={"a": meter}, source_id="rehearsal/s", released=START + timedelta(hours=5)
    )
    assert checked.kept.tolist() == [False, True]
    assert [(f.row, f.rule) for f in checked.findings] == [(1, "rehearsal_not_modelled")]


def test_period_told_twice_is_repeated_or_contradicts() -> None:
    checked = check(readings(("a", 1, 2, 5), ("a", 0, 1, 4), ("a", 1, 2, 5), ("a", 1, 2, 6), ("a", 1, 3, 5)))
    assert checked.kept.tolist() == [True, True, False, False, True]
    assert checked.repeated.tolist() == [False, False, True, False, False]
    assert [(finding.row, finding.rule) for finding in checked.findings] == [(4, "reading_contradicts")]


def test_bad_row_neither_repeats_nor_contradicts() -> None:
    checked = check(readings(("a", 0, 1, -1), ("a", 0, 1, 5)))
    assert checked.kept.tolist() == [False, True]
    assert [finding.rule for finding in checked.findings] == ["value_out_of_range"]


def test_epoch_that_cannot_be_is_refused_and_not_changed() -> None:
    rows = [f"a,2026-01-01T0{hour}:00:00Z,2026-01-01T0{hour + 1}:00:00Z,5" for hour in range(4)]
    epochs = (-5, 0, 2**31, 2**31 - 1)
    data = "\n".join(["meter_id,start,end,value,epoch", *(f"{r},{e}" for r, e in zip(rows, epochs, strict=True))])
    intake = read_csv(data.encode())
    checked = check(intake.readings)
    assert checked.kept.tolist() == [False, True, False, True]
    assert [(f.row, f.rule) for f in checked.findings] == [(1, "epoch_out_of_range"), (3, "epoch_out_of_range")]
    assert intake.readings.epoch[checked.kept].tolist() == [0, 2**31 - 1]


def test_many_bad_rows_are_told_in_few_lines() -> None:
    checked = check(readings(*[("a", hour, hour + 1, -1) for hour in range(-TOLD_MAX - 5, 0)]))
    assert len(checked.findings) == TOLD_MAX + 1
    assert "5 more rows" in checked.findings[-1].message
    assert not checked.kept.any()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 3)), max_size=12))
def test_one_row_of_each_period_is_kept_and_the_first_one(rows: list[tuple[str, int, int]]) -> None:
    told = readings(*[(meter, hour, hour + 1, value) for meter, hour, value in rows])
    checked = check(told)
    first: dict[tuple[str, int], int] = {}
    for place, (meter, hour, value) in enumerate(rows):
        is_first = (meter, hour) not in first
        stands = first.setdefault((meter, hour), value)
        assert checked.kept[place] == is_first
        assert checked.repeated[place] == (not is_first and value == stands)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001
def test_moments_survive(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert moment_of(us_of(aware)) == aware
