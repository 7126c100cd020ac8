"""Say why: why a job is not placed in the day, why it is here and not there, and what made a price."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qipan.dispatch.jobs.reach import Reach, whole_units
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Origin, Rules
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
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.dispatch.model.plan import Placement, Reason, Status
from qipan.dispatch.prices.publish import to_tick
from qipan.kernel.resources import Kind

TIER_ZH = ("实时", "交互", "批处理", "离线")
KIND_ZH = dict(zip(Kind, ("智能算力", "通用算力", "超级算力", "存储"), strict=True))
UNIT_ZH = {Kind.INTELLIGENT: "卡", Kind.GENERAL: "核", Kind.SUPERCOMPUTING: "节点", Kind.STORAGE: "TB"}


ALTERNATIVES = 3
"""How many other sites an explanation of a job names."""

LEAST_FEN = 1e-4
"""A rent or a difference below this counts as none."""

ROUNDING_LEAST_FEN = 1e-8
"""Below this a price is not counted as rounded to the tick."""

Words = tuple[str, str]
Runs = tuple[tuple[float, float], ...]
"""Start and length of each stretch, in hours."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One job that is not placed or must be, with all that a sentence about it may name."""

    jobs: Jobs
    board: Board
    rules: Rules
    reached: Reach
    index: int

    @property
    def sort(self) -> int:
        """Sort of the job."""
        return int(self.reached.of_job[self.index])

    @property
    def origin(self) -> Origin:
        """Where the job comes from."""
        return self.board.origins[int(self.reached.origin[self.sort])]

    @property
    def kind(self) -> Kind:
        """Kind of resource it asks for."""
        return KINDS[int(self.jobs.kind[self.index])]

    @property
    def tier(self) -> Tier:
        """Its tier."""
        return Tier(int(self.jobs.tier[self.index]))

    @property
    def quantity(self) -> str:
        """How many units it asks for."""
        return written(float(self.jobs.quantity[self.index]))

    @property
    def hours(self) -> str:
        """How many hours it asks for."""
        return written(float(self.jobs.requested_s[self.index]) / 3600.0)


def written(amount: float) -> str:
    """Write an amount in full, never as a power of ten.

    Examples
    --------
    >>> written(9e6), written(1.5), written(1 / 3), written(8.0)
    ('9,000,000', '1.5', '0.333', '8')
    """
    return f"{amount:,.2f}".rstrip("0").rstrip(".") if abs(amount) >= 1 else f"{amount:.3g}"


def explain(jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement, *, index: int) -> Words:
    """Say why the job at ``index`` is not placed in the day, or must run where it does; else both are empty.

    Returns
    -------
    en, zh
        The same sentence in English and in Chinese.
    """
    sentence = _SENTENCES.get(found.reason[index])
    if sentence is None:
        return "", ""
    en, zh = sentence(Subject(jobs, board, rules, reached, index))
    if found.status[index] == Status.CARRIED_OVER and found.reason[index] == Reason.NO_ROOM:
        return f"{en} It may start after the hours planned, and waits.", f"{zh}可在计划时段之后启动，继续等待。"
    return en, zh


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
            found = (_option(job, terms, product, _best_runs(job, terms, product)) for product in allowed)
            options.append(min(found, key=lambda one: one.cost_fen))
    chosen = None
    if job.site is not None:
        asked = (job.site, job.placed_kind or job.kind, job.placed_model)
        (product,) = [one for one in terms.products if (one.site, one.kind, one.card_model) == asked]
        chosen = _option(job, terms, product, job.runs)
    cheapest = sorted(options, key=lambda one: (one.cost_fen, one.site))[:ALTERNATIVES]
    return JobExplanation(chosen, tuple(_against(one, chosen, job) for one in cheapest), excluded)


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
        was_full=False,
        kind=product.kind,
        card_model=product.card_model,
        units=_units(job, terms, product),
        on_substitute=not _is_asked(job, product),
    )


def _against(option: Option, chosen: Option | None, job: JobTerms) -> Option:
    """Set an option against where the job is placed."""
    if chosen is None:
        return option
    parts = {
        part.value: option.parts_fen.get(part, 0.0) - chosen.parts_fen.get(part, 0.0)
        for part in Part
        if part in option.parts_fen or part in chosen.parts_fen
    }
    more = math.fsum(parts.values())
    return replace(
        option, difference_fen=more, difference_parts_fen=parts, was_full=more < -LEAST_FEN and not job.is_covered
    )


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


