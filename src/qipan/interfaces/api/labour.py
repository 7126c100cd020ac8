"""``/labour``: warnings of lost jobs that were issued, as a program asks for them, and what is done to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile

from qipan.access.model import Duty
from qipan.bootstrap.labour import attribute_file, scan_file
from qipan.interfaces.api.party import USERS, Body, PageNumber, PageSize, Text, has, now, paged
from qipan.interfaces.entry import caller_of, services_of
from qipan.interfaces.report.labour import seen_warnings, told_kept, told_outlook, told_warning
from qipan.labour.model.event import EventRule
from qipan.labour.model.issued import Act

router = APIRouter(tags=["labour"], dependencies=[USERS])

BUREAU = has(Duty.LABOUR)
ACTS = {"confirm": Act.CONFIRMED, "treat": Act.TREATED, "resolve": Act.RESOLVED, "withdraw": Act.WITHDRAWN}


class ReasonBody(Body):
    """Why."""

    reason: Text


@router.get("/labour/panels", operation_id="labour.panels")
def panels(request: Request) -> list[dict[str, Any]]:
    """Return the panels of which warnings were issued, with what they came to beside what was promised."""
    services = services_of(request)
    with services.books.read() as unit:
        return [told_kept(services.warnings.kept(unit, name)) for name in services.warnings.panels(unit)]


@router.get("/labour/panels/{panel}", operation_id="labour.outlook")
def outlook(request: Request, panel: str) -> dict[str, Any]:
    """Return what was told of a panel last: how it stands with every cell that the caller may see."""
    services = services_of(request)
    with services.books.read() as unit:
        return told_outlook(services.warnings.newest(unit, panel), caller_of(request).scope)


@router.get("/labour/warnings", operation_id="labour.warnings")
def warnings(
    request: Request,
    panel: Annotated[str | None, Query(max_length=32)] = None,
    open_only: Annotated[bool, Query(description="Only those that are not over.")] = False,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return warnings in the order in which they were issued; of the regions that the caller may see."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.warnings.warnings(unit, panel=panel, open_only=open_only)
    seen = seen_warnings(found, caller_of(request).scope)
    return paged([told_warning(one) for one in seen], page, size)


@router.get("/labour/warnings/{warning_id}", operation_id="labour.warning")
def warning(request: Request, warning_id: str) -> dict[str, Any]:
    """Return a warning with every step."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.warnings.warning(unit, warning_id)
    return told_warning(seen_warnings([found], caller_of(request).scope, must=True)[0])


@router.post("/labour/attribute", operation_id="labour.attribute")
def attribute(
    request: Request,
    file: Annotated[UploadFile, File(description="Panel: region, industry or occupation, period, value.")],
    exposures: Annotated[list[UploadFile], File(description="Who is exposed to which kind of machine; one or more.")],
    since: Annotated[date, Form(description="The change begins with the first period from this day on.")],
    years: Annotated[float, Form(ge=0.05, le=20, description="How long before and after it is compared.")] = 1.0,
    levels: Annotated[bool, Form(description="Changes in the unit of the panel, not as shares of its values.")] = False,
) -> dict[str, Any]:
    """Return what of a change is put down to machines, the cycle, the region, the industry; nothing is kept."""
    given = [(one.filename or "exposures", one.file.read()) for one in exposures]
    panel = file.filename or "panel", file.file.read()
    return attribute_file(panel, given, services_of(request).catalog, since, years=years, is_level=levels)


@router.post("/labour/clusters", operation_id="labour.clusters")
def clusters(
    request: Request,
    file: Annotated[UploadFile, File(description="Panel: region, industry or occupation, period, value.")],
    events: Annotated[str, Form(max_length=40, description="As rise 2.0 in its unit, or fall 10%.")],
    neighbours: Annotated[
        UploadFile | None, File(description="Which regions adjoin; provinces by their adcodes need none.")
    ] = None,
    as_of: Annotated[date | None, Form(description="See only what was known that day.")] = None,
    false_clusters: Annotated[float, Form(ge=0.01, le=100, description="How many a year chance may make.")] = 1.0,
) -> dict[str, Any]:
    """Return where adjoining regions lose work at once in industries that adjoin; nothing is kept."""
    panel = file.filename or "panel", file.file.read()
    beside = None if neighbours is None else (neighbours.filename or "neighbours", neighbours.file.read())
    catalog, rule = services_of(request).catalog, EventRule.read(events)
    return scan_file(panel, beside, catalog, rule, as_of=as_of, false_a_year=false_clusters)


@router.post("/labour/warnings/{warning_id}/{act}", operation_id="labour.act", dependencies=[BUREAU])
def do(
    request: Request,
    warning_id: str,
    act: Literal["confirm", "treat", "resolve", "withdraw"],
    body: ReasonBody,
) -> dict[str, Any]:
    """Confirm, treat, resolve or withdraw a warning, with a reason. Needs the duty labour."""
    services, caller = services_of(request), caller_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        seen_warnings([services.warnings.warning(unit, warning_id)], caller.scope, must=True)
        return told_warning(services.warnings.act(unit, warning_id, ACTS[act], body.reason, now()))
