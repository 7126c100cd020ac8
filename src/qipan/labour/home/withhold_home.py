"""Withhold what would tell of few people, over all that is told of warnings carried home at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.home import ALL, Carried, Home
from qipan.labour.model.warning import Grade
from qipan.labour.withhold_linked import withhold_linked
from qipan.labour.withhold_tables import is_small, withhold_cells

TABLES: Final[dict[str, Callable[[Carried, str], str]]] = {
    "grade": lambda one, _: one.loss.grade.value,
    "occupation": lambda _, occupation: occupation,
    "destination": lambda one, _: one.loss.cell.region,
}
"""By what people are told besides the region that they come from: of a warning and an occupation."""


@dataclass(frozen=True, slots=True)
class Crosstab:
    """A table of expected people, and what of it stays back.

    Attributes
    ----------
    columns
        Categories.
    values, is_withheld
        ``(rows, columns)``: a row for each region that is shown, and the last one for all others together, if any.
    sums, are_withheld
        Of all rows, ``(columns,)``.
    """

    columns: tuple[str, ...]
    values: Floats
    is_withheld: Bools
    sums: Floats
    are_withheld: Bools


@dataclass(frozen=True, slots=True)
class Withholding:
    """What of warnings carried home is told.

    Attributes
    ----------
    tables
        By name; without those that have no row.
    is_uncovered_told, of_warnings
        Whether it is told of how many nothing says where they come from: of all, and of each warning.
    is_split
        Whether it is told how many stay, and how many go.
    """

    tables: dict[str, Crosstab]
    is_uncovered_told: bool
    of_warnings: tuple[bool, ...]
    is_split: bool


@dataclass(slots=True)
class _Sums:
    """Sums of parts that are told together."""

    parts: Floats
    members: list[Ints] = field(default_factory=list)
    fixed: list[bool] = field(default_factory=list)
    withheld: list[bool] = field(default_factory=list)
    secret: list[Ints] = field(default_factory=list)

    def add(self, members: Ints, *, is_fixed: bool = False, is_withheld: bool = False, is_secret: bool = False) -> int:
        """Add a sum, and return its place."""
        self.members.append(members)
        self.fixed.append(is_fixed)
        self.withheld.append(is_withheld)
        if is_secret:
            self.secret.append(members)
        return len(self.members) - 1

    def solve(self) -> Bools:
        """Return which sums stay back."""
        values = np.array([self.parts[one].sum() for one in self.members])
        return withhold_linked(
            self._matrix(self.members),
            values,
            is_fixed=np.array(self.fixed),
            is_withheld=np.array(self.withheld),
            secret=self._matrix(self.secret),
        )

    def _matrix(self, rows: Sequence[Ints]) -> csr_matrix:
        ends = np.cumsum([0, *(len(one) for one in rows)])
        columns = np.concatenate([*rows, np.zeros(0, dtype=np.int64)])
        return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(self.parts)))


def withhold_home(carried: Sequence[Carried], homes: Sequence[Home], is_back: Bools, least: float) -> Withholding:
    """Return what is told: no small sum, nor one that would follow from others, whichever table they stand in.

    Tables share the people of a region; a grade, an occupation and a destination are made of the same warnings; what
    warnings leave uncovered is what they do not carry. All of it is taken as one set of sums of the same parts: region,
    warning and occupation.

    Parameters
    ----------
    is_back
        Which regions are told together, since few come from them, ``(homes,)``.
    """
    pairs = [(w, name, part) for w, one in enumerate(carried) for name, part in (one.occupations or {ALL: 1.0}).items()]
    weights = np.array(
        [[one.shares.get(home.region, 0.0) * one.loss.people.expected for one in carried] for home in homes]
    )
    if not homes:
        return Withholding({}, True, (True,) * len(carried), True)
    of_warning = np.array([w for w, _, _ in pairs])
    parts = weights[:, of_warning] * np.array([part for _, _, part in pairs])
    place = np.arange(parts.size).reshape(parts.shape)
    back = np.flatnonzero(is_back)
    groups = [np.array([at]) for at in np.flatnonzero(~is_back)] + ([back] if len(back) else [])
    is_enough = not len(back) or parts[back].sum() >= least
    made = _Sums(parts.ravel())
    for group in groups:
        is_known = len(group) == 1 and not is_back[group[0]]
        made.add(place[group].ravel(), is_fixed=is_known or is_enough, is_withheld=not (is_known or is_enough))
    if len(back):
        made.secret += [place[at] for at in back] if len(back) > 1 or not is_enough else []
        made.secret += [] if is_enough else [place[back].ravel()]
    home = np.array([one.region for one in homes])[:, None] == [carried[w].loss.cell.region for w in of_warning]
    whole = made.add(place.ravel(), is_withheld=not is_enough)
    each = [made.add(place[:, of_warning == w].ravel(), is_withheld=not is_enough) for w in range(len(carried))]
    stays = parts[back][home[back]].sum() if len(back) else 0.0
    split = [made.add(place[of], is_withheld=not is_enough) for of in (home, ~home)]
    if 0.0 < stays < least:
        made.secret.append(place[back][home[back]])
    laid = {
        name: _lay(made, place, groups, [of(carried[w], o) for w, o, _ in pairs], least) for name, of in TABLES.items()
    }
    found = made.solve()
    tables = {
        name: Crosstab(columns, values, found[cells], values.sum(axis=0), found[sums])
        for name, (columns, values, cells, sums) in laid.items()
        if columns
    }
    return Withholding(tables, not found[whole], tuple(not found[at] for at in each), not found[split].any())


def _lay(
    made: _Sums, place: Ints, groups: Sequence[Ints], names: Sequence[str], least: float
) -> tuple[tuple[str, ...], Floats, Ints, Ints]:
    """Add the sums of a table; return its columns, values, and the places of cells and of sums of columns."""
    of_pair = np.array(names)
    used = {name for name in set(names) if made.parts[place[:, of_pair == name]].any()}
    columns = (*(grade.value for grade in Grade if grade in used), *sorted(used - set(Grade)))
    members = [[place[np.ix_(group, of_pair == name)].ravel() for name in columns] for group in groups]
    values = np.array([[made.parts[one].sum() for one in line] for line in members]).reshape(len(groups), len(columns))
    if not columns:
        return columns, values, np.zeros((0, 0), np.int64), np.zeros(0, np.int64)
    hidden, small = withhold_cells(values, least), is_small(values, least)
    cells = np.array(
        [
            [
                made.add(one, is_withheld=bool(hidden[row, column]), is_secret=bool(small[row, column]))
                for column, one in enumerate(line)
            ]
            for row, line in enumerate(members)
        ]
    )
    few = is_small(values.sum(axis=0), least)
    sums = [
        made.add(place[:, of_pair == name].ravel(), is_withheld=bool(is_few), is_secret=bool(is_few))
        for name, is_few in zip(columns, few, strict=True)
    ]
    return columns, values, cells, np.array(sums)
