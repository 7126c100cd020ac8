"""``/agreements``: what an agreement would bring, signatures, bills, shares, pledges; what future income is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import Field

from qipan.access.model import Duty, Role
from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.bill import Use
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.posted import Pledge, PostedBill, PostedShare, Signed
from qipan.agreements.simulate import simulate as simulated
from qipan.bootstrap.files import read_agreement, read_scenarios
from qipan.interfaces.api.party import (
    Body,
    Count,
    MaybeName,
    MonthName,
    Name,
    User,
    act_for,
    first_of_month,
    has,
    is_entered,
    now,
    plain,
    sight,
)
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.api.valuation import told_simulation, told_value
from qipan.interfaces.entry import Caller, require, services_of
from qipan.kernel.errors import of_file

router = APIRouter(prefix="/agreements", tags=["agreements"])

Clearing = Annotated[Caller, has(Duty.CLEARING)]
READERS = has(Duty.CLEARING, reads=True)
Toml = Annotated[UploadFile, File(description="TOML of the agreement.")]
Share = Annotated[Decimal, Field(gt=0, le=1, max_digits=12, decimal_places=6)]


class BillBody(Body):
    """What the buyer took in a month."""

    month: MonthName
    taken_card_h: Count
    available_card_h: Count | None = Field(default=None, description="What was ready; null for all of the volume.")
    index: Decimal | None = Field(default=None, description="As published.", max_digits=20, allow_inf_nan=False)


class ShareBody(Body):
    """Congestion rent or green premium of a month."""

    pool: Pool = Field(description="rent or green_premium.")
    month: MonthName
    fen: Count
    source: Name = Field(description="Account that it comes from.")


class SplitBody(Body):
    """One event of the agreement's enclave."""

    event_id: Name
    day: date = Field(description="Whose sharing table counts.")
    source: MaybeName = Field(default="", description="The enclave's own account, where money moves.")
    amounts: dict[Item, Annotated[int, Field(ge=0, le=2**53 - 1)]] = Field(description="Of each item, in its unit.")


class PledgeBody(Body):
    """A share of an agreement's revenue that is promised to a holder for months to come."""

    pledge_id: Name
    holder: Name = Field(description="Who gets that share of each bill, as a bond's trustee.")
    share: Share
    first: MonthName = Field(description="First month.")
    until: MonthName = Field(description="Month after the last.")


@router.post("/simulate", operation_id="agreements.simulate", dependencies=[Depends(require(Role.VIEWER))])
def simulate(
    request: Request, file: Toml, scenarios: Annotated[UploadFile, File(description="CSV of what may happen.")]
) -> dict[str, Any]:
    """Say what each party gains against no agreement, and at which base prices nobody loses; nothing is kept."""
    facts = services_of(request).settings.facts
    with of_file(file.filename or "agreement"):
        agreement = read_agreement(file.file.read(), facts)
    with of_file(scenarios.filename or "scenarios"):
        found = simulated(agreement, read_scenarios(scenarios.file.read()))
    return told_simulation(agreement.agreement_id, found)


@router.post("/value", operation_id="agreements.value", dependencies=[Depends(require(Role.VIEWER))])
def value(
    file: Annotated[UploadFile, File(description="TOML of the prospectus.")],
    worth_fen: Annotated[int | None, Form(description="Also find the price at which it is worth so much.")] = None,
) -> dict[str, Any]:
    """Value a site's future income: cash by year, yields, sensitivity, the waterfall of its bond; nothing is kept."""
    with of_file(file.filename or "prospectus"):
        return told_value(file.file.read(), worth_fen)


@router.post("/signatures", operation_id="agreements.sign", status_code=201)
def sign(
    request: Request,
    response: Response,
    caller: User,
    file: Toml,
    party: Annotated[str, Form(max_length=100, description="Who signs: buyer or seller.")],
) -> dict[str, Any]:
    """Sign an agreement, or a new text of it, for a party; in force once both have signed; for the party's trader."""
    caller.require_duty(Duty.TRADER, party=party)
    services = services_of(request)
    with of_file(file.filename or "agreement"):
        agreement = read_agreement(file.file.read(), services.settings.facts)
    with services.books.begin(caller=str(caller)) as unit:
        signed, is_new = services.signing.sign(unit, agreement, party, now())
    return {**_signed(signed), "is_new": is_entered(response, is_new=is_new)}


