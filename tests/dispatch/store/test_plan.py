"""Placements in the lake: stretches of jobs that stop and go, and batches that are older than a column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qipan.dispatch.store import plan as store
from qipan.storage.lake import Lake

ALL = {"only": store.Filter(), "sort": "job_id", "descending": False, "offset": 0, "limit": 10}


def moment(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, 1, hour, minute, tzinfo=UTC)


def columns(*rows: dict[str, Any]) -> dict[str, list[Any]]:
    given = {
        "plan_id": "p",
        "submit": moment(0),
        "tier": "batch",
        "kind": "intelligent",
        "quantity": 1.0,
        "requested_h": 3.0,
        "origin_id": "440000",
        "site_id": "gz",
        "start": moment(2),
        "status": "placed",
        "reason": "",
        "why_en": "",
        "why_zh": "",
        "assumed": "",
        "planned_h": 3.0,
    }
    return {name: [(given | row).get(name) for row in rows] for name in store.PLACEMENT_SCHEMA.names}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake")
    made.create(store.PLACEMENT, store.PLACEMENT_SCHEMA)
    return made


def test_stretches_come_back_as_moments(lake: Lake) -> None:
    # The horizon began at half past zero: the first stretch begins one and a half hours after it.
    stops = {"job_id": "a", "stretches": "[[1.5, 1.0], [4.25, 2.0]]"}
    nowhere = {"job_id": "c", "site_id": None, "start": None, "status": "refused"}
    batch = store.placement_table(columns(stops, {"job_id": "b"}, nowhere))
    lake.append(store.PLACEMENT, batch, source="dispatch", sequence=1)
    rows, _ = store.placements(lake, "p", **ALL)
    assert {row["job_id"]: row["stretches"] for row in rows} == {
        "a": [
            {"start": "2026-06-01T02:00:00Z", "end": "2026-06-01T03:00:00Z"},
            {"start": "2026-06-01T04:45:00Z", "end": "2026-06-01T06:45:00Z"},
        ],
        "b": [{"start": "2026-06-01T02:00:00Z", "end": "2026-06-01T05:00:00Z"}],
        "c": [],
    }
    assert store.placement(lake, "p", "a") == next(row | {"plan_id": "p"} for row in rows if row["job_id"] == "a")
    assert [(one.job_id, one.stretches) for one in store.places(lake, "p")] == [
        ("a", ((moment(2), moment(3)), (moment(4, 45), moment(6, 45)))),
        ("b", ()),
    ]


def test_batch_older_than_the_column_runs_through_as_it_was_asked(lake: Lake) -> None:
    old = store.placement_table(columns({"job_id": "a"})).drop_columns(["stretches", "planned_h", "latest_h"])
    lake.append(store.PLACEMENT, store.widened(old), source="dispatch", sequence=1)
    (row,), _ = store.placements(lake, "p", **ALL)
    assert row["stretches"] == [{"start": "2026-06-01T02:00:00Z", "end": "2026-06-01T05:00:00Z"}]
    assert store.places(lake, "p")[0].stretches == ()
