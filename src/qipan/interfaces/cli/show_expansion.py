"""Print a plan of expansion for people."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import counted, print_table, say, table
from qipan.interfaces.report import kinds, labels
from qipan.interfaces.report.expansion import more_than_plan
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.words import Words, words


def show(told: dict[str, Any], language: Language) -> None:
    """Print what a plan costs, what it builds, and each year of it.

    Parameters
    ----------
    told
        From `dispatch.expansion.tell`.
    """
    _show_costs(told, language)
    say()
    _show_builds(told, language)
    say()
    _show_years(told, language)


def _show_costs(told: dict[str, Any], language: Language) -> None:
    plan, years = told["plan"]["cost_fen"], told["years"]
    say(
        language.say(
            f"{years[0]} to {years[-1]}: the plan costs {yuan(plan)} yuan in all, discounted at "
            f"{percent(told['discount_rate'])}; no plan can cost less than {yuan(told['bound_fen'])}: "
            f"gap {told['gap']:.3%} after {counted(told['steps'], 'step')}.",
            f"{years[0]}至{years[-1]}年：方案总费用 {yuan(plan)} 元（折现率 {percent(told['discount_rate'])}）；"
            f"任何方案不低于 {yuan(told['bound_fen'])} 元：差距 {told['gap']:.3%}，共 {told['steps']} 步。",
        )
    )
    for key, en, zh in (
        ("nothing", "Building nothing", "不建设"),
        ("followed", "Building where shadow prices are highest, with as much money", "以同样资金在影子价格最高处建设"),
    ):
        cost, (more_fen, share) = told[key]["cost_fen"], more_than_plan(told, key)
        say(
            language.say(
                f"{en} would cost {yuan(cost)} yuan, {yuan(more_fen)} more than the plan ({percent(share, 2)} of it).",
                f"{zh}：{yuan(cost)} 元，比方案多 {yuan(more_fen)} 元（占方案 {percent(share, 2)}）。",
            )
        )


def _show_builds(told: dict[str, Any], language: Language) -> None:
    said = words(language)
    rows = []
    for one in told["options"]:
        if one["first_year"] is None:
            continue
        rows.append(
            (
                label(labels.BUILD, one["build"], said),
                language.name_in(one),
                one["where"] or NOTHING,
                str(one["first_year"]),
                grouped(one["standing"][-1], 1),
                label(labels.BUILD_UNIT, one["build"], said),
                percent(one["standing"][-1] / one["most"]),
                yuan(one["cost_fen_per_unit_year"], 2),
                yuan(one["first_unit_worth_fen_per_year"], 2),
                yuan(one["next_unit_worth_fen_per_year"], 2),
            )
        )
    columns = (
        language.say("what", "建设内容"),
        language.say("name", "名称"),
        language.say("where", "地点"),
        language.say("from", "起始年"),
        language.say("in all", "总量"),
        language.say("unit", "单位"),
        language.say("of the most", "占上限"),
        language.say("cost\nyuan/unit-year", "费用\n元/单位·年"),
        language.say("first is worth\nyuan/unit-year", "首个单位价值\n元/单位·年"),
        language.say("next is worth\nyuan/unit-year", "再增单位价值\n元/单位·年"),
    )
    print_table(table(columns, rows, numbers=(3, 4, 6, 7, 8, 9), wide=(1, 2)))
    say(
        language.say(
            "A unit is worth what it would save in a year, by shadow prices: the first where nothing is built, the "
            "next beside all that the plan builds. "
            f"{counted(len(told['options']) - len(rows), 'option')} not built.",
            "价值为一个单位每年可节省的费用，取自影子价格：首个指尚未建设时，再增指计划建成之后。"
            f"另有 {len(told['options']) - len(rows)} 个选项未建设。",
        )
    )


def _unserved(of: dict[str, list[float]], at: int, said: Words) -> str:
    return kinds.amount({kind: years[at] for kind, years in of.items()}, kinds.in_order(of), said, 1)


def _show_years(told: dict[str, Any], language: Language) -> None:
    plan, nothing = told["plan"], told["nothing"]
    rows = [
        (
            str(year),
            yuan(plan["build_fen"][at]),
            yuan(plan["run_fen"][at]),
            yuan(nothing["run_fen"][at]),
            grouped(plan["carbon_kg"][at] / 1000.0, 1),
            grouped(nothing["carbon_kg"][at] / 1000.0, 1),
            *(_unserved(one["unserved_unit_h"], at, words(language)) for one in (plan, nothing)),
        )
        for at, year in enumerate(told["years"])
    ]
    columns = (
        language.say("year", "年份"),
        language.say("builds, yuan", "建设（元）"),
        language.say("running, yuan", "运行（元）"),
        language.say("without builds", "不建设时"),
        language.say("carbon, t", "碳排放（吨）"),
        language.say("without builds", "不建设时"),
        language.say("unserved unit-hours", "未满足（单位时）"),
        language.say("without builds", "不建设时"),
    )
    print_table(table(columns, rows, numbers=range(1, 8)))