def _no_such_resource(subject: Subject) -> Words:
    model = str(subject.jobs.card_model[subject.index])
    of_model = f" of model {model}" if model else ""
    named = f"型号为 {model} 的{KIND_ZH[subject.kind]}" if model else KIND_ZH[subject.kind]
    return f"No site has {subject.kind.value} resources{of_model}.", f"没有站点拥有{named}。"


def _no_power(_subject: Subject) -> Words:
    return "Every site with such resources is without power.", "拥有该类资源的站点均无电力。"


def _too_large(subject: Subject) -> Words:
    largest = np.where(subject.reached.allowed, subject.reached.largest(subject.board), 0)
    most = written(float(largest[subject.sort].max()))
    return (
        f"It asks for {subject.quantity} {subject.kind.unit}s at once, the largest site it may use carries {most}.",
        f"一次需要 {subject.quantity} {UNIT_ZH[subject.kind]}，可用站点最多只能承载 {most}。",
    )


def _data_may_not_leave(subject: Subject) -> Words:
    province = subject.jobs.data_class[subject.index] == DataClass.PROVINCE
    where_en, where_zh = ("province", "省") if province else ("macro-region", "大区")
    return (
        f"Its data may not leave the {where_en} of {subject.origin.name_en}, where no such site stands.",
        f"数据不得出{subject.origin.name_zh}所在{where_zh}，该处没有可用站点。",
    )


def _too_far(subject: Subject) -> Words:
    reached, sort = subject.reached, subject.sort
    others = reached.fits_kind[sort] & reached.has_power[sort] & reached.within_data[sort]
    site = np.array([product[0] for product in subject.board.products], dtype=np.int64)[others]
    nearest = subject.board.round_trip_ms[reached.origin[sort]][site].min(initial=np.inf)
    limit = f"{subject.rules.tiers[subject.tier].round_trip_ms_max:g}"
    here, tier = subject.origin, subject.tier
    return (
        f"Tier {tier.label}: at most {limit} ms round trip from {here.name_en}; nearest site: {nearest:.1f} ms.",
        f"{TIER_ZH[tier]}层要求从{here.name_zh}往返时延不超过 {limit} 毫秒，最近站点为 {nearest:.1f} 毫秒。",
    )


def _window_too_short(subject: Subject) -> Words:
    return (
        f"It needs {subject.hours} h, its window between submission and deadline is shorter.",
        f"需要 {subject.hours} 小时，提交至截止的时间窗更短。",
    )


def _no_room(subject: Subject) -> Words:
    in_one_zh = "累计" if subject.jobs.preemptible[subject.index] else "连续"
    many_en, many_zh = f"{subject.quantity} {subject.kind.unit}s", f"{subject.quantity} {UNIT_ZH[subject.kind]}"
    if subject.board.links is not None and subject.jobs.data_gb[subject.index] > 0:
        in_window = f"free for {subject.hours} h in its window"
        return (
            f"No site within its limits has {many_en}, their power and links for its data {in_window}.",
            f"时间窗内，限制允许的站点均无 {many_zh}{in_one_zh} {subject.hours} 小时的空闲容量、电力与数据链路。",
        )
    return (
        f"No site within its limits has {many_en} and their power free for {subject.hours} h in its window.",
        f"时间窗内，限制允许的站点均无 {many_zh}{in_one_zh} {subject.hours} 小时的空闲容量与电力。",
    )


def _later_is_better(_subject: Subject) -> Words:
    return (
        "Its window reaches past the day, and it starts later: cheaper, or for want of room.",
        "时间窗延至次日，推迟启动：成本更低或当日无空闲容量。",
    )


def _covered(subject: Subject) -> Words:
    name = subject.jobs.reservation[subject.index]
    return (
        f"It runs at once on the units of reservation {name}: it must be served there.",
        f"立即在预留容量 {name} 上运行：必须在此保障。",
    )


_SENTENCES: dict[Reason, Callable[[Subject], Words]] = {
    Reason.NO_SUCH_RESOURCE: _no_such_resource,
    Reason.NO_POWER: _no_power,
    Reason.TOO_LARGE: _too_large,
    Reason.DATA_MAY_NOT_LEAVE: _data_may_not_leave,
    Reason.TOO_FAR: _too_far,
    Reason.WINDOW_TOO_SHORT: _window_too_short,
    Reason.NO_ROOM: _no_room,
    Reason.LATER_IS_BETTER: _later_is_better,
    Reason.COVERED: _covered,
}
