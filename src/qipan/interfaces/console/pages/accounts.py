"""``/accounts``: who holds what; an account's statement, each line with its proof, and a file that verifies alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import PlainTextResponse
from starlette.responses import Response

from qipan.access.model import Duty
from qipan.accounts.model.posting import Account, Asset, Grid
from qipan.accounts.record import transfer_record
from qipan.accounts.statement import document
from qipan.bootstrap.services import Services, Unit, log_signer
from qipan.interfaces.console.acting import SEES, acted_for, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, services_of
from qipan.interfaces.report import accounts
from qipan.interfaces.report.numbers import NOTHING, grouped, moment
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import Finding, NotFoundError
from qipan.kernel.time import BOARD_ZONE

SIZE = 20
"""Lines of a page."""

router = APIRouter()

Asker = Annotated[Caller, Depends(caller_of)]


@router.get("/accounts")
def owners(request: Request, owner: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Show who owns accounts; with an owner, what each of them holds."""
    return _owners(request, owner)


@router.post("/accounts/check")
def check(request: Request, caller: Asker) -> Response:
    """Recompute every account from all transfers, hold them against the log, and tell what differs."""
    caller.require_duty(Duty.CLEARING, reads=True)
    with services_of(request).books.read() as unit:
        findings = services_of(request).accounts.check(unit)
    return _owners(request, "", checked=findings)


@router.get("/accounts/one")
def account(
    request: Request,
    caller: Asker,
    account_id: Annotated[str, Query(alias="account", max_length=80)],
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show an account: its balances, and its transfers with the place of each in the log."""
    services, said = services_of(request), words_of(request)
    with services.books.read() as unit:
        found = _seen_account(services, unit, caller, account_id)
        asset = services.accounts.asset(unit, found.asset_id)
        balances = services.accounts.balances(unit, [account_id])
        told = accounts.lines(account_id, services.accounts.transfers(unit, account_id))
        pages = max(1, ceil(len(told) / SIZE))
        at = min(page, pages)
        shown = told[::-1][(at - 1) * SIZE : at * SIZE]
        signed = _signed_size(services, unit)
        rows = [_line(services, unit, one, asset, signed, said) for one in shown]
    return render(
        request,
        "account.html",
        account=found,
        asset_name=accounts.asset_name(found.asset_id, said),
        unit=accounts.unit_of(asset, said),
        floor=NOTHING if found.floor is None else accounts.quantity(found.floor, asset),
        ceiling=NOTHING if found.ceiling is None else accounts.quantity(found.ceiling, asset),
        # An hour does not pay for another: of hours there is no sum.
        posted="" if asset.grid is Grid.HOUR else accounts.quantity(sum(b.posted for b in balances.values()), asset),
        balances=accounts.by_period(balances, asset, said),
        has_periods=any(period is not None for _, period in balances),
        rows=rows,
        count=grouped(len(told)),
        page=at,
        pages=pages,
        signed=signed,
        key=str(log_signer(services.settings).verifier),
        address=accounts.account_address(account_id),
        may_dispute=bool(acted_for(caller, [found.owner])),
    )


@router.post("/accounts/statement")
def statement(
    request: Request,
    caller: Asker,
    account_id: Annotated[str, Form(alias="account", max_length=80)],
) -> Response:
    """Sign the log, and send the statement of an account as a file, each transfer with its proof."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        _seen_account(services, unit, caller, account_id)
        services.log.checkpoint(unit, log_signer(services.settings), datetime.now(UTC))
    with services.books.read() as unit:
        text = json.dumps(document(services.accounts.statement(unit, account_id)), ensure_ascii=False, indent=1)
    return PlainTextResponse(
        text + "\n",
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="statement.json"'},
    )


@router.get("/accounts/proof")
def proof(
    request: Request,
    caller: Asker,
    account_id: Annotated[str, Query(alias="account", max_length=80)],
    transfer_id: Annotated[str, Query(alias="transfer", max_length=200)],
) -> Response:
    """Send the proof that a transfer of an account stands in the log, as a file of plain text."""
    services = services_of(request)
    with services.books.read() as unit:
        _seen_account(services, unit, caller, account_id)
        found = [one for one in services.accounts.transfers(unit, account_id) if one.transfer_id == transfer_id]
        if not found:
            raise NotFoundError(
                f"A transfer must be one of {account_id}, was {transfer_id}.",
                code="transfer_unknown",
                hint="Take it from the page of the account.",
            )
        (leaf, *_) = services.log.find(unit, transfer_record(found[0]))
        text = str(services.log.proof(unit, leaf.seq))
    return PlainTextResponse(text, headers={"Content-Disposition": 'attachment; filename="transfer.proof"'})


def _seen_account(services: Services, unit: Unit, caller: Caller, account_id: str) -> Account:
    """Return an account that the caller may see; who may see none is not told which there are."""
    if caller.user is None:
        caller.require_duty(*SEES, reads=True)
    found = services.accounts.account(unit, account_id)
    caller.require_duty(*SEES, party=found.owner, reads=True)
    return found


def _owners(request: Request, owner: str, *, checked: tuple[Finding, ...] | None = None) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    with services.books.read() as unit:
        every = services.accounts.accounts(unit, owner=owner or None)
        parties = set(seen_by(caller, {one.owner for one in every.values()}))
        if not parties:
            caller.require_duty(*SEES, party=owner, reads=True)
        found = {name: one for name, one in every.items() if one.owner in parties}
        held = services.accounts.balances(unit, list(found)) if owner else {}
        assets = services.accounts.assets(unit)
    return render(
        request,
        "accounts.html",
        owner=owner,
        table=accounts.holdings(found, held, assets, said) if owner else accounts.owners(found.values(), said),
        checked=checked,
        may_check=caller.has_duty(Duty.CLEARING, reads=True),
    )


def _signed_size(services: Services, unit: Unit) -> int:
    """Return how many leaves the newest signed checkpoint covers."""
    notes = services.log.checkpoints(unit)
    return int(notes[-1].split("\n")[1]) if notes else 0


def _line(services: Services, unit: Unit, one: accounts.Line, asset: Asset, signed: int, said: Words) -> dict[str, Any]:
    (leaf, *_) = services.log.find(unit, transfer_record(one.transfer))
    asked = {"transfer": one.transfer.transfer_id}
    return {
        "entry": grouped(one.entry),
        "at": moment(one.transfer.at.isoformat(), BOARD_ZONE),
        "other": one.other,
        "other_address": accounts.account_address(one.other),
        "amount": accounts.quantity(one.amount, asset),
        "after": accounts.quantity(one.after, asset),
        "period": "" if one.transfer.period is None else moment(one.transfer.period.isoformat(), BOARD_ZONE),
        "action": accounts.action(one.transfer.action.value, said),
        "reason": accounts.reason(one.transfer.reason, said),
        "reference": one.transfer.reference,
        "transfer_id": one.transfer.transfer_id,
        "leaf": grouped(leaf.seq),
        "is_signed": leaf.seq < signed,
        "proof": urlencode(asked),
    }
