"""``/labour``: where jobs are at risk, the watch list, one cell with its warnings, and the feed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, require_user, services_of, status_of
from qipan.interfaces.report import labour_pages as pages
from qipan.interfaces.report.feeds import fresh_table, told_fresh
from qipan.interfaces.report.figures import last_day
from qipan.interfaces.report.labour import GRADES, horizon_text, seen_warnings, told_kept, told_outlook
from qipan.interfaces.report.labour_bulletin import document, served, write
from qipan.interfaces.report.labour_month import tell
from qipan.interfaces.report.words import words
from qipan.kernel.errors import BadInputError, NotFoundError, QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.model.issued import Act, IssuedWarning
from qipan.labour.model.panel import Cell

router = APIRouter()

Reader = Annotated[Caller, Depends(require_user(Role.VIEWER))]
PanelName = Annotated[str, Query(max_length=32)]
Part = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form(max_length=500)]
ACTS = {"confirm": Act.CONFIRMED, "treat": Act.TREATED, "resolve": Act.RESOLVED, "withdraw": Act.WITHDRAWN}


@router.get("/labour")
def show(request: Request, caller: Reader, panel: PanelName = "") -> Response:
    """Show the heat map of a panel, the newest without a name, the map, and the watch list."""
    services, said = services_of(request), words_of(request)
    names = pages.names_of(services.catalog.regions(), said)
    with services.books.read() as unit:
        known = services.warnings.panels(unit)
        chosen = panel or next(iter(known), "")
        came = services.feeds.fresh(unit, datetime.now(ZoneInfo(BOARD_ZONE)).date())
        fresh = fresh_table([told_fresh(one, caller.scope) for one in came], said) if came else None
        if not chosen:
            return render(request, "labour.html", told=None, panels=(), fresh=fresh)
        told = told_outlook(services.warnings.newest(unit, chosen), caller.scope)
        found = seen_warnings(services.warnings.warnings(unit, panel=chosen, open_only=True), caller.scope)
        kept = told_kept(services.warnings.kept(unit, chosen))
    assets: Assets = request.app.state.assets
    drawn = pages.by_region(told, names, said)
    return render(
        request,
        "labour.html",
        told=told,
        panels=known,
        kept=kept,
        fresh=fresh,
        heat=pages.heat(told, names, services.catalog, said),
        when=horizon_text(told, said.lang),
        watch=pages.watch_list(told, {_key(one.cell): one.warning_id for one in found}, names, said),
        charts=drawn and {"board": drawn, "geometry": assets.address(GEOMETRY)},
    )


@router.get("/labour/cell")
def cell(
    request: Request, caller: Reader, panel: PanelName, region: Part, industry: Part = "", occupation: Part = ""
) -> Response:
    """Show one cell: its history, how it stands, and every warning of it."""
    return _cell(request, caller, panel, Cell(region, industry, occupation))


@router.post("/labour/cell")
def act(request: Request, caller: Reader, warning: Field, act: Field, reason: Field = "") -> Response:
    """Confirm, treat, resolve or withdraw a warning."""
    caller.require_duty(Duty.LABOUR)
    services = services_of(request)
    with services.books.read() as unit:
        (one,) = seen_warnings([services.warnings.warning(unit, warning)], caller.scope, must=True)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            services.warnings.act(unit, warning, ACTS.get(act, Act.RESOLVED), reason, datetime.now(UTC))
    except QipanError as error:
        return _cell(request, caller, one.panel, one.cell, error=error)
    return RedirectResponse(pages.address(one.panel, _told(one.cell)), status_code=303)


@router.get("/labour/feed.xml")
def feed(request: Request, caller: Reader, lang: Annotated[Literal["", "en", "zh"], Query()] = "") -> Response:
    """Give the newest steps of warnings away as RSS; readers of feeds name no language, so its address does."""
    services, said = services_of(request), words(lang) if lang else words_of(request)
    with services.books.read() as unit:
        found = seen_warnings(services.warnings.warnings(unit), caller.scope)
    names = pages.names_of(services.catalog.regions(), said)
    made = pages.feed(found, names, said, str(request.base_url).rstrip("/"))
    return Response(made, media_type="application/rss+xml; charset=utf-8")


@router.get("/labour/bulletin")
def bulletin(
    request: Request,
    caller: Reader,
    panel: PanelName = "",
    month: Annotated[str, Query(max_length=7)] = "",
    form: Annotated[Literal["", "html", "pdf", "xlsx"], Query()] = "",
) -> Response:
    """Show the bulletin of a month, or give it away as a file."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        known = services.warnings.panels(unit)
        chosen = panel or next(iter(known), "")
        if not chosen:
            return render(request, "labour.html", told=None, panels=())
        months = services.warnings.months(unit, chosen, now)
        # Without a month, the last one that is over; of a panel that is newer, this one.
        asked = _month(month) if month else months[:2][-1] if months else last_day(now)
        told = tell(services, unit, chosen, asked, now, scope=caller.scope)
    made = document(told, services.catalog, said)
    if form:
        data = write(made, form, said.lang, fonts=services.settings.fonts)
        return Response(data, headers=served(chosen, told["month"], form))
    return render(
        request,
        "labour_bulletin_page.html",
        told=told,
        document=made,
        panels=known,
        months=[f"{one:%Y-%m}" for one in months],
        forms={"html": "HTML", "pdf": "PDF", "xlsx": "Excel"},
    )


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise BadInputError(
            f"A month must be written as 2026-03, was {text!r}.",
            code="month_malformed",
            hint="Choose one of the list.",
            field="month",
        ) from error


def _cell(request: Request, caller: Caller, panel: str, cell: Cell, *, error: QipanError | None = None) -> Response:
    services, said = services_of(request), words_of(request)
    names = pages.names_of(services.catalog.regions(), said)
    with services.books.read() as unit:
        told = told_outlook(services.warnings.newest(unit, panel), caller.scope)
        found = [one for one in services.warnings.warnings(unit, panel=panel) if one.cell == cell]
    state = pages.found_in(told, "cells", _told(cell))
    if state is None:
        raise NotFoundError(
            f"A cell must be in the newest outlook of {panel}, was not: {cell}.",
            code="cell_unknown",
            hint="Choose one of the heat map.",
        )
    warned = pages.found_in(told, "warnings", _told(cell))
    chart, table = pages.history(state, told, said)
    return render(
        request,
        "labour_cell.html",
        status=200 if error is None else status_of(error),
        name=pages.cell_name(_told(cell), names),
        told=told,
        standing=said.say(pages.STANDING[state["standing"]]),
        warned=warned,
        grade=pages.in_words(GRADES[warned["grade"]], said) if warned else "",
        evidence=pages.evidence(warned, told, said) if warned else None,
        chances=pages.chances(warned, said) if warned else None,
        steps=[(one, pages.steps(one, said)) for one in reversed(_seen(found))],
        table=table,
        may_act=caller.has_duty(Duty.LABOUR),
        charts={"path": chart},
        error=error,
    )


def _seen(found: list[IssuedWarning]) -> list[IssuedWarning]:
    return sorted(found, key=lambda one: one.steps[0].at)


def _told(cell: Cell) -> dict[str, Any]:
    return {"region": cell.region, "industry": cell.industry, "occupation": cell.occupation}


def _key(cell: Cell) -> str:
    return f"{cell.region}/{cell.industry}/{cell.occupation}"
