"""``/market``: deliveries and prices are insured, cards leased in instalments, idle hours lent in the compute bank."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.interfaces.api.market import Clearing, Only
from qipan.interfaces.api.party import (
    Body,
    Count,
    Name,
    PageNumber,
    PageSize,
    RequestId,
    Text,
    User,
    act_for,
    is_entered,
    now,
    paged,
    plain,
    sight,
)
from qipan.interfaces.entry import services_of
from qipan.market.lease import instalments, repossess
from qipan.market.model.contract import Instrument
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.product import BankDeposit, BankDraw, Claimed, Lease, Sold

router = APIRouter(prefix="/market", tags=["market"])


class PoolBody(Body):
    """Money for the pool that claims are paid from, the account market/insurance."""

    source: Name = Field(description="Account that it comes from.")
    fen: Count
    transfer_id: Name


class PolicyBody(Body):
    """A policy; its premium is the mean of past claims and a loading."""

    policy_id: RequestId
    insured: Name
    risk: Risk
    instrument: Name
    card_h: Count = Field(description="Card-hours that are insured.")
    fen_per_card_h: Count = Field(description="Sum for a card-hour that fails, or the strike.")
    limit_fen: Count = Field(description="Most that it pays in all.")
    past_claims_fen: list[Count] = Field(max_length=1000, description="What it would have paid in past windows.")
    loading_bp: Count = Field(default=0, description="On top of their mean, in basis points.")


class ClaimBody(Body):
    """Which policy is to pay."""

    policy_id: Name


class LeaseBody(Body):
    """Cards that a lessee pays in level monthly instalments."""

    lease_id: RequestId
    lessor: Name
    lessee: Name
    ware: Name = Field(description="Which cards, in words.")
    asset_fen: Count
    rate_bp: Count = Field(description="Interest of a month, in basis points.")
    periods: Count = Field(description="How many instalments.")
    grace_count: Count = Field(default=1, description="Instalments that may be behind before default.")
    first_due: date
    member: Name = Field(description="Whose word this is: the lessor's or the lessee's.")
    signature: Text = Field(default="", description="Of that side's key, where it has one.")


class InstalmentBody(Body):
    """Which instalment is paid."""

    lease_id: Name
    number: Count = Field(description="From 1, one after the other.")


class RepossessionBody(Body):
    """What the resale of cards in default brought."""

    lease_id: Name
    resale_fen: Count
    source: Name = Field(description="Account that it comes from.")


class JoinBody(Body):
    """Who may deposit and draw."""

    member: Name
    limit_fen: Count = Field(default=0, description="How far below 0 its credit may fall.")


class DepositBody(Body):
    """Idle card-hours of a site in an hour."""

    deposit_id: RequestId
    member: Name
    instrument: Name = Field(description="Of an hour, as h100-80g@ningxia/2090-03-08T05.")
    site_id: Name
    card_h: Count


class DrawBody(Body):
    """Card-hours of others in an hour, at the price of the hour there."""

    draw_id: RequestId
    member: Name
    instrument: Name = Field(description="Of an hour, as h100-80g@ningxia/2090-03-08T05.")
    card_h: Count
    fen_per_card_h: Count


@router.post("/insurance/pool", operation_id="market.insure.pool", status_code=201)
def bring_to_pool(request: Request, response: Response, caller: User, body: PoolBody) -> dict[str, Any]:
    """Bring money to the pool that claims are paid from; for who acts for the owner of the account, and clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        act_for(caller, services.accounts.account(unit, body.source).owner, Duty.CLEARING)
        is_new = services.insurance.bring(unit, body.source, body.fen, body.transfer_id, now())
    return {"fen": body.fen, "is_new": is_entered(response, is_new=is_new)}


@router.post("/insurance/policies", operation_id="market.insure.sell", status_code=201)
def sell_policy(request: Request, response: Response, caller: Clearing, body: PolicyBody) -> dict[str, Any]:
    """Sell a policy; its premium goes from the member's margin to the pool. Needs the duty clearing."""
    services = services_of(request)
    ware = Instrument.named(body.instrument)
    policy = Policy(body.policy_id, body.insured, body.risk, ware, body.card_h, body.fen_per_card_h, body.limit_fen)
    with services.books.begin(caller=str(caller)) as unit:
        sold, is_new = services.insurance.sell(unit, policy, body.past_claims_fen, body.loading_bp, now())
    return {**_policy(sold, None), "is_new": is_entered(response, is_new=is_new)}


