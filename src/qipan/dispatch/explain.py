"""Say in words why a job is not placed in the day, in English and Chinese."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model import Board, DataClass, Floats, Jobs, Placement, Reason, Rules, Tier
from qipan.dispatch.reach import Reach, largest_units
from qipan.kernel.resources import Kind

TIER_ZH = ("实时", "交互", "批处理", "离线")
UNIT_ZH = {Kind.INTELLIGENT: "卡", Kind.GENERAL: "核", Kind.SUPERCOMPUTING: "节点", Kind.STORAGE: "TB"}


def explain(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement, *, index: int
) -> tuple[str, str]:
    """Say why the job at ``index`` is not placed in the day; both empty when it is.

    Returns
    -------
    en, zh
        The same sentence in English and in Chinese.
    """
    reason = found.reason[index]
    sort = reached.of_job[index]
    origin = board.origins[reached.origin[sort]]
    kind = tuple(Kind)[jobs.kind[index]]
    model = jobs.card_model[index]
    tier = Tier(int(jobs.tier[index]))
    quantity = f"{jobs.quantity[index]:g}"
    hours = f"{jobs.requested_s[index] / 3600:g}"
    if reason == Reason.NO_SUCH_RESOURCE:
        what_en = f"{kind.value} resources" + (f" of model {model}" if model else "")
        return f"No site has {what_en}.", f"没有站点拥有该类资源({kind.value}{' ' + model if model else ''})。"
    if reason == Reason.NO_POWER:
        return "Every site with such resources is without power.", "拥有该类资源的站点均无电力。"
    if reason == Reason.TOO_LARGE:
        most = f"{np.where(reached.allowed[sort], largest_units(board), 0).max():g}"
        return (
            f"It asks for {quantity} {kind.unit}s at once, the largest site that it may use carries {most}.",
            f"一次需要 {quantity} {UNIT_ZH[kind]},可用站点最多只能承载 {most}。",
        )
    if reason == Reason.DATA_MAY_NOT_LEAVE:
        province = jobs.data_class[index] == DataClass.PROVINCE
        where_en, where_zh = ("province", "省") if province else ("macro-region", "大区")
        return (
            f"Its data may not leave the {where_en} of {origin.name_en}, where no such site stands.",
            f"数据不得出{origin.name_zh}所在{where_zh},该处没有可用站点。",
        )
    if reason == Reason.TOO_FAR:
        nearest = _nearest(board, reached, int(sort))
        limit = f"{rules.tiers[tier].round_trip_ms_max:g}"
        return (
            f"Tier {tier.label} needs a round trip of at most {limit} ms from {origin.name_en}, "
            f"the nearest site is {nearest:.1f} ms away.",
            f"{TIER_ZH[tier]}层要求从{origin.name_zh}往返时延不超过 {limit} 毫秒,最近站点为 {nearest:.1f} 毫秒。",
        )
    if reason == Reason.WINDOW_TOO_SHORT:
        return (
            f"It needs {hours} h, its window between submission and deadline is shorter.",
            f"需要 {hours} 小时,提交至截止的时间窗更短。",
        )
    if reason == Reason.NO_ROOM:
        return (
            f"No site within its limits has {quantity} {kind.unit}s and the power free for {hours} h in its window.",
            f"时间窗内,限制允许的站点均无 {quantity} {UNIT_ZH[kind]}连续 {hours} 小时的空闲容量与电力。",
        )
    if reason == Reason.LATER_IS_BETTER:
        return "Its window reaches past the day, and running later costs less.", "时间窗延至次日,推迟运行成本更低。"
    return "", ""


def _nearest(board: Board, reached: Reach, sort: int) -> float:
    """Round trip to the nearest site that every other limit allows, in milliseconds."""
    others = reached.fits_kind[sort] & reached.has_power[sort] & reached.within_data[sort]
    site = np.array([product[0] for product in board.products], dtype=np.int64)[others]
    away: Floats = board.round_trip_ms[reached.origin[sort]][site]
    return float(away.min(initial=np.inf))
