"""What a pool used stands in a row of FOCUS, worked by hand; silence has no row."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qipan.kernel.time import Interval
from qipan.ledger.engines.focus_parquet import SCHEMA, write_csv, write_parquet
from qipan.ledger.focus import COLUMNS, Place, Row, charge
from qipan.ledger.model.figure import Supply
from qipan.ledger.model.fleet import Fleet

HOUR = Interval(datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2025, 12, 31, 17, tzinfo=UTC))
ZONE = "Asia/Shanghai"


@pytest.fixture
def place(fleet: Fleet) -> Place:
    alpha = fleet.sites[0]
    return Place(fleet, alpha, alpha.pools[0])


def supplied(place: Place, used_unit_h: float | None) -> Supply:
    return Supply(place.pool.pool_id, place.pool.kind, HOUR, 100.0, 50.0, used_unit_h, 40.0, None)


@pytest.fixture
def row(place: Place) -> Row:
    found = charge(supplied(place, 100 / 3), place, ZONE)
    assert found is not None
    return found


def test_row_tells_use_in_its_unit_and_the_civil_month(row: Row) -> None:
    assert row.keys() == COLUMNS.keys()
    assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == (Decimal("33.333333333"), "Card-Hours")
    assert (row["x_CapacityQuantity"], row["x_CertifiedQuantity"], row["x_AllocatedQuantity"]) == (50, 100, 40)
    assert row["BillingPeriodStart"] == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert row["BillingPeriodEnd"] == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == (HOUR.start, HOUR.end)
    assert (row["BilledCost"], row["InvoiceId"], row["RegionId"]) == (0, None, None)
    assert row["ResourceId"] == "pair/alpha/alpha/intelligent"


def test_national_identifier_and_operator_are_taken_where_there_are_such(place: Place) -> None:
    coded = replace(place.pool, resource_code="CN-1")
    named = replace(place, pool=coded, site=replace(place.site, operator="Nordlys", adcode="640000"))
    row = charge(supplied(place, 0.0), replace(named, region_name="Ningxia"), ZONE)
    assert row is not None
    assert (row["ResourceId"], row["ProviderName"]) == ("CN-1", "Nordlys")
    assert (row["RegionId"], row["RegionName"], row["ConsumedQuantity"]) == ("640000", "Ningxia", 0)


def test_silence_has_no_row(place: Place) -> None:
    assert charge(supplied(place, None), place, ZONE) is None


def test_parquet_keeps_decimals_and_moments(row: Row) -> None:
    table = pq.read_table(io.BytesIO(write_parquet([row, row])))
    assert table.schema.equals(SCHEMA)
    assert table.schema.field("ConsumedQuantity").type == pa.decimal128(38, 9)
    assert table.to_pylist() == [dict(row)] * 2


def test_csv_says_the_same_in_words(row: Row) -> None:
    heading, first = write_csv([row]).decode().splitlines()
    assert heading == ",".join(f'"{name}"' for name in COLUMNS)
    told = dict(zip(COLUMNS, first.replace('"', "").split(","), strict=False))
    assert (told["BilledCost"], told["BillingAccountId"]) == ("0.000000000", "pair")
    assert '"33.333333333"' in first
    assert '"2025-12-31T16:00:00Z"' in first
