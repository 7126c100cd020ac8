"""``qipan talent guide``: which jobs to recommend to whom, so that not everybody is sent after the same ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.left_out import say_left_out
from qipan.interfaces.cli.options import AsJson, Lang, Seed, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import NotFoundError, of_file

SHOWN = 20
"""Persons whose lists are printed; JSON has all of them."""


def guide(
    persons: Annotated[Path, typer.Argument(metavar="PERSONS", show_default=False, help="CSV of who looks for work.")],
    jobs: Annotated[Path, typer.Argument(metavar="JOBS", show_default=False, help="CSV of jobs and their openings.")],
    *,
    chances: Annotated[
        Path | None,
        typer.Option(
            "--chances", metavar="FILE", show_default=False, help="CSV of estimates: person, job, chance, gain."
        ),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=100, help="Jobs that are recommended to each.")] = 5,
    aim: Annotated[
        Literal["placements", "gain"], typer.Option("--aim", help="What is to be as much as can be.")
    ] = "gain",
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", show_default=False, help="Tell only this person's list.")
    ] = None,
    fit: Annotated[
        float, typer.Option("--fit", min=0.01, max=1.0, help="Assumed chance of who has all skills; without estimates.")
    ] = 0.5,
    away: Annotated[
        float, typer.Option("--away", min=0.0, max=1.0, help="Times this in another region; assumed likewise.")
    ] = 0.5,
    skills: Annotated[
        float, typer.Option("--skills", min=0.0, max=1.0, help="Least share of the needed skills; assumed likewise.")
    ] = 0.5,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Recommend jobs to each person, knowing what is recommended to others, and say why."""
    language = spoken(lang)
    from qipan.bootstrap.guidance import read_chances, read_jobs, read_persons
    from qipan.talent.guide.suppose import Supposed, suppose
    from qipan.talent.guide.tell import in_lot, tell_guidance
    from qipan.talent.model.guidance import Aim

    with of_file(persons.name):
        people, wrong_people = read_persons(read_bytes(persons))
    with of_file(jobs.name):
        offered, wrong_jobs = read_jobs(read_bytes(jobs))
    left_out = {"persons": wrong_people, "jobs": wrong_jobs}
    supposed = Supposed(fit, away, skills)
    people = in_lot(people, seed)
    if chances is None:
        prospects = suppose(people, offered, supposed)
    else:
        with of_file(chances.name):
            prospects, left_out["chances"] = read_chances(read_bytes(chances), people, offered)
    told = tell_guidance(people, offered, prospects, most=most, aim=Aim(aim), seed=seed)
    told["assumed"] = None if chances else {"fit": fit, "away": away, "skills": skills}
    told["lists"] = _only(told["lists"], person)
    if as_json:
        print_json(told | {"rows_left_out": left_out})
        return
    say_left_out(left_out, language, {"persons": persons, "jobs": jobs, "chances": chances})
    _show_lists(told["lists"][:SHOWN], language, is_pay=bool(told["assumed"]))
    _show_sums(told, language)


def _only(lists: list[dict[str, Any]], person: str | None) -> list[dict[str, Any]]:
    kept = [one for one in lists if person is None or one["person"] == person]
    if not kept:
        raise NotFoundError(
            f"A person must stand in the file of persons, was not: {person}.",
            code="person_unlisted",
            hint="Check the name, and whether the row was left out.",
        )
    return kept


def _show_lists(lists: list[dict[str, Any]], language: Language, *, is_pay: bool) -> None:
    def gain(job: dict[str, Any]) -> str:
        return f"{job['gain'] / 100:,.0f}" if is_pay else f"{job['gain']:,.4g}"

    heads = (
        language.say("person", "人员"), language.say("job", "岗位"), language.say("fit, chance", "合格概率"),
        language.say("gain, yuan", "收益（元）") if is_pay else language.say("gain", "收益"),
        language.say("openings", "空缺"), language.say("fit applicants", "合格申请人"),
        language.say("seat, chance", "得岗概率"), language.say("why", "理由"),
    )  # fmt: skip
    rows = []
    for one in lists:
        if not one["recommended"]:
            rows.append((one["person"], *([NOTHING] * 6), language.say("no job fits", "无合适岗位")))
        for at, job in enumerate(one["recommended"]):
            rows.append((
                one["person"] if at == 0 else "", job["job"], f"{job['chance']:.0%}", gain(job),
                str(job["openings"]), f"{job['qualified']:.1f}", f"{job['seat_chance']:.0%}", _why(job, language),
            ))  # fmt: skip
        for job in one["passed_over"]:
            rows.append((
                "", f"({job['job']})", f"{job['chance']:.0%}", gain(job), str(job["openings"]),
                f"{job['qualified']:.1f}", f"{job['seat_chance']:.0%}",
                language.say("not recommended: others would go there too", "不推荐：他人也会前往"),
            ))  # fmt: skip
    print_table(table(heads, rows, numbers=range(2, 7), wide=(7,)))


def _why(job: dict[str, Any], language: Language) -> str:
    parts = []
    if job["has_skills"]:
        parts.append(language.say(f"has {', '.join(job['has_skills'])}", f"具备 {'、'.join(job['has_skills'])}"))
    if job["lacks_skills"]:
        parts.append(language.say(f"lacks {', '.join(job['lacks_skills'])}", f"尚缺 {'、'.join(job['lacks_skills'])}"))
    if job["is_best_alone"]:
        parts.append(language.say("among the best alone", "单独看也是最佳之一"))
    elif job["is_seat_surer"]:
        parts.append(language.say("better chance of a seat", "得岗概率更高"))
    else:
        parts.append(language.say("better for all together", "对全体更有利"))
    return language.say("; ", "；").join(parts)


def _show_sums(told: dict[str, Any], language: Language) -> None:
    together, alone = told["expected"], told["expected_alone"]
    say()
    say(
        language.say(
            f"{told['persons']:,} persons, {told['openings']:,} openings. "
            f"Expected placements {together['placements']:.1f} and {together['turned_away']:.1f} fit people turned "
            f"away, where each applies to one job of the list; with everybody's own best {alone['placements']:.1f} "
            f"and {alone['turned_away']:.1f}.",
            f"{told['persons']:,} 人，{told['openings']:,} 个岗位空缺。若各人申请清单中的一个岗位，预期安置 "
            f"{together['placements']:.1f} 人，{together['turned_away']:.1f} 名合格者落空；"
            f"若只推荐各人单独看的最佳岗位，则为 {alone['placements']:.1f} 人和 {alone['turned_away']:.1f} 人。",
        )
    )
    say(
        language.say(
            f"Proven: these lists are at most {told['gap']:.1%} below the best of this length.",
            f"可证：与同样长度的最佳清单相比，至多低 {told['gap']:.1%}。",
        )
    )
    say(
        language.say(
            f"Where equal lists remain, persons come first by lot (seed {told['seed']}).",
            f"清单同样好时，先后由抽签决定（种子 {told['seed']}）。",
        )
    )
    if told["assumed"]:
        say(
            language.say(
                "Chances and gains are assumed from skills, regions and pay; give estimates with --chances.",
                "概率与收益按技能、地区和薪酬假定；请用 --chances 提供估计值。",
            )
        )
