"""Words that commands on a panel share: the file, the events, the promise, and rows that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli.print import console, findings_table, remark

if TYPE_CHECKING:
    from qipan.interfaces.cli.language import Language
    from qipan.kernel.errors import Finding

PanelFile = Annotated[
    Path, typer.Argument(metavar="PANEL", show_default=False, help="CSV: region, period, value, and more.")
]
Events = Annotated[
    str, typer.Option("--events", metavar="RULE", show_default=False, help='As "rise 2.0" in its unit, or "fall 10%".')
]
Promised = Annotated[float, typer.Option("--false-alarms", min=0.0, help="How many a quiet year of a cell may have.")]
Surely = Annotated[bool, typer.Option("--surely", help="Let the upper bound keep the promise, not only the rate.")]
Ahead = Annotated[
    int | None, typer.Option("--ahead", min=1, help="Periods of notice that count as early; else 6 months, 8 weeks.")
]


def say_left_out(findings: Sequence[Finding], language: Language) -> None:
    """Say on the error stream which rows were left out."""
    if findings:
        remark(language.say(f"{len(findings)} rows are left out:", f"略去 {len(findings)} 行："))
        console(stderr=True).print(findings_table(findings, language=language))
