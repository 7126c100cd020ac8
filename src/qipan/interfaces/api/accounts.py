"""``/accounts``: assets and accounts are opened, transfers posted; what is held is shown and proved."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Balance, Draft
from qipan.accounts.statement import document
from qipan.bootstrap.services import log_signer
from qipan.interfaces.api.party import (
    ROWS_MOST,
    Body,
    Count,
    MaybeName,
    Moment,
    Name,
    Text,
    User,
    has,
    is_entered,
    look_at,
    now,
    plain,
    sight,
)
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import Caller, services_of

router = APIRouter(prefix="/accounts", tags=["accounts"])

Clearing = Annotated[Caller, has(Duty.CLEARING)]
READERS = has(Duty.CLEARING, reads=True)


class AssetBody(Body):
    """One conserved quantity, whose accounts always add up to zero."""

    asset_id: Name
    kind: AssetKind
    model: MaybeName = Field(default="", description="Card model of compute.")
    place: MaybeName = Field(default="", description="Hub of compute, device of a certificate, region.")
    lifetime_months: Count | None = Field(default=None, description="Months after its period until it expires.")
    lifetime_h: Count | None = Field(default=None, description="Hours until then, after the months.")


class AccountBody(Body):
    """An account of an owner, an asset and a purpose."""

    account_id: Name
    owner: Name
    asset_id: Name
    purpose: Name = Field(description="What for; issued, retired, expired, used and unused have rules.")
    floor: Count | None = Field(default=0, description="Least balance in any period; null for none.")
    ceiling: Count | None = Field(default=None, description="Largest balance in any period; null for none.")


class DraftBody(Body):
    """A transfer that is asked for."""

    transfer_id: Name = Field(description="Chosen by who asks; the same draft again changes nothing.")
    action: Action = Action.MOVE
    debit: MaybeName = ""
    credit: MaybeName = ""
    amount: Count = Field(default=0, description="In units of the asset.")
    period: Moment | None = None
    pending_id: MaybeName = Field(default="", description="The pending transfer that is posted or voided.")
    timeout_s: Count = 0
    linked: bool = Field(default=False, description="Stands or falls with the next one.")
    balancing_debit: bool = False
    balancing_credit: bool = False
    reason: Text = Field(description="Why, as a code: settlement, margin.")
    reference: Text = ""


class DraftsBody(Body):
    """Transfers that all stand, or none."""

    transfers: list[DraftBody] = Field(min_length=1, max_length=ROWS_MOST)


class StatementBody(Body):
    """Of which account."""

    account_id: Name


@router.post("/assets", operation_id="accounts.asset", status_code=201)
def asset(request: Request, response: Response, caller: Clearing, body: AssetBody) -> dict[str, Any]:
    """Enter an asset: one conserved quantity; 200 says that the very same is there already. Needs the duty clearing."""
    services, made = services_of(request), Asset(**body.model_dump())
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.accounts.open_asset(unit, made, now())
    told = {**asdict(made), "unit": made.unit, "grid": made.grid}
    return {**told, "is_new": is_entered(response, is_new=is_new)}


@router.post("", operation_id="accounts.open", status_code=201)
def open_account(request: Request, response: Response, caller: Clearing, body: AccountBody) -> dict[str, Any]:
    """Open an account; 200 says that the very same is open already. Needs the duty clearing."""
    services, made = services_of(request), Account(**body.model_dump())
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.accounts.open_account(unit, made, now())
    return {**asdict(made), "is_new": is_entered(response, is_new=is_new)}


@router.post("/transfers", operation_id="accounts.post", status_code=201)
def post(request: Request, response: Response, caller: Clearing, body: DraftsBody) -> dict[str, int]:
    """Post transfers, all or nothing; the same again change nothing. Needs the duty clearing.

    Refused, the findings name each transfer that does not stand, the first one as row 1.
    """
    services = services_of(request)
    drafts = [Draft(**one.model_dump()) for one in body.transfers]
    with services.books.begin(caller=str(caller)) as unit:
        new = services.accounts.post_whole(unit, drafts, now())
    is_entered(response, is_new=new > 0)
    return {"transfers": len(drafts), "new": new}


@router.post("/assets/{asset_id}/expire", operation_id="accounts.expire")
def expire(request: Request, caller: Clearing, asset_id: str) -> dict[str, int]:
    """Take the units of an asset away whose time is over. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        return {"expired": len(services.accounts.expire(unit, asset_id, now()))}


