"""The daily bulletin of the ledger: one civil day as one HTML file that needs nothing else, and as one long table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report import assets, atlas
from qipan.interfaces.report.contrast import Card, told
from qipan.interfaces.report.figures import (
    burn_row,
    cut,
    group_names,
    heard,
    is_rehearsed,
    metered_fleets,
    supply_row,
)
from qipan.interfaces.report.render import environment
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import Words, words
from qipan.kernel.time import civil_day
from qipan.ledger.model.discrepancy import Discrepancy
from qipan.ledger.model.figure import Burn, Completeness, Freshness, Group, Supply
from qipan.ledger.model.reading import Dispute

if TYPE_CHECKING:
    from qipan.bootstrap.services import Services
    from qipan.ledger.service.figures import Metered
    from qipan.ledger.service.sharing import View

GROUPS: Final = (Group.COUNTRY, Group.MACRO3, Group.HUB, Group.REGION, Group.SITE)
COLUMNS: Final = ("day", "group_by", "group", "kind", "figure", "value", "status")

KEPT: Final = frozenset({"certified_unit_h"})
"""What stays of a row that is withheld: what the register declares anyway."""

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
    fleets
        What the fleets that count are called, by their names in the register.
    view
        What the reader sees.
    """

    day: date
    view: View
    fleets: Mapping[str, str]
    supply: Mapping[Group, Sequence[Supply]]
    burn: Mapping[Group, Sequence[Burn]]
    idle: Sequence[Supply]
    complete: Sequence[Completeness]
    fresh: Sequence[Freshness]
    disputes: Sequence[Dispute]
    discrepancies: Sequence[Discrepancy]
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
    source_ids: Collection[str] | None = None,
    see: Callable[[Callable[..., Metered], Collection[str]], View] | None = None,
) -> Bulletin:
    """Ask the ledger for everything that a bulletin tells, as known now.

    Parameters
    ----------
    source_ids
        Sources that the reader may hear of; all of them, if none are given.
    see
        Returns what the reader sees of fleets, given what reads them; everything, if none is given.
    """
    from qipan.ledger.service.sharing import View

    with services.books.read() as unit:
        known = services.ledger.fleets(unit)
        wanted = metered_fleets(known) if fleet_ids is None else fleet_ids
        read = partial(services.figures.of, unit, civil_day(day), now)
        view = see(read, wanted) if see else View(heard(read(fleet_ids=wanted, with_modelled=with_modelled)))
        fleets = cut(known, view.metered, wanted)
        speaking = {meter.source_id for _, meter in view.metered.field.meters}
        fresh = tuple(
            one
            for one in services.figures.freshness(unit, now)
            if one.fleet_id in wanted
            and (source_ids is None or one.source_id in source_ids)
            and (one.source_id in speaking or not is_rehearsed(one.source_id))
        )
        disputes = services.metering.disputes(
            unit, open_only=True, source_ids=None if fleet_ids is None and source_ids is None else _named(fresh)
        )
    miscounts = services.figures.miscounts(civil_day(day), now, with_modelled=with_modelled) if view.has_sites else ()
    return Bulletin(
        day=day,
        view=view,
        fleets={one.fleet_id: said.name({"name_en": one.name_en, "name_zh": one.name_zh}) for one in fleets},
        supply={by: view.supply(by=by) for by in GROUPS},
        burn={by: view.burn(by=by) for by in GROUPS},
        idle=view.idle(),
        complete=view.completeness(),
        fresh=fresh,
        disputes=disputes,
        discrepancies=services.audit.discrepancies(view.metered, miscounts) if view.has_sites else (),
        names={by: group_names(by, fleets, services.catalog, said) for by in GROUPS},
        contrast=told(view, services.catalog, said),
    )


def _named(fresh: Sequence[Freshness]) -> list[str]:
    return [one.source_id for one in fresh]


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
    named, view = bulletin.names, bulletin.view
    groups = [by for by in GROUPS if view.has_sites or by is not Group.SITE]
    parts = [
        (
            said.say("Use and idle"),
            [
                atlas.supply_table(
                    bulletin.supply[by],
                    named[by],
                    said,
                    caption=heads[by][0],
                    head=heads[by][1],
                    hidden=view.supply_hidden(by),
                )
                for by in groups
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
                    hidden=view.burn_hidden(by),
                )
                for by in groups
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
                    hidden=view.burn_hidden(by),
                )
                for by in (Group.COUNTRY, Group.REGION)
            ],
        ),
    ]
    return parts + _of_sites(bulletin, said) if view.has_sites else parts


def _of_sites(bulletin: Bulletin, said: Words) -> list[tuple[str, list[Table]]]:
    """Return the parts that only who sees sites is told: where most stood idle, and who told what."""
    named = bulletin.names[Group.SITE]
    return [
        (
            said.say("Most idle"),
            [atlas.supply_table(bulletin.idle, named, said, caption=said.say("Most idle"), head=said.say("Site"))],
        ),
        (
            said.say("Who told what"),
            [
                atlas.silence_table(bulletin.complete, bulletin.view.metered.field.meters, named, said),
                atlas.source_table(bulletin.fresh, bulletin.fleets, said),
                atlas.dispute_table(bulletin.disputes, said),
                atlas.discrepancy_table(
                    bulletin.discrepancies, said, is_told=bulletin.view.metered.hourly.meter.size > 0
                ),
            ],
        ),
    ]


def table_csv(bulletin: Bulletin) -> str:
    """Return the figures as one long table: a row a figure, empty where nobody has told or what is withheld.

    Of each meter it tells how much of its time it has told.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    view = bulletin.view
    for by in GROUPS:
        supply_hidden, burn_hidden = view.supply_hidden(by), view.burn_hidden(by)
        for supply in bulletin.supply[by]:
            is_hidden = (supply.group, supply.kind) in supply_hidden
            writer.writerows(_rows(bulletin.day, by, supply_row(supply), is_hidden=is_hidden))
        for burn in bulletin.burn[by]:
            writer.writerows(_rows(bulletin.day, by, burn_row(burn), is_hidden=burn.group in burn_hidden))
    writer.writerows(_meter_rows(bulletin))
    return out.getvalue()


def _meter_rows(bulletin: Bulletin) -> list[tuple[str, ...]]:
    """Return one row a meter; its kind is what it measures."""
    field, hourly = bulletin.view.metered.field, bulletin.view.metered.hourly
    modelled = {field.meters[place][1].meter_id for place in set(hourly.meter[hourly.modelled > 0].tolist())}
    rows: list[tuple[str, ...]] = []
    for one in bulletin.complete:
        status = "modelled" if one.meter_id in modelled else "metered"
        told = (repr(float(one.told_share)), status) if one.told_s else ("", "silent")
        rows.append((bulletin.day.isoformat(), "meter", one.meter_id, one.measure, "told_share", *told))
    return rows


def _rows(day: date, by: Group, words_of_row: Mapping[str, Any], *, is_hidden: bool) -> list[tuple[str, ...]]:
    status = "modelled" if words_of_row["is_modelled"] else "metered"
    return [
        (
            day.isoformat(),
            str(by),
            words_of_row["group"],
            words_of_row.get("kind", ""),
            figure,
            "" if value is None or (is_hidden and figure not in KEPT) else repr(float(value)),
            "withheld" if is_hidden and figure not in KEPT else "silent" if value is None else status,
        )
        for figure, value in words_of_row.items()
        if figure not in _KEYS
    ]
