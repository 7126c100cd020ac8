"""One small day as every door gets it: two sites, two origins, two hours of day and one of outlook."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qipan.dispatch.model.explanation import ProductTerms, Terms
from qipan.dispatch.model.plan import Score
from qipan.dispatch.model.reservation import ReservationDay, ReservationsReport, SellerDay
from qipan.dispatch.model.stand_alone import StandAlone
from qipan.dispatch.model.volume import Volume
from qipan.workflows.model import BoundAccount, DayReport, Flow, JobsAccount, OriginDay, SiteDay, TierDay


def site(site_id: str, name_en: str, name_zh: str, **changed: Any) -> SiteDay:
    named: dict[str, Any] = {
        "hub_id": "",
        "adcode": "640000",
        "macro": "west",
        "lon_deg": 105.2,
        "lat_deg": 37.5,
        "product": "intelligent",
        "pue": 1.2,
        "location_kg_per_kwh": 0.6423,
        "market_kg_per_kwh": 0.1,
        "capacity_unit_h": [10.0, 10.0, 10.0],
        "planned_unit_h": [4.0, 8.0, 2.0],
        "used_unit_h": [3.0, 6.0, 1.0],
        "energy_kwh": [3600.0, 7200.0, 1200.0],
        "price_fen_per_kwh": [40.0, 60.0, 50.0],
        "lmp_fen_per_unit_h": [48.0, 72.0, 60.0],
        "status": {"pue": "secondary"},
    }
    return SiteDay(site_id=site_id, name_en=name_en, name_zh=name_zh, **(named | changed))


def score(policy: str, energy_fen: float, location_kg: float, market_kg: float) -> Score:
    return Score(
        policy=policy,
        jobs_placed=7,
        jobs_carried_over=2,
        jobs_refused=1,
        work_unit_h={"intelligent": 9.0},
        lost_unit_h={"intelligent": 1.0},
        rated_kwh=6.3,
        energy_kwh=12000.0,
        energy_fen=energy_fen,
        transfer_fen=0.0,
        planned_fen=1.5 * energy_fen,
        location_kg=location_kg,
        market_kg=market_kg,
        realtime_p95_ms=float("nan"),
        mean_wait_h=0.5,
        peak_kw=9.6,
        moved_share=0.25,
        tier_lost_unit_h={"intelligent": (0.0, 0.0, 1.0, 0.0)},
        renewable_kwh=0.0,
        curtailed_kwh=0.0,
        peak_raised_kw=None,
        areas_peak_kw=None,
        over_kwh=0.0,
        deadline_misses=1,
        deadline_miss_share=0.1,
    )


def volume(tier: str, workload: str, asked: float, *, moved: float = 0.0, room: float = 0.0, **left: Any) -> Volume:
    excluded = left.get("excluded", {})
    eligible = asked - sum(excluded.values())
    return Volume(
        kind="intelligent",
        tier=tier,
        workload=workload,
        data_class="free",
        jobs=3,
        asked_unit_h=asked,
        excluded_unit_h=excluded,
        eligible_unit_h=eligible,
        moved_unit_h=moved,
        price_unit_h=eligible - moved - room,
        nearness_unit_h=0.0,
        room_unit_h=room,
        standard_unit_h=moved + room,
    )


def stand_alone(region_id: str, name_en: str, name_zh: str, *, asked: float, left: float, **fen: float) -> StandAlone:
    """Make a region whose own site would serve all of its batch work."""
    worse = ("batch",) if left else ()
    by_tier = [{"intelligent": {"batch": work}} for work in (asked, left, 0.0)]
    return StandAlone(region_id, name_en, name_zh, 1, *by_tier, **fen, worse_tiers=worse)


@pytest.fixture
def report() -> DayReport:
    return DayReport(
        plan_id="2017-10-09-1",
        fleet_id="mine",
        fleet_name_en="My fleet",
        fleet_name_zh="我的机群",
        day=date(2017, 10, 9),
        zone_name="Asia/Shanghai",
        created="2017-10-10T00:30:00Z",
        jobs_name="<jobs>.csv",
        jobs_format="philly",
        is_generated=False,
        load=1.5,
        seed=7,
        slot_s=3600,
        day_slots=2,
        slots=["2017-10-09T14:00:00Z", "2017-10-09T15:00:00Z", "2017-10-09T16:00:00Z"],
        account=JobsAccount(
            rows_read=20,
            rows_accepted=14,
            rows_quarantined=4,
            import_sequence=7,
            out_of_scope={"no_cards": 2},
            jobs_outside_day=4,
            jobs=10,
            placed=7,
            carried_over=2,
            refused=1,
            refused_by_reason={"too_far": 1},
            assumed={"tier": 10, "origin": 3},
        ),
        bound=BoundAccount(
            plan_fen=99_000.0,
            bound_fen=100_000.0,
            served_fen=101_000.0,
            lost_fen=1_000.0,
            payments_fen=90_000.0,
            revenue_fen=80_000.0,
            rent_fen=10_000.0,
            payments_error=1e-12,
            revenue_error=2e-12,
            slackness_error=3e-12,
            is_final=False,
        ),
        scores=[
            score("qipan", 80_000.0, 5_100.0, 950.0),
            score("home_first", 100_000.0, 5_000.0, 1_000.0),
            score("cheapest_site", 90_000.0, 5_200.0, 1_000.0),
        ],
        sites=[
            site("zhongwei", "Zhongwei", "中卫集群"),
            site(
                "shaoguan",
                "Shaoguan",
                "",
                adcode="440000",
                lon_deg=113.6,
                lat_deg=24.8,
                capacity_unit_h=[0.0, 0.0, 0.0],
                used_unit_h=[0.0, 0.0, 0.0],
            ),
        ],
        origins=[
            OriginDay("440000", "Guangdong", "广东", "440000", "east", 113.3, 23.1, "intelligent", 8, 10.0, 9.0),
            OriginDay("lab", "</script><b>Lab</b>", "实验室", "", "", 110.0, 30.0, "intelligent", 2, 2.0, 0.0),
        ],
        flows=[Flow("440000", "zhongwei", "intelligent", 9.0)],
        tiers=[TierDay("intelligent", "realtime", 4, 3, 0, 1, 5.0, 0.5, float("nan"))],
        volumes=[
            volume("batch", "training", 1200.0, moved=700.0, room=300.0),
            volume("realtime", "inference", 800.0, excluded={"too_far": 600.0, "data_may_not_leave": 200.0}),
        ],
        stand_alone=[
            stand_alone("440000", "Guangdong", "广东", asked=9.0, left=0.0, net_fen=500.0, alone_fen=900.0),
            stand_alone("640000", "Ningxia", "宁夏", asked=4.0, left=1.5, net_fen=-700.0, alone_fen=200.0),
        ],
        terms=Terms(
            slot_h=1.0,
            slot_count=3,
            site_ids=["zhongwei", "shaoguan"],
            origin_ids=["440000", "lab"],
            products=[
                ProductTerms(0, "intelligent", "", 10.0, {"energy": [40.0, 60.0, 60.0], "capacity": [8.0, 12.0, 0.0]}),
                ProductTerms(1, "intelligent", "", 0.0, {"energy": [48.0, 72.0, 60.0]}),
            ],
            round_trip_ms=[[30.0, 2.0], [10.0, 10.0]],
            transfer_fen_per_gb=[[2.0, 0.0], [1.0, 1.0]],
            data_class_max=[[0, 2], [0, 0]],
            link_fen_per_gb=[],
            round_trip_ms_max=[20.0, 40.0, 100.0, None],
            nearness_fen_per_unit_h_ms=[0.5, 0.5, 0.0, 0.0],
        ),
        basis={"assumed": 3, "official": 1},
        areas=[],
        substituted=[],
        power=None,
        reservations=ReservationsReport(
            rows_read=2,
            rows_quarantined=1,
            import_sequence=9,
            rows=[
                ReservationDay(
                    "r1",
                    "<b>Lab</b>",
                    "zhongwei",
                    "intelligent",
                    "A100",
                    8.0,
                    3.0,
                    1.0,
                    2,
                    3,
                    lmp_fen=9_000.0,
                    covered_fen=4_000.0,
                    sold_fen=1_000.0,
                    contract_fen=6_000.0,
                )
            ],
            sellers=[SellerDay("zhongwei", 12_000.0, 9_000.0, 6_000.0)],
            nominations={"covered": 2, "reservation_used_up": 1},
        ),
    )


@pytest.fixture
def document(report: DayReport) -> dict[str, Any]:
    return report.document()
