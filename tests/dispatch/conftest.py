"""Small boards and jobs that a reader can check by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from qipan.dispatch.jobs.columns import from_columns
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import KINDS, Jobs, Tier, Workload
from qipan.kernel.resources import Kind

BoardMaker = Callable[..., Board]
JobsMaker = Callable[..., Jobs]

START_S = 1_700_000_000.0 - 1_700_000_000.0 % 86400


@pytest.fixture(scope="session")
def make_board() -> BoardMaker:
    """Two sites in two regions, ten cards each, over a day of four slots and an outlook of two."""

    def make(
        *,
        cards: Sequence[float] = (10.0, 10.0),
        price_fen_per_kwh: Any = (60.0, 40.0),
        pue: Sequence[float] = (1.25, 1.2),
        power_cap_kw: Sequence[float] = (math.inf, math.inf),
        round_trip_ms: Any = ((2.0, 30.0), (30.0, 2.0)),
        transfer_fen_per_gb: Any = ((0.0, 2.0), (2.0, 0.0)),
        day_slots: int = 4,
        slots: int = 6,
        links: Links | None = None,
        kind: Kind = Kind.INTELLIGENT,
        card_model: str = "",
    ) -> Board:
        prices = np.asarray(price_fen_per_kwh, dtype=float)
        return Board(
            sites=(
                Site("gz", "Guangdong", "广东", "", "440000", "east", 113.6, 24.8),
                Site("nx", "Ningxia", "宁夏", "", "640000", "west", 105.2, 37.5),
            ),
            pools=(Pool("gz-cards", 0, kind, card_model), Pool("nx-cards", 1, kind, card_model)),
            origins=(
                Origin("440000", "Guangdong", "广东", "440000", "east"),
                Origin("640000", "Ningxia", "宁夏", "640000", "west"),
            ),
            start_s=START_S,
            slot_s=3600.0,
            day_slots=day_slots,
            capacity=np.repeat(np.asarray(cards, dtype=float)[:, None], slots, axis=1),
            it_kw_per_unit=np.ones(2),
            opex_fen_per_unit_h=np.zeros(2),
            pue=np.asarray(pue, dtype=float),
            power_cap_kw=np.asarray(power_cap_kw, dtype=float),
            price_fen_per_kwh=np.repeat(prices[:, None], slots, axis=1) if prices.ndim == 1 else prices,
            location_kg_per_kwh=np.array([0.4403, 0.6423]),
            market_kg_per_kwh=np.array([0.4403, 0.6423 * 0.2]),
            round_trip_ms=np.asarray(round_trip_ms, dtype=float),
            transfer_fen_per_gb=np.asarray(transfer_fen_per_gb, dtype=float),
            links=links,
        )

    return make


@pytest.fixture(scope="session")
def make_jobs() -> JobsMaker:
    """Complete jobs from a few words; times in hours after the board's start."""

    def make(*rows: dict[str, Any]) -> Jobs:
        def column(name: str, default: Any) -> list[Any]:
            return [row.get(name, default) for row in rows]

        submit = START_S + 3600.0 * np.array(column("submit_h", 0.0), dtype=float)
        requested = 3600.0 * np.array(column("requested_h", 1.0), dtype=float)
        slack = 3600.0 * np.array(column("slack_h", 24.0), dtype=float)
        return from_columns(
            {
                "job_id": np.array([f"job-{index}" for index in range(len(rows))], dtype=object),
                "label": np.array([""] * len(rows), dtype=object),
                "submit_s": submit,
                "kind": np.array([KINDS.index(kind) for kind in column("kind", Kind.INTELLIGENT)]),
                "card_model": np.array(column("card_model", ""), dtype=object),
                "quantity": np.array(column("quantity", 1.0), dtype=float),
                "requested_s": requested,
                "actual_s": 3600.0 * np.array(column("actual_h", math.nan), dtype=float),
                "origin": np.array(column("origin", "440000"), dtype=object),
                "tier": np.array(column("tier", Tier.BATCH), dtype=np.int64),
                "data_class": np.array(column("data_class", 0), dtype=np.int64),
                "workload": np.array(column("workload", Workload.TRAINING), dtype=np.int64),
                "start_by_s": submit + slack,
                "finish_by_s": submit + slack + requested,
                "data_gb": np.array(column("data_gb", 0.0), dtype=float),
                "preemptible": np.zeros(len(rows), dtype=bool),
                "priority": np.array(column("priority", 0), dtype=np.int64),
                "assumed": np.zeros(len(rows), dtype=np.int64),
            }
        )

    return make


@pytest.fixture(scope="session")
def rules() -> Rules:
    """Bounds of 20, 40 and 100 ms, no preference for nearness, work worth far more than it costs."""
    limits = (20.0, 40.0, 100.0, math.inf)
    return Rules(tuple(TierRule(limit, 0.0, lost) for limit, lost in zip(limits, (4e3, 3e3, 2e3, 1e3), strict=True)))