@router.get("", operation_id="accounts.show")
def show(
    request: Request,
    caller: User,
    owner: Annotated[str | None, Query(max_length=100, description="Only of this owner.")] = None,
    asset_id: Annotated[str | None, Query(max_length=100, description="Only of this asset.")] = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Return accounts and what they hold in each period; of parties one acts for, of all for clearing and auditor."""
    services, is_seen = services_of(request), sight(caller, owner, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.accounts.accounts(unit, owner=owner, asset_id=asset_id).values()
        seen = [one for one in found if is_seen(one.owner)]
        shown = seen[(page - 1) * size : page * size]
        balances = services.accounts.balances(unit, [one.account_id for one in shown])
        units = {name: one.unit for name, one in services.accounts.assets(unit).items()}
    held: dict[str, list[dict[str, Any]]] = {}
    for (name, period), one in balances.items():
        held.setdefault(name, []).append(_held(one) | {"period": period})
    nothing = [_held(Balance()) | {"period": None}]
    rows = [{**asdict(one), "unit": units[one.asset_id], "periods": held.get(one.account_id, nothing)} for one in shown]
    return {"rows": rows, "total": len(seen), "page": page, "size": size}


@router.get("/transfers", operation_id="accounts.transfers")
def transfers(
    request: Request,
    caller: User,
    account_id: Annotated[str, Query(max_length=100)],
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Return what moved on an account, the oldest first; for its owner's trader or site, clearing and auditor."""
    services = services_of(request)
    with services.books.read() as unit:
        look_at(caller, services.accounts.account(unit, account_id).owner, Duty.CLEARING)
        found = list(services.accounts.transfers(unit, account_id))
    rows = [plain(one) for one in found[(page - 1) * size : page * size]]
    return {"rows": rows, "total": len(found), "page": page, "size": size}


@router.post("/statements", operation_id="accounts.statement")
def statement(request: Request, caller: User, body: StatementBody) -> dict[str, Any]:
    """Sign the log, and return the statement of an account, each transfer with its proof.

    ``statement`` is what ``qipan accounts verify-statement`` verifies with nothing but ``key``. For its owner's trader
    or site, clearing and auditor.
    """
    services = services_of(request)
    signer = log_signer(services.settings)
    with services.books.begin(caller=str(caller)) as unit:
        look_at(caller, services.accounts.account(unit, body.account_id).owner, Duty.CLEARING)
        services.log.checkpoint(unit, signer, now())
    with services.books.read() as unit:
        made = services.accounts.statement(unit, body.account_id)
    return {"statement": document(made), "transfers": len(made.lines), "key": str(signer.verifier)}


@router.get("/claims", operation_id="accounts.claims")
def claims(
    request: Request,
    caller: User,
    holder: Annotated[str | None, Query(max_length=100, description="Only of this holder.")] = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Return the claims that stand: which units of what somebody has claimed for which time; of whom one may read."""
    services = services_of(request)
    is_seen = sight(caller, holder, Duty.CLEARING, Duty.REGISTRY)
    with services.books.read() as unit:
        found = [one for one in services.claims.standing(unit, holder=holder) if is_seen(one.holder)]
    rows = [asdict(one) for one in found[(page - 1) * size : page * size]]
    return {"rows": rows, "total": len(found), "page": page, "size": size}


@router.get("/check", operation_id="accounts.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Recompute every account from all transfers and hold them against the log; nothing when all is well."""
    services = services_of(request)
    with services.books.read() as unit:
        return [FindingOut(**asdict(one)) for one in services.accounts.check(unit)]


def _held(one: Balance) -> dict[str, int]:
    return {**asdict(one), "posted": one.posted, "available": one.available}
