"""``qipan talent transitions | assess``: where people could go, and what a loss of jobs means to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.left_out import say_left_out
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_bytes
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from qipan.bootstrap.skills import SkillFiles
    from qipan.interfaces.report.labour_bulletin import Document
    from qipan.interfaces.report.table import Table

app = typer.Typer()

Skills = Annotated[
    Path, typer.Argument(metavar="SKILLS", show_default=False, help="Table of skills, or a folder of O*NET or ESCO.")
]
Origin = Annotated[str, typer.Option("--from", metavar="CODE", help="Code of the occupation.")]
Top = Annotated[int, typer.Option("--top", min=1, help="How many occupations at most.")]
Least = Annotated[float, typer.Option("--similarity", metavar="SHARE", help="Least similarity, 0 to 1.")]
Most = Annotated[float, typer.Option("--gap", metavar="SHARE", help="Largest gap of skills, 0 to 1.")]
OutlookFile = Annotated[
    Path | None, typer.Option("--outlook", metavar="FILE", help="occupation, wage_fen_per_month, demand.")
]
TasksFile = Annotated[
    Path | None, typer.Option("--tasks", metavar="FILE", help="occupation, task, text, importance, exposure.")
]
Classification = Annotated[
    Path | None,
    typer.Option("--classification", metavar="FILE", help="Names and tasks of 职业分类大典: code, name, tasks."),
]
_LOSS = re.compile(r"(\d(?:\.\d+)?):(\d(?:\.\d+)?)")
LACKING = 3


def read_loss(text: str) -> tuple[float, float]:
    """Read a loss as it is typed.

    Examples
    --------
    >>> read_loss("0.08:0.15")
    (0.08, 0.15)
    """
    found = _LOSS.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"A loss is written as 0.08:0.15, was {text!r}.")
    return float(found[1]), float(found[2])


@app.command()
def transitions(
    skills: Skills,
    *,
    origin: Origin,
    top: Top = 10,
    similarity: Least = 0.0,
    gap: Most = 1.0,
    outlook: OutlookFile = None,
    classification: Classification = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell to which occupations people of one could go: how alike, what is lacking, what they pay, what demand."""
    from qipan.talent.skills.find_transitions import find_transitions
    from qipan.talent.skills.tell import tell_transitions

    language = spoken(lang)
    found = _read(skills, (None, outlook, classification), language, is_silent=as_json)
    reached = find_transitions(found.graph, origin, top=top, similarity_least=similarity, gap_most=gap)
    told = tell_transitions(found.graph, origin, reached)
    if as_json:
        print_json({"rows_left_out": found.left_out, **told})
    else:
        _show(told, language)


