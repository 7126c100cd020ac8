"""Lay out what ``qipan policy`` tells, in both languages; what rests on assumed numbers says so."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import print_table, say, table
from qipan.interfaces.report.numbers import NOTHING

LEVERS = {
    "ai_plus": ("differentiated AI+", "差异化“人工智能+”"),
    "coordination": ("compute coordination", "算力协同与补偿"),
    "infrastructure": ("infrastructure", "基础设施"),
    "talent": ("talent", "人才"),
    "support": ("unemployment support", "失业支持"),
    "enclave": ("enclaves", "飞地经济"),
}
DIMENSIONS = {
    "positioning": ("positioning", "差异化定位"),
    "compute": ("compute", "算力协同"),
    "infrastructure_and_talent": ("infrastructure and talent", "基建与人才"),
    "warning_and_support": ("warning and support", "预警与支持"),
}
EFFECTS = {
    "smaller_gap": ("+ smaller gap", "＋ 缩小区域发展差距"),
    "division_of_labour": ("+ division of labour", "＋ 推动区域合理分工"),
    "comparative_advantage": ("+ comparative advantage", "＋ 凸显区域比较优势"),
    "regional_features": ("+ regional features", "＋ 彰显区域发展特色"),
    "unequal_dividend": ("- unequal dividend", "－ 技术红利分配失衡"),
    "uneven_penetration": ("- uneven penetration", "－ 渗透程度不均"),
    "lacking_inclusion": ("- lacking inclusion", "－ 普惠性不足"),
}
"""Effects in the words of the paper's figure 2."""
MEASURES = {
    "output": ("output, 100 million yuan", "产出（亿元）", 1.0, 0),
    "theil": ("gap: Theil of output per head", "差距：人均产出泰尔指数", 1.0, 4),
    "displaced": ("displaced, 10,000 persons", "被替代人员（万人）", 1.0, 1),
    "penetration": ("penetration, %", "渗透率（%）", 100.0, 1),
    "penetration_gap": ("penetration gap, %", "渗透差距（%）", 100.0, 1),
    "service_gap": ("service gap, % of jobs", "保障差距（占岗位 %）", 100.0, 2),
}
WAYS = {
    "simulation": ("simulation", "本模拟"),
    "persistence": ("persistence", "不变"),
    "drift": ("drift of five years", "五年漂移"),
    "autoregressive_panel": ("autoregressive panel", "自回归面板"),
    "assumed": ("assumed parameters", "假定参数"),
}
HANGS_SHOWN = 4
"""Parameters that are printed."""
CHOICES_SHOWN = 12
"""Combinations that are printed: those that no other beats, the likeliest first."""


def show_run(told: dict[str, Any], language: Language) -> None:
    """Print the nation at the end with levers and without, and what effects did."""
    heads = [language.say(*one) for one in (("at the end", "期末"), ("without levers", "无政策"), ("with", "有政策"))]
    heads += [language.say("change", "变化"), language.say("chance it is less", "下降概率")]
    rows = []
    for name, (en, zh, scale, digits) in MEASURES.items():
        ends = [{key: told[run][name][key][-1] for key in ("low", "median", "high")} for run in RUNS]
        change = told["levers_add"][name]
        cells = [_interval(one, scale, digits) for one in (*ends, change)]
        rows.append((language.say(en, zh), *cells, f"{change['chance_less']:.0%}"))
    print_table(table(heads, rows, numbers=range(1, 5)))
    say()
    heads = [
        language.say("effect (figure 2)", "效应（图2）"), language.say("on output, %", "对产出（%）"),
        language.say("on the gap, 0.0001", "对差距（万分之一）"), language.say("chance it narrows", "缩小概率"),
    ]  # fmt: skip
    rows = [
        (language.say(*EFFECTS[one["effect"]]), _interval(one["to_output"], 100.0, 2),
         _interval(one["to_gap"], 1e4, 1), f"{one['chance_gap_narrows']:.0%}")
        for one in told["effects"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 4)))
    say()
    most = list(told["change_hangs_on"]["theil"].items())[:HANGS_SHOWN]
    named = ", ".join(f"{name} {share:.0%}" for name, share in most)
    if most[0][1] > 0.0:
        say(
            language.say(
                f"The change of the gap hangs most on: {named} (squared rank correlation).",
                f"差距变化最取决于：{named}（秩相关的平方）。",
            )
        )
    cost = told["costs_100m_yuan"]["total"]
    say(language.say(f"Levers cost {cost:,.0f} x 100 million yuan.", f"政策投入合计 {cost:,.0f} 亿元。"))
    if told["is_growth_flagged"]:
        most, found = told["flagged_above_a_year"], told["growth_from_ai_a_year"]["median"]
        say(
            language.say(
                f"Look again: AI adds {found:.2%} a year to output, more than the {most:.2%} that research supports.",
                f"请复核：人工智能年均拉动产出 {found:.2%}，高于研究所支持的 {most:.2%}。",
            )
        )
    _say_basis(told, language)


RUNS = ("without_levers", "with_levers")


