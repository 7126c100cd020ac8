"""Decide what of the ledger the public sees: sums of enough owners, and nothing that gives a site away.

Only what meters have told is secret; what a simulation told is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from qipan.kernel.resources import Kind
from qipan.ledger.lay_out import group_of
from qipan.ledger.model.figure import Burn, Completeness, Group, Step, Supply
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


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What was metered as one reader sees it: nothing of what is withheld from them is in any of its figures.

    Attributes
    ----------
    hidden
        What is withheld; ``None`` for a reader who sees every site that was metered here.
    """

    metered: Metered
    hidden: Withheld | None = None

    @property
    def has_sites(self) -> bool:
        """Whether the reader sees single sites, and who told of them."""
        return self.hidden is None

    @property
    def is_told(self) -> bool:
        """Whether anything of use was told at all."""
        return any(one.used_unit_h is not None for one in self.metered.supply(by=Group.COUNTRY))

    def supply(self, *, by: Group, step: Step = Step.WHOLE) -> tuple[Supply, ...]:
        """Return how much compute groups had; of what is withheld only what was declared."""
        if not self.has_sites and by in (Group.SITE, Group.POOL):
            return ()
        hidden = self.supply_hidden(by)
        found = self.metered.supply(by=by, step=step)
        return tuple(_declared(one) if (one.group, one.kind) in hidden else one for one in found)

    def burn(self, *, by: Group, step: Step = Step.WHOLE) -> tuple[Burn, ...]:
        """Return what groups burnt; nothing of what is withheld."""
        if not self.has_sites and by is Group.SITE:
            return ()
        hidden = self.burn_hidden(by)
        return tuple(_emptied(one) if one.group in hidden else one for one in self.metered.burn(by=by, step=step))

    def idle(self) -> tuple[Supply, ...]:
        """Return the sites whose compute stood idle most."""
        return self.metered.top_idle() if self.has_sites else ()

    def completeness(self) -> tuple[Completeness, ...]:
        """Return for each meter how much of its time it has told."""
        return self.metered.completeness() if self.has_sites else ()

    def supply_hidden(self, by: Group) -> frozenset[tuple[str, Kind]]:
        """Return the groups and kinds whose supply is withheld."""
        return frozenset((group, kind) for at, group, kind in (self.hidden.supply if self.hidden else ()) if at is by)

    def burn_hidden(self, by: Group) -> frozenset[str]:
        """Return the groups of which it is withheld what they burnt."""
        return frozenset(group for at, group in (self.hidden.burn if self.hidden else ()) if at is by)


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


def _declared(one: Supply) -> Supply:
    return replace(one, capacity_unit_h=0.0, used_unit_h=None, allocated_unit_h=None, queued_unit_h=None)


def _emptied(one: Burn) -> Burn:
    return Burn(
        group=one.group,
        period=one.period,
        card_wh=None,
        host_wh=None,
        pdu_wh=None,
        it_wh=None,
        grid_wh=None,
        green_wh=None,
        water_l=None,
        location_kg=None,
        market_kg=None,
        pue=None,
        wue_l_per_kwh=None,
        cue_kg_per_kwh=None,
        cue_market_kg_per_kwh=None,
        green_share=None,
        racked_share=None,
        is_modelled=one.is_modelled,
    )


def _is_told(one: Supply) -> bool:
    return _has(one, SUPPLY[1:])


def _has(one: Supply | Burn, figures: Sequence[str]) -> bool:
    return any(getattr(one, figure) is not None for figure in figures)
