"""``/days``: the runs, and a form to run a day aside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.services import Services
from qipan.interfaces.console import studies
from qipan.interfaces.console.forms import read_epoch, read_field, read_file, read_tables
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, require, services_of, status_of
from qipan.interfaces.report import labels
from qipan.interfaces.report.day import jobs_from
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, moment, percent, yuan
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.workflows.request import DayRequest
from qipan.workflows.study import StudyKind

router = APIRouter()
StudyNumber = Annotated[int | None, Query(ge=1, le=2**62)]
NUMBER: Final = "Write a number such as 1 or 2.5."


@router.get("/days", dependencies=[Depends(require(Role.VIEWER))])
def days(request: Request, study: StudyNumber = None) -> Response:
    """Show all runs, the newest first, and how far the one is that is asked for; one that is done leads to its plan."""
    asked = None if study is None else studies.study_of(request, StudyKind.DAY, study)
    if asked is not None and asked["state"] == "done" and "hx-request" not in request.headers:
        return RedirectResponse(f"/?{urlencode({'plan': asked['result']['plan_id']})}", status_code=303)
    return _page(request, asked, None, {} if asked is None else _given(asked["terms"]))


@router.post("/days")
def run(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File()],
    trace_format: Annotated[str, Form(alias="format")] = "generic",
    day: Annotated[str, Form()] = "",
    fleet_id: Annotated[str, Form()] = "",
    load: Annotated[str, Form()] = "1",
    seed: Annotated[str, Form()] = "0",
    epoch: Annotated[str, Form()] = "",
    zone_name: Annotated[str, Form()] = "",
    outlook_h: Annotated[str, Form()] = "24",
    carbon_yuan_per_t: Annotated[str, Form()] = "0",
    carbon_account: Annotated[str, Form()] = "location",
    green_share: Annotated[str, Form()] = "",
    grid_load_scale: Annotated[str, Form()] = "1",
    strict: Annotated[str, Form()] = "",
    models_power: Annotated[str, Form()] = "",
    no_worse_than: Annotated[str, Form()] = "",
    grid_load: Annotated[UploadFile | None, File()] = None,
    reservations: Annotated[UploadFile | None, File()] = None,
    substitutes: Annotated[UploadFile | None, File()] = None,
    links: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Run a day aside and lead to where it is followed, or say why it cannot be run."""
    given = {
        "format": trace_format,
        "day": day,
        "fleet_id": fleet_id,
        "load": load,
        "seed": seed,
        "epoch": epoch,
        "zone_name": zone_name,
        "outlook_h": outlook_h,
        "carbon_yuan_per_t": carbon_yuan_per_t,
        "carbon_account": carbon_account,
        "green_share": green_share,
        "grid_load_scale": grid_load_scale,
        "strict": strict,
        "models_power": models_power,
        "no_worse_than": no_worse_than,
    }

    def ask(services: Services) -> int:
        data, name = read_file(file)
        tables, names = read_tables(
            grid_load=grid_load, reservations=reservations, substitutes=substitutes, links=links
        )
        wanted = DayRequest(
            data=data,
            name=name or "jobs",
            format=trace_format,
            day=read_field(day, date.fromisoformat, "day", "Write for example 2017-10-09.") if day else None,
            fleet_id=fleet_id or None,
            load=read_field(load, float, "load", NUMBER),
            seed=read_field(seed, int, "seed", "Write a whole number."),
            strict=bool(strict),
            epoch=read_epoch(epoch),
            zone_name=zone_name.strip() or None,
            outlook_h=read_field(outlook_h, int, "outlook_h", "Write a whole number."),
            carbon_yuan_per_t=read_field(carbon_yuan_per_t, float, "carbon_yuan_per_t", NUMBER),
            carbon_account=carbon_account,
            green_share=read_field(green_share, float, "green_share", NUMBER) if green_share else None,
            grid_load_scale=read_field(grid_load_scale, float, "grid_load_scale", NUMBER),
            models_power=bool(models_power),
            no_worse_than=no_worse_than,
            file_names=names,
            grid_load=tables.get("grid_load"),
            reservations=tables.get("reservations"),
            substitutes=tables.get("substitutes"),
            links=tables.get("links"),
        )
        return services.studies.ask_day(wanted, now=datetime.now(UTC), caller=str(caller))

    try:
        return studies.start(request, StudyKind.DAY, ask)
    except QipanError as error:
        return _page(request, None, error, given)


def _page(
    request: Request, study: Mapping[str, Any] | None, error: QipanError | None, given: Mapping[str, str]
) -> Response:
    services, said = services_of(request), words_of(request)
    listed = studies.listed(request, StudyKind.DAY)
    if study is None and error is None and listed and listed[0]["state"] == "running":
        study = studies.study_of(request, StudyKind.DAY, listed[0]["study_id"])
    with services.books.read() as unit:
        fleets, newest = services.ledger.fleets(unit), services.day.fleet(unit).fleet_id
    named = [(fleet.fleet_id, said.name({"name_en": fleet.name_en, "name_zh": fleet.name_zh})) for fleet in fleets]
    answer = render(
        request,
        "days.html",
        status=200 if error is None else status_of(error),
        error=error,
        given={"fleet_id": newest} | dict(given),
        runs=[_run(run, dict(named), said) for run in services.day.reports()],
        formats=services.dispatch.formats,
        policies=[(code, label(labels.NO_WORSE_THAN, code, said)) for code in services.day.policies],
        fleets=named,
        **studies.shown(request, StudyKind.DAY, study, listed, error),
    )
    return studies.refreshed(request, answer, study)


def _given(terms: Mapping[str, Any]) -> dict[str, str]:
    """Return what the form of a study held, but for its files, so that it can be sent again."""

    def written(value: Any) -> str:
        if isinstance(value, bool):
            return "1" if value else ""
        return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)

    return {name: written(value) for name, value in terms.items() if value is not None}


def _run(row: Mapping[str, Any], fleets: Mapping[str, str], said: Words) -> dict[str, Any]:
    """Return a run as it is listed: what tells it from the others comes first."""
    return {
        "plan_id": row["plan_id"],
        "day": row["day"],
        "cells": (
            (fleets.get(row["fleet_id"], row["fleet_id"]), False),
            (jobs_from(row, said), False),
            (moment(row["created"], BOARD_ZONE), False),
            (f"× {row['load']:g}", True),
            (grouped(row["jobs"]), True),
            (grouped(row["placed"]), True),
            (grouped(row["carried_over"]), True),
            (grouped(row["refused"]), True),
            (yuan(row["cost_fen"]), True),
            (_signed(row["cost_change"]), True),
            (_signed(row["location_change"]), True),
            (_signed(row["market_change"]), True),
        ),
    }


def _signed(change: float | None) -> str:
    """Write a change with its sign.

    Examples
    --------
    >>> _signed(-0.123), _signed(0.0426), _signed(None)
    ('−12.3 %', '+4.3 %', '–')
    """
    if change is None:
        return percent(None)
    return f"{'−' if change < 0 else '+'}{percent(abs(change))}"
