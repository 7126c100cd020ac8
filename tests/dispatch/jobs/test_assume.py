"""The written rule fills what is missing, changes nothing that was given, and asks for nothing impossible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.jobs.assume import AssumptionRule, check_origins, complete, quarantine_origins
from qipan.dispatch.jobs.columns import assumed_bit, from_columns, to_columns
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import ASSUMABLE, KINDS, DataClass, Intake, Jobs, Tier, Workload
from qipan.dispatch.model.plan import Reason
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind

RULES = Rules(tuple(TierRule(limit_ms, 0.0, 1000.0) for limit_ms in (20.0, 40.0, 100.0, float("inf"))))
RULE = AssumptionRule(
    origin_weights={"gd": 2.0, "nx": 1.0, "xj": 1.0},
    tier_shares={
        "training": {Tier.BATCH: 0.5, Tier.OFFLINE: 0.5},
        "latency_sensitive": {Tier.REALTIME: 1.0},
        "": {Tier.REALTIME: 0.25, Tier.INTERACTIVE: 0.25, Tier.BATCH: 0.25, Tier.OFFLINE: 0.25},
    },
    workload_shares={
        "training": {Workload.TRAINING: 1.0},
        "realtime": {Workload.INFERENCE: 1.0},
        "interactive": {Workload.INFERENCE: 1.0},
        "batch": {Workload.ANALYTICS: 0.75, Workload.RENDERING: 0.25},
        "offline": {Workload.SCIENTIFIC: 1.0},
    },
    slack_h=(0.0, 1.0, 12.0, 24.0),
    gb_per_unit_h=(1.0, 2.0, 3.0, 4.0),
    region_bound_share=0.5,
    requested_limits_h=(1.0, 4.0, 24.0),
    default_requested_h=8.0,
)


def board() -> Board:
    """Return two sites, one near Guangdong with 8 cards, one in Ningxia with 64; Xinjiang is far from both."""
    sites = (
        Site("shaoguan", "Shaoguan", "韶关", "gba", "440000", "east", 113.6, 24.8),
        Site("zhongwei", "Zhongwei", "中卫", "nx", "640000", "west", 105.2, 37.5),
    )
    origins = (
        Origin("gd", "Guangdong", "广东", "440000", "east"),
        Origin("nx", "Ningxia", "宁夏", "640000", "west"),
        Origin("xj", "Xinjiang", "新疆", "650000", "west"),
    )
    return Board(
        sites=sites,
        pools=(Pool("s", 0, Kind.INTELLIGENT, "A"), Pool("z", 1, Kind.INTELLIGENT, "B")),
        origins=origins,
        start_s=0.0,
        slot_s=3600.0,
        day_slots=24,
        capacity=np.array([[8.0] * 48, [64.0] * 48]),
        it_kw_per_unit=np.ones(2),
        opex_fen_per_unit_h=np.zeros(2),
        pue=np.full(2, 1.2),
        power_cap_kw=np.full(2, np.inf),
        price_fen_per_kwh=np.ones((2, 48)),
        location_kg_per_kwh=np.ones(2),
        market_kg_per_kwh=np.ones(2),
        round_trip_ms=np.array([[5.0, 35.0], [35.0, 2.0], [80.0, 60.0]]),
        transfer_fen_per_gb=np.zeros((2, 2)),
    )


def jobs_of(count: int, **given_columns: Any) -> Jobs:
    columns = {
        "job_id": [f"job-{number}" for number in range(count)],
        "submit_s": np.arange(count, dtype=float),
        "kind": np.full(count, KINDS.index(Kind.INTELLIGENT)),
        "quantity": np.ones(count),
    }
    return from_columns({name: np.asarray(values) for name, values in (columns | given_columns).items()})


def filled(jobs: Jobs, *, seed: int = 1, rule: AssumptionRule = RULE) -> Jobs:
    return complete(jobs, board(), RULES, rule, np.random.default_rng(seed))


def is_missing(name: str, jobs: Jobs) -> np.ndarray:
    column = getattr(jobs, name)
    if column.dtype == object:
        return np.array([value == "" for value in column])
    return np.isnan(column) if column.dtype == float else column == -1


OPEN = [name for name in ASSUMABLE if name not in {"preemptible", "submit_s"}]

GIVEN = {
    "requested_s": st.floats(1.0, 1e6),
    "actual_s": st.floats(0.0, 1e6),
    "origin": st.sampled_from(["gd", "nx", "xj"]),
    "tier": st.sampled_from(list(Tier)),
    "data_class": st.sampled_from(list(DataClass)),
    "workload": st.sampled_from(list(Workload)),
    "start_by_s": st.floats(0.0, 1e6),
    "finish_by_s": st.floats(0.0, 1e6),
    "data_gb": st.floats(0.0, 1e3),
    "priority": st.integers(0, 9),
    "quantity": st.sampled_from([0.5, 8.0, 32.0, 100.0]),
    "card_model": st.sampled_from(["", "A", "B", "C"]),
    "label": st.sampled_from(["", "training", "latency_sensitive", "other"]),
}


@st.composite
def partly_given(draw: st.DrawFn) -> Jobs:
    """Draw jobs in which each value may be given or missing."""
    jobs = jobs_of(draw(st.integers(1, 12)))
    columns = to_columns(jobs)
    for name, values in GIVEN.items():
        for index in range(len(jobs)):
            if draw(st.booleans()):
                columns[name][index] = draw(values)
    return from_columns(columns)


@settings(max_examples=40)
@given(partly_given(), st.integers(0, 99))
def test_complete_fills_everything_and_changes_nothing_given(jobs: Jobs, seed: int) -> None:
    done = filled(jobs, seed=seed)
    for name in OPEN:
        was_missing = is_missing(name, jobs)
        assert not is_missing(name, done).any()
        np.testing.assert_array_equal(getattr(done, name)[~was_missing], getattr(jobs, name)[~was_missing])
        np.testing.assert_array_equal((done.assumed & assumed_bit(name)) > 0, was_missing)
    for name in ("job_id", "label", "submit_s", "kind", "card_model", "quantity", "actual_s", "preemptible"):
        np.testing.assert_array_equal(getattr(done, name), getattr(jobs, name))


@settings(max_examples=40)
@given(partly_given(), st.integers(0, 99))
def test_complete_never_assumes_a_limit_that_no_site_can_meet(jobs: Jobs, seed: int) -> None:
    done = filled(replace(jobs, card_model=np.full(len(jobs), "", dtype=object)), seed=seed)
    reason = refusals(done, board(), reach(done, board(), RULES))
    for index in range(len(jobs)):
        if jobs.tier[index] < 0 and jobs.data_class[index] < 0:
            assert reason[index] not in {Reason.TOO_FAR, Reason.DATA_MAY_NOT_LEAVE}
            assert (reason[index] == Reason.TOO_LARGE) == (jobs.quantity[index] > 64)


def test_complete_moves_a_tier_out_of_reach_to_the_next_slower_one() -> None:
    jobs = jobs_of(
        4, label=["latency_sensitive"] * 4, origin=["gd", "xj", "gd", "gd"], quantity=[1.0, 1.0, 32.0, 100.0]
    )
    done = filled(jobs)
    assert done.tier.tolist() == [Tier.REALTIME, Tier.BATCH, Tier.INTERACTIVE, Tier.INTERACTIVE]


def test_complete_binds_data_to_a_region_only_where_it_has_room() -> None:
    rule = replace(RULE, region_bound_share=1.0)
    jobs = jobs_of(3, origin=["gd", "gd", "nx"], quantity=[8.0, 32.0, 32.0], tier=[Tier.OFFLINE] * 3)
    assert filled(jobs, rule=rule).data_class.tolist() == [DataClass.REGION, DataClass.FREE, DataClass.REGION]


def test_complete_draws_by_the_weights_and_shares() -> None:
    done = filled(jobs_of(20_000, label=["training"] * 20_000))
    assert [(done.origin == name).mean() for name in ("gd", "nx", "xj")] == pytest.approx([0.5, 0.25, 0.25], abs=0.02)
    assert (done.tier == Tier.BATCH).mean() == pytest.approx(0.5, abs=0.02)
    assert (done.data_class == DataClass.REGION).mean() == pytest.approx(0.5, abs=0.02)


def test_complete_takes_the_workload_from_the_label_then_the_tier() -> None:
    jobs = jobs_of(3, label=["training", "other", "other"], tier=[Tier.REALTIME, Tier.REALTIME, Tier.OFFLINE])
    assert filled(jobs).workload.tolist() == [Workload.TRAINING, Workload.INFERENCE, Workload.SCIENTIFIC]
    many = filled(jobs_of(20_000, tier=[Tier.BATCH] * 20_000))
    assert (many.workload == Workload.ANALYTICS).mean() == pytest.approx(0.75, abs=0.02)
    assert filled(jobs_of(5, tier=[Tier.BATCH] * 5)).workload.tolist() == many.workload[:5].tolist()


def test_complete_takes_the_workload_of_storage_and_supercomputing_from_the_kind() -> None:
    kinds = [KINDS.index(Kind.STORAGE), KINDS.index(Kind.SUPERCOMPUTING)]
    assert filled(jobs_of(2, kind=kinds)).workload.tolist() == [Workload.STORAGE, Workload.SCIENTIFIC]


def test_complete_without_shares_of_workloads_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        filled(jobs_of(1, tier=[Tier.BATCH]), rule=replace(RULE, workload_shares={}))
    assert caught.value.code == "workload_shares_missing"


def test_complete_draws_do_not_depend_on_the_jobs_that_follow_or_on_what_is_given() -> None:
    few, many = filled(jobs_of(5)), filled(jobs_of(50))
    assert few.origin.tolist() == many.origin[:5].tolist()
    assert few.tier.tolist() == many.tier[:5].tolist()
    one_given = filled(jobs_of(50, origin=["xj", *[""] * 49]))
    assert one_given.origin[1:].tolist() == many.origin[1:].tolist()
    assert one_given.tier[1:].tolist() == many.tier[1:].tolist()


def test_complete_draws_the_same_from_weights_written_in_another_order() -> None:
    turned = replace(RULE, origin_weights=dict(reversed(RULE.origin_weights.items())))
    assert filled(jobs_of(50)).origin.tolist() == filled(jobs_of(50), rule=turned).origin.tolist()


def test_complete_asks_for_the_smallest_limit_that_holds_the_job() -> None:
    jobs = jobs_of(7, actual_s=[0.0, 3600.0, 3600.1, 86_400.0, 86_400.1, 200_000.0, np.nan])
    requested_h = filled(jobs).requested_s / 3600
    assert requested_h.tolist() == [1.0, 1.0, 4.0, 24.0, 48.0, 72.0, 8.0]


def test_complete_sets_windows_from_what_is_known() -> None:
    jobs = jobs_of(
        4,
        submit_s=[0.0] * 4,
        requested_s=[3600.0] * 4,
        tier=[Tier.BATCH] * 4,
        start_by_s=[np.nan, 7200.0, np.nan, 1.0],
        finish_by_s=[np.nan, np.nan, 9000.0, 2.0],
    )
    done = filled(jobs)
    assert done.start_by_s.tolist() == [12 * 3600.0, 7200.0, 5400.0, 1.0]
    assert done.finish_by_s.tolist() == [13 * 3600.0, 10_800.0, 9000.0, 2.0]


def test_complete_moves_data_in_proportion_to_the_work() -> None:
    jobs = jobs_of(2, requested_s=[7200.0, 3600.0], quantity=[2.0, 2.0], tier=[Tier.BATCH, Tier.OFFLINE])
    assert filled(jobs).data_gb.tolist() == [12.0, 8.0]


def test_complete_takes_origins_by_code_and_by_name_in_both_languages() -> None:
    jobs = jobs_of(5, origin=["640000", "宁夏", "ningxia", " Ningxia ", "nx"])
    done = filled(jobs)
    assert set(done.origin) == {"nx"}
    assert not (done.assumed & assumed_bit("origin")).any()


def test_complete_of_no_jobs_is_empty() -> None:
    assert len(filled(jobs_of(0))) == 0


def test_complete_with_an_unknown_origin_is_refused_with_findings() -> None:
    with pytest.raises(BadInputError) as caught:
        filled(jobs_of(2, origin=["gd", "Atlantis"]))
    assert caught.value.code == "origin_unknown"
    assert caught.value.findings[0].row == 2


def test_check_origins_names_the_jobs_that_no_origin_fits() -> None:
    twins = replace(board(), origins=(*board().origins, Origin("nx2", "Ningxia", "宁夏二", "", "west")))
    jobs = jobs_of(4, origin=["", "Ningxia", "Atlantis", "nx2"])
    known, findings = check_origins(jobs, twins.origins, line=np.array([3, 5, 8, 9]))
    assert known.tolist() == [True, False, False, True]
    assert [(f.row, f.column, f.rule, f.value) for f in findings] == [
        (5, "origin", "origin_ambiguous", "Ningxia"),
        (8, "origin", "origin_unknown", "Atlantis"),
    ]
    assert findings[0].message.endswith("was 'Ningxia', which stands for nx, nx2.")
    assert findings[1].message == (
        "The origin of job job-2 must be one of the board's, was 'Atlantis', which is not on the board."
    )


def test_quarantine_origins_keeps_the_account_and_the_numbers_of_the_rows() -> None:
    earlier = (Finding(0, "x", "column_unknown", ""), Finding(2, "quantity", "quantity_not_positive", ""))
    jobs, line = jobs_of(3, origin=["gd", "Atlantis", "nx"]), np.array([3, 4, 5])
    intake = Intake(jobs, 4, 3, {}, earlier, line)
    after = quarantine_origins(intake, board().origins)
    assert after.jobs.job_id.tolist() == ["job-0", "job-2"]
    assert [(f.row, f.rule) for f in after.findings] == [
        (0, "column_unknown"),
        (2, "quantity_not_positive"),
        (4, "origin_unknown"),
    ]
    assert (after.rows_read, after.rows_accepted, after.line.tolist()) == (4, 2, [3, 5])


def test_complete_with_weights_off_the_board_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        filled(jobs_of(1), rule=replace(RULE, origin_weights={"gd": 1.0, "moon": 1.0}))
    assert caught.value.code == "origin_weights_unknown"
    assert "moon" in caught.value.message


def test_complete_with_a_label_without_shares_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        filled(jobs_of(1, label=["other"]), rule=replace(RULE, tier_shares={"training": {Tier.BATCH: 1.0}}))
    assert caught.value.code == "tier_shares_missing"
    assert "'other'" in caught.value.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"slack_h": (1.0,)}, "assumption_out_of_range"),
        ({"gb_per_unit_h": (0.0, 0.0, 0.0, -1.0)}, "assumption_out_of_range"),
        ({"region_bound_share": 1.5}, "assumption_out_of_range"),
        ({"requested_limits_h": ()}, "assumption_out_of_range"),
        ({"requested_limits_h": (4.0, 1.0)}, "assumption_out_of_range"),
        ({"default_requested_h": 0.0}, "assumption_out_of_range"),
        ({"origin_weights": {"gd": -1.0}}, "weights_not_positive"),
        ({"tier_shares": {"": {Tier.BATCH: 0.0}}}, "weights_not_positive"),
    ],
)
def test_rule_out_of_range_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInputError) as caught:
        replace(RULE, **change)
    assert caught.value.code == code
