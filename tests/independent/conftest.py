"""A small day in which everything happens once, planned by the verbs of dispatch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.columns import from_columns
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.place import place
from qipan.dispatch.plan import plan
from qipan.kernel.resources import Kind

START_S = 1_700_006_400.0 - 1_700_006_400.0 % 86400.0


@dataclass(frozen=True, slots=True)
class PlannedDay:
    board: Board
    jobs: Jobs
    rules: Rules
    plan: Plan
    found: Placement


def board() -> Board:
    """Two sites that work and one without power, over a day of four slots and an outlook of two."""
    slots = 6
    far_price = [40.0, 40.0, 40.0, 40.0, 10.0, 10.0]
    return Board(
        sites=(
            Site("near", "Near", "近", "", "110000", "east", 116.4, 39.9),
            Site("far", "Far", "远", "", "640000", "west", 105.2, 37.5),
            Site("dark", "Dark", "暗", "", "520000", "west", 106.6, 26.4),
        ),
        pools=(
            Pool("near-cards", 0, Kind.INTELLIGENT, "A100"),
            Pool("far-cards", 1, Kind.INTELLIGENT, ""),
            Pool("far-cores", 1, Kind.GENERAL, ""),
            Pool("dark-nodes", 2, Kind.SUPERCOMPUTING, ""),
        ),
        origins=(
            Origin("110000", "Beijing", "北京", "110000", "east"),
            Origin("640000", "Ningxia", "宁夏", "640000", "west"),
        ),
        start_s=START_S,
        slot_s=3600.0,
        day_slots=4,
        capacity=np.repeat([[4.0], [8.0], [10.0], [5.0]], slots, axis=1),
        it_kw_per_unit=np.array([1.0, 1.0, 0.1, 0.5]),
        opex_fen_per_unit_h=np.array([1.0, 0.0, 0.0, 0.0]),
        pue=np.array([1.3, 1.2, 1.2]),
        power_cap_kw=np.array([math.inf, 7.2, 0.0]),
        price_fen_per_kwh=np.array([[80.0] * slots, far_price, [30.0] * slots]),
        location_kg_per_kwh=np.array([0.58, 0.64, 0.5]),
        market_kg_per_kwh=np.array([0.58, 0.13, 0.1]),
        round_trip_ms=np.array([[2.0, 30.0, 40.0], [30.0, 2.0, 35.0]]),
        transfer_fen_per_gb=np.array([[0.0, 2.0, 3.0], [2.0, 0.0, 3.0]]),
        links=Links(("backbone",), np.full((1, slots), 12.0), np.array([[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]])),
    )


def jobs(*rows: dict[str, Any]) -> Jobs:
    """Complete jobs; times in hours after the board's start."""

    def column(name: str, default: Any) -> list[Any]:
        return [row.get(name, default) for row in rows]

    submit = START_S + 3600.0 * np.array(column("submit_h", 0.0))
    requested = 3600.0 * np.array(column("requested_h", 1.0))
    start_by = submit + 3600.0 * np.array(column("slack_h", 0.0))
    spare = 3600.0 * np.array(column("spare_h", 0.0))
    return from_columns(
        {
            "job_id": np.array([row["job_id"] for row in rows], dtype=object),
            "submit_s": submit,
            "kind": np.array([KINDS.index(kind) for kind in column("kind", Kind.INTELLIGENT)]),
            "card_model": np.array(column("card_model", ""), dtype=object),
            "quantity": np.array(column("quantity", 1.0)),
            "requested_s": requested,
            "origin": np.array(column("origin", "110000"), dtype=object),
            "tier": np.array(column("tier", 2)),
            "data_class": np.array(column("data_class", 0)),
            "start_by_s": start_by,
            "finish_by_s": start_by + requested + spare,
            "data_gb": np.array(column("data_gb", 0.0)),
            "preemptible": np.zeros(len(rows), dtype=bool),
            "priority": np.array(column("priority", 0)),
        }
    )


@pytest.fixture(scope="session")
def day() -> PlannedDay:
    """Return a day with a job for each status and each reason."""
    asked = jobs(
        {"job_id": "long", "card_model": "A100", "quantity": 4.0, "requested_h": 6.0, "tier": 0, "priority": 5},
        {"job_id": "moves", "quantity": 2.0, "data_gb": 6.0, "slack_h": 2.0, "tier": 1},
        {"job_id": "at-once", "quantity": 3.0, "submit_h": 1.25, "requested_h": 1.5, "origin": "640000", "tier": 0},
        {"job_id": "by-the-hour", "quantity": 4.0, "submit_h": 0.5, "slack_h": 1.5, "origin": "640000", "tier": 1},
        {"job_id": "fraction", "quantity": 0.25, "submit_h": 0.1, "slack_h": 1.0, "origin": "640000"},
        {"job_id": "cores", "kind": Kind.GENERAL, "quantity": 4.0, "slack_h": 3.0, "data_gb": 4.0},
        {"job_id": "later", "quantity": 1.0, "slack_h": 20.0, "tier": 3},
        {"job_id": "waits", "card_model": "A100", "data_class": 2, "requested_h": 2.0, "slack_h": 30.0},
        {"job_id": "no-room", "card_model": "A100", "quantity": 2.0, "submit_h": 2.0, "tier": 0},
        {"job_id": "too-large", "quantity": 50.0},
        {"job_id": "too-far", "kind": Kind.GENERAL, "tier": 0},
        {"job_id": "data", "kind": Kind.GENERAL, "data_class": 2},
        {"job_id": "nothing", "kind": Kind.STORAGE},
        {"job_id": "no-power", "kind": Kind.SUPERCOMPUTING},
        {"job_id": "too-short", "spare_h": -0.5, "origin": "640000"},
    )
    return planned(board(), asked)


def planned(where: Board, asked: Jobs) -> PlannedDay:
    """Plan and place jobs on a board."""
    limits = (10.0, 50.0, 100.0, math.inf)
    rules = Rules(
        tiers=tuple(TierRule(ms, near, 900.0) for ms, near in zip(limits, (0.5, 0.1, 0.0, 0.0), strict=True)),
        carbon_fen_per_kg=5.0,
    )
    reached = reach(asked, where, rules)
    refused = refusals(asked, where, reached)
    classes = classify(asked, where, reached, refused == Reason.NONE)
    best = plan(where, classes, rules, reached.takes[classes.streams.sort])
    found = place(asked, where, rules, reached, refused=refused, plan=best)
    return PlannedDay(where, asked, rules, best, found)
