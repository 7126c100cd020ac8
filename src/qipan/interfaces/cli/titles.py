"""``qipan labour code`` and ``postings``: job titles get the code of their occupation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_bytes
from qipan.interfaces.cli.print import console, findings_table, print_json, print_table, remark, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import of_file
from qipan.kernel.time import BOARD_ZONE

Data = Annotated[
    Path | None,
    typer.Option("--classification", metavar="FOLDER", help="Data of the classification; else the installed ones."),
]


def code(
    file: Annotated[
        Path, typer.Argument(metavar="TITLES", show_default=False, help="CSV, Parquet or Excel with a column title.")
    ],
    *,
    most: Annotated[int, typer.Option("--alternatives", min=0, max=20, help="How many beside the likeliest.")] = 2,
    data: Data = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Code job titles by the occupations of China (2022): code, name, how likely it is, and what else it may be."""
    from qipan.bootstrap.titles import code_titles, read_titles

    language = spoken(lang)
    with of_file(file.name):
        titles, findings = read_titles(read_bytes(file))
    codings, source = code_titles(titles, most=1 + most, folder=data)
    if as_json:
        print_json({"source": source, "rows_left_out": findings, "titles": codings})
        return
    if findings:
        remark(language.say(f"{len(findings)} rows are left out:", f"略去 {len(findings)} 行："))
        console(stderr=True).print(findings_table(findings, language=language))
    heads = (
        language.say("title", "岗位名称"), language.say("code", "代码"), language.say("occupation", "职业"),
        language.say("probability", "概率"), language.say("alternatives", "其他可能"),
    )  # fmt: skip
    rows = []
    for one in codings:
        if not one.choices:
            rows.append((one.title, NOTHING, NOTHING, NOTHING, NOTHING))
            continue
        best, *others = one.choices
        told = "; ".join(f"{other.code} {other.name} {other.probability:.0%}" for other in others)
        rows.append((one.title, best.code, best.name, f"{best.probability:.0%}", told))
    print_table(table(heads, rows, numbers=(3,), wide=(0, 4)))


def postings(
    file: Annotated[
        Path,
        typer.Argument(metavar="POSTINGS", show_default=False, help="CSV, Parquet or Excel: title, region, month."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", show_default=False, help="Panel, .csv or .parquet.")],
    least: Annotated[
        float, typer.Option("--least", min=0.0, max=1.0, help="How likely a code must be for its posting to count.")
    ] = 0.0,
    data: Data = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Make a panel of postings by region, occupation and month out of job titles."""
    from qipan.bootstrap.titles import count, read_postings

    language = spoken(lang)
    with of_file(file.name):
        found, findings = read_postings(read_bytes(file), today=datetime.now(ZoneInfo(BOARD_ZONE)).date())
    made = count(found, least=least, source=file.name, is_parquet=out.suffix == ".parquet", folder=data)
    write_bytes(out, made.file)
    if as_json:
        told = {"postings": len(found), "coded": made.coded, "unsure": made.unsure, "file": str(out)}
        print_json({"rows_left_out": findings, **told})
        return
    if findings:
        remark(language.say(f"{len(findings)} rows are left out:", f"略去 {len(findings)} 行："))
        console(stderr=True).print(findings_table(findings, language=language))
    say(
        language.say(
            f"{made.coded:,} of {len(found):,} postings are counted in {out}; {made.unsure:,} titles say too little.",
            f"{len(found):,} 条招聘中 {made.coded:,} 条计入 {out}；{made.unsure:,} 条的名称不足以判断。",
        )
    )
