"""Answer what is asked of files of labour: what a change is put down to, and where losses cluster; without a home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from qipan.bootstrap.panels import adjacency, known_neighbours, read_exposures, read_neighbours, read_panel
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import Finding, of_file
from qipan.labour.explain import explain
from qipan.labour.model.event import EventRule
from qipan.labour.tell_clusters import tell_clusters

Given = tuple[str, bytes]
"""A file: its name, and what is in it."""


def attribute_file(
    panel: Given,
    exposures: Iterable[Given],
    catalog: Catalog,
    since: date,
    *,
    years: float = 1.0,
    is_level: bool = False,
) -> dict[str, Any]:
    """Return what `explain` tells of a panel, with the rows that were left out and what is odd about the others.

    Raises
    ------
    QipanError
        As `read_panel`, `read_exposures` and `explain` do.
    """
    with of_file(panel[0]):
        releases, findings = read_panel(panel[1])
    known, wrong = read_exposures(exposures, catalog)
    told = explain(releases.latest(), known, since, years=years, is_level=is_level)
    return {"rows_left_out": findings, "noted": releases.noted, "exposures_left_out": wrong, **told}


def scan_file(
    panel: Given,
    neighbours: Given | None,
    catalog: Catalog,
    rule: EventRule,
    *,
    as_of: date | None = None,
    false_a_year: float = 1.0,
) -> dict[str, Any]:
    """Return the clusters of a panel, with the rows that were left out and what is odd about the others.

    Parameters
    ----------
    neighbours
        Which regions adjoin; nothing where they are provinces.

    Raises
    ------
    QipanError
        As `read_panel`, `read_neighbours`, `known_neighbours` and `tell_clusters` do.
    """
    with of_file(panel[0]):
        releases, findings = read_panel(panel[1])
        rule.must_suit(releases)
    wrong: tuple[Finding, ...] = ()
    if neighbours is None:
        beside = known_neighbours((one.region for one in releases.cells), catalog)
    else:
        with of_file(neighbours[0]):
            beside, wrong = read_neighbours(neighbours[1])
    known = releases.as_of(as_of) if as_of else releases.latest()
    told = tell_clusters(known, rule, adjacency(beside, catalog), false_a_year)
    return {"rows_left_out": findings, "noted": releases.noted, "neighbours_left_out": wrong, **told}
