"""Turn a solved day into the report that every door renders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from qipan.dispatch.day import Outcome
from qipan.dispatch.explanation.substituted import substituted
from qipan.dispatch.model.array import Ints, plain_list
from qipan.dispatch.model.board import Board, Link
from qipan.dispatch.model.job import ASSUMABLE, KINDS, Intake, Jobs, Tier
from qipan.dispatch.model.plan import Status
from qipan.dispatch.model.power import PowerDay
from qipan.dispatch.model.reservation import ReservationIntake, ReservationsReport
from qipan.dispatch.placement.score import idle_kwh, ran_s, usage
from qipan.dispatch.prices.publish import to_tick
from qipan.kernel.time import Interval
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.model.use import Use
from qipan.workflows.board import LINKS, RESERVATIONS, SUBSTITUTES, name_of
from qipan.workflows.fleet import Setting
from qipan.workflows.given import links_given, substitutes_given
from qipan.workflows.model import (
    AreaDay,
    BoundAccount,
    DayReport,
    Flow,
    JobsAccount,
    OriginDay,
    SiteDay,
    TierDay,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for, besides the jobs."""

    plan_id: str
    import_sequence: int
    day: date
    created: datetime
    jobs_name: str
    jobs_format: str
    is_generated: bool
    load: float
    seed: int


@dataclass(frozen=True, slots=True)
class Solved:
    """What came of it; ``outside_day`` counts jobs of other days, ``power`` is nothing where nothing is metered.

    ``reserved`` and ``links`` were read from the imports that ``terms`` names, if any.
    """

    outside_day: int
    outcome: Outcome
    power: PowerDay | None
    reserved: ReservationIntake
    terms: Mapping[str, Any]
    links: Sequence[Link]


def describe(
    run: Run,
    fleet: Fleet,
    setting: Setting,
    *,
    intake: Intake,
    jobs: Jobs,
    solved: Solved,
) -> DayReport:
    """Write the report of a solved day."""
    board, outcome = setting.board, solved.outcome
    on_substitutes = substituted(jobs, board, outcome.found)
    moments = [board.start_s + slot * board.slot_s for slot in range(board.slot_count)]
    return DayReport(
        plan_id=run.plan_id,
        fleet_id=fleet.fleet_id,
        fleet_name_en=fleet.name_en,
        fleet_name_zh=fleet.name_zh,
        day=run.day,
        zone_name=fleet.zone_name,
        created=_iso(run.created.timestamp()),
        jobs_name=run.jobs_name,
        jobs_format=run.jobs_format,
        is_generated=run.is_generated,
        load=run.load,
        seed=run.seed,
        slot_s=round(board.slot_s),
        day_slots=board.day_slots,
        slots=[_iso(moment) for moment in moments],
        account=_account(run, intake, jobs, solved.outside_day, outcome),
        bound=_bound(outcome),
        scores=list(outcome.scores),
        sites=_sites(fleet, run.day, setting, jobs, outcome),
        origins=_origins(fleet, board, jobs, outcome),
        flows=_flows(board, jobs, outcome),
        tiers=_tiers(board, jobs, outcome),
        volumes=list(outcome.volumes),
        stand_alone=list(outcome.stand_alone),
        terms=outcome.terms,
        basis=setting.basis,
        areas=_areas(setting),
        power=solved.power,
        substituted=list(on_substitutes),
        reservations=_reservations(solved),
        upheld=outcome.upheld,
        substitutes_given=None
        if solved.terms.get(SUBSTITUTES) is None
        else substitutes_given(name_of(solved.terms, SUBSTITUTES), board, jobs, on_substitutes),
        links_given=None
        if solved.terms.get(LINKS) is None
        else links_given(name_of(solved.terms, LINKS), len(solved.links), board, outcome.plan),
    )


def uses_of_day(setting: Setting, jobs: Jobs, outcome: Outcome) -> list[Use]:
    """Return the ledger's entries of the planned day: capacity, use and energy of each site, kind and slot."""
    board = setting.board
    used, fixed_kwh = usage(jobs, board, outcome.found).unit_h, idle_kwh(board)
    full_kw = board.capacity.max(axis=1) * board.it_kw_per_unit
    entries = []
    for s, site in enumerate(board.sites):
        for kind in dict.fromkeys(pool.kind for pool in board.pools if pool.site == s):
            pools = [p for p, pool in enumerate(board.pools) if pool.site == s and pool.kind == kind]
            # What is drawn at no load belongs to all kinds, by what they draw with every unit busy.
            share = float(full_kw[pools].sum() / full_kw[board.pool_site == s].sum())
            for slot in range(board.day_slots):
                drawn = float((used[pools, slot] * board.kwh_per_unit_h[pools]).sum())
                start = board.start_s + slot * board.slot_s
                period = Interval(_moment(start), _moment(start + board.slot_s))
                entries.append(
                    Use(
                        site_id=site.site_id,
                        kind=kind,
                        period=period,
                        capacity_unit_h=float(board.capacity[pools, slot].sum() * board.slot_h),
                        used_unit_h=float(used[pools, slot].sum()),
                        energy_wh=float(np.rint((drawn + fixed_kwh[s, slot] * share) * 1000.0)),
                    )
                )
    return entries


