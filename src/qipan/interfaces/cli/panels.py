"""What commands that read a panel have in common: its argument, and what is said of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.options import read_bytes
from qipan.interfaces.cli.print import console, findings_table, remark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from qipan.kernel.errors import Finding
    from qipan.labour.model.feed import Purpose
    from qipan.labour.model.panel import Releases

PanelFile = Annotated[
    Path,
    typer.Argument(metavar="PANEL", show_default=False, help="CSV, Parquet or Excel: region, period, value, and more."),
]
PanelOrFeed = Annotated[
    Path,
    typer.Argument(metavar="PANEL", show_default=False, help="As a file; or feed:NAME, what came of a feed by then."),
]
FEED = "feed:"
Events = Annotated[
    str, typer.Option("--events", metavar="RULE", show_default=False, help='As "rise 2.0" in its unit, or "fall 10%".')
]
Promised = Annotated[float, typer.Option("--false-alarms", min=0.0, help="How many a quiet year of a cell may have.")]
Surely = Annotated[bool, typer.Option("--surely", help="Let the upper bound keep the promise, not only the rate.")]
Ahead = Annotated[
    int | None, typer.Option("--ahead", min=1, help="Periods of notice that count as early; else 6 months, 8 weeks.")
]


def read_panel_or_feed(file: Path, day: date, purpose: Purpose) -> tuple[Releases, tuple[Finding, ...]]:
    """Read a panel from its file, or lay out what had come of a feed by the end of a day; and what was left out."""
    if not str(file).startswith(FEED):
        from qipan.bootstrap.panels import read_panel

        return read_panel(read_bytes(file))
    services = session.services()
    with services.books.read() as unit:
        services.feeds.project(unit)
        return services.feeds.releases(unit, str(file).removeprefix(FEED), day, purpose, session.now()), ()


def say_findings(left_out: Sequence[Finding], noted: Sequence[Finding], language: Language) -> None:
    """Say on the error stream which rows were left out, and what is odd about the others."""
    for findings, en, zh in (
        (left_out, f"{len(left_out)} rows are left out:", f"略去 {len(left_out)} 行："),
        (noted, f"{len(noted)} things are odd about what was read:", f"所读内容有 {len(noted)} 处异常："),
    ):
        if findings:
            remark(language.say(en, zh))
            console(stderr=True).print(findings_table(findings, language=language))
