"""Say why a job is here and not there, and what made a price."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qipan.dispatch.jobs.reach import whole_units
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.explanation import (
    SCARCITY,
    JobExplanation,
    JobTerms,
    Option,
    Part,
    PriceExplanation,
    ProductTerms,
    Terms,
)
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.prices.publish import to_tick

ALTERNATIVES = 3
"""How many other sites an explanation of a job names."""

LEAST_FEN = 1e-4
"""A rent or a difference below this counts as none."""

ROUNDING_LEAST_FEN = 1e-8
"""Below this a price is not counted as rounded to the tick."""

Runs = tuple[tuple[float, float], ...]
"""Start and length of each stretch, in hours."""


def explain_job(job: JobTerms, terms: Terms) -> JobExplanation:
    """Compare where a job is placed with the cheapest other sites, each at its best start in the job's window.

    All at the prices of the plan. Of the products of a site the cheapest counts.
    """
    excluded, options = {}, []
    for site in range(len(terms.site_ids)):
        allowed, reason = _products_at(job, terms, site)
        if reason != Reason.NONE:
            excluded[site] = str(reason)
        elif site != job.site:
            found = (_elsewhere(job, terms, product) for product in allowed)
            options.append(min(found, key=lambda one: one.cost_fen))
    chosen = None
    if job.site is not None:
        asked = (job.site, job.placed_kind or job.kind, job.placed_model)
        (product,) = [one for one in terms.products if (one.site, one.kind, one.card_model) == asked]
        chosen = _option(job, terms, product, job.runs)
    cheapest = sorted(options, key=lambda one: (one.cost_fen, one.site))[:ALTERNATIVES]
    return JobExplanation(chosen, tuple(_against(one, chosen) for one in cheapest), excluded)


def explain_price(terms: Terms, site: int, slot: int) -> tuple[PriceExplanation, ...]:
    """Say what made the price of each product of a site in a slot, and which constraints bind."""
    explained = []
    for product in terms.products:
        if product.site != site:
            continue
        parts = {part: values[slot] for part, values in product.parts_fen_per_unit_h.items()}
        rents = {part: fen for part, fen in parts.items() if part in SCARCITY and fen > LEAST_FEN}
        binding = tuple(sorted(rents, key=lambda part: (-rents[part], part)))
        exact = math.fsum(parts.values())
        lmp = float(to_tick(np.array(exact)))
        if abs(lmp - exact) > ROUNDING_LEAST_FEN:
            parts[Part.ROUNDING.value] = lmp - exact
        words = [_BINDS[Part(part)] for part in binding] or [_NOTHING_BINDS]
        explained.append(
            PriceExplanation(
                kind=product.kind,
                card_model=product.card_model,
                lmp_fen_per_unit_h=lmp,
                parts_fen_per_unit_h=parts,
                binding=binding,
                why_en=" ".join(en for en, _ in words),
                why_zh="".join(zh for _, zh in words),
            )
        )
    return tuple(explained)


def _products_at(job: JobTerms, terms: Terms, site: int) -> tuple[list[ProductTerms], Reason]:
    """Return the products of a site that may run a job, or the first hard limit that leaves none (`reach.refusals`)."""
    fit = [one for one in terms.products if one.site == site and _units(job, terms, one) > 0]
    limit_ms = terms.round_trip_ms_max[job.tier]
    rules = (
        (bool(fit), Reason.NO_SUCH_RESOURCE),
        (any(one.units_max > 0 for one in fit), Reason.NO_POWER),
        (job.data_class <= terms.data_class_max[job.origin][site], Reason.DATA_MAY_NOT_LEAVE),
        (limit_ms is None or terms.round_trip_ms[job.origin][site] <= limit_ms + 1e-9, Reason.TOO_FAR),
        (any(_fits(job, terms, one) for one in fit), Reason.TOO_LARGE),
        (job.latest_h >= job.first_h - 1e-9, Reason.WINDOW_TOO_SHORT),
    )
    reason = next((why for holds, why in rules if not holds), Reason.NONE)
    return [one for one in fit if _fits(job, terms, one)], reason


def _units(job: JobTerms, terms: Terms, product: ProductTerms) -> float:
    """Return how many units of a product a job would hold, 0 where it may not run on it (`reach.reach`)."""
    if _is_asked(job, product):
        return job.quantity
    asked, there = (job.kind, job.card_model), (product.kind, product.card_model)
    for one in terms.substitutes:
        if (one.kind, one.card_model) == asked and (one.by_kind, one.by_card_model) == there:
            return float(whole_units(np.array(job.quantity), np.array(one.units)))
    return 0.0


def _is_asked(job: JobTerms, product: ProductTerms) -> bool:
    """Tell whether a product is what a job asks for."""
    models = (job.card_model, product.card_model)
    return job.kind == product.kind and (models[0] == models[1] or "" in models)


def _fits(job: JobTerms, terms: Terms, product: ProductTerms) -> bool:
    """Tell whether a product can ever carry a job."""
    return _units(job, terms, product) <= product.units_max + 1e-9


def _curves(job: JobTerms, terms: Terms, product: ProductTerms) -> dict[Part, Floats]:
    """Return what an hour of the job costs at a product by `Part`, ``(slots,)`` each."""
    site, origin = product.site, job.origin
    gb_per_h = job.data_gb / job.requested_h
    units = _units(job, terms, product)
    curves = {Part(part): np.array(values) * units for part, values in product.parts_fen_per_unit_h.items()}
    curves[Part.NETWORK] = np.full(terms.slot_count, gb_per_h * terms.transfer_fen_per_gb[origin][site])
    near = terms.nearness_fen_per_unit_h_ms[job.tier] * terms.round_trip_ms[origin][site]
    curves[Part.NEARNESS] = np.full(terms.slot_count, near * job.quantity)
    if terms.link_fen_per_gb:
        curves[Part.LINK] = gb_per_h * np.array(terms.link_fen_per_gb[origin][site])
    return curves


def _over(curve: Floats, start_h: Floats, hours: Floats, terms: Terms) -> Floats:
    """Add a curve ``(slots,)`` up over the hours after each start, ``(starts,)``."""
    edges = np.arange(len(curve) + 1) * terms.slot_h
    whole = np.concatenate([[0.0], np.cumsum(curve * terms.slot_h)])
    return np.asarray(np.interp(start_h + hours, edges, whole) - np.interp(start_h, edges, whole))


def _best_runs(job: JobTerms, terms: Terms, product: ProductTerms) -> Runs:
    """Return the cheapest run in the window, the first of several; of a job that may stop and go the cheapest hours.

    Prices are steps, so a run begins at the first or last start, or begins or ends with a slot.
    """
    whole = np.sum(list(_curves(job, terms, product).values()), axis=0)
    edges = np.arange(len(whole) + 1) * terms.slot_h
    if job.may_split:
        begin = np.clip(edges[:-1], job.first_h, job.latest_h + job.requested_h)
        hours = np.clip(edges[1:], job.first_h, job.latest_h + job.requested_h) - begin
        order = np.argsort(whole, kind="stable")
        before = np.cumsum(hours[order]) - hours[order]
        taken = np.zeros(len(hours))
        taken[order] = np.clip(job.planned_h - before, 0.0, hours[order])
        return tuple((float(begin[slot]), float(taken[slot])) for slot in np.flatnonzero(taken > 0.0))
    starts = np.concatenate([[job.first_h, job.latest_h], edges, edges - job.planned_h])
    starts = np.unique(starts[(starts >= job.first_h) & (starts <= max(job.first_h, job.latest_h))])
    cost = _over(whole, starts, np.full(len(starts), job.planned_h), terms)
    return ((float(starts[np.flatnonzero(cost <= cost.min() + LEAST_FEN)[0]]), job.planned_h),)


def _elsewhere(job: JobTerms, terms: Terms, product: ProductTerms) -> Option:
    """Return a product where a job is not placed, at its best, and whether it is full then."""
    runs = _best_runs(job, terms, product)
    option = _option(job, terms, product, runs)
    return replace(option, is_full=_is_full(product, option.units, runs, terms))


def _is_full(product: ProductTerms, units: float, runs: Runs, terms: Terms) -> bool:
    """Tell whether a slot that a run takes as a whole has too few units left; of a part of a slot that is not known."""
    for start, hours in runs:
        first = math.ceil(start / terms.slot_h - 1e-6)
        last = math.floor((start + hours) / terms.slot_h + 1e-6)
        if any(left + 1e-6 < units for left in product.left_units[first : max(first, last)]):
            return True
    return False


def _option(job: JobTerms, terms: Terms, product: ProductTerms, runs: Runs) -> Option:
    start, hours = np.array(runs).T
    curves = _curves(job, terms, product)
    parts = {part.value: float(_over(curve, start, hours, terms).sum()) for part, curve in curves.items()}
    whole = math.fsum(parts.values())
    return Option(
        product.site,
        float(start.min()),
        whole,
        parts,
        None,
        {},
        is_full=False,
        kind=product.kind,
        card_model=product.card_model,
        units=_units(job, terms, product),
        on_substitute=not _is_asked(job, product),
    )


def _against(option: Option, chosen: Option | None) -> Option:
    """Set an option against where the job is placed."""
    if chosen is None:
        return option
    parts = {
        part.value: option.parts_fen.get(part, 0.0) - chosen.parts_fen.get(part, 0.0)
        for part in Part
        if part in option.parts_fen or part in chosen.parts_fen
    }
    return replace(option, difference_fen=math.fsum(parts.values()), difference_parts_fen=parts)


_NOTHING_BINDS = (
    "No limit binds: the price is what the next unit-hour costs to run.",
    "无约束起作用：价格即再运行一单位小时的成本。",
)
_BINDS = {
    Part.CAPACITY: (
        "Capacity binds: every unit is taken, and one more would save this much elsewhere.",
        "容量约束起作用：所有单位均已占用，多一单位可在别处节省相应费用。",
    ),
    Part.POWER: (
        "Power binds: the site draws all that its cap allows.",
        "电力约束起作用：站点用电已达上限。",
    ),
    Part.GRID: (
        "The grid binds: a limit or the peak of its area makes the next kilowatt-hour dearer.",
        "电网约束起作用：所在区域的限额或峰值使下一千瓦时更贵。",
    ),
    Part.LINK: ("A link binds: it carries all that it can.", "网络约束起作用：线路已满。"),
    Part.RESERVE: (
        "The reserve binds: units are kept free for the failure of the largest site.",
        "备用约束起作用：须为最大站点故障预留容量。",
    ),
}
"""What binds where a rent is paid, in English and Chinese."""
