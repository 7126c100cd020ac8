"""What may be issued: hours and months that are over, of a device that can have made them, while they are valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.certificates.made import HOUR, MARCH, NOW, WIND, held, hour, made

from qipan.certificates.expire import expired, expires, is_over
from qipan.certificates.issue import is_tradable, issuances
from qipan.certificates.model.certificate import Issuance, Production, State
from qipan.certificates.model.device import Source
from qipan.certificates.model.month import Month
from qipan.kernel.errors import QipanError


def test_hours_and_months_are_issued_and_nothing_for_nothing() -> None:
    month = Production(Month.named("2026-04").start, Month.named("2026-04").end, 9 * 10**9, "grid-4")
    found = issuances(WIND, [made(0, 700), made(1, 0), month], "r", NOW)
    assert [(one.issuance_id, one.wh, one.month.name) for one in found] == [
        ("r/1", 700, "2026-03"),
        ("r/3", 9 * 10**9, "2026-04"),
    ]


@pytest.mark.parametrize(
    ("production", "code"),
    [
        (made(0, -1), "production_unfit"),
        (made(0, 5, evidence=""), "production_unfit"),
        (made(0, 5, evidence="x" * 201), "production_unfit"),
        (Production(hour(0), hour(2), 5, "m"), "production_unfit"),
        (Production(hour(0) + timedelta(minutes=30), hour(1) + timedelta(minutes=30), 5, "m"), "production_unfit"),
        (Production(hour(0).replace(tzinfo=None), hour(1).replace(tzinfo=None), 5, "m"), "production_unfit"),
        (made(0, 55_000_001), "production_beyond_capacity"),
        (Production(NOW, NOW + HOUR, 5, "m"), "production_outside"),
        (Production(WIND.commissioned - HOUR, WIND.commissioned, 5, "m"), "production_outside"),
        (Production(WIND.commissioned, WIND.commissioned + HOUR, 5, "m"), "certificate_expired"),
    ],
)
def test_what_may_not_be_issued_is_refused(production, code):
    with pytest.raises(QipanError) as refused:
        issuances(WIND, [made(3, 1), production], "r", NOW)
    assert refused.value.code == code


def test_a_device_may_make_a_tenth_more_than_its_rated_power() -> None:
    assert issuances(WIND, [made(0, 55_000_000)], "r", NOW)[0].wh == 55_000_000


def test_production_at_the_edge_is_issued_as_it_is_told() -> None:
    east = timezone(timedelta(hours=8))
    local = Production(hour(0).astimezone(east), hour(1).astimezone(east), 1, "x" * 200)
    (found,) = issuances(WIND, [local], "r", hour(1))
    assert found == Issuance("r/1", WIND.device_id, hour(0), hour(1), 1, "x" * 200)
    assert (found.start.tzinfo, found.end.tzinfo) == (UTC, UTC)
    new = replace(WIND, commissioned=hour(0))
    assert issuances(new, [made(0, 5)], "r", NOW)[0].wh == 5
    last = expires(Month(MARCH)) - timedelta(microseconds=1)
    assert issuances(WIND, [made(0, 5)], "r", last)[0].wh == 5
    # A month of 31 days, at a tenth more than the rated power.
    most = 50_000_000 * 31 * 24 * 11 // 10
    month = Production(Month(MARCH).start, Month(MARCH).end, most, "m")
    assert issuances(WIND, [month], "r", NOW)[0].wh == most
    large = replace(WIND, capacity_w=2**53)
    assert issuances(large, [made(0, 2**53 - 1)], "r", NOW)[0].wh == 2**53 - 1
    for device, production, at, code in (
        (WIND, replace(month, wh=most + 1), NOW, "production_beyond_capacity"),
        (large, made(0, 2**53), NOW, "production_unfit"),
        (replace(WIND, commissioned=hour(0) + timedelta(microseconds=1)), made(0, 5), NOW, "production_outside"),
        (WIND, made(0, 5), hour(1) - timedelta(microseconds=1), "production_outside"),
        (WIND, made(0, 5), expires(Month(MARCH)), "certificate_expired"),
        (WIND, replace(month, end=Month.named("2026-04").end), NOW, "production_unfit"),
    ):
        with pytest.raises(QipanError) as refused:
            issuances(device, [production], "r", at)
        assert refused.value.code == code


def test_own_use_and_old_hydro_are_not_traded() -> None:
    hydro = replace(WIND, source=Source.HYDRO)
    assert is_tradable(WIND)
    assert not is_tradable(replace(WIND, is_self_used=True))
    assert is_tradable(replace(hydro, commissioned=datetime(2022, 12, 31, 16, tzinfo=UTC)))
    assert not is_tradable(replace(hydro, commissioned=datetime(2022, 12, 31, 15, tzinfo=UTC)))


def test_the_month_of_production_counts_among_the_24() -> None:
    march = Month(MARCH)
    assert expires(march) == Month.named("2028-03").start
    one = held("i", 10)
    assert not is_over(one, expires(march) - HOUR)
    assert is_over(one, expires(march))


def test_what_is_final_does_not_expire() -> None:
    late = expires(Month(MARCH))
    holdings = [held(state.value, 1, state=state) for state in State]
    assert [one.state for one in expired(holdings, late)] == [State.HELD, State.ALLOCATED]
    assert expired(holdings, late - HOUR) == ()
