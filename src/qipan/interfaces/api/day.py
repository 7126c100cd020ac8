"""``/day``: run a day aside, list the runs, look into one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from qipan.access.model import Role
from qipan.interfaces.api import study
from qipan.interfaces.api.model import JobsPageOut, ReportRow, StudyOut, StudyRow, finite
from qipan.interfaces.entry import Caller, names_of, require, services_of
from qipan.interfaces.report import assets, page
from qipan.workflows.request import DayRequest
from qipan.workflows.study import StudyKind

router = APIRouter(prefix="/day", tags=["day"])
Viewer = Depends(require(Role.VIEWER))


@router.post("/run", operation_id="day.run", status_code=202)
def run(
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File(description="Trace of jobs; it may be compressed with gzip.")],
    trace_format: Annotated[str, Form(alias="format", description="philly, openb, llm or generic.")] = "generic",
    day: Annotated[date | None, Form(description="May be left out when the file holds a single day.")] = None,
    fleet_id: Annotated[str | None, Form()] = None,
    load: Annotated[float, Form(description="How many times the work.")] = 1.0,
    seed: Annotated[int, Form(description="Seed of everything that is assumed.")] = 0,
    strict: Annotated[bool, Form(description="Refuse a file with any bad row.")] = False,
    epoch: Annotated[datetime | None, Form(description="Moment of second 0 of a trace without dates.")] = None,
    zone_name: Annotated[str | None, Form(description="Zone whose clocks the trace shows.")] = None,
    carbon_yuan_per_t: Annotated[float, Form(description="Price of carbon in the plan.")] = 0.0,
    carbon_account: Annotated[Literal["location", "market"], Form()] = "location",
    green_share: Annotated[float | None, Form(description="Certificates' share of use, at every site.")] = None,
    outlook_h: Annotated[int, Form(description="Hours planned past the day.")] = 24,
    models_power: Annotated[
        bool, Form(description="Model plants, stores and areas where the fleet states none.")
    ] = False,
    grid_load: Annotated[UploadFile | None, File(description="Hourly load by region in MW, plain or gzip.")] = None,
    grid_load_scale: Annotated[float, Form(description="By how much that load is multiplied.")] = 1.0,
    reservations: Annotated[
        UploadFile | None, File(description="Contracts of reserved capacity, CSV or Parquet.")
    ] = None,
    no_worse_than: Annotated[
        str, Form(description="Leave no more of any tier unserved than this simple rule does, or any of them.")
    ] = "",
    substitutes: Annotated[
        UploadFile | None, File(description="On what else work may run, and how many units of that it takes; CSV.")
    ] = None,
    links: Annotated[UploadFile | None, File(description="Backbone links that limit what moves; CSV.")] = None,
) -> StudyOut:
    """Plan a day aside, enter its use in the ledger, compare it with what people do today.

    What cannot be read is refused at once. How far the day is, and then its ``plan_id``, is fetched under the number
    that comes back; its report stands under ``/day/reports/{plan_id}``.
    """
    wanted = DayRequest(
        data=file.file.read(),
        name=file.filename or "jobs",
        format=trace_format,
        day=day,
        fleet_id=fleet_id,
        load=load,
        seed=seed,
        strict=strict,
        epoch=epoch,
        zone_name=zone_name,
        carbon_yuan_per_t=carbon_yuan_per_t,
        carbon_account=carbon_account,
        green_share=green_share,
        outlook_h=outlook_h,
        models_power=models_power,
        grid_load=None if grid_load is None else grid_load.file.read(),
        grid_load_scale=grid_load_scale,
        reservations=None if reservations is None else reservations.file.read(),
        no_worse_than=no_worse_than,
        substitutes=None if substitutes is None else substitutes.file.read(),
        links=None if links is None else links.file.read(),
        file_names=names_of(grid_load=grid_load, reservations=reservations, substitutes=substitutes, links=links),
    )
    ask = partial(services_of(request).studies.ask_day, wanted, now=datetime.now(UTC), caller=str(caller))
    return study.begun(request, response, ask, StudyKind.DAY)


@router.get("/run", operation_id="day.runs", dependencies=[Viewer])
def runs(request: Request) -> list[StudyRow]:
    """Return the days that were asked, the newest first: whether they run, are done, or failed."""
    return study.listed(request, StudyKind.DAY)


@router.get("/run/{study_id}", operation_id="day.ran", dependencies=[Viewer])
def ran(request: Request, study_id: int) -> StudyOut:
    """Return a day that was asked: at which step it is, then its ``plan_id``, or why it could not be run."""
    return study.found(request, study_id, StudyKind.DAY)


@router.get("/reports", operation_id="day.reports", dependencies=[Viewer])
def reports(request: Request) -> list[ReportRow]:
    """Return one line for each run, the newest first."""
    return [ReportRow.model_validate(row) for row in services_of(request).day.reports()]


@router.get("/reports/{plan_id}", operation_id="day.report", dependencies=[Viewer])
def report(request: Request, plan_id: str) -> dict[str, Any]:
    """Return the report of a run; ``latest`` stands for the newest.

    Money is in fen, energy in kWh, carbon in kg, unless the name of a field says otherwise.
    """
    return services_of(request).day.report(_named(plan_id))


@router.get("/reports/{plan_id}/jobs", operation_id="day.jobs", dependencies=[Viewer])
def jobs(
    request: Request,
    plan_id: str,
    text: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[Literal["", "placed", "carried_over", "refused"], Query()] = "",
    tier: Annotated[Literal["", "realtime", "interactive", "batch", "offline"], Query()] = "",
    site_id: Annotated[str, Query(max_length=64)] = "",
    sort: Annotated[str, Query(max_length=32)] = "submit",
    descending: Annotated[bool, Query()] = False,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> JobsPageOut:
    """Return one page of the jobs of a run, with where they went or why not."""
    found = services_of(request).day.jobs(
        _named(plan_id),
        text=text,
        status=status,
        tier=tier,
        site_id=site_id,
        sort=sort,
        descending=descending,
        page=page,
        size=size,
    )
    return JobsPageOut(rows=finite(found.rows), total=found.total, page=found.page, size=found.size)


@router.get("/reports/{plan_id}/report.html", operation_id="day.report_html", dependencies=[Viewer])
def report_html(request: Request, plan_id: str, lang: Annotated[Literal["en", "zh"], Query()] = "en") -> HTMLResponse:
    """Return the report of a run as one HTML file that works offline."""
    services = services_of(request)
    written = page.html(
        services.day.report(_named(plan_id)),
        lang,
        assets.geometry(services.settings.geometry),
        assets.echarts(),
        map_approval=services.settings.map_approval,
    )
    return HTMLResponse(written, headers={"Content-Security-Policy": page.SERVED_POLICY})


def _named(plan_id: str) -> str | None:
    return None if plan_id == "latest" else plan_id
