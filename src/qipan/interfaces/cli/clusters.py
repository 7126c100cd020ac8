"""``qipan labour clusters``: adjoining regions in which industries that adjoin lose work at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_day
from qipan.interfaces.cli.panels import Events, PanelFile, say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table


def clusters(
    file: PanelFile,
    beside: Annotated[
        Path | None,
        typer.Argument(
            metavar="[NEIGHBOURS]",
            show_default=False,
            help="Which regions adjoin: region, neighbour. Provinces by their adcodes need none.",
        ),
    ] = None,
    *,
    events: Events,
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=read_day, metavar="DATE", help="See only what was known that day.")
    ] = None,
    false_a_year: Annotated[
        float, typer.Option("--false-clusters", min=0.01, help="How many a year chance may make.")
    ] = 1.0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell where adjoining regions lose work at once, in one industry or in some of a section, and more than others."""
    from qipan.bootstrap.labour import scan_file
    from qipan.facts.catalog import Catalog
    from qipan.labour.model.event import EventRule

    language, rule = spoken(lang), EventRule.read(events)
    neighbours = None if beside is None else (beside.name, read_bytes(beside))
    told = scan_file(
        (file.name, read_bytes(file)), neighbours, Catalog.load(), rule, as_of=as_of, false_a_year=false_a_year
    )
    say_findings(told["rows_left_out"], told["noted"], language)
    say_findings(told["neighbours_left_out"], (), language)
    if as_json:
        print_json(told)
    else:
        _show(told, language)


def _show(told: dict[str, Any], language: Language) -> None:
    found = told["clusters"]
    say(
        language.say(
            f"{len(found)} clusters in the {told['cadence']} from {told['period']}; by chance at most "
            f"{told['false_a_year']:g} a year.",
            f"{told['period']} 起的一期中有 {len(found)} 处聚集；偶然出现的每年至多 {told['false_a_year']:g} 处。",
        )
    )
    heads = (
        language.say("regions", "地区"),
        language.say("industry", "行业"),
        language.say("since", "自"),
        language.say("loss beyond others", "超出他处的损失"),
        language.say("score", "得分"),
    )
    rows = [
        (
            ", ".join(one["regions"]),
            "/".join(", ".join(names) for names in (one["industries"], one["occupations"]) if names),
            str(one["since"]),
            f"{one['loss']:.1%}" if told["is_share"] else f"{one['loss']:.4g}",
            f"{one['score']:.1f}",
        )
        for one in found
    ]
    if rows:
        print_table(table(heads, rows, numbers=(3, 4)))
