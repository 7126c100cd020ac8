"""``/labour``: warnings of lost jobs that were issued, as a program asks for them, and what is done to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from qipan.access.model import Duty, Role
from qipan.bootstrap.home import carry, read_tables
from qipan.bootstrap.labour import attribute_file, scan_file
from qipan.interfaces.api.party import USERS, Body, PageNumber, PageSize, Text, has, now, paged
from qipan.interfaces.entry import caller_of, require_user, services_of
from qipan.interfaces.report.home import seen_home
from qipan.interfaces.report.labour import (
    seen_warnings,
    told_backlog,
    told_kept,
    told_outlook,
    told_subscription,
    told_warning,
)
from qipan.interfaces.report.labour_bulletin import document, served, write
from qipan.interfaces.report.labour_month import tell
from qipan.interfaces.report.words import words
from qipan.labour.model.event import EventRule
from qipan.labour.model.issued import Act
from qipan.labour.model.warning import Grade

router = APIRouter(tags=["labour"], dependencies=[USERS])

MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"
BUREAU = has(Duty.LABOUR)
ADMINS = Depends(require_user(Role.ADMIN))
ACTS = {"confirm": Act.CONFIRMED, "treat": Act.TREATED, "resolve": Act.RESOLVED, "withdraw": Act.WITHDRAWN}


class ReasonBody(Body):
    """Why."""

    reason: Text


class SubscriptionBody(Body):
    """Who is told, and of what."""

    url: Annotated[str, Field(max_length=500)]
    regions: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] = ()
    grade: Literal["blue", "yellow", "orange", "red"] = "blue"


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


@router.post("/labour/panels/{panel}/home", operation_id="labour.home")
def home(
    request: Request,
    panel: str,
    origins: Annotated[UploadFile, File(description="destination, origin, industry?, and jobs or share.")],
    bridge: Annotated[UploadFile | None, File(description="region?, industry, occupation, share.")] = None,
    jobs: Annotated[UploadFile | None, File(description="region, industry, jobs; or a panel of employment.")] = None,
) -> dict[str, Any]:
    """Carry the newest warnings of a panel home to the regions that the people come from, and that the caller may see.

    Nothing is kept.
    """
    services = services_of(request)
    with services.books.read() as unit:
        newest = services.warnings.newest(unit, panel)
    files = (one.file.read() if one else None for one in (bridge, jobs))
    tables = read_tables(services.catalog, origins.file.read(), *files)
    # Who brings the origins could say that all come from their own region: only what they may see is carried.
    told = carry(told_outlook(newest, caller_of(request).scope), tables, services.catalog)
    return seen_home(told, caller_of(request).scope)


@router.get("/labour/bulletin", operation_id="labour.bulletin", response_class=Response)
def bulletin(
    request: Request,
    panel: Annotated[str, Query(max_length=32)],
    month: Annotated[str, Query(pattern=MONTH, description="Civil month, as 2026-03.")],
    lang: Annotated[Literal["en", "zh"], Query(description="Its language.")] = "en",
    form: Annotated[Literal["html", "pdf", "xlsx", "json"], Query(alias="format", description="Its form.")] = "html",
) -> Response:
    """Return the bulletin of a month: what had been told and done by its end, of regions that the caller may see."""
    services = services_of(request)
    with services.books.read() as unit:
        told = tell(services, unit, panel, date.fromisoformat(f"{month}-01"), now(), scope=caller_of(request).scope)
    if form == "json":
        return JSONResponse(jsonable_encoder(told))
    made = document(told, services.catalog, words(lang))
    return Response(write(made, form, lang, fonts=services.settings.fonts), headers=served(panel, month, form))


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


@router.get("/labour/subscriptions", operation_id="labour.subscriptions", dependencies=[ADMINS])
def subscriptions(request: Request) -> list[dict[str, Any]]:
    """Return subscriptions to warnings and how they fare. Needs the role admin."""
    services = services_of(request)
    with services.books.read() as unit:
        return [told_backlog(one) for one in services.subscriptions.backlogs(unit)]


@router.post("/labour/subscriptions", operation_id="labour.subscribe", dependencies=[ADMINS])
def subscribe(request: Request, body: SubscriptionBody) -> dict[str, Any]:
    """Tell every step of warnings to an address from now on; its secret is returned once. Needs the role admin."""
    services = services_of(request)
    with services.books.begin(caller=str(caller_of(request))) as unit:
        made, secret = services.subscriptions.subscribe(
            unit, body.url, now(), regions=body.regions, grade=Grade(body.grade)
        )
    return {**told_subscription(made), "secret": secret}


@router.delete("/labour/subscriptions/{subscription_id}", operation_id="labour.unsubscribe", dependencies=[ADMINS])
def unsubscribe(request: Request, subscription_id: str) -> dict[str, Any]:
    """End a subscription; what waits for it is not sent. Needs the role admin."""
    services = services_of(request)
    with services.books.begin(caller=str(caller_of(request))) as unit:
        return told_subscription(services.subscriptions.unsubscribe(unit, subscription_id, now()))
