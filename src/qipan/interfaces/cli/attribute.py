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
from qipan.kernel.errors import of_file

SHOWN = 10
"""Cells that are printed: those that machines took most from."""

_VERDICTS = {
    "lowers": ("lowers", "下降"),
    "raises": ("raises", "上升"),
    "within_chance": ("cannot tell: within what chance does", "无法判断：未超出偶然波动"),
    "pseudo_dates_told": ("cannot tell: earlier dates say as much", "无法判断：更早的日期也有同样结果"),
}
_PARTS_ZH = {"machines": "机器", "cycle": "周期", "region": "地区", "industry": "行业", "rest": "其余"}


def attribute(
    file: PanelFile,
    exposures: Annotated[
        Path,
        typer.Argument(metavar="EXPOSURES", show_default=False, help="Industry or occupation, channel, exposure."),
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
    from qipan.bootstrap.panels import read_exposures, read_panel
    from qipan.labour.explain import explain

    language = spoken(lang)
    with of_file(file.name):
        releases, findings = read_panel(read_bytes(file))
    with of_file(exposures.name):
        exposure, wrong = read_exposures(read_bytes(exposures))
    told = explain(releases.latest(), exposure, since, years=years, is_level=is_level)
    say_findings(findings, releases.noted, language)
    say_findings(wrong, (), language)
    if as_json:
        left_out = {"rows_left_out": findings, "noted": releases.noted, "exposures_left_out": wrong}
        print_json({**left_out, **told})
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
    say_change = _as_share if told["is_share"] else _as_level
    rows = [
        (
            one["channel"],
            say_change(one["effect"]),
            " ... ".join(map(say_change, one["interval"])),
            language.say(*_VERDICTS[one["reason"] or one["verdict"]]),
            f"{one['pseudo_dates_told']}/{one['pseudo_dates']}",
        )
        for one in told["channels"]
    ]
    print_table(table(heads, rows, numbers=(1,)))
    most = sorted(told["parts"], key=lambda one: one["machines"])[:SHOWN]
    names = (language.say(name, _PARTS_ZH[name]) for name in _PARTS_ZH)
    parts = (language.say("cell", "单元"), language.say("change", "变化"), *names)
    lines = [(one["cell"], say_change(one["change"]), *(f"{one[name]:+.4f}" for name in _PARTS_ZH)) for one in most]
    print_table(table(parts, lines, numbers=range(1, 7)))


def _as_share(change: float) -> str:
    return f"{change:+.1%}"


def _as_level(change: float) -> str:
    return f"{change:+.4g}"
