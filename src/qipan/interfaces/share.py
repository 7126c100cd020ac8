"""Cut the ledger down to what a caller may see: a user the sites of their scope, a visitor sums that betray nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from qipan.interfaces.entry import Caller
from qipan.interfaces.report.figures import burn_row, heard, last_day, supply_row
from qipan.kernel.errors import NotAllowedError
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day, zone
from qipan.ledger.model.figure import Burn, Group, Supply
from qipan.ledger.model.fleet import Fleet, Registered
from qipan.ledger.service.figures import Metered
from qipan.ledger.service.sharing import View, Withheld, withheld

FEW: Final = 5
"""Names that a refusal holds at most."""

KEPT: Final = frozenset({"start", "end", "group", "kind", "certified_unit_h", "is_modelled"})
"""What stays of a row that is withheld: what the register declares anyway."""


def seen(metered: Metered, caller: Caller) -> Metered:
    """Return what was metered at the sites that a caller may see."""
    if caller.scope.is_country:
        return metered
    sites = metered.field.sites
    return metered.within({site.site_id for site in sites if caller.scope.allows_site(site.site_id, site.adcode)})


def view(
    read: Callable[..., Metered],
    caller: Caller,
    now: datetime,
    *,
    fleet_ids: Collection[str] | None = None,
    is_chosen: bool = False,
    with_modelled: bool = False,
) -> View:
    """Return what a door shows a caller: a user what `seen` returns, a visitor sums that betray no owner.

    What is withheld from visitors is decided once for each civil day, for all fleets and all steps, and they are told
    of no other interval: two decisions about one hour could be taken from each other. While only rehearsals have told,
    a visitor sees everything: modelled readings are nobody's secret.

    Parameters
    ----------
    read
        Reads what was metered; `Figures.of` with its unit, interval and moment.
    is_chosen
        Whether the caller chose the fleets.

    Raises
    ------
    NotAllowedError
        Of an interval of which meters told: ``sum_not_public`` for a visitor who chose fleets, ``day_not_over`` for
        one who asked for anything but a civil day that is over.
    """
    metered = heard(read(fleet_ids=fleet_ids, with_modelled=with_modelled))
    if not caller.is_anonymous:
        return View(seen(metered, caller))
    real = read()
    if not real.hourly.meter.size:
        return View(metered)
    if is_chosen:
        raise sum_not_public()
    _check_over(real.field.interval, now)
    return View(metered, withheld(real))


def day_shown(read: Callable[..., Metered], day: date, caller: Caller, now: datetime) -> date:
    """Return the day that a page shows: to a visitor the last one that is over, for one that meters still tell."""
    if not caller.is_anonymous or day <= last_day(now):
        return day
    return last_day(now) if read(civil_day(day), now).hourly.meter.size else day


def _check_over(interval: Interval, now: datetime) -> None:
    """Refuse a visitor all but a whole civil day that is over."""
    whole = civil_day(interval.start.astimezone(zone(BOARD_ZONE)).date())
    if interval != whole or whole.end > now:
        raise NotAllowedError(
            f"A visitor must ask for a civil day that is over, was {interval.start.isoformat()} to "
            f"{interval.end.isoformat()}.",
            code="day_not_over",
            hint=f"Sign in, or ask for a day until {last_day(now).isoformat()}.",
        )


def sum_not_public() -> NotAllowedError:
    """Return the refusal of sums that would give away, by differences, what is withheld."""
    return NotAllowedError(
        "Sums of some fleets, or as known earlier, must be asked for by a user, was a visitor.",
        code="sum_not_public",
        hint="Sign in, or ask for all fleets as they are known now.",
    )


def seen_fleets(fleets: Collection[Fleet], caller: Caller) -> tuple[Fleet, ...]:
    """Return the fleets with the sites that a caller may see; those without any are left out."""
    if caller.scope.is_country:
        return tuple(fleets)
    cut = (
        replace(fleet, sites=tuple(one for one in fleet.sites if caller.scope.allows_site(one.site_id, one.adcode)))
        for fleet in fleets
    )
    return tuple(fleet for fleet in cut if fleet.sites)


def seen_sources(meters: Mapping[str, Registered], caller: Caller) -> frozenset[str] | None:
    """Return the sources all of whose meters stand at sites that a caller may see; ``None`` for all there are."""
    if caller.scope.is_country:
        return None
    allowed: dict[str, list[bool]] = defaultdict(list)
    for where in meters.values():
        allowed[where.meter.source_id].append(caller.scope.allows_site(where.site.site_id, where.site.adcode))
    return frozenset(source_id for source_id, told in allowed.items() if all(told))


def check_source(meters: Mapping[str, Registered], caller: Caller, source_id: str) -> None:
    """Refuse a caller who may not speak for a source.

    Raises
    ------
    NotAllowedError
        ``source_out_of_scope`` unless all of its meters stand at sites within the caller's scope.
    """
    sources = seen_sources(meters, caller)
    if sources is not None and source_id not in sources:
        raise NotAllowedError(
            f"A source must have all of its meters within the scope of {caller.name}, was not so: {source_id}.",
            code="source_out_of_scope",
            hint="Ask an admin to widen the scope.",
        )


def check_fleet(caller: Caller, fleets: Collection[Fleet], fleet: Fleet) -> None:
    """Refuse a caller who may not speak for every site that a fleet has, has had last, or shares with another fleet.

    Parameters
    ----------
    fleets
        Every fleet as it is known last.
    fleet
        The one that is to be registered.

    Raises
    ------
    NotAllowedError
        ``fleet_out_of_scope`` unless all of these sites, wherever a fleet declares them, are within the scope.
    """
    named = {site.site_id for site in fleet.sites}
    known = (site for one in fleets for site in one.sites if one.fleet_id == fleet.fleet_id or site.site_id in named)
    outside = sorted(
        {one.site_id for one in (*fleet.sites, *known) if not caller.scope.allows_site(one.site_id, one.adcode)}
    )
    if outside:
        raise NotAllowedError(
            f"Every site of a fleet must be within the scope of {caller.name}, as the file says and as it stands, was "
            f"not so: {', '.join(outside[:FEW])}{' …' if len(outside) > FEW else ''}, of fleet {fleet.fleet_id}.",
            code="fleet_out_of_scope",
            hint="Import a fleet of your own sites, under a name of its own, or ask an admin to widen the scope.",
        )


def told_supply(one: Supply, by: Group, hidden: Withheld | None) -> dict[str, Any]:
    """Return a row of supply, without its figures where they are hidden from the caller."""
    return _told(supply_row(one), is_withheld=hidden is not None and (by, one.group, one.kind) in hidden.supply)


def told_burn(one: Burn, by: Group, hidden: Withheld | None) -> dict[str, Any]:
    """Return a row of what was burnt, without its figures where they are hidden from the caller."""
    return _told(burn_row(one), is_withheld=hidden is not None and (by, one.group) in hidden.burn)


def _told(row: dict[str, Any], *, is_withheld: bool) -> dict[str, Any]:
    kept = {name: value if name in KEPT or not is_withheld else None for name, value in row.items()}
    return kept | {"is_withheld": is_withheld}
