"""Rows of several files that are left out, by the role of each file: two may share a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import console, counted, findings_table, remark
from qipan.kernel.errors import Finding


def say_left_out(
    left_out: Mapping[str, Sequence[Finding]], language: Language, paths: Mapping[str, Path | None] | None = None
) -> None:
    """Tell by file which rows are left out, and why.

    Parameters
    ----------
    paths
        File of each role; a role without one is told by itself.
    """
    for role, findings in left_out.items():
        if findings:
            many, name = counted(len(findings), "finding"), (paths or {}).get(role) or role
            remark(language.say(f"{many} in {name}; left out:", f"{name} 有 {len(findings)} 处问题，略去这些行："))
            console(stderr=True).print(findings_table(findings, language=language))


def count_rules(findings: Sequence[Finding]) -> dict[str, int]:
    """Return by rule how many rows are left out: what is told beside sums and means, without names and cells."""
    return dict(sorted(Counter(one.rule for one in findings).items()))
