"""Read the outcomes of a trial: a row a person, with the arm, the outcome and what was known of them before.

CSV, or columns that blanks or tabs divide. Columns that nobody asks for may be there.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import Finding
from qipan.talent.model.array import Floats
from qipan.talent.model.trial import Trial
from qipan.talent.sources import rows

KINDS_MOST: Final = 100
"""How many values a column may have that is taken as categories."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are meant.

    Attributes
    ----------
    arms, control
        What the column of arms says of the treated, which may be several, and of the others.
    covariates, categories
        Columns of numbers, and columns whose values are only names.
    is_log
        Whether the logarithm of the outcome is meant.
    """

    treated: str
    outcome: str
    arms: tuple[str, ...] = ("1",)
    control: str = "0"
    covariates: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    is_log: bool = False
    is_randomised: bool = True

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((self.treated, self.outcome, *self.covariates, *self.categories)))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A trial as its file has it.

    Attributes
    ----------
    trial
        None where no row could be read.
    other_arms
        Rows of other arms, which are set aside, by arm.
    left_out
        Rows of the two arms that are left out, by arm: where they differ, so may those who are left.
    """

    trial: Trial | None
    other_arms: dict[str, int]
    left_out: dict[str, int]
    findings: tuple[Finding, ...]


def read(data: bytes, columns: Columns) -> Outcomes:
    """Return the trial, what is set aside, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``columns_duplicate``, ``cell_empty``, ``number_unreadable``, ``outcome_unfit``,
    ``kinds_many``.

    Raises
    ------
    BadInputError
        ``trial_small`` where an arm has too few rows that can be used.
    """
    findings: list[Finding] = []
    data, head = _commas(data)
    for name in sorted(name for name, many in Counter(head).items() if many > 1 and name in columns.all):
        told = f"A column must be named once, {name} stood twice or more."
        findings.append(Finding(0, name, "columns_duplicate", told, name))
    others, left_out = Counter[str](), Counter[str]()
    kept: list[tuple[bool, list[float], list[str]]] = []
    if findings:
        return Outcomes(None, {}, {}, tuple(findings))
    for row in rows.read(data, columns.all, head, findings):
        arm = row[1][columns.treated]
        try:
            (arm,) = rows.filled(row, columns.treated)
            if not any(_is_same(arm, one) for one in (*columns.arms, columns.control)):
                others[arm] += 1
                continue
            kept.append(_person(row, columns))
        except rows.RowError as error:
            left_out[arm] += 1
            findings.append(error.finding)
    kinds = _kinds(kept, columns.categories, findings)
    trial = _trial(kept, columns, kinds) if kept and kinds is not None else None
    return Outcomes(trial, dict(sorted(others.items())), dict(sorted(left_out.items())), tuple(findings))


def _commas(data: bytes) -> tuple[bytes, list[str]]:
    """Return the file with commas between its columns, and their names; unreadable ones as they are."""
    try:
        text = data.decode("utf-8-sig")
        first = text.split("\n", 1)[0]
        if "," not in first and len(first.split()) > 1:
            text = "\n".join(",".join(line.split()) for line in text.split("\n"))
        head = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return data, []
    return text.encode(), [name.strip() for name in head]


def _is_same(one: str, other: str) -> bool:
    """Tell whether two cells say the same, also as numbers: 4 and 4.0."""
    return one == other or (_number(one) is not None and _number(one) == _number(other))


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) <= 1e15 else None


def _person(row: rows.Row, columns: Columns) -> tuple[bool, list[float], list[str]]:
    rows.filled(row, *columns.all)
    numbers = []
    for column in (columns.outcome, *columns.covariates):
        found = _number(row[1][column])
        if found is None:
            told = f"{column} must be a number up to 1e15, was {row[1][column]!r}."
            raise rows.RowError(Finding(row[0], column, "number_unreadable", told, row[1][column]))
        numbers.append(found)
    if columns.is_log:
        if numbers[0] <= 0.0:
            told = f"An outcome must be above 0 to have a logarithm, was {row[1][columns.outcome]}."
            raise rows.RowError(Finding(row[0], columns.outcome, "outcome_unfit", told, row[1][columns.outcome]))
        numbers[0] = math.log(numbers[0])
    is_treated = any(_is_same(row[1][columns.treated], arm) for arm in columns.arms)
    return is_treated, numbers, [row[1][column] for column in columns.categories]


def _kinds(
    kept: Sequence[tuple[bool, list[float], list[str]]], categories: Sequence[str], findings: list[Finding]
) -> dict[str, list[str]] | None:
    """Return the values of each category but the first by name, or none where one has too many."""
    found: dict[str, list[str]] = {}
    for at, name in enumerate(categories):
        values = sorted({one[2][at] for one in kept})
        if len(values) > KINDS_MOST:
            told = f"A column of categories must have at most {KINDS_MOST} values, was {len(values)}."
            findings.append(Finding(0, name, "kinds_many", told))
            return None
        found[name] = values[1:]
    return found


def _trial(
    kept: Sequence[tuple[bool, list[float], list[str]]], columns: Columns, kinds: Mapping[str, list[str]]
) -> Trial:
    numbers = np.array([one[1] for one in kept], dtype=np.float64)
    names, told = list(columns.covariates), [numbers[:, 1:]]
    for at, (name, values) in enumerate(kinds.items()):
        cells = np.array([one[2][at] for one in kept])
        names += [f"{name}={value}" for value in values]
        told += [_is(cells, value) for value in values]
    treated = np.array([one[0] for one in kept])
    return Trial(numbers[:, 0], treated, np.column_stack(told), tuple(names), columns.is_randomised)


def _is(cells: NDArray[np.str_], value: str) -> Floats:
    return np.asarray(cells == value, dtype=np.float64)
