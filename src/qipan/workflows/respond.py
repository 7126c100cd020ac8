"""Compute and grid: answer a call of the grid, tell what flexibility is worth, how a plan meets the grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from qipan.dispatch.flexibility.answer import answer
from qipan.dispatch.flexibility.worth import worth
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.model.power import Call
from qipan.dispatch.pose import pose
from qipan.dispatch.service import Dispatch
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.money import FEN_PER_YUAN
from qipan.kernel.time import in_utc, zone
from qipan.kernel.units import S_PER_H
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.service.register import Ledger
from qipan.storage.books import Books
from qipan.workflows.board import Boards
from qipan.workflows.progress import quiet

KW_PER_MW = 1000.0


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What the grid asks of the sites of a plan.

    Attributes
    ----------
    place
        A region by adcode, an area of the fleet, or a site: whose sites are asked.
    reduce_mw
        By how much they should draw less than by the plan.
    start, hours
        From when on, a time of the plan's day such as 19:00 or a moment with its zone, and how long; whole slots.
    most_yuan_per_kwh
        What a kilowatt-hour less may cost at most; whatever it costs without it.
    """

    place: str
    reduce_mw: float
    start: str
    hours: float
    most_yuan_per_kwh: float | None = None


class Responding:
    """Answers what the grid asks of kept plans; nothing is entered anywhere."""

    def __init__(self, *, catalog: Catalog, books: Books, ledger: Ledger, dispatch: Dispatch, boards: Boards) -> None:
        self._catalog = catalog
        self._books = books
        self._ledger = ledger
        self._dispatch = dispatch
        self._boards = boards

    def power(self, plan_id: str | None = None) -> dict[str, Any]:
        """Return how a plan meets the grid: load and peaks of its areas, and what is taken from own plants.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``; ``power_unknown`` for a plan of a fleet that states no power.
        """
        with self._books.read() as unit:
            document = self._dispatch.report(unit, plan_id)
            if not document.get("power"):
                raise NotFoundError(
                    f"A plan must know plants, stores or areas of the grid, was without: {document['plan_id']}.",
                    code="power_unknown",
                    hint="State them in the fleet's file, or plan the day with --power to model them.",
                )
        named = ("name_en", "name_zh")
        sites = {site["site_id"]: site for site in document["sites"]}
        areas = [
            {
                **known,
                "sites": [
                    {name: sites[site_id][name] for name in ("site_id", *named)} for site_id in known["site_ids"]
                ],
                **{name: value for name, value in peaks.items() if name != "name"},
            }
            for known, peaks in zip(document["areas"], document["power"]["areas"], strict=True)
        ]
        uptake = [
            {**one, **{name: sites[one["site_id"]][name] for name in named}} for one in document["power"]["uptake"]
        ]
        return {**_plan(document), "areas": areas, "uptake": uptake}

    def call(
        self, request: CallRequest, plan_id: str | None = None, progress: Callable[[str], None] = quiet
    ) -> dict[str, Any]:
        """Return what a plan answers to a call of the grid, and its cost, on the terms it was made with.

        Returns
        -------
        dict
            The fields of `model.power.Answer`, with ``fen_per_kwh``, and what was asked.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_instance_missing``; ``place_unknown`` when no site lies there.
        BadInputError
            ``call_out_of_range`` when it is not whole slots of the plan's day and outlook, or asks for nothing.
        EngineError
            ``solver_failed``.
        """
        progress("read")
        document, fleet, _, instance = self._recalled(plan_id)
        call = _call_of(request, document, fleet, instance.board, known=self._places(fleet))
        progress("plan")
        found = answer(instance, call)
        sites = [document["sites"][site]["site_id"] for site in call.sites]
        return {
            **_plan(document),
            "place": request.place,
            **self._named(request.place, fleet),
            "site_ids": sites,
            "reduce_kw": call.reduce_kw,
            "most_fen_per_kwh": call.most_fen_per_kwh,
            "first_slot": call.first_slot,
            "end_slot": call.end_slot,
            **asdict(found),
            "fen_per_kwh": found.fen_per_kwh,
        }

    def flexibility(self, plan_id: str | None = None, progress: Callable[[str], None] = quiet) -> dict[str, Any]:
        """Return what the flexibility of each tier is worth to a plan, on the terms it was made with.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_instance_missing``.
        EngineError
            ``solver_failed``.
        """
        progress("read")
        document, _, jobs, instance = self._recalled(plan_id)
        progress("plan")
        return {**_plan(document), "rows": [asdict(one) for one in worth(jobs, instance)]}

    def _recalled(self, plan_id: str | None) -> tuple[dict[str, Any], Fleet, Jobs, Instance]:
        """Return the report of a plan, its fleet, the jobs that no reservation covers, and its programme as it was.

        Covered jobs take of the board: they neither wait, move nor answer a call.
        """
        with self._books.read() as unit:
            document = self._dispatch.report(unit, plan_id)
            jobs, terms = self._dispatch.instance(unit, document["plan_id"])
            created = datetime.fromisoformat(document["created"])
            fleet = self._ledger.fleet(unit, str(document["fleet_id"]), as_of=created)
            setting = self._boards.set_up(unit, fleet, date.fromisoformat(document["day"]), terms)
            reservations = self._boards.reservations(unit, terms).reservations
        posed = pose(jobs, setting.board, self._boards.rules(terms), reservations=reservations)
        return document, setting.fleet, posed.rest.jobs, posed.instance

    def _places(self, fleet: Fleet) -> str:
        """Name the regions and areas that may be called, each with its code."""
        codes = dict.fromkeys([area.area_id for area in fleet.areas] + [site.adcode for site in fleet.sites])
        named = ((code, self._named(code, fleet)) for code in codes if code)
        return ", ".join(f"{name['name_en']} {name['name_zh']} ({code})" for code, name in named)

    def _named(self, place: str, fleet: Fleet) -> dict[str, str]:
        """Return the names of a place, in both languages."""
        names = {site.site_id: (site.name_en, site.name_zh) for site in fleet.sites}
        names |= {area.area_id: (area.name_en, area.name_zh) for area in fleet.areas}
        if place in names:
            return dict(zip(("name_en", "name_zh"), names[place], strict=True))
        region = self._catalog.region(place)
        return {"name_en": region.name_en, "name_zh": region.name_zh}


