"""``qipan regions index`` and ``template``: a composite index from figures, framework and recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_text
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import BadInputError, of_file


def index(
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="RAW", show_default=False, help="Figures: long or wide, by region code.")
    ],
    meta: Annotated[
        Path | None,
        typer.Option("--meta", metavar="META", help="Framework of indicators; else that of the paper's divides."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="RECIPE", help="Steps, as TOML or JSON; else the usual ones.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Build a composite index: scores, ranks and how sure they are, and what each step did."""
    from qipan.bootstrap.regions import read_index
    from qipan.facts.catalog import Catalog
    from qipan.regions.index.tell import tell_index

    language = spoken(lang)
    own = [None if one is None else read_bytes(one) for one in (meta, recipe)]
    with of_file(data.name):
        found, framework, made, left_out, noted = read_index(read_bytes(data), own[0], own[1], Catalog.load(None))
    say_findings(left_out, noted, language)
    told = tell_index(found, framework, made)
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
        return
    _show(told, language)


def template(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="Where the files are written.")],
    *,
    year: Annotated[int, typer.Option("--year", min=1900, max=2200, help="Period of the figures.")] = 2025,
    lang: Lang = None,
) -> None:
    """Write the framework of the paper's divides, the table that it asks for, and a recipe, to be filled in."""
    from qipan.bootstrap.regions import RECIPE, shipped_framework
    from qipan.bootstrap.regions import template as filled
    from qipan.facts.catalog import Catalog

    language = spoken(lang)
    files = {
        "divide-data.csv": filled(Catalog.load(None), year),
        "divide-meta.csv": shipped_framework().decode(),
        "divide-recipe.toml": RECIPE,
    }
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise BadInputError(
            f"A template must not overwrite what is there, was to overwrite {', '.join(there)}.",
            code="template_there",
            hint="Name another folder.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(
            f"A folder must be writable, was refused ({error.strerror}): {folder}.",
            code="file_not_written",
            hint="Choose a path in a folder that exists and that you may write to.",
        ) from error
    for name, text in files.items():
        write_text(folder / name, text)
        say(str(folder / name))
    say(
        language.say(
            "Cells that are empty nobody publishes by province, or nobody has told yet. Fill those you know.",
            "空白的单元格没有分省公布的数据，或尚无人填报；请填写您掌握的部分。",
        )
    )


def _show(told: dict[str, Any], language: Language) -> None:
    many = len(told["years"]) > 1
    sure = told["uncertainty"] is not None
    heads = [
        language.say(*one) for one in (("rank", "名次"), ("region", "地区"), ("score", "得分"), ("known", "有数据"))
    ]
    heads = [language.say("year", "年份"), *heads] if many else heads
    heads += [language.say("rank, 90% of draws", "名次（90% 的抽样）")] if sure else []
    rows = []
    for one in told["scores"]:
        row = [_plain(one["rank"]), one["name"], _digits(one["scores"][told["index"]]), f"{one['known']:.0%}"]
        row = [str(one["year"]), *row] if many else row
        if sure:
            row.append(f"{_digits(one['ranks']['low'], 0)}–{_digits(one['ranks']['high'], 0)}")
        rows.append(tuple(row))
    print_table(table(heads, rows, numbers=[at for at in range(len(heads)) if at != 1 + many]))
    missing = told["missing"]
    cells, whole = missing["cells"], missing["of"]
    say(language.say(f"{cells} of {whole} cells are missing.", f"{whole} 个单元格中缺 {cells} 个。"))
    if missing["nobody_publishes"]:
        say(language.say("No figure at all: ", "全无数据：") + ", ".join(missing["nobody_publishes"]))
    if sure and told["uncertainty"]["indices"]:
        heads = [language.say(*one) for one in (("choice", "选择"), ("first order", "一阶"), ("total", "总效应"))]
        indices = told["uncertainty"]["indices"]
        print_table(
            table(
                heads,
                [(one["choice"], _digits(one["first"]), _digits(one["total"])) for one in indices],
                numbers=(1, 2),
            )
        )


def _plain(value: int | None) -> str:
    return NOTHING if value is None else str(value)


def _digits(value: float | None, digits: int = 2) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
