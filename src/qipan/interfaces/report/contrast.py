"""East and west beside each other, and beside what was said of them and what was aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from qipan.facts.catalog import Catalog
from qipan.facts.model import Fact
from qipan.interfaces.report.numbers import percent
from qipan.interfaces.report.words import Words
from qipan.kernel.resources import Kind
from qipan.ledger.model.figure import Burn, Supply

VACANCY: Final = "paper/west_compute_vacancy"
GREEN: Final = "target/new_large_site/green_share"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the ledger, and what stands beside it."""

    title: str
    figure: str
    note: str


def idle_share(supply: Sequence[Supply], group: str) -> float | None:
    """Return the share of a group's cards that stood idle while meters spoke."""
    for one in supply:
        if one.group == group and one.kind is Kind.INTELLIGENT and one.used_share is not None:
            return 1.0 - one.used_share
    return None


def cards(supply: Sequence[Supply], burn: Sequence[Burn], catalog: Catalog, said: Words) -> list[Card]:
    """Return idle in east and west beside the paper's word, and green energy beside the target.

    Parameters
    ----------
    supply
        By the paper's macro-regions.
    burn
        Of the country.

    Raises
    ------
    NotFoundError
        ``fact_unknown``.
    """
    east, west = idle_share(supply, "east"), idle_share(supply, "west")
    green = burn[0].green_share if burn else None
    gap = None if east is None or west is None else 100 * (west - east)
    return [
        Card(
            said.say("Idle cards, east"), percent(east), said.say("Of the certified cards, while their meters spoke.")
        ),
        Card(
            said.say("Idle cards, west"),
            percent(west),
            said.say(
                "The paper says of the west: %(stated)s. It says neither when nor how it was measured.",
                stated=_told(catalog.fact(VACANCY), said),
            )
            + ("" if gap is None else " " + said.say("West less east: %(points)s points.", points=f"{gap:+.1f}")),
        ),
        Card(
            said.say("Green energy, as sites told"),
            percent(green),
            said.say(
                "Target: %(stated)s. It binds new large sites in hubs; the figure is of every metered site.",
                stated=_told(catalog.fact(GREEN), said),
            ),
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
