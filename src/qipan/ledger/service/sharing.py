"""Decide what of the ledger the public sees: sums of enough owners, and nothing that gives a site away.

Only what meters have told is secret; what a simulation told is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from qipan.kernel.resources import Kind
from qipan.ledger.lay_out import group_of
from qipan.ledger.model.figure import Burn, Group, Supply
from qipan.ledger.service.figures import Metered
from qipan.ledger.share import Contribution, withhold

SUMS: Final = (Group.HUB, Group.REGION, Group.MACRO3, Group.MACRO4, Group.COUNTRY)
"""Groups that are published together, so that what is withheld follows from none of them."""

SUPPLY: Final = ("capacity_unit_h", "used_unit_h", "allocated_unit_h", "queued_unit_h")
BURN: Final = (
    "card_wh", "host_wh", "pdu_wh", "it_wh", "grid_wh", "green_wh", "water_l", "location_kg", "market_kg",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Withheld:
    """What the public does not see of an interval, whatever its steps: by grouping, group and kind."""

    supply: frozenset[tuple[Group, str, Kind]]
    burn: frozenset[tuple[Group, str]]


def withheld(metered: Metered) -> Withheld:
    """Return what the public does not see of what was metered, without what was modelled.

    A site whose operator nobody has named shares one owner with all others of that sort. A group is withheld whole
    as soon as one of its figures is.
    """
    sites = metered.supply(by=Group.SITE)
    supply = {
        (by, group, kind)
        for kind in Kind
        for by, group in _hidden(metered, [one for one in sites if one.kind is kind and _is_told(one)], SUPPLY)
    }
    supply |= {(by, o.group, o.kind) for by in (Group.POOL, Group.SITE) for o in metered.supply(by=by) if _is_told(o)}
    burnt = [one for one in metered.burn(by=Group.SITE) if _has(one, (*BURN, "racked_share"))]
    burn = set(_hidden(metered, burnt, BURN)) | {(Group.SITE, one.group) for one in burnt}
    return Withheld(frozenset(supply), frozenset(burn))


def _hidden(
    metered: Metered, told: Sequence[Supply] | Sequence[Burn], figures: Sequence[str]
) -> Iterable[tuple[Group, str]]:
    """Return the groups that one of the figures makes sensitive."""
    owner = {site.site_id: site.operator for site in metered.field.sites}
    groups: dict[tuple[Group, str], set[str]] = defaultdict(set)
    for by in SUMS:
        for site in metered.field.sites:
            groups[by, group_of(site, "", by, metered.regions)].add(site.site_id)
    names = {f"{by}/{group}": (by, group) for by, group in groups}
    members = {name: groups[key] for name, key in names.items()}
    asked = dict.fromkeys(
        tuple((one.group, float(weight)) for one in told if (weight := getattr(one, figure)) is not None)
        for figure in figures
    )
    for weights in asked:
        parts = [Contribution(site_id, owner[site_id], weight) for site_id, weight in weights]
        yield from (names[name] for name in withhold(members, parts))


def _is_told(one: Supply) -> bool:
    return _has(one, SUPPLY[1:])


def _has(one: Supply | Burn, figures: Sequence[str]) -> bool:
    return any(getattr(one, figure) is not None for figure in figures)
