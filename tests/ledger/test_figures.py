"""Figures worked by hand; what was known at a moment stays; silence is not idleness; order does not matter."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.errors import QipanError
from qipan.kernel.time import Interval, civil_day
from qipan.ledger.model.figure import Group, Step
from qipan.ledger.model.fleet import Certified, Fleet, Meter, Source
from qipan.ledger.model.reading import Measure
from qipan.ledger.service.figures import Figures, Metered, periods_of
from qipan.ledger.service.register import Ledger
from qipan.ledger.store import figure
from qipan.ledger.store.reading import DAY, READINGS, READINGS_SCHEMA
from qipan.storage.books import Books
from qipan.storage.lake import Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 48 * HOUR
FOUR = Interval(START, START + 4 * HOUR)
WHOLE_HOUR = 3600


@dataclass(frozen=True)
class Row:
    """A reading: ``at`` and ``lasts_h`` in hours since the start."""

    meter_id: str
    at: float
    value: int
    lasts_h: float = 1
    released: datetime = NOW
    received: datetime = NOW
    quality: str = "measured"
    sequence: int = 1
    counter: int | None = None
    epoch: int = 0


def table_of(rows: Sequence[Row]) -> pa.Table:
    made = []
    for row in rows:
        opens = START + row.at * HOUR
        made.append(
            {
                DAY: opens.date(),
                "source_id": "alpha",
                "meter_id": row.meter_id,
                "period_start": opens,
                "period_end": opens + row.lasts_h * HOUR,
                "released": row.released,
                "received": row.received,
                "value": row.value,
                "counter": row.counter,
                "epoch": row.epoch,
                "quality": row.quality,
                "way": "attested",
                "sequence": row.sequence,
            }
        )
    return pa.Table.from_pylist(made, schema=READINGS_SCHEMA)


class House:
    """A register and a lake of readings."""

    def __init__(self, folder: Path, books: Books, register: Ledger) -> None:
        self.books = books
        self.lake = Lake(folder / "lake")
        self.lake.create(READINGS, READINGS_SCHEMA, by=DAY)
        self.figures = Figures(self.lake, register, {}, lambda _: (0.5, 0.25))
        self._numbers = itertools.count(1)

    def add(self, *rows: Row) -> None:
        self.lake.append(READINGS, table_of(rows), source="alpha", sequence=next(self._numbers))

    def of(self, interval: Interval = FOUR, as_of: datetime = NOW, *, with_modelled: bool = False) -> Metered:
        with self.books.read() as unit:
            return self.figures.of(unit, interval, as_of, with_modelled=with_modelled)


@pytest.fixture
def house(tmp_path: Path, books: Books, ledger: Ledger, fleet: Fleet) -> House:
    alpha, beta = fleet.sites
    (pool,) = alpha.pools
    steps = (Certified(START, 10.0), Certified(START + 2.5 * HOUR, 20.0))
    measures = {
        "grid": Measure.GRID_ENERGY,
        "pdu": Measure.PDU_ENERGY,
        "green": Measure.GREEN_ENERGY,
        "water": Measure.WATER,
        "racked": Measure.RACKED,
    }
    meters = (
        Meter("used", Measure.USED, "alpha", pool.pool_id),
        Meter("queued", Measure.QUEUED, "alpha", pool.pool_id),
        *(Meter(name, measure, "alpha") for name, measure in measures.items()),
    )
    sites = (replace(alpha, pools=(replace(pool, certified=steps),), racks=4, meters=meters), beta)
    sources = (Source("alpha", "Alpha", "甲", 3600, 600),)
    with books.begin() as unit:
        ledger.register(unit, replace(fleet, sites=sites, sources=sources), START)
    return House(tmp_path, books, ledger)


def used_values(metered: Metered) -> list[float | None]:
    return [one.used_unit_h for one in metered.supply(by=Group.SITE, step=Step.HOUR) if one.group == "alpha"]


def test_supply_by_hand(house: House) -> None:
    house.add(Row("used", 0, 5 * WHOLE_HOUR), Row("used", 2, 12 * WHOLE_HOUR), Row("queued", 2, 3 * WHOLE_HOUR))
    alpha, beta = house.of().supply(by=Group.SITE)
    # 10 cards for 2.5 h, then 20 for 1.5 h; told are hour 0 (10) and hour 2 (half 10, half 20).
    assert alpha.certified_unit_h == 55
    assert alpha.capacity_unit_h == 25
    assert (alpha.used_unit_h, alpha.idle_unit_h, alpha.used_share) == (17, 8, 17 / 25)
    assert (alpha.queued_unit_h, alpha.queue_pressure, alpha.told_share) == (3, 3 / 15, 25 / 55)
    assert alpha.allocated_unit_h is None
    assert (beta.certified_unit_h, beta.capacity_unit_h) == (256, 0)
    assert (beta.used_unit_h, beta.idle_unit_h, beta.used_share, beta.queue_pressure) == (None,) * 4
    assert [one.group for one in house.of().top_idle()] == ["alpha"]


def test_burn_by_hand(house: House) -> None:
    kwh = 3_600_000
    house.add(
        Row("grid", 0, 120 * kwh),
        Row("pdu", 0, 100 * kwh),
        Row("green", 0, 30 * kwh),
        Row("water", 0, 150_000),
        Row("racked", 0, 3 * WHOLE_HOUR),
        Row("grid", 1, 80 * kwh),  # the machines are silent: no part of any ratio to them
    )
    alpha, beta = house.of().burn(by=Group.SITE)
    assert (alpha.grid_wh, alpha.it_wh, alpha.water_l) == (200_000, 100_000, 150)
    assert alpha.pue == pytest.approx(1.2)
    assert alpha.wue_l_per_kwh == pytest.approx(1.5)
    assert (alpha.location_kg, alpha.market_kg) == (pytest.approx(100), pytest.approx(50))
    assert alpha.cue_kg_per_kwh == pytest.approx(0.6)
    assert alpha.cue_market_kg_per_kwh == pytest.approx(0.3)
    assert (alpha.green_share, alpha.racked_share) == (pytest.approx(0.25), pytest.approx(0.75))
    assert (beta.grid_wh, beta.pue, beta.location_kg, beta.racked_share) == (None,) * 4


def test_ratio_rests_on_hours_that_both_sides_told_in_full(house: House) -> None:
    house.add(Row("pdu", 0, 10, lasts_h=0.5), Row("grid", 0.5, 90, lasts_h=0.5), Row("pdu", 1, 10), Row("grid", 1, 12))
    alpha, _ = house.of().burn(by=Group.SITE)
    assert alpha.pue == pytest.approx(1.2)


def test_queue_presses_on_the_capacity_of_its_own_time(house: House) -> None:
    house.add(Row("used", 0, 60 * 5, lasts_h=1 / 60), Row("queued", 0, 5 * WHOLE_HOUR))
    alpha, _ = house.of().supply(by=Group.SITE)
    assert alpha.queue_pressure == pytest.approx(0.5)


def test_absurd_values_of_one_meter_do_not_break_the_figures_of_others(house: House) -> None:
    most = 2**53 - 1
    house.add(*(Row("grid", at / 3600, most, lasts_h=1 / 3600) for at in range(1100)), Row("used", 0, 18_000))
    assert used_values(house.of())[0] == 5
    assert house.of().burn(by=Group.SITE)[0].grid_wh > 0


def test_site_of_one_name_in_two_fleets_keeps_its_meters_apart(house: House, ledger: Ledger) -> None:
    with house.books.begin() as unit:
        known = ledger.fleets(unit)[0]
        alpha = replace(
            known.sites[0], meters=(), pools=(replace(known.sites[0].pools[0], certified=(), quantity=1.0),)
        )
        ledger.register(unit, replace(known, fleet_id="zz", sites=(alpha, known.sites[1]), sources=()), NOW)
    house.add(Row("used", 0, 18_000))
    (found,) = (one for one in house.of().supply(by=Group.SITE) if one.group == "alpha")
    assert (found.used_unit_h, found.capacity_unit_h) == (5, 10)


def test_nothing_told_is_none_and_not_zero(house: House) -> None:
    assert used_values(house.of()) == [None] * 4
    assert house.of().top_idle() == ()
    assert all(one.told_s == 0 and one.silences == (FOUR,) for one in house.of().completeness())


def test_reading_across_hours_is_split_exactly(house: House) -> None:
    house.add(Row("used", 0.5, 7 * WHOLE_HOUR + 1, lasts_h=2))
    metered = house.of()
    assert int(metered.hourly.value.sum()) == 7 * WHOLE_HOUR + 1
    assert dict(zip(metered.hourly.hour.tolist(), metered.hourly.told_s.tolist(), strict=True)) == {
        0: 1800,
        1: 3600,
        2: 1800,
    }


def test_minutes_and_hours_tell_the_same(house: House) -> None:
    house.add(*(Row("used", minute / 60, 300, lasts_h=1 / 60) for minute in range(60)), Row("used", 1, 18_000))
    assert used_values(house.of())[:2] == [5, 5]


def test_hour_told_twice_counts_as_not_told(house: House) -> None:
    house.add(Row("used", 0, 18_000), Row("used", 0, 300, lasts_h=1 / 60), Row("used", 1, 18_000))
    assert used_values(house.of())[:2] == [None, 5]
    used = next(one for one in house.of().completeness() if one.meter_id == "used")
    assert used.is_overlapping
    assert used.told_s == WHOLE_HOUR


def test_part_of_an_hour_told_twice_is_found_however_short_the_sum(house: House) -> None:
    half = 0.5 / 60
    house.add(Row("used", 0, 300, lasts_h=0.2), Row("used", 0.1, 300, lasts_h=0.2), Row("used", 0.9, 9, lasts_h=0.1))
    house.add(*(Row("used", 1 + at * half, 30, lasts_h=half) for at in range(120)))
    assert used_values(house.of())[:2] == [None, 1]
    assert house.of().hourly.told_s.tolist() == [WHOLE_HOUR + 360, WHOLE_HOUR]


def test_silences_are_named(house: House) -> None:
    house.add(Row("used", 1, 1), Row("used", 2, 1, lasts_h=0.5))
    used = next(one for one in house.of().completeness() if one.meter_id == "used")
    assert used.told_share == 1.5 / 4
    assert used.silences == (Interval(START, START + HOUR), Interval(START + 2 * HOUR, START + 4 * HOUR))


def test_modelled_readings_count_only_when_asked_for(house: House) -> None:
    house.add(Row("used", 0, 18_000, quality="modelled"), Row("used", 1, 18_000))
    assert used_values(house.of())[:2] == [None, 5]
    assert not house.of().supply(by=Group.SITE)[0].is_modelled
    asked = house.of(with_modelled=True)
    assert used_values(asked)[:2] == [5, 5]
    assert asked.supply(by=Group.SITE)[0].is_modelled


def test_correction_does_not_change_what_was_known(house: House) -> None:
    house.add(Row("used", 0, 18_000), Row("used", 1, 18_000))
    later = NOW + HOUR
    house.add(Row("used", 0, 3600, released=later, received=later, sequence=2))
    assert used_values(house.of(as_of=NOW)) == [5, 5, None, None]
    assert used_values(house.of(as_of=later)) == [1, 5, None, None]


def test_reading_withdrawn_for_a_modelled_one_does_not_come_back(house: House) -> None:
    house.add(Row("used", 0, 18_000))
    house.add(Row("used", 0, 3600, released=NOW + HOUR, quality="modelled", sequence=2))
    assert used_values(house.of())[0] is None
    assert used_values(house.of(with_modelled=True))[0] == 1


def test_back_dated_release_changes_nothing_before_its_receipt(house: House) -> None:
    house.add(Row("used", 0, 18_000))
    later = NOW + HOUR
    house.add(Row("used", 1, 3600, released=START + 2 * HOUR, received=later, sequence=2))
    assert used_values(house.of(as_of=NOW)) == [5, None, None, None]
    assert used_values(house.of(as_of=later)) == [5, 1, None, None]


def test_figures_are_asked_for_whole_hours_and_energy_by_site(house: House) -> None:
    with pytest.raises(QipanError) as caught:
        house.of(Interval(START, START + 1.5 * HOUR))
    assert caught.value.code == "interval_not_hours"
    with pytest.raises(QipanError) as caught:
        house.of().burn(by=Group.POOL)
    assert caught.value.code == "group_without_energy"


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25)])
def test_civil_days_of_23_and_25_hours(day: date, hours: int) -> None:
    here = civil_day(day, "Europe/Berlin")
    both = Interval(here.start, here.end + HOUR)
    assert [one.duration_h for one in periods_of(both, Step.DAY, "Europe/Berlin")] == [hours, 1]
    assert len(periods_of(here, Step.HOUR, "Europe/Berlin")) == hours


def hourly_of(rows: Sequence[Row]) -> list[tuple[int, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        lake.create(READINGS, READINGS_SCHEMA, by=DAY)
        for number, row in enumerate(rows, 1):
            lake.append(READINGS, table_of([row]), source="alpha", sequence=number)
        found = figure.hourly(lake.table(READINGS), FOUR, NOW).to_pyarrow()
    return sorted(zip(*(one.tolist() for one in figure.columns(found, ["used", "queued"])), strict=True))


@pytest.mark.slow
@settings(max_examples=6)
@given(data=st.data())
def test_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    drawn = st.tuples(st.sampled_from(["used", "queued"]), st.integers(0, 3), st.integers(0, 10**9), st.integers(0, 2))
    facts = data.draw(st.lists(drawn, min_size=1, max_size=6))
    rows = [
        Row(meter, at, value, released=START + release * HOUR, sequence=place)
        for place, (meter, at, value, release) in enumerate(facts, 1)
    ]
    expected: dict[tuple[str, float], Row] = {}
    for row in sorted(rows, key=lambda row: (row.released, row.sequence)):
        expected[row.meter_id, row.at] = row
    first_hour = int(START.timestamp()) // WHOLE_HOUR
    by_hand = sorted(
        (["used", "queued"].index(row.meter_id), first_hour + int(row.at), row.value, WHOLE_HOUR, 0)
        for row in expected.values()
    )
    assert hourly_of(rows) == by_hand
    assert hourly_of(data.draw(st.permutations(rows))) == by_hand


def counted(*values: tuple[float, int, int], epoch: int = 0) -> list[Row]:
    """Return hourly readings of (hour, value, counter)."""
    return [Row("grid", at, value, counter=counter, epoch=epoch) for at, value, counter in values]


def miscounts_of(house: House, interval: Interval = FOUR) -> list[tuple[str, int, int, int]]:
    return [(one.rule, one.broken, one.compared, one.most) for one in house.figures.miscounts(interval, NOW)]


def test_counter_that_rises_by_the_values_is_right_across_silence_and_declared_reset(house: House) -> None:
    house.add(*counted((0, 10, 110), (1, 5, 115), (3, 7, 140)), *counted((4, 3, 3), (5, 4, 7), epoch=1))
    assert miscounts_of(house, Interval(START, START + 6 * HOUR)) == []


def test_counter_that_falls_undeclared_and_reset_taken_back_are_found(house: House) -> None:
    house.add(*counted((0, 10, 110), (1, 5, 50), (2, 5, 55)), *counted((3, 1, 1), epoch=1), *counted((4, 9, 64)))
    five = Interval(START, START + 5 * HOUR)
    assert miscounts_of(house, five) == [("counter_fell", 2, 4, 60)]
    (found,) = house.figures.miscounts(five, NOW)
    assert found.period == Interval(START + HOUR, START + 5 * HOUR)
    assert found.size == pytest.approx(60 / 110)


def test_value_that_the_counter_did_not_count_is_found_also_across_a_silence(house: House) -> None:
    house.add(*counted((0, 10, 110), (1, 6, 115), (3, 30, 140)))
    assert miscounts_of(house) == [("value_not_counted", 2, 2, 5)]


def test_counter_is_held_against_the_reading_before_the_interval_and_as_of_a_moment(house: House) -> None:
    house.add(*counted((0, 10, 110), (1, 5, 100)))
    assert miscounts_of(house, Interval(START + HOUR, START + 2 * HOUR)) == [("counter_fell", 1, 1, 10)]
    house.add(Row("grid", 1, 5, counter=115, released=NOW + HOUR, received=NOW + HOUR, sequence=2))
    assert miscounts_of(house) == [("counter_fell", 1, 1, 10)]
    assert house.figures.miscounts(FOUR, NOW + HOUR) == ()


def test_overlapping_and_modelled_readings_are_not_held_against_each_other(house: House) -> None:
    house.add(Row("grid", 0, 10, lasts_h=2, counter=110), Row("grid", 1, 5, counter=3))
    house.add(Row("grid", 2, 1, counter=1, quality="modelled"))
    assert miscounts_of(house) == []
    assert house.figures.miscounts(FOUR, NOW, with_modelled=True)[0].rule == "counter_fell"


def test_pools_of_one_id_at_two_sites_are_two_groups(house: House, ledger: Ledger) -> None:
    with house.books.begin() as unit:
        known = ledger.fleet(unit, ledger.fleets(unit)[0].fleet_id)
        alpha, beta = known.sites
        same = replace(beta, pools=tuple(replace(pool, pool_id=alpha.pools[0].pool_id) for pool in beta.pools[:1]))
        ledger.register(unit, replace(known, sites=(alpha, same)), NOW)
    house.add(Row("used", 0, 18_000))
    groups = [(one.group, one.used_unit_h) for one in house.of().supply(by=Group.POOL)]
    pool_id = alpha.pools[0].pool_id
    assert groups == [(f"alpha/{pool_id}", 5), (f"beta/{pool_id}", None)]


@pytest.mark.slow
@given(data=st.data())
def test_latest_is_the_last_release_of_each_reading_however_batches_overlap(data: st.DataObject) -> None:
    rows: list[Row] = []
    for sequence in range(1, 1 + data.draw(st.integers(1, 5))):
        released = START + data.draw(st.integers(0, 3)) * HOUR
        keys = data.draw(st.sets(st.tuples(st.sampled_from(["used", "queued"]), st.integers(0, 7)), min_size=1))
        rows += [Row(meter, at, sequence, released=released, sequence=sequence) for meter, at in sorted(keys)]
    expected: dict[tuple[str, float], int] = {}
    for row in sorted(rows, key=lambda row: (row.released, row.sequence)):
        expected[row.meter_id, row.at] = row.sequence
    found = figure.latest(ibis.memtable(table_of(rows)), NOW).to_pyarrow()
    starts = [round((start - START) / HOUR) for start in found["period_start"].to_pylist()]
    told = zip(found["meter_id"].to_pylist(), starts, strict=True)
    assert found.num_rows == len(expected)
    assert dict(zip(told, found["sequence"].to_pylist(), strict=True)) == expected


def test_use_beyond_what_is_certified_leaves_idle_unknown(house: House) -> None:
    house.add(Row("used", 0, 11 * WHOLE_HOUR))
    alpha = next(one for one in house.of().supply(by=Group.SITE) if one.group == "alpha")
    assert alpha.is_contradicted
    assert (alpha.idle_unit_h, alpha.used_share) == (None, 1.1)
    assert house.of().top_idle() == ()
