"""The daily bulletin of the ledger: one civil day as one HTML file that needs nothing else, and as one long table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report import assets, atlas
from qipan.interfaces.report.contrast import Card, cards
from qipan.interfaces.report.figures import burn_row, group_names, supply_row
from qipan.interfaces.report.render import environment
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import Words, words
from qipan.kernel.time import civil_day
from qipan.ledger.model.figure import Burn, Completeness, Freshness, Group, Supply
from qipan.ledger.model.reading import Dispute

if TYPE_CHECKING:
    from qipan.bootstrap import Services
    from qipan.ledger.service.figures import Metered

GROUPS: Final = (Group.COUNTRY, Group.MACRO3, Group.HUB, Group.REGION, Group.SITE)
COLUMNS: Final = ("day", "group_by", "group", "kind", "figure", "value", "status")

_KEYS = {"start", "end", "group", "kind", "is_modelled"}


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What the ledger tells of one civil day.

    Attributes
    ----------
    names
        What groups are called, for each way of grouping.
    contrast
        East and west, beside what was said of them and what was aimed at.
    idle
        Sites with most idle compute, the first first.
    """

    day: date
    supply: Mapping[Group, Sequence[Supply]]
    burn: Mapping[Group, Sequence[Burn]]
    idle: Sequence[Supply]
    complete: Sequence[Completeness]
    fresh: Sequence[Freshness]
    disputes: Sequence[Dispute]
    names: Mapping[Group, Mapping[str, str]]
    contrast: Sequence[Card]

    @property
    def is_modelled(self) -> bool:
        """Whether some figure rests on a simulation."""
        return any(one.is_modelled for one in self.supply[Group.COUNTRY])


def gather(
    services: Services,
    day: date,
    now: datetime,
    said: Words,
    *,
    fleet_ids: Sequence[str] | None = None,
    with_modelled: bool = False,
    with_disputes: bool = True,
    may_see: Callable[[Metered], Metered] | None = None,
) -> Bulletin:
    """Ask the ledger for everything that a bulletin tells, as known now.

    Parameters
    ----------
    may_see
        Cuts what was metered down to what the reader may see; everything, if none is given.
    """
    with services.books.read() as unit:
        fleets = services.ledger.fleets(unit)
        fresh = services.figures.freshness(unit, now)
        disputes = services.metering.disputes(unit, open_only=True) if with_disputes else ()
        if fleet_ids is not None:
            fresh = tuple(one for one in fresh if one.fleet_id in fleet_ids)
            sources = {one.source_id for one in fresh}
            disputes = tuple(one for one in disputes if one.source_id in sources)
        metered = services.figures.of(unit, civil_day(day), now, fleet_ids=fleet_ids, with_modelled=with_modelled)
        metered = metered if may_see is None else may_see(metered)
        supply = {by: metered.supply(by=by) for by in GROUPS}
        burn = {by: metered.burn(by=by) for by in GROUPS}
        return Bulletin(
            day=day,
            supply=supply,
            burn=burn,
            idle=metered.top_idle(),
            complete=metered.completeness(),
            fresh=fresh,
            disputes=disputes,
            names={by: group_names(by, fleets, services.catalog, said) for by in GROUPS},
            contrast=cards(supply[Group.MACRO3], burn[Group.COUNTRY], services.catalog, said),
        )


def html(bulletin: Bulletin, lang: str) -> str:
    """Return the bulletin as a stand-alone page.

    Raises
    ------
    BadInputError
        ``language_unknown``.
    """
    said = words(lang)
    return (
        environment(lang)
        .get_template("bulletin.html")
        .render(
            bulletin=bulletin,
            title=said.say("Compute bulletin of %(day)s", day=bulletin.day.isoformat()),
            tables=tables(bulletin, said),
            style=assets.text(assets.STYLE),
        )
    )


def tables(bulletin: Bulletin, said: Words) -> list[tuple[str, list[Table]]]:
    """Return the parts of the bulletin: a title, and its tables."""
    heads = {
        Group.COUNTRY: (said.say("All"), said.say("All")),
        Group.MACRO3: (said.say("East, central and west"), said.say("Macro-region")),
        Group.HUB: (said.say("By hub"), said.say("Hub")),
        Group.REGION: (said.say("By region"), said.say("Region")),
        Group.SITE: (said.say("By site"), said.say("Site")),
    }
    named = bulletin.names
    return [
        (
            said.say("Use and idle"),
            [
                atlas.supply_table(bulletin.supply[by], named[by], said, caption=heads[by][0], head=heads[by][1])
                for by in GROUPS
            ],
        ),
        (
            said.say("Most idle"),
            [
                atlas.supply_table(
                    bulletin.idle, named[Group.SITE], said, caption=said.say("Most idle"), head=said.say("Site")
                )
            ],
        ),
        (
            said.say("Energy, water and carbon"),
            [
                atlas.burn_table(
                    bulletin.burn[by],
                    named[by],
                    said,
                    caption=said.say("Energy: %(group)s", group=heads[by][0]),
                    head=heads[by][1],
                )
                for by in GROUPS
            ],
        ),
        (
            said.say("Energy by where it was metered"),
            [
                atlas.energy_table(
                    bulletin.burn[by],
                    named[by],
                    said,
                    caption=said.say("Where it was metered: %(group)s", group=heads[by][0]),
                    head=heads[by][1],
                )
                for by in (Group.COUNTRY, Group.REGION)
            ],
        ),
        (
            said.say("Who told what"),
            [
                atlas.silence_table(bulletin.complete, said),
                atlas.source_table(bulletin.fresh, said),
                atlas.dispute_table(bulletin.disputes, said),
            ],
        ),
    ]


def table_csv(bulletin: Bulletin) -> str:
    """Return the figures as one long table: a row a figure, empty where nobody has told."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for by in GROUPS:
        for supply in bulletin.supply[by]:
            writer.writerows(_rows(bulletin.day, by, supply_row(supply)))
        for burn in bulletin.burn[by]:
            writer.writerows(_rows(bulletin.day, by, burn_row(burn)))
    return out.getvalue()


def _rows(day: date, by: Group, words_of_row: Mapping[str, Any]) -> list[tuple[str, ...]]:
    status = "modelled" if words_of_row["is_modelled"] else "metered"
    return [
        (
            day.isoformat(),
            str(by),
            words_of_row["group"],
            words_of_row.get("kind", ""),
            figure,
            "" if value is None else repr(float(value)),
            "silent" if value is None else status,
        )
        for figure, value in words_of_row.items()
        if figure not in _KEYS
    ]
