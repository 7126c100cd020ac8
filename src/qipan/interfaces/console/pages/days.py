"""``/days``: the runs, and a form to run a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.forms import read_field
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, names_of, planning_turn, require, services_of, status_of
from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, moment, percent, yuan
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.workflows.request import DayRequest

router = APIRouter()


@router.get("/days", dependencies=[Depends(require(Role.VIEWER))])
def days(request: Request) -> Response:
    """Show all runs, the newest first."""
    return _page(request, None, {})


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
    """Run a day and show its board, or say why it cannot be run."""
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
    try:
        wanted = DayRequest(
            data=file.file.read(),
            name=file.filename or "jobs",
            format=trace_format,
            day=read_field(day, date.fromisoformat, "day", "Write for example 2017-10-09.") if day else None,
            fleet_id=fleet_id or None,
            load=read_field(load, float, "load", "Write a number such as 1 or 2.5."),
            seed=read_field(seed, int, "seed", "Write a whole number."),
            strict=bool(strict),
            zone_name=zone_name or None,
            outlook_h=read_field(outlook_h, int, "outlook_h", "Write a whole number."),
            carbon_yuan_per_t=read_field(
                carbon_yuan_per_t, float, "carbon_yuan_per_t", "Write a number such as 1 or 2.5."
            ),
            carbon_account=carbon_account,
            green_share=read_field(green_share, float, "green_share", "Write a number such as 1 or 2.5.")
            if green_share
            else None,
            grid_load_scale=read_field(grid_load_scale, float, "grid_load_scale", "Write a number such as 1 or 2.5."),
            models_power=bool(models_power),
            no_worse_than=no_worse_than,
            grid_load=_bytes(grid_load),
            reservations=_bytes(reservations),
            substitutes=_bytes(substitutes),
            links=_bytes(links),
            file_names=names_of(grid_load=grid_load, reservations=reservations, substitutes=substitutes, links=links),
            epoch=read_epoch(epoch),
        )
        with planning_turn(request):
            report = services_of(request).day.run(wanted, datetime.now(UTC), caller=str(caller))
    except QipanError as error:
        return _page(request, error, given)
    return RedirectResponse(f"/?plan={report.plan_id}", status_code=303)


def _bytes(file: UploadFile | None) -> bytes | None:
    """Return what was uploaded; a form without a file sends an empty one."""
    return file.file.read() if file is not None and file.filename else None


def _page(request: Request, error: QipanError | None, given: Mapping[str, str]) -> Response:
    services, said = services_of(request), words_of(request)
    with services.books.read() as unit:
        fleets, newest = services.ledger.fleets(unit), services.day.fleet(unit).fleet_id
    named = [(fleet.fleet_id, said.name({"name_en": fleet.name_en, "name_zh": fleet.name_zh})) for fleet in fleets]
    return render(
        request,
        "days.html",
        status=200 if error is None else status_of(error),
        error=error,
        given={"fleet_id": newest} | dict(given),
        runs=[_run(run, dict(named), said) for run in services.day.reports()],
        formats=services.dispatch.formats,
        policies=[(code, label(labels.NO_WORSE_THAN, code, said)) for code in services.day.policies],
        fleets=named,
    )


def _run(row: Mapping[str, Any], fleets: Mapping[str, str], said: Words) -> dict[str, Any]:
    """Return a run as it is listed: what tells it from the others comes first."""
    work = said.say("generated workload") if row["is_generated"] else f"{row['jobs_name']} ({row['jobs_format']})"
    return {
        "plan_id": row["plan_id"],
        "day": row["day"],
        "cells": (
            (fleets.get(row["fleet_id"], row["fleet_id"]), False),
            (work, False),
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


def read_epoch(text: str) -> datetime | None:
    """Read the moment of second 0 of a trace; an empty field names none.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    if not text:
        return None
    return read_field(text, datetime.fromisoformat, "epoch", "Write for example 2023-01-01T00:00:00+08:00.")
