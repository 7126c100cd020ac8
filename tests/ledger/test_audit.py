"""Lies made by hand are named with their evidence, honest meters never, and silence proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qipan.facts.catalog import Catalog
from qipan.kernel.time import Interval
from qipan.ledger.lay_out import Hourly, field_of
from qipan.ledger.model.figure import Miscount
from qipan.ledger.model.fleet import Certified, Fleet, Meter
from qipan.ledger.model.reading import Measure
from qipan.ledger.service.audit import Audit, Bounds
from qipan.ledger.service.figures import Metered

START = datetime(2026, 1, 1, tzinfo=UTC)
INTERVAL = Interval(START, START + timedelta(hours=3))
KWH = 3_600_000
HONEST = {
    "used": [50 * 3600] * 3,
    "allocated": [60 * 3600] * 3,
    "capacity": [100 * 3600] * 3,
    "card": [20 * KWH] * 3,
    "host": [30 * KWH] * 3,
    "pdu": [31 * KWH] * 3,
    "grid": [37 * KWH] * 3,
    "green": [9 * KWH] * 3,
}
MEASURES = {
    "used": Measure.USED,
    "allocated": Measure.ALLOCATED,
    "capacity": Measure.CAPACITY,
    "card": Measure.CARD_ENERGY,
    "host": Measure.HOST_ENERGY,
    "pdu": Measure.PDU_ENERGY,
    "grid": Measure.GRID_ENERGY,
    "green": Measure.GREEN_ENERGY,
}
Tell = Callable[..., Metered]


@pytest.fixture(scope="module")
def audit() -> Audit:
    catalog = Catalog.load()
    return Audit(Bounds(**{name: catalog.number(f"audit/{name}") for name in Bounds.__dataclass_fields__}))


@pytest.fixture
def tell(fleet: Fleet) -> Tell:
    alpha, _ = fleet.sites
    (pool,) = alpha.pools

    def told(
        lie: Mapping[str, Sequence[int]] = {},
        told_s: Mapping[str, int] = {},
        of_pool: Sequence[str] = (),
        it_kw: float = 0.9,
    ) -> Metered:
        of_pools = {"used", "allocated", "capacity", "card", *of_pool}
        meters = tuple(
            Meter(name, measure, "alpha", pool.pool_id if name in of_pools else "")
            for name, measure in MEASURES.items()
        )
        steps = (Certified(START, 100.0), Certified(START + timedelta(hours=2), 80.0))
        certified = replace(pool, certified=steps, it_kw_per_unit=it_kw)
        honest = {**HONEST, "capacity": [360_000, 360_000, 288_000], **lie}
        field = field_of([replace(fleet, sites=(replace(alpha, pools=(certified,), meters=meters),))], INTERVAL)
        place = np.repeat(np.arange(len(MEASURES)), 3)
        seconds = np.repeat([told_s.get(name, 3600) for name in MEASURES], 3)
        value = np.concatenate([honest[name] for name in MEASURES]).astype(np.int64)
        hour = np.tile(np.arange(3), len(MEASURES))
        return Metered(field, Hourly(place, hour, value, seconds, np.zeros_like(hour)), {}, lambda _: (None, None))

    return told


def test_discrepancies_of_honest_meters_are_none(audit: Audit, tell: Tell) -> None:
    assert audit.discrepancies(tell(), ()) == ()


@pytest.mark.parametrize(
    ("lie", "rules"),
    [
        ({"used": [61 * 3600] * 3}, {"used_above_allocated"}),
        ({"allocated": [90 * 3600] * 3}, {"allocated_above_certified"}),
        (
            {"allocated": [90 * 3600] * 3, "used": [85 * 3600] * 3},
            {"allocated_above_certified", "used_above_certified"},
        ),
        ({"capacity": [90 * 3600] * 3}, {"capacity_above_certified"}),
        ({"card": [32 * KWH] * 3}, {"card_above_host"}),
        ({"host": [33 * KWH] * 3}, {"host_above_pdu"}),
        ({"pdu": [39 * KWH] * 3}, {"pue_below_one"}),
        ({"pdu": [10 * KWH] * 3, "host": [9 * KWH] * 3, "card": [8 * KWH] * 3}, {"pue_above_bound"}),
        ({"green": [39 * KWH] * 3}, {"green_above_grid"}),
        ({"card": [KWH // 4] * 3}, {"energy_below_envelope"}),
        ({"used": [3600] * 3, "card": [25 * KWH] * 3}, {"energy_above_envelope"}),
    ],
)
def test_discrepancies_name_the_law_that_is_broken(
    audit: Audit, tell: Tell, lie: Mapping[str, Sequence[int]], rules: set[str]
) -> None:
    found = audit.discrepancies(tell(lie), ())
    assert {one.rule for one in found} == rules
    assert all(one.size > 0 and one.false_warning_rate == 0 for one in found)


def test_discrepancy_speaks_of_its_hours_and_shows_its_sums(audit: Audit, tell: Tell) -> None:
    (found,) = audit.discrepancies(tell({"host": [30 * KWH, 40 * KWH, 30 * KWH], "grid": [50 * KWH] * 3}), ())
    assert (found.rule, found.subject) == ("host_above_pdu", "alpha")
    assert found.period == Interval(START + timedelta(hours=1), START + timedelta(hours=2))
    assert found.evidence == {"broken_h": 1, "compared_h": 3, "host_wh": 40_000, "pdu_wh": 31_000}
    assert found.message.startswith("Hosts must burn no more")


def test_certified_capacity_counts_when_it_held(audit: Audit, tell: Tell) -> None:
    (found,) = audit.discrepancies(tell({"allocated": [100 * 3600] * 3, "used": [60 * 3600] * 3}), ())
    assert found.period.start == START + timedelta(hours=2)
    assert found.size == pytest.approx((100 - 80) / 80, abs=0.001)


def test_hour_not_told_in_full_proves_nothing(audit: Audit, tell: Tell) -> None:
    assert audit.discrepancies(tell({"host": [33 * KWH] * 3}, {"pdu": 1800}), ()) == ()


def test_meter_of_a_pool_does_not_bound_the_site(audit: Audit, tell: Tell) -> None:
    assert audit.discrepancies(tell({"host": [33 * KWH] * 3}, of_pool=("pdu",)), ()) == ()


def test_within_the_class_of_the_meters_nothing_is_named(audit: Audit, tell: Tell) -> None:
    assert audit.discrepancies(tell({"host": [int(31.6 * KWH)] * 3}), ()) == ()


def test_hours_told_twice_are_named_by_meter(audit: Audit, tell: Tell) -> None:
    (found,) = audit.discrepancies(tell(told_s={"used": 5400}), ())
    assert (found.rule, found.subject, found.size) == ("readings_overlap", "used", 0.5)
    assert found.evidence == {"broken_h": 3, "excess_s": 5400}


def test_counters_of_meters_at_hand_are_named_and_others_left_out(audit: Audit, tell: Tell) -> None:
    miscount = Miscount("grid", "counter_fell", INTERVAL, broken=1, compared=3, most=7, against=100)
    (found,) = audit.discrepancies(tell(), (miscount, replace(miscount, meter_id="another")))
    assert (found.rule, found.subject, found.size, found.period) == ("counter_fell", "grid", 0.07, INTERVAL)
    assert found.evidence == {"broken_readings": 1, "compared_readings": 3, "most_apart": 7}


def test_no_card_takes_more_than_the_register_says_of_its_pool(audit: Audit, tell: Tell) -> None:
    (found,) = audit.discrepancies(tell(it_kw=0.2), ())
    assert (found.rule, found.subject) == ("energy_above_envelope", "alpha/intelligent")
    assert audit.discrepancies(tell(it_kw=0.4), ()) == ()
