"""``qipan labour attribute``: what a change is put down to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_day
from qipan.interfaces.cli.panels import PanelFile, say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.labour import CHANNELS, PARTS, VERDICTS, change_text

SHOWN = 10
"""Cells that are printed: those that machines took most from."""


def attribute(
    file: PanelFile,
    exposures: Annotated[
        list[Path],
        typer.Argument(
            metavar="EXPOSURES...",
            show_default=False,
            help="Industry or occupation, channel, exposure; or tables of occupations as they are published.",
        ),
    ],
    *,
    since: Annotated[
        date, typer.Option("--since", parser=read_day, metavar="DATE", show_default=False, help="As 2022-11-30.")
    ],
    years: Annotated[float, typer.Option("--years", min=0.05, help="How long before and after it is compared.")] = 1.0,
    is_level: Annotated[
        bool, typer.Option("--levels", help="Tell changes in the unit of the panel, not as shares of its values.")
    ] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell what of a change is put down to machines, the cycle, the region and the industry, or that one cannot."""
    from qipan.bootstrap.labour import attribute_file
    from qipan.facts.catalog import Catalog

    language = spoken(lang)
    files = [(path.name, read_bytes(path)) for path in exposures]
    told = attribute_file((file.name, read_bytes(file)), files, Catalog.load(), since, years=years, is_level=is_level)
    say_findings(told["rows_left_out"], told["noted"], language)
    say_findings(told["exposures_left_out"], (), language)
    if as_json:
        print_json(told)
    else:
        _show(told, language)


def _show(told: dict[str, Any], language: Language) -> None:
    say(
        language.say(
            f"{told['cells']:,} cells, {told['since']} to {told['until']} against {told['from']} to {told['since']}; "
            f"{told['cells_left_out']:,} left out.",
            f"{told['cells']:,} 个单元，{told['since']} 至 {told['until']}，对比 {told['from']} 至 {told['since']}；"
            f"略去 {told['cells_left_out']:,} 个。",
        )
    )
    heads = (
        language.say("channel", "渠道"),
        language.say("effect of full exposure", "完全暴露的影响"),
        language.say("90 % interval", "90% 区间"),
        language.say("verdict", "判断"),
        language.say("told at earlier dates", "更早日期误判"),
    )
    rows = [
        (
            language.say(*CHANNELS.get(one["channel"], (one["channel"],) * 2)),
            change_text(one["effect"], told),
            " ... ".join(change_text(end, told) for end in one["interval"]),
            language.say(*VERDICTS[one["reason"] or one["verdict"]]),
            f"{one['pseudo_dates_told']}/{one['pseudo_dates']}",
        )
        for one in told["channels"]
    ]
    print_table(table(heads, rows, numbers=(1,)))
    most = sorted(told["parts"], key=lambda one: one["machines"])[:SHOWN]
    names = (language.say(*PARTS[name]) for name in PARTS)
    parts = (language.say("cell", "单元"), language.say("change", "变化"), *names)
    lines = [(one["cell"], change_text(one["change"], told), *(f"{one[name]:+.4f}" for name in PARTS)) for one in most]
    print_table(table(parts, lines, numbers=range(1, 7)))