@router.get("", operation_id="agreements.list")
def agreements(request: Request, caller: User) -> list[dict[str, Any]]:
    """Return the newest text of each agreement of the parties that one acts for; of all for clearing and auditor."""
    services, is_seen = services_of(request), sight(caller, None, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.signing.all(unit)
    return [_signed(one) for one in found if is_seen(one.agreement.buyer) or is_seen(one.agreement.seller)]


@router.get("/check", operation_id="agreements.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Make every bill, share and event anew from what was signed; nothing when all is well."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.signing.check(unit) + services.settling.check(unit)
    return [FindingOut(**asdict(one)) for one in found]


@router.get("/{agreement_id}", operation_id="agreements.show")
def show(request: Request, caller: User, agreement_id: str) -> dict[str, Any]:
    """Return an agreement, what was billed, shared and split, and what of its revenue is pledged; for its parties."""
    services = services_of(request)
    with services.books.read() as unit:
        signed = services.signing.newest(unit, agreement_id)
        _look_at(caller, signed)
        told = _signed(signed)
        told["bills"] = [_bill(one) for one in services.settling.bills(unit, agreement_id)]
        told["shares"] = [asdict(one) for one in services.settling.shares(unit, agreement_id)]
        told["events"] = [plain(one) for one in services.settling.events(unit, agreement_id)]
        told["pledges"] = [_pledge(one) for one in services.pledging.pledges(unit, agreement_id)]
    return told


@router.post("/{agreement_id}/bills", operation_id="agreements.bill", status_code=201)
def bill(request: Request, response: Response, caller: Clearing, agreement_id: str, body: BillBody) -> dict[str, Any]:
    """Bill a month once, and pay it: to seller, holders of pledges, and funds. Needs the duty clearing."""
    services = services_of(request)
    use = Use(first_of_month(body.month), body.taken_card_h, body.available_card_h)
    with services.books.begin(caller=str(caller)) as unit:
        posted, is_new = services.settling.bill(unit, agreement_id, use, now(), body.index)
    return {**_bill(posted), "is_new": is_entered(response, is_new=is_new)}


@router.post("/{agreement_id}/shares", operation_id="agreements.share", status_code=201)
def share(request: Request, response: Response, caller: Clearing, agreement_id: str, body: ShareBody) -> dict[str, Any]:
    """Share rent or green premium of a month out, once, by the agreement's table. Needs the duty clearing."""
    services = services_of(request)
    posted = PostedShare(agreement_id, body.pool, first_of_month(body.month), body.fen, body.source)
    with services.books.begin(caller=str(caller)) as unit:
        parts, is_new = services.settling.share(unit, posted, now())
    told = {"agreement": agreement_id, "pool": body.pool, "month": body.month, "parts_fen": parts}
    return {**told, "is_new": is_entered(response, is_new=is_new)}


@router.post("/{agreement_id}/events", operation_id="agreements.split", status_code=201)
def split(request: Request, response: Response, caller: Clearing, agreement_id: str, body: SplitBody) -> dict[str, Any]:
    """Split one event of the agreement's enclave over its regions, once. Needs the duty clearing."""
    services = services_of(request)
    event = Event(body.event_id, body.day, {item: amount for item, amount in body.amounts.items() if amount})
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.settling.split(unit, agreement_id, event, now(), body.source)
    told = {"agreement": agreement_id, "event": body.event_id, "parts": _parts(found.parts)}
    return {**told, "is_new": is_entered(response, is_new=is_new)}


@router.post("/{agreement_id}/pledges", operation_id="agreements.pledge", status_code=201)
def pledge(request: Request, response: Response, caller: User, agreement_id: str, body: PledgeBody) -> dict[str, Any]:
    """Pledge a share of the revenue for months to come; no part twice at a time; for the seller's trader."""
    services = services_of(request)
    first, until = first_of_month(body.first), first_of_month(body.until)
    made = Pledge(body.pledge_id, agreement_id, body.holder, body.share, first, until)
    with services.books.begin(caller=str(caller)) as unit:
        seller = services.signing.newest(unit, agreement_id).agreement.seller
        caller.require_duty(Duty.TRADER, party=seller)
        is_new = services.pledging.pledge(unit, made, now())
    return {**_pledge(made), "is_new": is_entered(response, is_new=is_new)}


@router.delete("/{agreement_id}/pledges/{pledge_id}", operation_id="agreements.release")
def release(request: Request, caller: User, agreement_id: str, pledge_id: str) -> dict[str, Any]:
    """Release a pledge, as when its bond is paid off; for who holds it."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        held = {one.pledge_id: one.holder for one in services.pledging.pledges(unit, agreement_id)}
        if pledge_id in held:
            act_for(caller, held[pledge_id], Duty.CLEARING)
        is_new = services.pledging.release(unit, agreement_id, pledge_id, now())
    return {"agreement": agreement_id, "pledge": pledge_id, "is_new": is_new}


def _look_at(caller: Caller, signed: Signed) -> None:
    """Refuse a caller who may read neither party's affairs."""
    buyer, seller = signed.agreement.buyer, signed.agreement.seller
    if not caller.has_duty(Duty.TRADER, Duty.SITE, party=buyer, reads=True):
        caller.require_duty(Duty.TRADER, Duty.SITE, Duty.CLEARING, party=seller, reads=True)


def _signed(one: Signed) -> dict[str, Any]:
    agreement = one.agreement
    return {
        "agreement": agreement.agreement_id,
        "buyer": agreement.buyer,
        "seller": agreement.seller,
        "card_class": agreement.card_class,
        "hub": agreement.hub_id,
        "from": agreement.start,
        "until": agreement.end,
        "text": one.number,
        "digest": one.digest,
        "signed": dict(one.at),
        "is_in_force": one.is_in_force,
    }


def _bill(one: PostedBill) -> dict[str, Any]:
    owed = one.bill
    return {
        "agreement": one.agreement_id,
        "month": one.use.month,
        "taken_card_h": owed.taken_card_h,
        "untaken_card_h": owed.untaken_card_h,
        **asdict(owed.price),
        "taken_fen": owed.taken_fen,
        "untaken_fen": owed.untaken_fen,
        "due_fen": owed.due_fen,
        "text": one.number,
    }


def _pledge(one: Pledge) -> dict[str, Any]:
    return {
        "pledge": one.pledge_id,
        "agreement": one.agreement_id,
        "holder": one.holder,
        "share": float(one.share),
        "from": one.start,
        "until": one.end,
    }


def _parts(parts: Mapping[str, Mapping[Item, int]]) -> dict[str, dict[str, int]]:
    return {party: {item.value: amount for item, amount in some.items()} for party, some in parts.items()}
