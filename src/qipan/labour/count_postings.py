"""Count postings by region, occupation and month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from qipan.labour.model.panel import Cell


def count_postings(postings: Iterable[tuple[str, str, date]]) -> dict[tuple[Cell, date], int]:
    """Return how many postings each cell had in each month: none where it had some before and after, or in others.

    Parameters
    ----------
    postings
        Region, occupation and first day of the month of each.

    Examples
    --------
    >>> march, may = date(2020, 3, 1), date(2020, 5, 1)
    >>> count_postings([("a", "4-07-05-01", march), ("a", "4-07-05-01", march), ("a", "2-10-05-00", may)])
    {(Cell(region='a', industry='', occupation='2-10-05-00'), datetime.date(2020, 3, 1)): 0,
     (Cell(region='a', industry='', occupation='2-10-05-00'), datetime.date(2020, 5, 1)): 1,
     (Cell(region='a', industry='', occupation='4-07-05-01'), datetime.date(2020, 3, 1)): 2,
     (Cell(region='a', industry='', occupation='4-07-05-01'), datetime.date(2020, 5, 1)): 0}
    """
    found: defaultdict[tuple[Cell, date], int] = defaultdict(int)
    for region, occupation, month in postings:
        found[Cell(region, "", occupation), month] += 1
    cells, months = sorted({cell for cell, _ in found}), sorted({month for _, month in found})
    # A month in which nobody posted anything anywhere was not looked at, and stays a gap.
    return {(cell, month): found.get((cell, month), 0) for cell in cells for month in months}
