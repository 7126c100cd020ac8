"""Say in words why a job is not placed in the day, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qipan.dispatch.model.board import Board, Origin, Rules
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.dispatch.model.plan import Placement, Reason
from qipan.dispatch.reach import Reach, largest_units
from qipan.kernel.resources import Kind

TIER_ZH = ("实时", "交互", "批处理", "离线")
UNIT_ZH = {Kind.INTELLIGENT: "卡", Kind.GENERAL: "核", Kind.SUPERCOMPUTING: "节点", Kind.STORAGE: "TB"}


Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One job that is not placed, with all that a sentence about it may name."""

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
        return f"{self.jobs.quantity[self.index]:g}"

    @property
    def hours(self) -> str:
        """How many hours it asks for."""
        return f"{self.jobs.requested_s[self.index] / 3600:g}"


def explain(jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement, *, index: int) -> Words:
    """Say why the job at ``index`` is not placed in the day; both empty when it is.

    Returns
    -------
    en, zh
        The same sentence in English and in Chinese.
    """
    sentence = _SENTENCES.get(found.reason[index])
    return ("", "") if sentence is None else sentence(Case(jobs, board, rules, reached, index))


def _no_such_resource(case: Case) -> Words:
    model = str(case.jobs.card_model[case.index])
    of_model = f" of model {model}" if model else ""
    return f"No site has {case.kind.value} resources{of_model}.", f"没有站点拥有该类资源({case.kind.value} {model})。"


def _no_power(_case: Case) -> Words:
    return "Every site with such resources is without power.", "拥有该类资源的站点均无电力。"


def _too_large(case: Case) -> Words:
    most = f"{np.where(case.reached.allowed[case.sort], largest_units(case.board), 0).max():g}"
    return (
        f"It asks for {case.quantity} {case.kind.unit}s at once, the largest site that it may use carries {most}.",
        f"一次需要 {case.quantity} {UNIT_ZH[case.kind]},可用站点最多只能承载 {most}。",
    )


def _data_may_not_leave(case: Case) -> Words:
    province = case.jobs.data_class[case.index] == DataClass.PROVINCE
    where_en, where_zh = ("province", "省") if province else ("macro-region", "大区")
    return (
        f"Its data may not leave the {where_en} of {case.origin.name_en}, where no such site stands.",
        f"数据不得出{case.origin.name_zh}所在{where_zh},该处没有可用站点。",
    )


def _too_far(case: Case) -> Words:
    reached, sort = case.reached, case.sort
    others = reached.fits_kind[sort] & reached.has_power[sort] & reached.within_data[sort]
    site = np.array([product[0] for product in case.board.products], dtype=np.int64)[others]
    nearest = case.board.round_trip_ms[reached.origin[sort]][site].min(initial=np.inf)
    limit = f"{case.rules.tiers[case.tier].round_trip_ms_max:g}"
    here = case.origin
    return (
        f"Tier {case.tier.label}: at most {limit} ms round trip from {here.name_en}; nearest site: {nearest:.1f} ms.",
        f"{TIER_ZH[case.tier]}层要求从{here.name_zh}往返时延不超过 {limit} 毫秒,最近站点为 {nearest:.1f} 毫秒。",
    )


def _window_too_short(case: Case) -> Words:
    return (
        f"It needs {case.hours} h, its window between submission and deadline is shorter.",
        f"需要 {case.hours} 小时,提交至截止的时间窗更短。",
    )


def _no_room(case: Case) -> Words:
    in_one_zh = "累计" if case.jobs.preemptible[case.index] else "连续"
    many_en, many_zh = f"{case.quantity} {case.kind.unit}s", f"{case.quantity} {UNIT_ZH[case.kind]}"
    return (
        f"No site within its limits has {many_en} and their power free for {case.hours} h in its window.",
        f"时间窗内,限制允许的站点均无 {many_zh}{in_one_zh} {case.hours} 小时的空闲容量与电力。",
    )


def _later_is_better(_case: Case) -> Words:
    return (
        "Its window reaches past the day, and it starts later: cheaper, or for want of room.",
        "时间窗延至次日,推迟启动:成本更低或当日无空闲容量。",
    )


_SENTENCES: dict[Reason, Callable[[Case], Words]] = {
    Reason.NO_SUCH_RESOURCE: _no_such_resource,
    Reason.NO_POWER: _no_power,
    Reason.TOO_LARGE: _too_large,
    Reason.DATA_MAY_NOT_LEAVE: _data_may_not_leave,
    Reason.TOO_FAR: _too_far,
    Reason.WINDOW_TOO_SHORT: _window_too_short,
    Reason.NO_ROOM: _no_room,
    Reason.LATER_IS_BETTER: _later_is_better,
}