def _account(run: Run, intake: Intake, jobs: Jobs, outside_day: int, outcome: Outcome) -> JobsAccount:
    status = Counter(str(one) for one in outcome.found.status)
    refused = outcome.found.status == Status.REFUSED
    reasons = Counter(str(reason) for reason in outcome.found.reason[refused])
    bits = {column: int((jobs.assumed >> position & 1).sum()) for position, column in enumerate(ASSUMABLE)}
    return JobsAccount(
        rows_read=intake.rows_read,
        rows_accepted=intake.rows_accepted,
        rows_quarantined=len({finding.row for finding in intake.findings if finding.row > 0}),
        import_sequence=run.import_sequence,
        out_of_scope=dict(intake.out_of_scope),
        jobs_outside_day=outside_day,
        jobs=len(jobs),
        placed=status[Status.PLACED],
        carried_over=status[Status.CARRIED_OVER],
        refused=status[Status.REFUSED],
        refused_by_reason=dict(reasons.most_common()),
        assumed={column: count for column, count in bits.items() if count},
    )


def _bound(outcome: Outcome) -> BoundAccount:
    money = outcome.identities
    return BoundAccount(
        plan_fen=outcome.plan_fen,
        bound_fen=outcome.bound_fen,
        served_fen=outcome.served_fen,
        lost_fen=outcome.lost_fen,
        payments_fen=money.payments_fen,
        revenue_fen=money.revenue_fen,
        rent_fen=money.capacity_rent_fen + money.power_rent_fen + money.link_rent_fen,
        payments_error=money.payments_error,
        revenue_error=money.revenue_error,
        slackness_error=money.slackness_error,
        is_final=outcome.plan.is_final,
    )


def _sites(fleet: Fleet, day: date, setting: Setting, jobs: Jobs, outcome: Outcome) -> list[SiteDay]:
    board, plan = setting.board, outcome.plan
    used = usage(jobs, board, outcome.found)
    first = {product[0]: index for index, product in reversed(list(enumerate(board.products)))}
    # Units of two kinds do not add up: a site's figures are those of the kind of its first product.
    kind_of_site = {s: board.products[index][1] for s, index in first.items()}
    alike = np.array([pool.kind == kind_of_site[pool.site] for pool in board.pools])[:, None]
    by_site = np.zeros((3, len(board.sites), board.slot_count))
    np.add.at(by_site[0], board.pool_site, board.capacity * board.slot_h * alike)
    np.add.at(by_site[1], board.pool_site, outcome.planned_unit_h * alike)
    np.add.at(by_site[2], board.pool_site, used.unit_h * alike)
    rows = []
    for s, site in enumerate(board.sites):
        _, kind, model = board.products[first[s]]
        rows.append(
            SiteDay(
                site_id=site.site_id,
                name_en=site.name_en,
                name_zh=site.name_zh,
                hub_id=site.hub_id,
                adcode=site.adcode,
                macro=site.macro,
                lon_deg=site.lon_deg,
                lat_deg=site.lat_deg,
                product=f"{kind.value} {model}".strip(),
                pue=fleet.sites[s].pue_in(day.month),
                location_kg_per_kwh=float(board.location_kg_per_kwh[s]),
                market_kg_per_kwh=float(board.market_kg_per_kwh[s]),
                capacity_unit_h=plain_list(by_site[0, s]),
                planned_unit_h=plain_list(by_site[1, s]),
                used_unit_h=plain_list(by_site[2, s]),
                energy_kwh=plain_list(used.energy_kwh[s] + idle_kwh(board)[s]),
                price_fen_per_kwh=plain_list(board.price_fen_per_kwh[s]),
                lmp_fen_per_unit_h=plain_list(to_tick(plan.lmp_fen_per_unit_h[first[s]])),
                status=dict(setting.site_status[s]),
            )
        )
    return rows


def _reservations(solved: Solved) -> ReservationsReport | None:
    """Tell what was read and what it came to; nothing where nothing is reserved and no job asks for it."""
    found, read = solved.outcome.reservations, solved.reserved
    if solved.terms.get(RESERVATIONS) is None and not found.nominations:
        return None
    return ReservationsReport(
        rows_read=read.rows_read,
        rows_quarantined=len({finding.row for finding in read.findings if finding.row > 0}),
        import_sequence=solved.terms.get(RESERVATIONS),
        rows=list(found.rows),
        sellers=list(found.sellers),
        nominations=found.nominations,
    )


def _areas(setting: Setting) -> list[AreaDay]:
    """Tell which sites lie in each area."""
    return [
        AreaDay(
            area.area_id,
            area.name_en,
            area.name_zh,
            list(area.adcodes),
            [s.site_id for s in setting.fleet.sites if s.adcode in area.adcodes or s.site_id in area.site_ids],
        )
        for area in setting.fleet.areas
    ]


