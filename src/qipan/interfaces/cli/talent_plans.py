"""``qipan talent plan``: for each person the shortest set of modules that leads to a job that is open."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.left_out import say_left_out
from qipan.interfaces.cli.options import AsJson, Lang, Seed, read_bytes, read_day
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING

app = typer.Typer()

Persons = Annotated[Path, typer.Argument(metavar="PERSONS", show_default=False, help="CSV of persons, what they have.")]
Modules = Annotated[Path, typer.Argument(metavar="MODULES", show_default=False, help="CSV of modules and seats.")]
Jobs = Annotated[Path, typer.Argument(metavar="JOBS", show_default=False, help="CSV of jobs that are open.")]

OBSTACLES: Final = {
    "taken": ("seats or openings are taken", "学位或岗位空缺已被占用"),
    "money": ("money", "费用不足"),
    "time": ("time", "时间不足"),
    "start": ("modules begin too early", "课程开课过早"),
    "wage": ("wage asked", "期望工资过高"),
    "region": ("region", "所在地区不符"),
    "no_opening": ("no opening or seat", "岗位无空缺或课程无学位"),
    "skills": ("no modules teach what is lacking", "无课程可补所缺技能"),
}


@app.command()
def plan(
    persons: Persons,
    modules: Modules,
    jobs: Jobs,
    *,
    subsidies: Annotated[bool, typer.Option("--subsidies", help="Persons pay only what subsidies leave.")] = False,
    alternatives: Annotated[int, typer.Option("--alternatives", min=0, max=100, help="Other jobs told.")] = 2,
    day: Annotated[
        date | None,
        typer.Option(
            "--day", parser=read_day, metavar="DATE", show_default="today", help="No module begins before it."
        ),
    ] = None,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell each person the shortest set of modules that leads to an open job within time and money; others too."""
    from qipan.bootstrap.courses import read_courses
    from qipan.talent.plans.find_plans import find_plans
    from qipan.talent.plans.tell import tell_plans

    language = spoken(lang)
    read = read_courses(*((path.name, read_bytes(path)) for path in (persons, modules, jobs)))
    earliest = day or session.today()
    found = find_plans(
        read.persons, read.offer, alternatives=alternatives, is_subsidised=subsidies, day=earliest, seed=seed
    )
    told = {"day": earliest.isoformat(), "seed": seed, **tell_plans(found)}
    if as_json:
        print_json({"rows_left_out": read.left_out, "is_subsidised": subsidies, **told})
        return
    say_left_out(read.left_out, language, {"persons": persons, "modules": modules, "jobs": jobs})
    _show(told, language)


def _show(told: dict[str, Any], language: Language) -> None:
    heads = (
        language.say("person", "人员"), language.say("job", "岗位"), language.say("region", "地区"),
        language.say("modules", "课程模块"), language.say("hours", "学时"), language.say("yuan", "自付（元）"),
        language.say("subsidy", "补贴（元）"), language.say("yuan a month", "月薪（元）"),
        language.say("other jobs, or why none", "其他岗位，或无方案的原因"),
    )  # fmt: skip
    print_table(table(heads, [_row(one, language) for one in told["plans"]], numbers=(4, 5, 6, 7)))
    say()
    say(
        language.say(
            f"{told['planned']:,} of {told['persons']:,} persons have a plan; no module begins before {told['day']}. "
            f"Seats and openings are held by priority, then by lot (seed {told['seed']}); other jobs are not held.",
            f"{told['persons']:,} 人中 {told['planned']:,} 人有方案；课程均不早于 {told['day']} 开课。"
            f"学位与岗位空缺按优先级、再按抽签（种子 {told['seed']}）先后保留；其他岗位不作保留。",
        )
    )


def _row(one: dict[str, Any], language: Language) -> tuple[str, ...]:
    plan = one["plan"]
    if plan is None:
        return (one["person"], *[NOTHING] * 7, _why(one, language))
    others = language.say("; ", "；").join(
        language.say(f"{other['job']} ({_needs(other, language)})", f"{other['job']}（{_needs(other, language)}）")
        for other in one["alternatives"]
    )
    return (
        one["person"], plan["job"], plan["region"], ", ".join(plan["modules"]) or NOTHING, f"{plan['hours']:,}",
        f"{plan['cost_fen'] / 100:,.0f}", f"{plan['subsidy_fen'] / 100:,.0f}",
        f"{plan['wage_fen_per_month'] / 100:,.0f}", others or NOTHING,
    )  # fmt: skip


def _needs(plan: dict[str, Any], language: Language) -> str:
    hours, yuan = f"{plan['hours']:,}", f"{plan['cost_fen'] / 100:,.0f}"
    return language.say(f"{hours} h, {yuan} yuan", f"{hours} 学时，{yuan} 元")


def _why(one: dict[str, Any], language: Language) -> str:
    why = language.say(" and ", "、").join(language.say(*OBSTACLES[name]) for name in one["obstacles"])
    without, helped = one["without_obstacles"], one["with_subsidies"]
    if without:
        needs = _needs(without, language)
        why += language.say(f"; else {without['job']}, {needs}", f"；否则 {without['job']}，{needs}")
    if helped:
        why += language.say(f"; with subsidies {helped['job']}", f"；有补贴则 {helped['job']}")
    return why
