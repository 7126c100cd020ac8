"""A panel of regions: one figure of each region in each year, with what it is weighed by and the groups it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Panel:
    """Figures of regions by year.

    Attributes
    ----------
    regions
        Codes of provinces, or names of other regions, in order.
    years
        In order; not each must be there.
    value
        ``(years, regions)``; nan where nothing is known.
    weight
        ``(years, regions)``; what a region counts for, as its population. Without any, each counts alike.
    groups
        By the name of a partition, the group of each region; empty where it is in none.
    """

    regions: tuple[str, ...]
    years: tuple[int, ...]
    value: Floats
    weight: Floats
    groups: Mapping[str, tuple[str, ...]]

    def per(self, other: Panel) -> Panel:
        """Return figures per head, or per what else another panel counts, weighed by that; joined by region and year.

        Raises
        ------
        BadInputError
            ``panels_apart`` where no region and year are in both.
        """
        row = {year: at for at, year in enumerate(other.years)}
        column = {region: at for at, region in enumerate(other.regions)}
        years = [at for at, year in enumerate(self.years) if year in row]
        regions = [at for at, region in enumerate(self.regions) if region in column]
        if not (years and regions):
            raise BadInputError(
                "Two panels must have regions and years in common, had none.",
                code="panels_apart",
                hint="Name regions alike in both: by adcode, or by a name of the province.",
            )
        from_rows = [row[self.years[at]] for at in years]
        from_columns = [column[self.regions[at]] for at in regions]
        count = other.value[np.ix_(from_rows, from_columns)]
        return Panel(
            tuple(self.regions[at] for at in regions),
            tuple(self.years[at] for at in years),
            self.value[np.ix_(years, regions)] / np.where(count > 0.0, count, np.nan),
            np.where(count > 0.0, count, np.nan),
            {name: tuple(groups[at] for at in regions) for name, groups in self.groups.items()},
        )

    def between(self, first: int | None, last: int | None) -> Panel:
        """Return the years from the first to the last, both included.

        Raises
        ------
        BadInputError
            ``years_missing`` where there is none.
        """
        kept = [at for at, year in enumerate(self.years) if (first or year) <= year <= (last or year)]
        if not kept:
            raise BadInputError(
                f"The panel must have years from {first or '...'} to {last or '...'}, had {span(self.years)}.",
                code="years_missing",
                hint="Name years that it has.",
            )
        years = tuple(self.years[at] for at in kept)
        return replace(self, years=years, value=self.value[kept], weight=self.weight[kept])

    def partition(self, name: str) -> tuple[tuple[str, ...], Ints]:
        """Return the groups of a partition, in order, and of each region which it is in, -1 where in none.

        Raises
        ------
        BadInputError
            ``partition_unknown``.
        """
        if name not in self.groups:
            raise BadInputError(
                f"A partition must be one of {', '.join(sorted(self.groups)) or 'none'}, was {name}.",
                code="partition_unknown",
                hint="Give the panel a column of that name with the group of each region.",
            )
        names = tuple(sorted({one for one in self.groups[name] if one}))
        at = {one: number for number, one in enumerate(names)}
        return names, np.array([at.get(one, -1) for one in self.groups[name]], dtype=np.int64)


def known(value: Floats, weight: Floats) -> Bools:
    """Return where a figure and its weight are there, and the weight counts, ``(regions,)``."""
    return np.asarray(np.isfinite(value) & np.isfinite(weight) & (weight > 0.0))


def span(years: Sequence[int]) -> str:
    """Return years as text.

    Examples
    --------
    >>> span((2000, 2001, 2005)), span(())
    ('2000 to 2005', 'none')
    """
    return f"{years[0]} to {years[-1]}" if years else "none"
