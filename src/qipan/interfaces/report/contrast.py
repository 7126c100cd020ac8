"""East and west beside each other, and beside what was said of them and what was aimed at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from qipan.facts.catalog import Catalog
from qipan.facts.model import Fact
from qipan.interfaces.report.numbers import percent
from qipan.interfaces.report.words import Words
from qipan.kernel.resources import Kind
from qipan.ledger.model.figure import Burn, Group, Supply

if TYPE_CHECKING:
    from qipan.ledger.service.sharing import View

VACANCY: Final = "paper/west_compute_vacancy"
GREEN: Final = "target/new_large_site/green_share"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the ledger, and what stands beside it."""

    title: str
    figure: str
    note: str
    basis: str = ""


def told(view: View, catalog: Catalog, said: Words) -> list[Card]:
    """Return the cards of what a reader sees; sites abroad are no part of them."""
    abroad = {site.site_id for site in view.metered.field.sites if site.adcode not in view.metered.regions}
    if not abroad:
        burn = view.burn(by=Group.COUNTRY)
    elif view.has_sites:
        home = {site.site_id for site in view.metered.field.sites} - abroad
        burn = view.metered.within(home).burn(by=Group.COUNTRY)
    else:
        # Beside the sum of all, one without the sites abroad would give them away.
        burn = ()
    hidden = {group for group, kind in view.supply_hidden(Group.MACRO3) if kind is Kind.INTELLIGENT}
    return cards(view.supply(by=Group.MACRO3), burn, catalog, said, hidden=hidden | view.burn_hidden(Group.COUNTRY))


def idle_share(supply: Sequence[Supply], group: str) -> float | None:
    """Return the share of a group's cards that stood idle while meters spoke."""
    for one in supply:
        if one.group == group and one.kind is Kind.INTELLIGENT and one.idle_unit_h is not None and one.capacity_unit_h:
            return one.idle_unit_h / one.capacity_unit_h
    return None


def cards(
    supply: Sequence[Supply],
    burn: Sequence[Burn],
    catalog: Catalog,
    said: Words,
    *,
    hidden: Collection[str] = (),
) -> list[Card]:
    """Return idle in east and west beside the paper's word, and green energy beside the target.

    Parameters
    ----------
    supply
        By the paper's macro-regions.
    burn
        Of the country.
    hidden
        Groups that are withheld from the reader.

    Raises
    ------
    NotFoundError
        ``fact_unknown``.
    """
    east, west = idle_share(supply, "east"), idle_share(supply, "west")
    green = burn[0].green_share if burn else None
    made = {one.group for one in supply if one.kind is Kind.INTELLIGENT and one.is_modelled}
    made |= {one.group for one in burn if one.is_modelled}

    def basis(group: str, figure: float | None) -> str:
        if group in hidden:
            return said.say("withheld")
        if group in contradicted:
            return said.say("contradicted")
        return said.say("modelled") if figure is not None and group in made else ""

    contradicted = {one.group for one in supply if one.kind is Kind.INTELLIGENT and one.is_contradicted}
    gap = None if east is None or west is None else 100 * (west - east)
    return [
        Card(
            said.say("Idle cards, east"),
            percent(east),
            said.say("Of the certified cards, while their meters spoke."),
            basis("east", east),
        ),
        Card(
            said.say("Idle cards, west"),
            percent(west),
            said.say(
                "The paper says of the west: %(stated)s. It says neither when nor how it was measured.",
                stated=_told(catalog.fact(VACANCY), said),
            )
            + ("" if gap is None else " " + said.say("West less east: %(points)s points.", points=f"{gap:+.1f}")),
            basis("west", west),
        ),
        Card(
            said.say("Green energy, as sites told"),
            percent(green),
            said.say(
                "Target: %(stated)s. It binds new large sites in hubs; the figure is of every metered site.",
                stated=_told(catalog.fact(GREEN), said),
            ),
            basis("all", green),
        ),
    ]


def stated(catalog: Catalog) -> dict[str, Any]:
    """Return the facts that the contrast stands beside, as plain values."""
    facts = (catalog.fact(VACANCY), catalog.fact(GREEN))
    return {
        one.fact_id: {"bound": one.bound, "value": one.value, "as_of": one.as_of, "status": str(one.status)}
        for one in facts
    }


def _told(fact: Fact, said: Words) -> str:
    name = fact.label_zh if said.lang == "zh" else fact.label_en
    return f"{name} {fact.bound} {percent(float(fact.value))}"
