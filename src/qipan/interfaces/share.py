"""Cut the ledger down to what a caller may see: a user the sites of their scope, a visitor sums that betray nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from qipan.interfaces.entry import Caller
from qipan.interfaces.report.figures import burn_row, supply_row
from qipan.kernel.errors import NotAllowedError
from qipan.ledger.model.figure import Burn, Group, Supply
from qipan.ledger.model.fleet import Registered
from qipan.ledger.service.figures import Metered
from qipan.ledger.service.sharing import Withheld

KEPT: Final = frozenset({"start", "end", "group", "kind", "certified_unit_h", "is_modelled"})
"""What stays of a row that is withheld: what the register declares anyway."""


def seen(metered: Metered, caller: Caller) -> Metered:
    """Return what was metered at the sites that a caller may see."""
    if caller.scope.is_country:
        return metered
    sites = metered.field.sites
    return metered.within({site.site_id for site in sites if caller.scope.allows_site(site.site_id, site.adcode)})


def shown(metered: Metered, caller: Caller) -> Metered:
    """Return what a page may show a caller: a user what `seen` returns, a visitor rehearsals only.

    Raises
    ------
    NotAllowedError
        ``sign_in_needed`` for a visitor where meters have told something; sums for the public are given over REST.
    """
    if caller.is_anonymous and (metered.hourly.modelled == 0).any():
        raise NotAllowedError(
            "Measured readings are shown to users, was asked without signing in.",
            code="sign_in_needed",
            hint="Sign in; sums for the public are given by the REST interface.",
        )
    return seen(metered, caller)


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


def told_supply(one: Supply, by: Group, hidden: Withheld | None) -> dict[str, Any]:
    """Return a row of supply, without its figures where they are hidden from the caller."""
    return _told(supply_row(one), is_withheld=hidden is not None and (by, one.group, one.kind) in hidden.supply)


def told_burn(one: Burn, by: Group, hidden: Withheld | None) -> dict[str, Any]:
    """Return a row of what was burnt, without its figures where they are hidden from the caller."""
    return _told(burn_row(one), is_withheld=hidden is not None and (by, one.group) in hidden.burn)


def _told(row: dict[str, Any], *, is_withheld: bool) -> dict[str, Any]:
    kept = {name: value if name in KEPT or not is_withheld else None for name, value in row.items()}
    return kept | {"is_withheld": is_withheld}
