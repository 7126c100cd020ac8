"""``qipan talent plan``: for each person the shortest set of modules that leads to a job that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.cli.talent_skills import say_left_out
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import of_file

app = typer.Typer()

Persons = Annotated[Path, typer.Argument(metavar="PERSONS", show_default=False, help="CSV of persons, what they have.")]
Modules = Annotated[Path, typer.Argument(metavar="MODULES", show_default=False, help="CSV of modules and seats.")]
Jobs = Annotated[Path, typer.Argument(metavar="JOBS", show_default=False, help="CSV of jobs that are open.")]

OBSTACLES: Final = {
    "taken": ("seats or openings are taken", "名额或岗位已被占用"),
    "money": ("money", "费用不足"),
    "time": ("time", "时间不足"),
    "time_and_money": ("time and money", "时间与费用均不足"),
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
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell each person the shortest set of modules that leads to an open job within time and money; others too."""
    from qipan.bootstrap.courses import read_jobs, read_modules, read_persons
    from qipan.talent.model.course import Offer
    from qipan.talent.plans.find_plans import find_plans
    from qipan.talent.plans.tell import tell_plans

    language = spoken(lang)
    with of_file(persons.name):
        people, wrong_persons = read_persons(read_bytes(persons))
    with of_file(modules.name):
        taught, wrong_modules = read_modules(read_bytes(modules))
    with of_file(jobs.name):
        opened, wrong_jobs = read_jobs(read_bytes(jobs))
    left_out = {persons.name: wrong_persons, modules.name: wrong_modules, jobs.name: wrong_jobs}
    found = find_plans(people, Offer(taught, opened), alternatives=alternatives, is_subsidised=subsidies)
    told = tell_plans(found)
    if as_json:
        print_json({"rows_left_out": left_out, "is_subsidised": subsidies, **told})
        return
    say_left_out(left_out, language)
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
            f"{told['planned']:,} of {told['persons']:,} persons have a plan. Seats and openings are held by priority, "
            "then by name; for other jobs nothing is held.",
            f"{told['persons']:,} 人中 {told['planned']:,} 人有方案。名额与岗位按优先级、再按名称先后保留；"
            "其他岗位不作保留。",
        )
    )


def _row(one: dict[str, Any], language: Language) -> tuple[str, ...]:
    plan = one["plan"]
    if plan is None:
        return (one["person"], *[NOTHING] * 7, _why(one, language))
    others = language.say("; ", "；").join(
        f"{other['job']} ({other['hours']:,} h, {other['cost_fen'] / 100:,.0f})" for other in one["alternatives"]
    )
    return (
        one["person"], plan["job"], plan["region"], ", ".join(plan["modules"]) or NOTHING, f"{plan['hours']:,}",
        f"{plan['cost_fen'] / 100:,.0f}", f"{plan['subsidy_fen'] / 100:,.0f}",
        f"{plan['wage_fen_per_month'] / 100:,.0f}", others or NOTHING,
    )  # fmt: skip


def _why(one: dict[str, Any], language: Language) -> str:
    why = language.say(*OBSTACLES[one["obstacle"]])
    without, helped = one["without_obstacle"], one["with_subsidies"]
    if without:
        needs = f"{without['job']}, {without['hours']:,} h, {without['cost_fen'] / 100:,.0f}"
        why += language.say(f"; else {needs}", f"；否则 {needs}")
    if helped:
        why += language.say(f"; with subsidies {helped['job']}", f"；有补贴则 {helped['job']}")
    return why