@app.command()
def assess(
    skills: Skills,
    *,
    region: Annotated[str, typer.Option("--region", metavar="ADCODE", help="Region of those affected.")],
    occupation: Annotated[str, typer.Option("--occupation", metavar="CODE", help="Code of the occupation.")],
    persons: Annotated[int, typer.Option("--persons", min=0, help="How many work in it there.")],
    loss: Annotated[
        str | None,
        typer.Option("--loss", metavar="LOW:HIGH", help="Loss expected, shares as 0.08:0.15."),
    ] = None,
    warning: Annotated[
        Path | None, typer.Option("--warning", metavar="FILE", help="What qipan labour warn --json told.")
    ] = None,
    top: Top = 5,
    similarity: Least = 0.0,
    gap: Most = 1.0,
    tasks: TasksFile = None,
    outlook: OutlookFile = None,
    classification: Classification = None,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write html, pdf or xlsx.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell who is affected by a loss, how many, in which tasks, and which skills still carry, as a letter."""
    from qipan.bootstrap.skills import read_warning
    from qipan.facts.catalog import Catalog
    from qipan.interfaces.report.assessment import document
    from qipan.interfaces.report.labour_bulletin import write
    from qipan.interfaces.report.labour_pages import names_of
    from qipan.interfaces.report.words import words
    from qipan.talent.model.assessment import Affected
    from qipan.talent.skills.assess import assess as assess_people
    from qipan.talent.skills.tell import tell_assessment

    if (loss is None) == (warning is None):
        raise typer.BadParameter("The loss must be given by --loss or by --warning, not by both.")
    language = spoken(lang)
    found = _read(skills, (tasks, outlook, classification), language, is_silent=as_json)
    affected = (
        read_warning(read_bytes(warning), region, occupation, persons)
        if warning
        else Affected(region, occupation, persons, *read_loss(loss or ""))
    )
    told = tell_assessment(
        found.graph, assess_people(found.graph, affected, top=top, similarity_least=similarity, gap_most=gap)
    )
    said = words(language)
    names = names_of(Catalog.load(session.settings().facts).regions(), said)
    made = document(told, names.get(region, region), said, session.now())
    if file is not None:
        form = file.suffix.removeprefix(".").lower() or "html"
        write_bytes(file, write(made, form, language, fonts=session.settings().fonts))
        remark(f"Wrote {file}.")
    if as_json:
        print_json({"rows_left_out": found.left_out, **told})
    elif file is None:
        _say_letter(made)


def _say_letter(made: Document) -> None:
    say(f"{made.title}\n{made.lead}")
    for part in made.parts:
        say(f"\n{part.title}")
        for note in part.notes:
            say(note)
        for one in part.tables:
            _print(one)


def _print(one: Table) -> None:
    if not one.rows:
        say(one.empty)
        return
    heads = [f"{head.title}, {head.unit}" if head.unit else head.title for head in one.heads]
    numbers = [at for at, head in enumerate(one.heads) if head.is_number]
    print_table(table(heads, [tuple(cell.text for cell in line.cells) for line in one.rows], numbers=numbers))


def _read(
    skills: Path, beside: tuple[Path | None, Path | None, Path | None], language: Language, *, is_silent: bool
) -> SkillFiles:
    """Return the graph of skills, with tasks, outlook and classification; JSON tells itself which rows are left out."""
    from qipan.bootstrap.skills import is_known, read_skills

    if skills.is_dir():
        files = {path.name: read_bytes(path) for path in sorted(skills.iterdir()) if is_known(path.name)}
        if not files:
            raise NotFoundError(
                f"A folder must hold files of O*NET or ESCO, was without: {skills}.",
                code="skills_missing",
                hint="Give a folder with Skills.txt or occupationSkillRelations_en.csv, or a table of skills.",
            )
    else:
        files = {skills.name: read_bytes(skills)}
    tasks, outlook, classification = ({path.name: read_bytes(path)} if path else None for path in beside)
    found = read_skills(files, tasks=tasks, outlook=outlook, classification=classification)
    if not is_silent:
        paths = dict(zip(("tasks", "outlook", "classification"), beside, strict=True))
        say_left_out(found.left_out, language, paths)
    return found


def _show(told: dict[str, Any], language: Language) -> None:
    from qipan.interfaces.report.assessment import demand
    from qipan.interfaces.report.words import words

    heads = (
        language.say("occupation", "职业"), language.say("name", "名称"), language.say("similarity", "相似度"),
        language.say("gap", "技能缺口"), language.say("lacking most", "最缺技能"),
        language.say("yuan a month", "月薪（元）"), language.say("wage change", "工资变化"),
        language.say("demand", "需求变化"),
    )  # fmt: skip
    rows = [
        (one["occupation"], one["name"], f"{one['similarity']:.3f}", f"{one['gap']:.0%}",
         language.say(", ", "、").join(held["name"] for held in one["lacking"][:LACKING]) or NOTHING,
         NOTHING if one["wage_fen_per_month"] is None else f"{one['wage_fen_per_month'] / 100:,.0f}",
         NOTHING if one["wage_change"] is None else f"{one['wage_change']:+.0%}", demand(one, words(language)))
        for one in told["transitions"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=(2, 3, 5, 6)))
    say()
    say(
        language.say(
            f"Modelled: from {told['name']}, {len(rows)} of {told['occupations'] - 1:,} other occupations; skills of "
            "a typical worker, not of a person.",
            f"模型结果：自{told['name']}出发，其他 {told['occupations'] - 1:,} 个职业中的 {len(rows)} 个；"
            "技能为典型从业者的技能，不代表个人。",
        )
    )
    if told["levels_assumed"]:
        say(
            language.say(
                "Assumed: the source states no levels; every skill counts as fully mastered.",
                "假定：来源未说明熟练程度，各项技能均按完全掌握计。",
            )
        )
