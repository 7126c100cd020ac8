"""``/accounts/disputes`` and ``/market/monitor``: what is disputed is heard and decided; the market is watched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty
from qipan.accounts.correct import MOVES
from qipan.accounts.evidence import document
from qipan.accounts.model.dispute import Act, Answer, Decision, Opening, Withdrawal
from qipan.bootstrap.services import log_signer
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, services_of, status_of
from qipan.interfaces.hearing import disputes_seen, evidence_parties, own_parties, seen
from qipan.interfaces.report import disputes
from qipan.kernel.errors import QipanError

MONTH = timedelta(days=31)

router = APIRouter()

Asker = Annotated[Caller, Depends(caller_of)]
Name = Annotated[str, Form(max_length=80)]
Words = Annotated[str, Form(max_length=2000)]


@router.get("/accounts/disputes")
def list_disputes(
    request: Request,
    transfer: Annotated[str, Query(max_length=80)] = "",
    party: Annotated[str, Query(max_length=64)] = "",
    cites: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show disputes, and the form that opens one; of a transfer that a statement leads here from."""
    return _list(request, given={"transfers": transfer, "party": party, "cites": cites})


@router.post("/accounts/disputes")
def open_dispute(
    request: Request,
    caller: Asker,
    form_id: Name,
    party: Name = "",
    transfers: Words = "",
    ground: Words = "",
    cites: Words = "",
) -> Response:
    """Open a dispute."""
    given = {"party": party, "transfers": transfers, "ground": ground, "cites": cites}
    act = Opening(
        dispute_id=form_id,
        party=party,
        by=caller.name,
        transfer_ids=tuple(transfers.split()),
        ground=ground,
        cites=cites.strip(),
    )
    caller.require_duty(*ACTS, party=party)
    try:
        _do(request, caller, act)
    except QipanError as error:
        return _list(request, error=error, given=given)
    return RedirectResponse(disputes.address(form_id), status_code=303)


@router.get("/accounts/dispute")
def dispute(request: Request, dispute_id: Annotated[str, Query(alias="dispute", max_length=40)]) -> Response:
    """Show a dispute with all that speaks to it."""
    return _one(request, dispute_id)


@router.post("/accounts/dispute/answer")
def answer(request: Request, caller: Asker, dispute: Name, party: Name = "", words: Words = "") -> Response:
    """Answer for a party."""
    return _follow(request, caller, Answer(dispute_id=dispute, party=party, by=caller.name, words=words))


@router.post("/accounts/dispute/withdraw")
def withdraw(request: Request, caller: Asker, dispute: Name, words: Words = "") -> Response:
    """Give a dispute up."""
    return _follow(request, caller, Withdrawal(dispute_id=dispute, by=caller.name, words=words))


@router.post("/accounts/dispute/decide")
def decide(
    request: Request,
    caller: Asker,
    dispute: Name,
    words: Words = "",
    transfer: Annotated[list[str] | None, Form()] = None,
    amount: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Decide a dispute; amounts are in the units of the assets, those that are left empty stay as they are."""
    try:
        amounts = {
            name: forms.whole(text, "amount")
            for name, text in zip(transfer or (), amount or (), strict=False)
            if text.strip()
        }
    except QipanError as error:
        return _one(request, dispute, error=error)
    return _follow(request, caller, Decision(dispute_id=dispute, by=caller.name, words=words, amounts=amounts))


@router.post("/accounts/dispute/evidence")
def evidence(request: Request, caller: Asker, dispute: Name) -> Response:
    """Sign the log, and send all that speaks to a dispute as a file."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        seen(services, unit, caller, dispute)
        services.log.checkpoint(unit, log_signer(services.settings), datetime.now(UTC))
    with services.books.read() as unit:
        exhibits = services.disputes.evidence(unit, dispute, evidence_parties(caller))
    return PlainTextResponse(
        json.dumps(document(dispute, exhibits), ensure_ascii=False, indent=1) + "\n",
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="evidence.json"'},
    )


@router.get("/market/monitor")
def monitor(request: Request, caller: Asker) -> Response:
    """Show what of the last month somebody should look at, and how the market is shared out."""
    caller.require_duty(Duty.CLEARING, reads=True)
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        watch = services.monitoring.watch(unit, now - MONTH, now)
    return render(
        request,
        "monitor.html",
        watch=watch,
        limits=services.monitoring.limits,
        flags=disputes.flags(watch.flags, said),
        concentrations=disputes.concentrations(watch.concentrations, said),
    )


def _do(request: Request, caller: Caller, act: Act) -> None:
    services, now = services_of(request), datetime.now(UTC)
    with services.books.begin(caller=str(caller)) as unit:
        if isinstance(act, Opening):
            services.disputes.open(unit, act, now)
        elif isinstance(act, Answer):
            services.disputes.answer(unit, act, now)
        elif isinstance(act, Withdrawal):
            services.disputes.withdraw(unit, act, now)
        else:
            services.disputes.decide(unit, act, now)


def _follow(request: Request, caller: Caller, act: Act) -> Response:
    try:
        _do(request, caller, act)
    except QipanError as error:
        return _one(request, act.dispute_id, error=error)
    return RedirectResponse(disputes.address(act.dispute_id), status_code=303)


def _list(request: Request, *, error: QipanError | None = None, given: Mapping[str, str]) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    with services.books.read() as unit:
        found = disputes_seen(services, unit, caller)
    return render(
        request,
        "disputes.html",
        status=200 if error is None else status_of(error),
        disputes=disputes.listed(found, said),
        parties=sorted(own_parties(caller)),
        days=services.disputes.window.days,
        new_id=forms.new_form_id,
        error=error,
        given={"party": "", "transfers": "", "ground": "", "cites": ""} | dict(given),
    )


def _one(request: Request, dispute_id: str, *, error: QipanError | None = None) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    with services.books.read() as unit:
        found = seen(services, unit, caller, dispute_id)
        assets = services.accounts.assets(unit)
    one, own = found.dispute, own_parties(caller)
    spoke = caller.name in {step.act.by for step in one.steps}
    clears = caller.has_duty(Duty.CLEARING)
    acts_for = own | ({services.disputes.house} if clears else set())
    return render(
        request,
        "dispute.html",
        status=200 if error is None else status_of(error),
        dispute=one,
        state=disputes.state(one.state, said),
        steps=disputes.steps(one, said),
        transfers=disputes.transfers(found.transfers, one, assets, said),
        corrections=disputes.transfers(found.corrections, one, assets, said, is_correction=True),
        answers_for=sorted(own & found.parties),
        may_withdraw=one.opening.party in own,
        may_decide=(clears or caller.has_duty(Duty.AUDITOR)) and not spoke and acts_for.isdisjoint(found.parties),
        correctable=[each for each in found.transfers if each.action in MOVES],
        units={name: asset.unit for name, asset in assets.items()},
        key=str(log_signer(services.settings).verifier),
        error=error,
    )
