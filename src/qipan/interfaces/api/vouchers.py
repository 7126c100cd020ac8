"""``/market/vouchers``: programmes are issued from a fund and closed; what vouchers paid and can still pay."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.interfaces.api.market import Clearing, Only
from qipan.interfaces.api.party import (
    ROWS_MOST,
    Body,
    Count,
    Moment,
    Name,
    PageNumber,
    PageSize,
    User,
    is_entered,
    now,
    paged,
    sight,
)
from qipan.interfaces.entry import services_of
from qipan.market.model.voucher import Programme

router = APIRouter(prefix="/market/vouchers", tags=["market"])


class ProgrammeBody(Body):
    """What a fund promises to several holders on the same terms; all of it is put up at once."""

    programme_id: Name
    fund: Name = Field(description="Account that puts up the money, and gets back what is left.")
    rate_bp: Count = Field(description="Part of a price that it pays, in basis points.")
    cap_fen: Count = Field(description="Most that it pays of one purchase.")
    suppliers: list[Name] = Field(max_length=ROWS_MOST, description="Members that may be paid.")
    starts: Moment | None = Field(default=None, description="From when on; else now, or as it was issued before.")
    ends: Moment
    holders: dict[Annotated[str, Field(max_length=100)], Count] = Field(
        max_length=ROWS_MOST, description="What each holder's voucher may pay in all, fen by member."
    )


class ClosingBody(Body):
    """Which programme is over."""

    programme_id: Name


@router.post("", operation_id="market.voucher.issue", status_code=201)
def issue(request: Request, response: Response, caller: Clearing, body: ProgrammeBody) -> dict[str, Any]:
    """Issue the vouchers of a programme; 200 says that they were issued before. Needs the duty clearing."""
    services, at = services_of(request), now()
    with services.books.begin(caller=str(caller)) as unit:
        stands = services.vouchers.programmes(unit).get(body.programme_id)
        made = Programme(
            body.programme_id,
            body.fund,
            body.rate_bp,
            body.cap_fen,
            frozenset(body.suppliers),
            body.starts or (at if stands is None else stands.starts),
            body.ends,
            body.holders,
        )
        is_new = services.vouchers.issue(unit, made, at)
    return {"programme_id": made.programme_id, "fen": made.fen, "is_new": is_entered(response, is_new=is_new)}


@router.get("", operation_id="market.voucher.list")
def vouchers(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return vouchers with their terms and what each can still pay; of holders one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        programmes, left = services.vouchers.programmes(unit), services.vouchers.left(unit)
        closed = services.vouchers.closings(unit)
    terms = ("programme_id", "rate_bp", "cap_fen", "starts", "ends")
    rows = [
        {
            **{field: getattr(one, field) for field in terms},
            "holder": holder,
            "fen": fen,
            "left_fen": 0 if name in closed else left[name][holder],
            "suppliers": sorted(one.suppliers),
            "is_closed": name in closed,
        }
        for name, one in programmes.items()
        for holder, fen in one.holders.items()
        if is_seen(holder)
    ]
    return paged(rows, page, size)


@router.post("/closings", operation_id="market.voucher.close")
def close(request: Request, caller: Clearing, body: ClosingBody) -> dict[str, Any]:
    """Give what is left of a programme that is over back to its fund; closed, it is told again. Needs clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        fen = services.vouchers.close(unit, body.programme_id, now())
    return {"programme_id": body.programme_id, "returned_fen": fen}


@router.get("/redemptions", operation_id="market.voucher.redemptions")
def redemptions(
    request: Request,
    caller: User,
    programme_id: Annotated[str, Query(max_length=100)],
    member: Only = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return what vouchers of a programme paid of which bid, below 0 where it came back; of holders one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        services.vouchers.programme(unit, programme_id)
        found = services.vouchers.redeemed(unit, programme_id)
    rows = [{**one._asdict(), "refund_id": refund_id or None} for one, refund_id in found if is_seen(one.holder)]
    return paged(rows, page, size)
