"""``/certificates``: the registry; what a holder has, and its forms; the life of an issuance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.bootstrap.files import read_production
from qipan.certificates.model.certificate import Granularity, State
from qipan.certificates.model.request import Allocate, Bundling, Issue, Retire, Selection, Transfer
from qipan.certificates.model.request import Request as Asked
from qipan.certificates.service.holdings import CERTIFICATE
from qipan.certificates.statement import ISSUANCE
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, SEES_GREEN, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import certificates
from qipan.interfaces.report.numbers import grouped, moment
from qipan.kernel.errors import NotFoundError, QipanError
from qipan.kernel.time import BOARD_ZONE

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=80)]
Picked = Annotated[list[str] | None, Form()]


@router.get("/certificates")
def registry(request: Request) -> Response:
    """Show devices, sums by state, the holders whom the caller sees, and the newest requests."""
    return _registry(request)


@router.post("/certificates/issue")
def issue(
    request: Request, caller: Asker, form_id: Text, device_id: Text, file: Annotated[UploadFile, File()]
) -> Response:
    """Issue what a device made: a file with an hour or a month a row, each moment once."""
    try:
        caller.require_duty(Duty.REGISTRY)
        return _sent(request, caller, Issue(form_id, device_id, read_production(file.file.read())), "/certificates")
    except QipanError as error:
        return _registry(request, error=error)


@router.post("/certificates/bundle")
def bundle(request: Request, caller: Asker, form_id: Text, device_id: Text, month: Text) -> Response:
    """Make national certificates of 1,000 kWh of what was made until the end of a month."""
    try:
        caller.require_duty(Duty.REGISTRY)
        return _sent(request, caller, Bundling(form_id, device_id, month), "/certificates")
    except QipanError as error:
        return _registry(request, error=error)


@router.post("/certificates/expire")
def expire(request: Request, caller: Asker) -> Response:
    """Let all expire whose time is over; asked again, nothing happens."""
    caller.require_duty(Duty.REGISTRY)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        services.registry.expire(unit, datetime.now(UTC))
    return RedirectResponse("/certificates", status_code=303)


@router.get("/certificates/holder")
def holder(request: Request, holder: Annotated[str, Query(max_length=80)]) -> Response:
    """Show what somebody has, by month and part by part, and the forms to hand over, allocate and retire."""
    return _holder(request, holder)


@router.post("/certificates/transfer")
def transfer(
    request: Request,
    caller: Asker,
    form_id: Text,
    holder: Text,
    to: Text = "",
    kwh: Text = "",
    month: Text = "",
    bundle_id: Picked = None,
) -> Response:
    """Hand certificates over, the oldest first, or all of a month."""
    given = {"to": to, "kwh": kwh, "month": month}
    try:
        caller.require_duty(*ACTS, party=holder)
        asked = Transfer(form_id, holder, to, _selection(kwh, month, bundle_id))
        return _sent(request, caller, asked, certificates.holder_address(holder))
    except QipanError as error:
        return _holder(request, holder, error=error, where="transfer", given=given)


@router.post("/certificates/allocate")
def allocate(
    request: Request, caller: Asker, form_id: Text, holder: Text, month: Text = "", by: Text = Granularity.HOUR.value
) -> Response:
    """Set certificates apart for what their holder used in a month."""
    try:
        caller.require_duty(*ACTS, party=holder)
        near = Granularity.MONTH if by == Granularity.MONTH.value else Granularity.HOUR
        return _sent(request, caller, Allocate(form_id, holder, month, near, ()), certificates.holder_address(holder))
    except QipanError as error:
        return _holder(request, holder, error=error, where="allocate", given={"month": month})


@router.post("/certificates/retire")
def retire(
    request: Request,
    caller: Asker,
    form_id: Text,
    holder: Text,
    beneficiary: Text = "",
    allocation: Text = "",
    kwh: Text = "",
    month: Text = "",
    bundle_id: Picked = None,
) -> Response:
    """Retire an allocation, or what is selected for a named beneficiary; it never moves again."""
    given = {"beneficiary": beneficiary, "allocation": allocation, "kwh": kwh, "month": month}
    try:
        caller.require_duty(*ACTS, party=holder)
        selection = Selection() if allocation else _selection(kwh, month, bundle_id)
        asked = Retire(form_id, holder, beneficiary or holder, selection, allocation)
        return _sent(request, caller, asked, certificates.holder_address(holder))
    except QipanError as error:
        return _holder(request, holder, error=error, where="retire", given=given)


@router.get("/certificates/one")
def one(request: Request, caller: Asker, issuance: Annotated[str, Query(max_length=120)]) -> Response:
    """Show the life of an issuance: from the meter on, each request that moved a part of it."""
    services, said = services_of(request), words_of(request)
    with services.books.read() as unit:
        claims = services.claims.claims(unit, ISSUANCE + issuance)
        if not claims:
            raise NotFoundError(
                f"Something must have been issued under the name, was nothing: {issuance}.",
                code="issuance_unknown",
                hint="Take it from the page of its holder.",
            )
        standing = services.claims.claims(unit, ISSUANCE + issuance, standing_only=True)
        seen = seen_by(caller, {claim.holder for claim in standing}, SEES_GREEN)
        if not seen:
            caller.require_duty(*SEES_GREEN, party=standing[0].holder if standing else "", reads=True)
        entered = {found.request_id: found for found in services.registry.requests(unit)}
    shown = [claim for claim in claims if caller.has_duty(*SEES_GREEN, party=claim.holder, reads=True)]
    first = claims[0]
    return render(
        request,
        "certificate.html",
        issuance=issuance,
        made=f"{moment(first.start.isoformat(), BOARD_ZONE)} – {moment(first.end.isoformat(), BOARD_ZONE)}",
        wh=certificates.kwh(max(claim.unit_end for claim in claims)),
        life=certificates.life(shown, entered, {claim.claim_id for claim in standing}, said),
        hidden=grouped(len(claims) - len(shown)) if len(shown) < len(claims) else "",
    )


def _sent(request: Request, caller: Caller, asked: Asked, then: str) -> Response:
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        services.registry.send(unit, asked, datetime.now(UTC))
    return RedirectResponse(then, status_code=303)


def _selection(kwh: str, month: str, bundle_ids: list[str] | None) -> Selection:
    return Selection(forms.wh(kwh, "kwh") if kwh else None, month, "", tuple(bundle_ids or ()))


def _registry(request: Request, *, error: QipanError | None = None) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    with services.books.read() as unit:
        found = services.accounts.accounts(unit, asset_id=CERTIFICATE.asset_id)
        held = certificates.sums(found, services.accounts.balances(unit, list(found)))
        devices = services.registry.devices(unit)
        is_clerk = caller.has_duty(Duty.REGISTRY, reads=True)
        requests = services.registry.requests(unit) if is_clerk else ()
    totals: dict[str, int] = {}
    for (_, purpose), amount in held.items():
        totals[purpose] = totals.get(purpose, 0) + amount
    owners = sorted({owner for (owner, purpose) in held if purpose in certificates.STATES})
    return render(
        request,
        "certificates.html",
        status=200 if error is None else status_of(error),
        error=error,
        totals=[(state, certificates.kwh(totals.get(state, 0))) for state in (*certificates.STATES, "expired")],
        holders=certificates.holders(held, seen_by(caller, owners, SEES_GREEN), said),
        devices=certificates.devices(devices.values(), said),
        device_ids=sorted(devices),
        requests=certificates.requests(requests, said) if is_clerk else None,
        may_issue=caller.has_duty(Duty.REGISTRY),
        new_id=forms.new_form_id,
    )


def _holder(
    request: Request,
    name: str,
    *,
    error: QipanError | None = None,
    where: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    caller.require_duty(*SEES_GREEN, party=name, reads=True)
    with services.books.read() as unit:
        found = services.registry.holdings(unit, holder=name)
    allocations = sorted({_request_of(one.claim_id) for one in found if one.state is State.ALLOCATED})
    empty: dict[str, Any] = dict.fromkeys(("to", "kwh", "month", "beneficiary", "allocation"), "")
    return render(
        request,
        "holder.html",
        status=200 if error is None else status_of(error),
        holder=name,
        supply=certificates.supply(found, said),
        held_parts=certificates.parts(found, said),
        months=sorted({one.month.name for one in found if one.state is State.HELD}, reverse=True),
        allocations=allocations,
        bundles=sorted({one.bundle_id for one in found if one.state is State.HELD} - {""}),
        may_trade=caller.has_duty(*ACTS, party=name),
        new_id=forms.new_form_id,
        error=error,
        where=where,
        given=empty | dict(given or {}),
    )


def _request_of(claim_id: str) -> str:
    return claim_id.removeprefix("gec/").rpartition("/")[0]