@router.get("/insurance/policies", operation_id="market.insure.show")
def policies(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return policies and what they paid; of the insured that one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.insurance.policies(unit)
    return paged([_policy(*one) for one in found if is_seen(one[0].policy.insured)], page, size)


@router.post("/insurance/claims", operation_id="market.insure.claim", status_code=201)
def claim(request: Request, response: Response, caller: User, body: ClaimBody) -> dict[str, Any]:
    """Pay what a policy owes for a settled delivery, or for the last mark, once; for the insured, and clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        insured = {sold.policy.policy_id: sold.policy.insured for sold, _ in services.insurance.policies(unit)}
        if not caller.has_duty(Duty.CLEARING):
            act_for(caller, insured.get(body.policy_id, ""), Duty.CLEARING)
        found, is_new = services.insurance.claim(unit, body.policy_id, now())
    return {**plain(found), "is_new": is_entered(response, is_new=is_new)}


@router.post("/leases", operation_id="market.lease.agree", status_code=201)
def agree(request: Request, response: Response, caller: User, body: LeaseBody) -> dict[str, Any]:
    """Agree to a lease in level monthly instalments, which runs once both sides did; for that side, and clearing."""
    act_for(caller, body.member, Duty.CLEARING)
    services, lease = services_of(request), Lease(**body.model_dump(exclude={"signature", "member"}))
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.leasing.agree(unit, lease, body.member, now(), signature=body.signature)
        is_agreed = services.leasing.is_agreed(unit, lease)
    return {**asdict(lease), "is_agreed": is_agreed, "is_new": is_entered(response, is_new=is_new)}


@router.get("/leases", operation_id="market.lease.show")
def leases(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return leases and how they stand; of lessors and lessees that one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        rows = [
            {
                **asdict(lease),
                "instalment_fen": instalments(lease.asset_fen, lease.rate_bp, lease.periods)[0].due_fen,
                "paid": paid,
                "standing": services.leasing.standing(unit, lease.lease_id, now()),
                "is_repossessed": taken is not None,
            }
            for lease, paid, taken in services.leasing.leases(unit)
            if is_seen(lease.lessor) or is_seen(lease.lessee)
        ]
    return paged(rows, page, size)


@router.post("/leases/instalments", operation_id="market.lease.pay", status_code=201)
def pay(request: Request, response: Response, caller: User, body: InstalmentBody) -> dict[str, Any]:
    """Pay an instalment out of the lessee's margin, once; for the lessee, and clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        if not caller.has_duty(Duty.CLEARING):
            act_for(caller, services.leasing.lease(unit, body.lease_id).lessee, Duty.CLEARING)
        is_new = services.leasing.pay(unit, body.lease_id, body.number, now())
    return {"lease_id": body.lease_id, "number": body.number, "is_new": is_entered(response, is_new=is_new)}


@router.post("/leases/repossessions", operation_id="market.lease.repossess", status_code=201)
def take_cards_back(request: Request, response: Response, caller: Clearing, body: RepossessionBody) -> dict[str, Any]:
    """Settle the resale of cards whose lease is in default, once. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        done, is_new = services.leasing.repossess(unit, body.lease_id, body.resale_fen, body.source, now())
    found = repossess(done.balance_fen, done.overdue_fen, done.resale_fen)
    return {**plain(done), **plain(found), "is_new": is_entered(response, is_new=is_new)}


@router.post("/bank/members", operation_id="market.bank.join", status_code=201)
def join(request: Request, response: Response, caller: Clearing, body: JoinBody) -> dict[str, Any]:
    """Let a member deposit and draw, with a limit of its credit. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.bank.join(unit, body.member, body.limit_fen, now())
    return {"member": body.member, "limit_fen": body.limit_fen, "is_new": is_entered(response, is_new=is_new)}


@router.post("/bank/deposits", operation_id="market.bank.deposit", status_code=201)
def deposit(request: Request, response: Response, caller: User, body: DepositBody) -> dict[str, Any]:
    """Let others draw idle hours of a site; needs the duty trader or site of the member."""
    act_for(caller, body.member)
    services, made = services_of(request), BankDeposit(**body.model_dump())
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.bank.deposit(unit, made, now())
    return {**plain(made), "is_new": is_entered(response, is_new=is_new)}


@router.get("/bank/deposits", operation_id="market.bank.deposits")
def deposits(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return deposits with what of them nobody has drawn; of members one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = [one for one in services.bank.deposits(unit) if is_seen(one.member)]
        left = {
            one.deposit_id: card_h
            for name in {one.instrument for one in found}
            for one, card_h in services.bank.left(unit, name)
        }
    return paged([{**plain(one), "left_card_h": left[one.deposit_id]} for one in found], page, size)


@router.post("/bank/draws", operation_id="market.bank.draw", status_code=201)
def draw(request: Request, response: Response, caller: Clearing, body: DrawBody) -> dict[str, Any]:
    """Draw hours that others deposited; those who gave them earn the credit. Needs the duty clearing: a price is told.

    ``taken_card_h`` names deposits.
    """
    services, asked = services_of(request), BankDraw(**body.model_dump(), taken_card_h={})
    with services.books.begin(caller=str(caller)) as unit:
        made, is_new = services.bank.draw(unit, asked, now())
    return {**plain(made), "is_new": is_entered(response, is_new=is_new)}


@router.get("/bank/draws", operation_id="market.bank.draws")
def draws(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return draws and the deposits that they took; of members one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = [one for one in services.bank.draws(unit) if is_seen(one.member)]
    return paged(found, page, size)


@router.get("/bank/credits", operation_id="market.bank.credits")
def credit(request: Request, caller: User, member: Only = None) -> dict[str, int]:
    """Return the credit of members in fen, which sums to zero over all; of those one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.bank.credits(unit)
    return {name: fen for name, fen in found.items() if is_seen(name)}


def _policy(sold: Sold, claimed: Claimed | None) -> dict[str, Any]:
    policy = sold.policy
    names = ("policy_id", "insured", "risk", "card_h", "fen_per_card_h", "limit_fen")
    return {
        **{name: getattr(policy, name) for name in names},
        "instrument": policy.instrument.name,
        "premium_fen": sold.premium_fen,
        "claim_fen": None if claimed is None else claimed.fen,
    }
