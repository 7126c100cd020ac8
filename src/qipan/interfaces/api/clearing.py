"""``/market``: margin is brought, the day marked and settled, members called and closed out; what moved is told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.accounts.model.posting import Action
from qipan.interfaces.api.market import Clearing, Only
from qipan.interfaces.api.party import (
    USERS,
    Body,
    Count,
    Name,
    PageNumber,
    PageSize,
    User,
    act_for,
    is_entered,
    look_at,
    now,
    paged,
    plain,
    sight,
)
from qipan.interfaces.entry import services_of
from qipan.workflows import pay_margin

router = APIRouter(prefix="/market", tags=["market"])


class _Paid(Body):
    member: Name
    fen: Count
    transfer_id: Name = Field(description="Chosen by who asks; the same again changes nothing.")


class BringBody(_Paid):
    """Money for a member's margin, or for its share of the mutual fund."""

    source: Name = Field(description="Account that it comes from; of the party itself, unless clearing pays.")
    to_fund: bool = Field(default=False, description="To its share of the mutual fund, not to its margin.")


class TakeBackBody(_Paid):
    """Free margin that is taken back; what is held stays."""

    account: Name = Field(description="Account that it goes to; of the party itself, unless clearing pays.")


class MarkBody(Body):
    """What is known of prices besides the books."""

    plan_fen_per_card_h: dict[str, Annotated[float, Field(ge=0, le=1e9)]] = Field(
        default={}, max_length=1000, description="Price of the physical plan by instrument, where nothing was traded."
    )


class DefaultBody(Body):
    """Who did not answer its call."""

    member: Name


@router.post("/margin/bring", operation_id="market.member.bring", status_code=201)
def bring(request: Request, response: Response, caller: User, body: BringBody) -> dict[str, Any]:
    """Bring money to a member's margin, or to its share of the mutual fund; for its trader or site, and clearing."""
    act_for(caller, body.member, Duty.CLEARING)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        act_for(caller, services.accounts.account(unit, body.source).owner, Duty.CLEARING)
        is_new = pay_margin.bring(
            unit,
            services.margins,
            services.accounts,
            now(),
            member=body.member,
            source=body.source,
            fen=body.fen,
            transfer_id=body.transfer_id,
            to_fund=body.to_fund,
        )
    return {"member": body.member, "fen": body.fen, "is_new": is_entered(response, is_new=is_new)}


@router.post("/margin/take-back", operation_id="market.member.take_back", status_code=201)
def take_back(request: Request, response: Response, caller: User, body: TakeBackBody) -> dict[str, Any]:
    """Take free margin back to an account; for the member's trader or site, and clearing."""
    act_for(caller, body.member, Duty.CLEARING)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        act_for(caller, services.accounts.account(unit, body.account).owner, Duty.CLEARING)
        is_new = pay_margin.take_back(
            unit,
            services.margins,
            services.accounts,
            now(),
            member=body.member,
            account=body.account,
            fen=body.fen,
            transfer_id=body.transfer_id,
        )
    return {"member": body.member, "fen": body.fen, "is_new": is_entered(response, is_new=is_new)}


@router.get("/margin", operation_id="market.member.margin")
def margin(request: Request, caller: User, member: Only = None) -> list[dict[str, Any]]:
    """Return what members have, what of it is held, what positions and open orders need, and open calls, in fen."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        purses, needed = services.margins.purses(unit), services.margins.required(unit)
        calls = services.margins.calls(unit)
    return [
        {
            "member": one.member,
            "margin_fen": one.margin_fen,
            "held_fen": one.hold.fen if one.hold else 0,
            "required_fen": needed.get(one.member, 0),
            "fund_fen": one.share_fen,
            "call_fen": calls.get(one.member, 0),
            "is_defaulted": one.is_defaulted,
        }
        for one in purses
        if is_seen(one.member)
    ]


@router.post("/marks", operation_id="market.forward.mark")
def mark(request: Request, caller: Clearing, body: MarkBody) -> list[dict[str, Any]]:
    """Fix the marks of this day, once; again, they are told again. Needs the duty clearing.

    Closing window, else middle of bid and ask, else the plan's price.
    """
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        return [plain(one) for one in services.clearing.mark(unit, now(), body.plan_fen_per_card_h)]


@router.get("/marks", operation_id="market.forward.marks", dependencies=[USERS])
def marks(
    request: Request,
    instrument: Annotated[str | None, Query(max_length=100, description="Only of this book.")] = None,
    day: Annotated[date | None, Query(description="Only of this day of UTC+8.")] = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return settlement prices day by day, each with the rule that gave it and what it rests on."""
    services = services_of(request)
    with services.books.read() as unit:
        if instrument is not None:
            services.trading.listing(unit, instrument)
        found = services.clearing.marks(unit, instrument=instrument)
    return paged([one for one in found if day in {None, one.day}], page, size)


@router.post("/settlements", operation_id="market.forward.settle")
def settle(request: Request, caller: Clearing) -> dict[str, Any]:
    """Pay what the newest marks lead to, whole; or call for missing margin and post nothing. Needs the duty clearing.

    ``is_settled`` says which; ``calls_fen`` names who is called. Once settled, it is told again and nothing is posted.
    """
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found = services.clearing.settle(unit, now())
    names = ("day", "paid_fen", "required_fen", "calls_fen", "digest", "is_settled")
    return {name: getattr(found, name) for name in names}


@router.get("/calls", operation_id="market.member.calls")
def calls(request: Request, caller: User, member: Only = None) -> list[dict[str, Any]]:
    """Return the calls for margin that are open, in fen; of the members that one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.margins.calls(unit)
    return [{"member": name, "call_fen": fen} for name, fen in found.items() if is_seen(name)]


@router.post("/defaults", operation_id="market.forward.default")
def default(request: Request, caller: Clearing, body: DefaultBody) -> dict[str, Any]:
    """Declare that a member did not answer its call, and close out what it holds. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        closed = services.clearing.default(unit, body.member, now())
        left = [one for one in services.trading.exposures(unit, member=body.member) if one.position]
    return {"member": body.member, "trades": [plain(one) for one in closed], "left": [plain(one) for one in left]}


@router.get("/statement", operation_id="market.member.statement")
def statement(request: Request, caller: User, member: str) -> dict[str, Any]:
    """Return what moved on a member's margin account; its proofs are in ``POST /accounts/statements``."""
    look_at(caller, member, Duty.CLEARING)
    services = services_of(request)
    with services.books.read() as unit:
        services.trading.member(unit, member)
        account = services.margins.account(member)
        found = list(services.accounts.transfers(unit, account))
    balance, told = 0, []
    for one in found:
        is_in = (one.credit == account) is not (one.action in {Action.VOID, Action.LAPSE})
        fen = one.amount if is_in else -one.amount
        balance += fen if one.action in {Action.MOVE, Action.POST} else 0
        line = {name: getattr(one, name) for name in ("at", "transfer_id", "reason", "action")}
        told.append({**line, "fen": fen, "balance_fen": balance})
    return {"member": member, "account": account, "transfers": told}
