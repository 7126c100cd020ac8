"""``qipan regions portfolio``: what regions are to build up, chosen for all of them together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.kernel.errors import of_file


def portfolio(
    file: Annotated[
        Path, typer.Argument(metavar="AMOUNTS", show_default=False, help="region, activity (or segment), value.")
    ],
    *,
    activities: Annotated[
        Path | None,
        typer.Option("--activities", metavar="FILE", help="activity, demand, and what each needs of a resource."),
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option("--regions", metavar="FILE", help="region, picks, and what each has of a resource."),
    ] = None,
    picks: Annotated[int, typer.Option("--picks", min=1, max=100, help="Picks of a region that names none.")] = 5,
    sameness: Annotated[
        float, typer.Option("--sameness", min=0.0, max=1000.0, help="Weight of two regions choosing alike.")
    ] = 1.0,
    noise: Annotated[
        float, typer.Option("--noise", min=0.0, max=2.0, help="How far amounts may be off, as a share, about.")
    ] = 0.1,
    draws: Annotated[int, typer.Option("--draws", min=0, max=10_000, help="How often amounts are drawn anew.")] = 50,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of these draws.")] = 1,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Choose what each region is to build up, all together: what fits, is complex and wanted, and not all the same."""
    from qipan.bootstrap.regions import read_activities, read_columns
    from qipan.facts.catalog import Catalog
    from qipan.regions.tell_portfolio import Asked, tell_portfolio

    language, catalog = spoken(lang), Catalog.load(None)
    with of_file(file.name):
        found, left_out = read_activities(read_bytes(file), catalog)
    say_findings(left_out, (), language)
    told_of = []
    for path, key in ((activities, "activity"), (regions, "region")):
        with of_file("" if path is None else path.name):
            columns, wrong = read_columns(None if path is None else read_bytes(path), key, catalog)
        say_findings(wrong, (), language)
        left_out = (*left_out, *wrong)
        told_of.append(columns)
    told = tell_portfolio(found, Asked(picks, sameness, noise, draws, seed), *told_of)
    if as_json:
        print_json({"rows_left_out": left_out, **told})
        return
    say_findings((), told["left_unused"], language)
    _show(told, language)


def _show(told: dict[str, Any], language: Language) -> None:
    heads = [language.say(*one) for one in (("region", "地区"), ("picks, how often they stay", "选择及其稳定度"))]
    rows = [
        (one["region"], ", ".join(f"{pick['activity']} {pick['kept']:.0%}" for pick in one["picks"]))
        for one in told["regions"]
    ]
    print_table(table(heads, rows))
    heads = [
        language.say(*one)
        for one in (("choice", "方案"), ("worth", "价值"), ("pairs alike", "雷同对数"), ("sameness", "同质度"))
    ]
    names = (("together", language.say("together", "统筹")), ("alone", language.say("each alone", "各自选择")))
    choices = [
        (name, f"{told[key]['worth']:.3f}", str(told[key]["pairs"]), _digits(told[key]["mean_sameness"]))
        for key, name in names
    ]
    print_table(table(heads, choices, numbers=range(1, 4)))
    if told["assumed"]:
        words = ", ".join(told["assumed"])
        say(language.say(f"Assumed, since no table tells it: {words}.", f"无表说明，属假定：{words}。"))


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
