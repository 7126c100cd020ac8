"""Check plan and prices of a day: feasible, worth what they say, optimal by weak duality, and adding up as money.

Dual values are read as the linear programme in `qipan.dispatch.programme.formulate` names them; every cost and every
limit is worked out again here from board, jobs and rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from tests.independent.check_placement import Sheet, sheet

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan

TOLERANCE = 1e-7
"""How far money may be from adding up, relative to all that is paid."""
FEASIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Terms:
    """Costs and limits of the programme, worked out again.

    ``product_site`` is ``(products,)``, `pool_product` ``(pools,)``, ``running`` ``(pools, slots)``, ``lost``
    ``(classes,)``; ``moving``, ``near`` and the signed use of each link, ``crossing``, are those of a unit-hour of each
    work column, ``(columns,)`` and ``(links, columns)``.
    """

    product_site: Ints
    pool_product: Ints
    kwh_per_unit_h: Floats
    running: Floats
    lost: Floats
    moving: Floats
    near: Floats
    crossing: Floats
    slot_h: float
    cap_kwh: Floats


@dataclass(frozen=True, slots=True)
class Errors:
    """How far each identity is from holding, relative to what all streams pay in absolute terms.

    Attributes
    ----------
    payments
        Payments against revenue, moving and link rent.
    revenue
        Revenue against running cost, capacity rent and power rent.
    slackness
        All products of a price and its unused limit together.
    duality
        Primal cost against dual value, relative to the cost where that is more than is paid.
    dual_infeasible_fen
        Most by which a work column, a supply column or a sign breaks the dual limits, in fen.
    """

    payments: float
    revenue: float
    slackness: float
    duality: float
    dual_infeasible_fen: float


def terms(board: Board, rules: Rules, plan: Plan) -> Terms:
    """Work out costs and limits again."""
    products = list(dict.fromkeys((pool.site, pool.kind, pool.card_model) for pool in board.pools))
    site = np.array([pool.site for pool in board.pools], dtype=np.int64)
    product_site = np.array([product[0] for product in products], dtype=np.int64)
    kwh = board.it_kw_per_unit * board.pue[site]
    factor = {"location": board.location_kg_per_kwh, "market": board.market_kg_per_kwh}[rules.carbon_account]
    energy_fen = board.price_fen_per_kwh + rules.carbon_fen_per_kg * factor[:, None]
    streams, of = plan.classes.streams, plan.work_stream
    origin, where = streams.origin[of], product_site[plan.work_product]
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])
    lost = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])
    links = np.zeros((0, len(of))) if board.links is None else board.links.factor[:, origin, where]
    slot_h = board.slot_s / 3600.0
    return Terms(
        product_site=product_site,
        pool_product=np.array([products.index((p.site, p.kind, p.card_model)) for p in board.pools], dtype=np.int64),
        kwh_per_unit_h=kwh,
        running=kwh[:, None] * energy_fen[site] + board.opex_fen_per_unit_h[:, None],
        lost=lost[streams.tier[plan.classes.stream]],
        moving=streams.gb_per_unit_h[of] * board.transfer_fen_per_gb[origin, where],
        near=near[streams.tier[of]] * board.round_trip_ms[origin, where],
        crossing=links * streams.gb_per_unit_h[of],
        slot_h=slot_h,
        cap_kwh=board.power_cap_kw * slot_h,
    )


def check_plan(board: Board, jobs: Jobs, rules: Rules, plan: Plan) -> list[str]:
    """Return what is wrong with a plan and its prices, one line for each rule broken; none if they are sound."""
    known, cost = sheet(board, jobs, rules), terms(board, rules, plan)
    return [
        *check_classes(board, jobs, known, plan),
        *check_primal(board, jobs, known, plan, cost),
        *check_effort(plan, cost, slots=board.capacity.shape[1]),
        *check_prices(board, plan, cost),
    ]


def check_classes(board: Board, jobs: Jobs, known: Sheet, plan: Plan) -> list[str]:
    """Each class is the sum of its jobs, as wide as they are, and its window holds all of theirs."""
    classes, streams = plan.classes, plan.classes.streams
    at = np.flatnonzero(classes.of_job >= 0)
    of, stream = classes.of_job[at], classes.stream[classes.of_job[at]]
    count = len(classes.stream)
    work = np.bincount(of, weights=jobs.quantity[at] * known.planned_h[at], minlength=count)
    width = np.bincount(of, weights=jobs.quantity[at], minlength=count)
    first_s = board.start_s + classes.first_slot[of] * board.slot_s
    end_s = board.start_s + classes.end_slot[of] * board.slot_s
    run_until_s = np.minimum(known.horizon_latest_s[at] + jobs.requested_s[at], known.end_s)
    gb = jobs.data_gb[at] / (jobs.quantity[at] * jobs.requested_s[at] / 3600.0)
    sort_of_stream = np.full(len(streams.origin), -1)
    sort_of_stream[stream] = known.sort[at]
    rules = {
        "class_demand": not np.allclose(classes.demand_unit_h, work, rtol=1e-9, atol=1e-9),
        "class_width": not np.allclose(classes.width, width, rtol=1e-9, atol=1e-9),
        "class_window": bool(((first_s > known.earliest_s[at] + 1e-3) | (end_s < run_until_s - 1e-3)).any()),
        "stream_sort": bool((sort_of_stream[stream] != known.sort[at]).any()),
        "stream_origin": bool((streams.origin[stream] != known.origin[at]).any()),
        "stream_tier": bool((streams.tier[stream] != jobs.tier[at]).any()),
        "stream_data": bool((np.abs(streams.gb_per_unit_h[stream] - gb) > 1.01e-6).any()),
    }
    return [f"{rule}: the classes are not the jobs" for rule, broken in rules.items() if broken]


def _allowed(known: Sheet, plan: Plan, cost: Terms) -> Bools:
    """Tell whether each work column stands where its stream may go, ``(columns,)``."""
    products = len(cost.product_site)
    by_product = np.zeros((len(known.fits), products), dtype=bool)
    for pool, product in enumerate(cost.pool_product):
        by_product[:, product] |= known.allowed[:, pool]
    at = np.flatnonzero(plan.classes.of_job >= 0)
    sort_of_stream = np.zeros(len(plan.classes.streams.origin), dtype=np.int64)
    sort_of_stream[plan.classes.stream[plan.classes.of_job[at]]] = known.sort[at]
    return np.asarray(by_product[sort_of_stream[plan.work_stream], plan.work_product])


def check_primal(board: Board, jobs: Jobs, known: Sheet, plan: Plan, cost: Terms) -> list[str]:
    """Work goes where it may, within capacity, power and links, and costs what the plan says."""
    work, supply, unserved = plan.work_unit_h, plan.supply_unit_h, plan.unserved_unit_h
    shape = (len(cost.product_site), board.capacity.shape[1])
    asked, given = np.zeros(shape), np.zeros(shape)
    np.add.at(asked, (plan.work_product, plan.work_slot), work)
    np.add.at(given, cost.pool_product, supply)
    room = board.capacity * cost.slot_h
    used_kwh = np.zeros((len(board.sites), shape[1]))
    np.add.at(used_kwh, known.site, supply * cost.kwh_per_unit_h[:, None])
    demand = plan.classes.demand_unit_h
    objective = float(((cost.moving + cost.near) * work).sum() + (cost.running * supply).sum())
    objective += float((cost.lost * unserved).sum())
    allowed = _allowed(known, plan, cost)
    slack = FEASIBLE * np.maximum(1.0, given)
    rules = {
        "negative_work": min(work.min(initial=0.0), supply.min(initial=0.0), unserved.min(initial=0.0)) < -FEASIBLE,
        "work_where_it_may_not_go": bool((work[~allowed] > FEASIBLE).any()),
        "balance": bool((np.abs(asked - given) > slack).any()),
        "plan_over_capacity": bool((supply > room + FEASIBLE * np.maximum(1.0, room)).any()),
        "plan_over_power_cap": bool((used_kwh > cost.cap_kwh[:, None] + FEASIBLE * np.maximum(1.0, used_kwh)).any()),
        "unserved_above_demand": bool((unserved > demand + FEASIBLE * np.maximum(1.0, demand)).any()),
        "objective": abs(objective - plan.objective_fen) > TOLERANCE * max(_paid_fen(plan), abs(objective)),
        "moving_cost": not np.allclose(plan.transfer_fen, cost.moving, rtol=1e-9, atol=1e-9),
        "nearness_cost": not np.allclose(plan.nearness_fen, cost.near, rtol=1e-9, atol=1e-9),
    }
    return [
        *[f"{rule}: the plan does not keep it" for rule, broken in rules.items() if broken],
        *_check_links(board, plan, cost),
    ]


def _check_links(board: Board, plan: Plan, cost: Terms) -> list[str]:
    flow = np.zeros((len(cost.crossing), board.capacity.shape[1]))
    np.add.at(flow.T, plan.work_slot, (cost.crossing * plan.work_unit_h).T)
    if board.links is None:
        return []
    limit = board.links.capacity_gb
    rules = {
        "link_flow": not np.allclose(flow, plan.link_flow_gb, rtol=1e-6, atol=1e-6),
        "plan_over_link": bool((np.abs(flow) > limit + FEASIBLE * np.maximum(1.0, limit)).any()),
    }
    return [f"{rule}: the plan does not keep it" for rule, broken in rules.items() if broken]


def check_effort(plan: Plan, cost: Terms, *, slots: int) -> list[str]:
    """The work of each stream can be shared out to its classes: each served in its window and within its width.

    A solver proposes the shares; what it leaves over is measured here.
    """
    classes = plan.classes
    count = len(classes.stream)
    if not count:
        return []
    span = classes.end_slot - classes.first_slot
    of = np.repeat(np.arange(count), span)
    slot = classes.first_slot[of] + np.arange(len(of)) - np.repeat(np.cumsum(span) - span, span)
    supplied = np.zeros((len(classes.streams.origin), slots))
    np.add.at(supplied, (plan.work_stream, plan.work_slot), plan.work_unit_h)
    served = np.clip(classes.demand_unit_h - plan.unserved_unit_h, 0.0, None)
    of_row = np.concatenate([of, count + classes.stream[of] * slots + slot])
    total = count + supplied.size
    equal = sparse.csr_array((np.ones(len(of_row)), (of_row, np.tile(np.arange(len(of)), 2))), shape=(total, len(of)))
    # What is over or short in each row is a column of its own, to be made as little as can be.
    matrix = sparse.hstack([equal, sparse.identity(total), -sparse.identity(total)], format="csr")
    target = np.concatenate([served, supplied.ravel()])
    costs = np.concatenate([np.zeros(len(of)), np.ones(2 * total)])
    most = np.concatenate([classes.width[of] * cost.slot_h, np.full(2 * total, np.inf)])
    rows = LinearConstraint(matrix, target, target)
    answer = milp(costs, constraints=rows, bounds=Bounds(np.zeros(len(most)), most))
    if answer.x is None:
        return [f"effort_unknown: {answer.message}"]
    share = np.clip(answer.x[: len(of)], 0.0, most[: len(of)])
    left = np.abs(equal @ share - target)
    over = left > FEASIBLE * 10 * np.maximum(1.0, target)
    return (
        [f"effort: the work does not fit the windows and widths, {left.max():g} unit-hours over"] if over.any() else []
    )


def _paid_fen(plan: Plan) -> float:
    """What all streams pay in absolute terms: payments themselves may cancel where prices are negative."""
    paid = plan.delivered_fen_per_unit_h[plan.work_stream, plan.work_slot] - plan.nearness_fen
    return max(1.0, float(np.abs(paid * plan.work_unit_h).sum()))


def measure(board: Board, plan: Plan, cost: Terms) -> Errors:
    """Measure how far each identity is from holding."""
    work, supply = plan.work_unit_h, plan.supply_unit_h
    lmp = plan.lmp_fen_per_unit_h[plan.work_product, plan.work_slot]
    delivered = plan.delivered_fen_per_unit_h[plan.work_stream, plan.work_slot]
    rent, power = plan.capacity_rent_fen_per_unit_h, plan.power_rent_fen_per_kwh
    room = board.capacity * cost.slot_h
    capped = np.isfinite(board.power_cap_kw)
    power_room = np.where(capped, cost.cap_kwh, 0.0)[:, None]
    used_kwh = np.zeros_like(power)
    np.add.at(used_kwh, np.array([pool.site for pool in board.pools]), supply * cost.kwh_per_unit_h[:, None])
    link_rent = link_slack = 0.0
    crossing = np.zeros(len(work))
    if board.links is not None:
        crossing = (cost.crossing * plan.link_rent_fen_per_gb[:, plan.work_slot]).sum(axis=0)
        link_rent = float((np.abs(plan.link_rent_fen_per_gb) * board.links.capacity_gb).sum())
        link_slack = link_rent - float((plan.link_rent_fen_per_gb * plan.link_flow_gb).sum())
    reduced = cost.moving + cost.near + lmp - delivered + crossing
    price = plan.class_price_fen_per_unit_h
    slack = float(np.abs(reduced * work).sum()) + abs(link_slack)
    slack += float(np.abs(rent * (room - supply)).sum())
    slack += float(np.abs(power * np.where(capped[:, None], power_room - used_kwh, 0.0)).sum())
    slack += float((plan.unserved_unit_h * np.clip(cost.lost - price, 0.0, None)).sum())
    site = np.array([pool.site for pool in board.pools])
    margin = plan.lmp_fen_per_unit_h[cost.pool_product] - cost.running - cost.kwh_per_unit_h[:, None] * power[site]
    broken = [(-reduced).max(initial=0.0), (margin - rent).max(initial=0.0), (-rent).max(), (-power).max()]
    broken.append(np.abs(power[~capped]).max(initial=0.0))
    payments, revenue = float(((delivered - plan.nearness_fen) * work).sum()), float((lmp * work).sum())
    earned = float((cost.running * supply).sum() + (rent * room).sum() + (power * power_room).sum())
    scale = _paid_fen(plan)
    dual = _dual_value(plan, cost) - float((rent * room).sum() + (power * power_room).sum()) - link_rent
    return Errors(
        payments=abs(payments - revenue - float((cost.moving * work).sum()) - link_rent) / scale,
        revenue=abs(revenue - earned) / scale,
        slackness=slack / scale,
        duality=abs(plan.objective_fen - dual) / max(scale, abs(plan.objective_fen)),
        dual_infeasible_fen=float(max(broken)),
    )


def _dual_value(plan: Plan, cost: Terms) -> float:
    """Return what the classes bring at their prices, less the rent of their own width and of what may stay unserved."""
    classes, price = plan.classes, plan.class_price_fen_per_unit_h
    delivered = plan.delivered_fen_per_unit_h
    narrow = 0.0
    for of in range(len(classes.stream)):
        hours = delivered[classes.stream[of], classes.first_slot[of] : classes.end_slot[of]]
        narrow += float(np.clip(price[of] - hours, 0.0, None).sum() * classes.width[of] * cost.slot_h)
    lost = (np.clip(price - cost.lost, 0.0, None) * classes.demand_unit_h).sum()
    return float((price * classes.demand_unit_h).sum() - lost) - narrow


def check_prices(board: Board, plan: Plan, cost: Terms) -> list[str]:
    """The money adds up, prices meet limits that bind, and primal and dual agree."""
    errors = measure(board, plan, cost)
    money = {name: getattr(errors, name) for name in ("payments", "revenue", "slackness", "duality")}
    findings = [f"money_{name}: {error:.3g} of what is paid" for name, error in money.items() if not error <= TOLERANCE]
    if not errors.dual_infeasible_fen <= 10 * FEASIBLE:
        findings.append(f"dual_infeasible: a price is beyond its limit by {errors.dual_infeasible_fen:.3g} fen")
    return findings