def _origins(fleet: Fleet, board: Board, jobs: Jobs, outcome: Outcome) -> list[OriginDay]:
    origin = outcome.posed.reached.origin[outcome.posed.reached.of_job]
    kinds, count = _kinds(board, jobs), len(board.origins)
    at = np.searchsorted(kinds, jobs.kind) * count + origin
    number, asked, placed = (
        np.bincount(at, weights=weights, minlength=len(kinds) * count).reshape(len(kinds), count)
        for weights in (np.ones(len(jobs)), jobs.work_unit_h, jobs.work_unit_h * _in_day(outcome))
    )
    return [
        OriginDay(
            o.origin_id,
            o.name_en,
            o.name_zh,
            o.adcode,
            o.macro,
            o.point.lon_deg,
            o.point.lat_deg,
            kind=KINDS[kind].value,
            jobs=int(number[k, index]),
            work_unit_h=float(asked[k, index]),
            placed_unit_h=float(placed[k, index]),
        )
        for k, kind in enumerate(kinds)
        for index, o in enumerate(fleet.origins)
    ]


def _flows(board: Board, jobs: Jobs, outcome: Outcome) -> list[Flow]:
    runs = outcome.found.runs(ran_s(jobs))
    at = runs.job
    origin = outcome.posed.reached.origin[outcome.posed.reached.of_job[at]]
    inside_s = np.minimum(runs.start_s + runs.seconds, board.day_end_s) - runs.start_s
    work = np.zeros((len(KINDS), len(board.origins), len(board.sites)))
    ran = np.clip(inside_s, 0.0, None) / 3600.0 * jobs.quantity[at]
    np.add.at(work, (jobs.kind[at], origin, board.pool_site[outcome.found.pool[at]]), ran)
    return [
        Flow(board.origins[o].origin_id, board.sites[s].site_id, KINDS[k].value, float(work[k, o, s]))
        for k, o, s in np.argwhere(work > 0).tolist()
    ]


def _tiers(board: Board, jobs: Jobs, outcome: Outcome) -> list[TierDay]:
    found, reached = outcome.found, outcome.posed.reached
    origin = reached.origin[reached.of_job]
    macro_o = np.array([o.macro or o.origin_id for o in board.origins], dtype=object)[origin]
    site = np.where(found.has_place, board.pool_site[found.pool], 0)
    macro_s = np.array([s.macro or s.site_id for s in board.sites], dtype=object)[site]
    trip = board.round_trip_ms[origin, site]
    rows = []
    for kind, tier in ((kind, tier) for kind in _kinds(board, jobs) for tier in Tier):
        mine = (jobs.kind == kind) & (jobs.tier == tier)
        held = mine & found.has_place
        work = float(jobs.work_unit_h[held].sum())
        rows.append(
            TierDay(
                kind=KINDS[kind].value,
                tier=tier.label,
                jobs=int(mine.sum()),
                placed=int((mine & (found.status == Status.PLACED)).sum()),
                carried_over=int((mine & (found.status == Status.CARRIED_OVER)).sum()),
                refused=int((mine & (found.status == Status.REFUSED)).sum()),
                work_unit_h=float(jobs.work_unit_h[mine].sum()),
                moved_share=float(jobs.work_unit_h[held & (macro_o != macro_s)].sum() / work) if work else None,
                round_trip_ms=float((trip * jobs.work_unit_h)[held].sum() / work) if work else None,
            )
        )
    return rows


def _kinds(board: Board, jobs: Jobs) -> list[int]:
    """Return the kinds of the jobs as positions in `KINDS`; of no job, those of the board."""
    of_board = [KINDS.index(pool.kind) for pool in board.pools]
    return [int(kind) for kind in np.unique(jobs.kind if len(jobs) else of_board)]


def _in_day(outcome: Outcome) -> Ints:
    return np.asarray(outcome.found.status == Status.PLACED).astype(np.int64)


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, tz=UTC)


def _iso(second: float) -> str:
    return _moment(second).isoformat().replace("+00:00", "Z")


def places_named(document: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Return the origins and sites whose id or name, in either language, holds a text."""
    wanted = text.casefold()
    named = [(one["origin_id"], one) for one in document["origins"]] + [
        (one["site_id"], one) for one in document["sites"]
    ]
    hits = [key for key, one in named if wanted in f"{key} {one['name_en']} {one['name_zh']}".casefold()]
    return tuple(hits) if wanted else ()


def summary(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list of days tells of one."""
    names = ("plan_id", "day", "fleet_id", "jobs_name", "jobs_format", "is_generated", "created", "load")
    account, change = document["account"], document["against_home_first"]
    return {
        **{name: document[name] for name in names},
        **{name: account[name] for name in ("jobs", "placed", "carried_over", "refused")},
        "cost_fen": document["scores"][0]["cost_fen"],
        "cost_change": change["cost"],
        "location_change": change["location_kg"],
        "market_change": change["market_kg"],
    }
