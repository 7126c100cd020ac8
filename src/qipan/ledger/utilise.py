"""Add up entries of use: what was used, what stood idle, what it burnt, by site and by hub."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.kernel.resources import Kind
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.model.use import Use, Utilisation


def utilise_by_site(uses: Sequence[Use]) -> tuple[Utilisation, ...]:
    """Add up use for each site and kind, in the order of their names.

    Raises
    ------
    RuleBrokenError
        ``use_overlaps`` when two entries of a site and kind share a moment: added up they would count twice.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.kernel.time import civil_day, slots
    >>> first, second, *_ = slots(civil_day(date(2017, 10, 9)), 3600)
    >>> uses = [Use("zhongwei", Kind.INTELLIGENT, hour, 8.0, 2.0, 2.4e6) for hour in (first, second)]
    >>> figures = utilise_by_site(uses)[0]
    >>> figures.used_unit_h, figures.idle_unit_h, figures.used_share
    (4.0, 12.0, 0.25)
    """
    return _summed(uses, {use.site_id: use.site_id for use in uses})


def utilise_by_hub(uses: Sequence[Use], hub_of_site: Mapping[str, str]) -> tuple[Utilisation, ...]:
    """Add up use for each hub and kind, in the order of their names; sites without a hub stand under ``""``.

    Parameters
    ----------
    hub_of_site
        Hub of every site that has use; see `hubs`.

    Raises
    ------
    NotFoundError
        ``site_unknown`` when a site with use is in no fleet that was given.
    RuleBrokenError
        ``use_overlaps``, as `utilise_by_site`.
    """
    strangers = sorted({use.site_id for use in uses} - hub_of_site.keys())
    if strangers:
        raise NotFoundError(
            f"Every site with use must belong to the fleet, was not: {', '.join(strangers)}.",
            code="site_unknown",
            hint="Ask for the sites of one fleet.",
        )
    return _summed(uses, hub_of_site)


def hubs(fleet: Fleet) -> dict[str, str]:
    """Return the hub of every site of a fleet, ``""`` for none."""
    return {site.site_id: site.hub_id for site in fleet.sites}


def _summed(uses: Sequence[Use], group_of_site: Mapping[str, str]) -> tuple[Utilisation, ...]:
    _refuse_overlaps(uses)
    entries: dict[tuple[str, Kind], list[Use]] = defaultdict(list)
    for use in uses:
        entries[group_of_site[use.site_id], use.kind].append(use)
    return tuple(
        Utilisation(
            group,
            kind,
            # fsum, so that the order of the entries does not show in the figure.
            capacity_unit_h=math.fsum(use.capacity_unit_h for use in some),
            used_unit_h=math.fsum(use.used_unit_h for use in some),
            energy_wh=math.fsum(use.energy_wh for use in some),
        )
        for (group, kind), some in sorted(entries.items())
    )


def _refuse_overlaps(uses: Sequence[Use]) -> None:
    ordered = sorted(uses, key=lambda use: (use.site_id, use.kind, use.period))
    for one, other in pairwise(ordered):
        if (one.site_id, one.kind) == (other.site_id, other.kind) and one.period.overlaps(other.period):
            raise RuleBrokenError(
                f"Entries of use must not overlap, was {one.period.start:%Y-%m-%d %H:%M} to "
                f"{one.period.end:%Y-%m-%d %H:%M} UTC and again from {other.period.start:%Y-%m-%d %H:%M}, "
                f"{one.kind} at {one.site_id}.",
                code="use_overlaps",
                hint="Enter use in the same periods as before, so that a correction replaces it.",
            )
