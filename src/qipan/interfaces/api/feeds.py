"""``/labour/feeds``: who sends figures of labour, on which agreement, what came, and what is late; crosswalks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from qipan.access.model import Duty
from qipan.bootstrap.crosswalks import choose, names_of
from qipan.interfaces.api.party import USERS, Body, Text, has, is_entered, now, plain
from qipan.interfaces.entry import caller_of, services_of
from qipan.interfaces.report.feeds import parted, told_delivery, told_feed, told_fresh
from qipan.kernel.errors import NotAllowedError
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.cross.look_up import look_up

router = APIRouter(prefix="/labour", tags=["labour"], dependencies=[USERS])

BUREAU = has(Duty.LABOUR)


def of_all(request: Request) -> None:
    """Refuse a caller who does not see every region: a feed speaks of all of them."""
    caller = caller_of(request)
    if not caller.scope.is_country:
        raise NotAllowedError(
            f"Who keeps a feed must see the whole country, was {caller.name}, who sees some regions.",
            code="scope_narrow",
            hint="Ask somebody with the duty labour who sees the whole country.",
        )


KEEPER = [BUREAU, Depends(of_all)]


class SharingBody(Body):
    """The agreement that a feed rests on; docs/feeds.md has every field."""

    parties: list[str]
    purposes: list[str]
    since: date
    until: date
    columns: list[str]
    least_shown: int
    kept_days: int


class FeedBody(Body):
    """A feed; docs/feeds.md has every field."""

    name: str
    title: str
    holder: str
    source: str
    indicator: str
    unit: str
    direction: str
    by: list[str]
    cadence: str
    delay_days: int
    grace_days: int
    sharing: SharingBody


class EndBody(Body):
    """Why."""

    reason: Text


@router.post("/feeds", operation_id="labour.feed.add", dependencies=KEEPER)
def add(request: Request, body: FeedBody) -> dict[str, Any]:
    """Enter a feed, with the agreement that it rests on. Needs the duty labour."""
    services = services_of(request)
    with services.books.begin(caller=str(caller_of(request))) as unit:
        return told_feed(services.feeds.add(unit, body.model_dump(), now()))


@router.get("/feeds", operation_id="labour.feed.list")
def list_(request: Request) -> list[dict[str, Any]]:
    """Return all feeds with their agreements."""
    services = services_of(request)
    with services.books.read() as unit:
        return [told_feed(one) for one in services.feeds.feeds(unit)]


@router.get("/feeds/{name}", operation_id="labour.feed.show", dependencies=KEEPER)
def show(request: Request, name: str) -> dict[str, Any]:
    """Return a feed and what came of it. Needs the duty labour."""
    services = services_of(request)
    with services.books.read() as unit:
        came = services.feeds.deliveries(unit, name)
        return {**told_feed(services.feeds.feed(unit, name)), "deliveries": [told_delivery(one) for one in came]}


@router.post("/feeds/{name}/end", operation_id="labour.feed.end", dependencies=KEEPER)
def end(request: Request, name: str, body: EndBody) -> dict[str, Any]:
    """End a feed from the next day on, with a reason. Needs the duty labour."""
    services = services_of(request)
    with services.books.begin(caller=str(caller_of(request))) as unit:
        return told_feed(services.feeds.end(unit, name, body.reason, now()))


@router.post("/feeds/{name}/deliveries", operation_id="labour.feed.receive", status_code=201, dependencies=KEEPER)
def receive(
    request: Request,
    response: Response,
    name: str,
    file: Annotated[UploadFile, File(description="CSV, Parquet or Excel.")],
    released: Annotated[date | None, Query(description="Of rows that name no release; else today.")] = None,
) -> dict[str, Any]:
    """Take a delivery in; 201 acknowledges it, 200 says that the same bytes were before. Needs the duty labour."""
    services = services_of(request)
    data = file.file.read()
    with services.books.begin(caller=str(caller_of(request))) as unit:
        made, findings, is_new = services.feeds.receive(unit, name, data, now(), released=released)
    with services.books.read() as unit:
        services.feeds.project(unit)
    told = {**told_delivery(made), "is_new": is_entered(response, is_new=is_new)}
    refused, moved = parted(findings)
    return {**told, "refused_rows": [plain(one) for one in refused], "moved_rows": [plain(one) for one in moved]}


@router.get("/fresh", operation_id="labour.fresh")
def fresh(
    request: Request, as_of: Annotated[date | None, Query(description="At the end of this day; else today.")] = None
) -> list[dict[str, Any]]:
    """Return which feed is late, since when and by how much, and silent cells that the caller may see."""
    services = services_of(request)
    day = as_of or datetime.now(ZoneInfo(BOARD_ZONE)).date()
    with services.books.read() as unit:
        found = services.feeds.fresh(unit, day)
    return [told_fresh(one, caller_of(request).scope) for one in found]


@router.get("/cross/{code}", operation_id="labour.cross")
def cross(
    code: str,
    of: Annotated[str, Query(max_length=20, description="csco or isco.")] = "csco",
    to: Annotated[str, Query(max_length=20, description="isco or csco.")] = "isco",
    digits: Annotated[int, Query(ge=0, le=10, description="Take codes together by their first signs.")] = 0,
) -> dict[str, Any]:
    """Return what an occupation may be in another classification, and how likely."""
    crosswalk, _ = choose(of, to)
    names = names_of(to)
    found = [
        {"code": one, "name": names.get(one, ""), "probability": share}
        for one, share in look_up(crosswalk, code, digits=digits)
    ]
    return {"code": code, "from": of, "to": to, "candidates": found, "source": crosswalk.source}
