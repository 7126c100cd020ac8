"""Job titles meet the classification: titles are coded, and postings become a panel by region and occupation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.count_postings import count_postings
from qipan.labour.model.panel import Cadence
from qipan.labour.model.title import Coding
from qipan.labour.sources import occupations, panel, titles
from qipan.labour.titles.code import code
from qipan.labour.titles.learn import learn


@dataclass(frozen=True, slots=True)
class Posted:
    """Postings as a panel.

    Attributes
    ----------
    file
        The panel.
    coded, unsure
        Postings that it counts, and those whose title says too little.
    """

    file: bytes
    coded: int
    unsure: int


def read_titles(data: bytes) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Read titles and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``titles_unreadable`` where no row can be read.
    """
    found, findings = titles.read(data)
    if not found:
        raise _none("title", findings)
    return found, findings


def read_postings(data: bytes, *, today: date) -> tuple[tuple[titles.Posting, ...], tuple[Finding, ...]]:
    """Read postings and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``titles_unreadable`` where no row can be read.
    """
    found, findings = titles.read_postings(data, today=today)
    if not found:
        raise _none("title,region,month", findings)
    return found, findings


def code_titles(asked: Sequence[str], *, most: int, folder: Path | None = None) -> tuple[list[Coding], str]:
    """Code titles by the occupations of China; return that, and where the classification comes from.

    Raises
    ------
    NotFoundError
        ``classification_missing``.
    """
    found = occupations.read(folder)
    coder = learn(found.occupations, found.examples)
    names = {one.code: one.name for one in found.occupations}
    once = list(dict.fromkeys(asked))
    told = dict(zip(once, code(coder, once, names, most=most), strict=True))
    return [told[title] for title in asked], found.source


def count(
    postings: Sequence[titles.Posting], *, least: float, source: str, is_parquet: bool, folder: Path | None
) -> Posted:
    """Code the titles of postings and count them.

    Parameters
    ----------
    least
        How likely a code must be to count; other postings are counted as unsure.

    Raises
    ------
    NotFoundError
        ``classification_missing``.
    """
    codings, _ = code_titles([one.title for one in postings], most=1, folder=folder)
    sure = [
        (one.region, coding.choices[0].code, one.month)
        for one, coding in zip(postings, codings, strict=True)
        if coding.choices and coding.choices[0].probability >= least
    ]
    rows = [
        (cell.region, "", cell.occupation, f"{month:%Y-%m}", float(number), "postings", "fall", source,
         str(Cadence.MONTH.after(month, 1)))
        for (cell, month), number in count_postings(sure).items()
    ]  # fmt: skip
    return Posted(panel.write(rows, is_parquet=is_parquet), len(sure), len(postings) - len(sure))


def _none(columns: str, findings: Sequence[Finding]) -> BadInputError:
    rules = ", ".join(sorted(Counter(one.rule for one in findings)))
    return BadInputError(
        f"A table of titles must have a row that can be read, had none: {rules or 'it is empty'}.",
        code="titles_unreadable",
        hint=f"Write a row for each title, with the columns {columns}.",
        findings=findings,
    )