def _call_of(request: CallRequest, document: Mapping[str, Any], fleet: Fleet, board: Board, *, known: str) -> Call:
    sites = sites_of(request.place, fleet)
    if not sites:
        raise NotFoundError(
            f"A call must be for a region, an area or a site that the plan has, was {request.place!r}.",
            code="place_unknown",
            hint=f"Choose one of {known}, or a site." if known else "Choose a site.",
            field="place",
        )
    if not 0 < request.hours < math.inf:
        raise BadInputError(
            f"A call must last some hours, was {request.hours:g}.",
            code="call_out_of_range",
            hint="Write a number of hours, for example 2.",
            field="hours",
        )
    first = (moment_of(request.start, document).timestamp() - board.start_s) / board.slot_s
    end = first + request.hours * S_PER_H / board.slot_s
    most, most_mw = request.most_yuan_per_kwh, float(board.power_cap_kw[list(sites)].sum()) / KW_PER_MW
    rules = {
        f"it must begin and end with slots of {board.slot_s / 60:g} minutes": first == round(first)
        and end == round(end),
        f"it must lie between {_local(document, 0)} and {_local(document, board.slot_count)}": (
            0 <= first < end <= board.slot_count
        ),
        "it must ask for more than 0 MW": 0 < request.reduce_mw < math.inf,
        f"it must ask for no more than its sites may draw, {most_mw:g} MW": not most_mw < request.reduce_mw < math.inf,
        "its most must be a price of 0 or more": most is None or 0 <= most < math.inf,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        slots = f"{board.slot_s / 60:g} minutes from {_local(document, 0)} to {_local(document, board.slot_count)}"
        raise BadInputError(
            f"A call must fit its plan, was not: {'; '.join(broken)}.",
            code="call_out_of_range",
            hint=f"Ask for up to {most_mw:g} MW, in whole slots of {slots}.",
        )
    most_fen = None if most is None else most * FEN_PER_YUAN
    return Call(sites, round(first), round(end), request.reduce_mw * KW_PER_MW, most_fen)


def moment_of(text: str, document: Mapping[str, Any]) -> datetime:
    """Read a time of a plan's day, or a moment with its zone.

    Raises
    ------
    BadInputError
        ``call_out_of_range``; ``time_naive`` for a date without a zone.

    Examples
    --------
    >>> moment_of("19:00", {"day": "2026-01-05", "zone_name": "Asia/Shanghai"}).isoformat()
    '2026-01-05T11:00:00+00:00'
    """
    try:
        if len(text) == len("19:00"):
            clock = time.fromisoformat(text)
            day = date.fromisoformat(document["day"])
            return datetime.combine(day, clock, zone(document["zone_name"])).astimezone(UTC)
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise BadInputError(
            f"A call must begin at a time such as 19:00, or at a moment with its zone, was {text!r}.",
            code="call_out_of_range",
            hint="Write for example 19:00, or 2026-01-05T19:00:00+08:00.",
            field="start",
        ) from error


def sites_of(place: str, fleet: Fleet) -> tuple[int, ...]:
    """Return the positions of the sites of a region, an area or of one site."""
    area = next((one for one in fleet.areas if one.area_id == place), None)
    return tuple(
        index
        for index, site in enumerate(fleet.sites)
        if place in (site.adcode, site.site_id)
        or (area is not None and (site.adcode in area.adcodes or site.site_id in area.site_ids))
    )


def _local(document: Mapping[str, Any], slot: int) -> str:
    """Return when a slot of a plan begins, by the clocks of its zone."""
    first = datetime.fromisoformat(document["slots"][0]).astimezone(zone(document["zone_name"]))
    return (first + timedelta(seconds=slot * document["slot_s"])).isoformat(timespec="minutes")


def _plan(document: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: document[name] for name in ("plan_id", "day", "zone_name", "slots", "slot_s", "day_slots")}
    return told | {"power_is_modelled": is_modelled(document)}


NOT_TOLD: Final = ("modelled", "assumed")
"""Statuses of figures that no owner stated."""


def is_modelled(document: Mapping[str, Any]) -> bool:
    """Tell whether plants, stores and areas of a plan are those of the facts, which are modelled or assumed."""
    return any(site["status"].get("plants") in NOT_TOLD for site in document["sites"])
