"""Say in a sentence why a job is not placed in the day, or must run where it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.board import Board, Origin, Rules
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.dispatch.model.plan import WITHOUT_ROOM, Placement, Reason, Status
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.resources import Kind

TIER_ZH = ("实时", "交互", "批处理", "离线")
KIND_ZH = dict(zip(Kind, ("智能算力", "通用算力", "超级算力", "存储"), strict=True))
UNIT_ZH = {Kind.INTELLIGENT: "卡", Kind.GENERAL: "核", Kind.SUPERCOMPUTING: "节点", Kind.STORAGE: "TB"}

LEAST_FEN = 1e-4
"""A difference below this counts as none."""

Words = tuple[str, str]
Sooner = tuple[float, float]
"""Earliest start of a job in the day, ``nan`` without room, and what it costs more, from `sooner`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One job that is not placed or must be, with all that a sentence about it may name."""

    jobs: Jobs
    board: Board
    rules: Rules
    reached: Reach
    index: int
    sooner: Sooner | None = None

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


def explain(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement, *,
    index: int, sooner: Sooner | None = None,
) -> Words:  # fmt: skip
    """Say why the job at ``index`` is not placed in the day, or must run where it does; else both are empty.

    Parameters
    ----------
    sooner
        Of a job that starts after the day; None where that was not looked up, and then no reason is given.

    Returns
    -------
    en, zh
        The same sentence in English and in Chinese.
    """
    sentence = _SENTENCES.get(found.reason[index])
    if sentence is None:
        return "", ""
    en, zh = sentence(Subject(jobs, board, rules, reached, index, sooner))
    if found.status[index] == Status.CARRIED_OVER and found.reason[index] in WITHOUT_ROOM:
        return f"{en} It may start after the hours planned, and waits.", f"{zh}可在计划时段之后启动，继续等待。"
    return en, zh


def _no_such_resource(subject: Subject) -> Words:
    model = str(subject.jobs.card_model[subject.index])
    of_model = f" of model {model}" if model else ""
    named = f"型号为 {model} 的{KIND_ZH[subject.kind]}" if model else KIND_ZH[subject.kind]
    return f"No site has {subject.kind.value} resources{of_model}.", f"没有站点拥有{named}。"


def _no_power(_subject: Subject) -> Words:
    return "Every site with such resources is without power.", "拥有该类资源的站点均无电力。"


def _too_large(subject: Subject) -> Words:
    largest = np.where(subject.reached.allowed, subject.reached.largest(subject.board), 0)
    most, kind = written(float(largest[subject.sort].max())), subject.kind
    return (
        f"It asks for {subject.quantity} {kind.unit}s at once, the largest site that it may use carries {most}.",
        f"一次需要 {subject.quantity} {UNIT_ZH[kind]}，可用站点最多只能承载 {most}。",
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
    is_preemptible = bool(subject.jobs.preemptible[subject.index])
    in_one_zh = "以整时段累计" if is_preemptible else "连续"
    free = (
        f"free for {subject.hours} h, in whole slots of its window"
        if is_preemptible
        else f"free for {subject.hours} h in its window"
    )
    many_en, many_zh = (
        f"{subject.quantity} {subject.kind.unit}{'' if subject.quantity == '1' else 's'}",
        f"{subject.quantity} {UNIT_ZH[subject.kind]}",
    )
    if subject.board.links is not None and subject.jobs.data_gb[subject.index] > 0:
        return (
            f"No site within its limits has {many_en}, with power and links for its data, {free}.",
            f"时间窗内，限制允许的站点均无 {many_zh}{in_one_zh} {subject.hours} 小时的空闲容量、电力与数据链路。",
        )
    return (
        f"No site within its limits has {many_en} with power {free}.",
        f"时间窗内，限制允许的站点均无 {many_zh}{in_one_zh} {subject.hours} 小时的空闲容量与电力。",
    )


def _outranked(subject: Subject) -> Words:
    tier = subject.tier
    return (
        f"Left out by priority: jobs of tier {tier.label} with a higher priority hold the room that it could use.",
        f"因优先级未获安排：其可用的空位由{TIER_ZH[tier]}层优先级更高的作业占用。",
    )


def _turned_out(subject: Subject) -> Words:
    tier = subject.tier
    return (
        f"Turned out by priority: its place went to jobs of tier {tier.label} with a higher one; no other has room.",
        f"因优先级让出：原有位置由{TIER_ZH[tier]}层优先级更高的作业占用，别处没有空位。",
    )


def _later_is_better(subject: Subject) -> Words:
    if subject.sooner is None:
        return "It starts after the day, to which its window reaches.", "时间窗延至次日，于次日启动。"
    start_s, more_fen = subject.sooner
    if np.isnan(start_s):
        return (
            "It starts after the day: before, its site has no room for it in one stretch.",
            "于次日启动：当日该站点无可供其连续运行的空余容量。",
        )
    wait = written((start_s - float(subject.jobs.submit_s[subject.index])) / 3600.0)
    en = f"It starts after the day: its site has room for it {wait} h after submission, "
    zh = f"于次日启动：该站点在提交后 {wait} 小时有空余容量，"
    if more_fen > LEAST_FEN:
        more = written(yuan_from_fen(more_fen))
        return f"{en}but then it costs {more} yuan more at the plan's prices.", f"{zh}但按计划价格届时多 {more} 元。"
    return (
        f"{en}and at no more cost at the plan's prices alone: whole jobs came out otherwise.",
        f"{zh}仅按计划价格成本不更高：整作业的排布结果不同。",
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
    Reason.OUTRANKED: _outranked,
    Reason.TURNED_OUT: _turned_out,
    Reason.LATER_IS_BETTER: _later_is_better,
    Reason.COVERED: _covered,
}
