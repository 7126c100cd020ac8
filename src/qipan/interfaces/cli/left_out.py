"""Say which rows of a file were left out."""

from __future__ import annotations

from collections.abc import Sequence

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import console, findings_table, remark
from qipan.kernel.errors import Finding


def say_left_out(findings: Sequence[Finding], language: Language) -> None:
    """Say on the error stream which rows were left out."""
    if findings:
        remark(language.say(f"{len(findings)} rows are left out:", f"略去 {len(findings)} 行："))
        console(stderr=True).print(findings_table(findings, language=language))
