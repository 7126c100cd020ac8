"""What commands that read a panel have in common: its argument, and what is said of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import console, findings_table, remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.kernel.errors import Finding

PanelFile = Annotated[
    Path,
    typer.Argument(metavar="PANEL", show_default=False, help="CSV, Parquet or Excel: region, period, value, and more."),
]


def say_findings(left_out: Sequence[Finding], noted: Sequence[Finding], language: Language) -> None:
    """Say on the error stream which rows were left out, and what is odd about the others."""
    for findings, en, zh in (
        (left_out, f"{len(left_out)} rows are left out:", f"略去 {len(left_out)} 行："),
        (noted, f"{len(noted)} things are odd about what was read:", f"所读内容有 {len(noted)} 处异常："),
    ):
        if findings:
            remark(language.say(en, zh))
            console(stderr=True).print(findings_table(findings, language=language))