def show_comparison(told: dict[str, Any], language: Language) -> None:
    """Print each lever's part, what it does with all the money, dimensions, and choices that stand out."""
    for part, en, zh in (
        ("part", "part of all together (Shapley)", "在全部政策中的贡献（Shapley）"),
        ("with_all_money", "with all the money", "独占全部投入"),
    ):
        rows = [(language.say(*LEVERS[one["lever"]]), *_aims(one[part])) for one in told["levers"]]
        print_table(table(_heads(language, language.say(en, zh)), rows, numbers=range(1, 4)))
        say()
    rows = [(language.say(*DIMENSIONS[one["dimension"]]), *_aims(one["part"])) for one in told["dimensions"]]
    print_table(table(_heads(language, language.say("dimension", "维度")), rows, numbers=range(1, 4)))
    say()
    best = sorted((one for one in told["combinations"] if one["is_pareto"]), key=lambda one: -one["pareto_chance"])
    rows = [
        (
            language.say(", ", "、").join(language.say(*LEVERS[name]) for name in one["levers"])
            or language.say("none", "无"),
            *_aims(one["against_none"]),
            f"{one['cost_100m_yuan']:,.0f}",
            f"{one['pareto_chance']:.0%}",
        )
        for one in best[:CHOICES_SHOWN]
    ]
    heads = _heads(language, language.say("not beaten by any other", "不被任何组合胜过"))
    heads += [language.say("cost, 100 million yuan", "投入（亿元）"), language.say("chance", "概率")]
    print_table(table(heads, rows, numbers=range(1, 6), wide=[0]))
    count, shown = len(best), min(len(best), CHOICES_SHOWN)
    say(
        language.say(
            f"{shown} of {count} shown; {len(told['combinations'])} combinations in all. Intervals are of 90 %.",
            f"所示 {shown} 种，共 {count} 种；组合总数 {len(told['combinations'])}。区间含 90% 的成员。",
        )
    )
    _say_basis(told, language)


def show_back_test(told: dict[str, Any], language: Language) -> None:
    """Print how each way of foreseeing fared, and which one is used."""
    heads = [
        language.say("forecast", "预测方法"), language.say("Theil: mean error", "泰尔指数平均误差"), "CRPS",
        language.say("regions: mean error", "地区平均误差"), language.say("90% held: Theil", "90% 覆盖：泰尔"),
        language.say("regions", "地区"),
    ]  # fmt: skip
    rows = [
        (
            language.say(*WAYS[one["name"]]), f"{one['theil_error']:.4f}", f"{one['theil_crps']:.4f}",
            f"{one['region_error']:.4f}", _share(one["theil_covered"]), _share(one["region_covered"]),
        )
        for one in told["ways"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 6)))
    origins = told["ways"][0]["origins"]
    first, last, many = origins[0]["year"], origins[-1]["year"], len(origins)
    say(
        language.say(
            f"{told['ahead_years']} years ahead from {many} origins, {first} to {last}; origins overlap, so small "
            "differences mean little.",
            f"自 {first} 至 {last} 年共 {many} 个起点，向前 {told['ahead_years']} 年；起点相互重叠，细小差别意义不大。",
        )
    )
    used = language.say(*WAYS[told["baseline"]])
    if told["is_simulation_best"]:
        say(language.say("The simulation wins by CRPS.", "按 CRPS，本模拟最优。"))
    else:
        say(language.say("The simulation does not win by CRPS.", "按 CRPS，本模拟并非最优。"))
    say(language.say(f"Used for the path without AI: {used}.", f"无人工智能路径采用：{used}。"))


def show_calibration(told: dict[str, Any], language: Language) -> None:
    """Print each parameter with its interval, and which the panel does not tell."""
    heads = [
        language.say("parameter", "参数"), language.say("assumed", "假定"), language.say("median", "中位数"),
        "90%", language.say("told by the panel", "数据告知程度"), language.say("standing", "依据"),
    ]  # fmt: skip
    words = {"calibrated": ("calibrated", "已校准"), "assumption-driven": ("assumption-driven", "假定驱动")}
    rows = [
        (
            one["name"], f"{one['prior']['low']:g} – {one['prior']['high']:g}", f"{one['median']:.4f}",
            f"{one['low']:.4f} – {one['high']:.4f}", f"{max(one['shrinkage'], 0.0):.0%}",
            language.say(*words[one["standing"]]),
        )
        for one in told["parameters"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 5)))
    count = len(told["not_in_history"])
    say(
        language.say(
            f"{count} parameters of AI and of levers are assumption-driven: no history of output tells them.",
            f"人工智能与政策的 {count} 个参数为假定驱动：产出历史数据无从告知。",
        )
    )


def _say_basis(told: dict[str, Any], language: Language) -> None:
    """Say what a result rests on."""
    assumed, calibrated = len(told["parameters_assumed"]), len(told["parameters_calibrated"])
    used = language.say(*WAYS[told["baseline"]])
    say(
        language.say(
            f"Assumption-driven: {assumed} parameters are assumed, {calibrated} calibrated. Path without AI: {used}.",
            f"假定驱动：{assumed} 个参数为假定，{calibrated} 个已校准。无人工智能路径：{used}。",
        )
    )
    tested = told["baseline_tested"]
    if tested and not tested["is_simulation_best"]:
        say(language.say("The simulation did not win the back-test.", "本模拟未在回测中取胜。"))
    if told["cells_assumed"]:
        cells = ", ".join(f"{name} ({len(regions)})" for name, regions in told["cells_assumed"].items())
        say(language.say(f"Assumed in the table, by regions: {cells}.", f"数据表中假定的值（地区数）：{cells}。"))


def _heads(language: Language, first: str) -> list[str]:
    return [
        first, language.say("output, %", "产出（%）"), language.say("gap, 0.0001", "差距（万分之一）"),
        language.say("displaced, 10,000", "被替代（万人）"),
    ]  # fmt: skip


def _aims(told: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        _interval(told[name], scale, digits)
        for name, scale, digits in (("growth", 100, 3), ("gap", 1e4, 2), ("jobs", 1, 1))
    )


def _interval(one: dict[str, float], scale: float, digits: int) -> str:
    low, median, high = (f"{one[key] * scale:,.{digits}f}" for key in ("low", "median", "high"))
    return f"{median} ({low} – {high})"


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"
