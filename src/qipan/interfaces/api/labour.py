"""``/labour``: warnings of lost jobs that were issued, as a program asks for them, and what is done to them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, Request, UploadFile

from qipan.access.model import Duty
from qipan.bootstrap.home import carry, read_tables
from qipan.interfaces.api.party import USERS, Body, PageNumber, PageSize, Text, has, now, paged
from qipan.interfaces.entry import caller_of, services_of
from qipan.interfaces.report.home import seen_home
from qipan.interfaces.report.labour import seen_warnings, told_kept, told_outlook, told_warning
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
    told = carry({**newest.told, "panel": panel}, tables, services.catalog)
    return seen_home(told, caller_of(request).scope)


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
