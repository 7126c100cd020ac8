"""``/certificates/match``, ``/centres``, ``/quota``: how green use was, which centres are certified, who has quota."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Unit
from qipan.certificates.model.certificate import State
from qipan.certificates.model.certification import PPM, Evidence, Measure
from qipan.certificates.model.quota import Declaration
from qipan.certificates.model.request import Sell, Surrender
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, SEES_GREEN, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import certificates
from qipan.interfaces.report.numbers import grouped, percent
from qipan.kernel.errors import QipanError

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=80)]
Done = Callable[[Unit, datetime], None]

PUE_MOST: Final = 1000
"""The largest power usage effectiveness that is read at all; what fits is for the criteria to say."""


@router.get("/certificates/match")
def match(
    request: Request,
    caller: Asker,
    planned: Annotated[str, Query(max_length=3)] = "",
    grid_share: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """Show how green a consumer's use was, by the hour and by the month side by side."""
    services, said = services_of(request), words_of(request)
    states = (State.RETIRED, State.ALLOCATED, State.HELD) if planned else (State.RETIRED,)
    error, whole, found = None, None, {}
    with services.books.read() as unit:
        consumers = sorted({one.consumer for one in services.registry.usages(unit)})
        seen = seen_by(caller, consumers, SEES_GREEN)
        if not seen:
            caller.require_duty(*SEES_GREEN, reads=True)
        consumer = chosen_of(request, seen)
        try:
            share = forms.read_field(grid_share or "0", float, "grid_share", "Write a number such as 0.5.")
            if consumer:
                whole = services.registry.score(unit, consumer, states=states, grid_share=share)
                months = sorted({one.month for one in services.registry.usages(unit, consumer)})
                found = {
                    one.name: services.registry.score(unit, consumer, one, states=states, grid_share=share)
                    for one in months
                }
        except QipanError as refused:
            error = refused
    return render(
        request,
        "match.html",
        status=200 if error is None else status_of(error),
        error=error,
        members=seen,
        member=consumer,
        given={"planned": planned, "grid_share": grid_share},
        whole=None
        if whole is None
        else {
            "hourly": percent(whole.hourly_share),
            "monthly": percent(whole.monthly_share),
            "carbon_free": percent(whole.carbon_free_share),
            "hourly_kwh": certificates.kwh(whole.hourly_wh),
            "monthly_kwh": certificates.kwh(whole.monthly_wh),
            "load_kwh": certificates.kwh(whole.load_wh),
        },
        table=certificates.scores(found, said),
        charts={"scores": certificates.scores_chart(found, said)} if found else {},
    )


@router.get("/certificates/centres")
def centres(request: Request) -> Response:
    """Show certified centres with their grades, what each grade asks for, and the forms to attest and to audit."""
    return _centres(request)


@router.post("/certificates/attest")
def attest(
    request: Request,
    caller: Asker,
    form_id: Text,
    site: Text = "",
    pue: Text = "",
    first: Text = "",
    last: Text = "",
    document: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Say what a document tells of a site's power usage effectiveness."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, Duty.REGISTRY, party=site)
        ppm = forms.read_field(pue, _ppm, "pue", "Write a number such as 1.25.")
        told = Evidence(form_id, site, Measure.PUE, first, last, ppm, document)
        services_of(request).certifications.attest(unit, told, now)

    given = {"site": site, "pue": pue, "first": first, "last": last, "document": document}
    return _graded(request, caller, done, "attest", given)


@router.post("/certificates/audit")
def audit(
    request: Request,
    caller: Asker,
    form_id: Text,
    site: Text = "",
    auditor: Text = "",
    first: Text = "",
    last: Text = "",
    evidence: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Certify a site by the criteria in force, or be told what is missing."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.REGISTRY)
        services_of(request).certifications.audit(
            unit,
            form_id,
            now,
            site=site,
            auditor=auditor,
            period=(first, last),
            evidence_ids=tuple(evidence.replace(",", " ").split()),
        )

    given = {"site": site, "auditor": auditor, "first": first, "last": last, "evidence": evidence}
    return _graded(request, caller, done, "audit", given)


@router.get("/certificates/quota")
def quota(request: Request) -> Response:
    """Show the rule that delivered compute is matched by, the quota of whom the caller sees, and the forms."""
    return _quota(request)


@router.post("/certificates/declare")
def declare(
    request: Request, caller: Asker, form_id: Text, holder: Text = "", year: Text = "", kg: Text = ""
) -> Response:
    """Declare what was emitted in a year; the id of the form is the declaration's."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, Duty.REGISTRY, party=holder)
        told = Declaration(form_id, holder, forms.whole(year, "year"), forms.whole(kg, "kg"))
        services_of(request).quotas.declare(unit, told, now)

    given = {"holder": holder, "year": year, "kg": kg}
    return _moved(request, caller, done, "declare", given)


@router.post("/certificates/surrender")
def surrender(
    request: Request, caller: Asker, form_id: Text, declaration: Text = "", year: Text = "", kg: Text = ""
) -> Response:
    """Give up quota of the declarer for its emissions, for good."""

    def done(unit: Unit, now: datetime) -> None:
        owner = {one.declaration_id: one.holder for one in services_of(request).quotas.declarations(unit)}
        if not caller.has_duty(Duty.REGISTRY):
            caller.require_duty(*ACTS, party=owner.get(declaration, ""))
        asked = Surrender(form_id, declaration, forms.whole(year, "year"), forms.whole(kg, "kg"))
        services_of(request).quotas.surrender(unit, asked, now)

    given = {"declaration": declaration, "year": year, "kg": kg}
    return _moved(request, caller, done, "surrender", given)


@router.post("/certificates/sell")
def sell(request: Request, caller: Asker, form_id: Text, holder: Text = "", year: Text = "", kg: Text = "") -> Response:
    """Hand quota over to the carbon market, for good."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, party=holder)
        asked = Sell(form_id, holder, forms.whole(year, "year"), forms.whole(kg, "kg"))
        services_of(request).quotas.sell(unit, asked, now)

    return _moved(request, caller, done, "sell", {"holder": holder, "year": year, "kg": kg})


def _graded(request: Request, caller: Caller, done: Done, where: str, given: Mapping[str, str]) -> Response:
    try:
        with services_of(request).books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _centres(request, error=error, where=where, given=given)
    return RedirectResponse("/certificates/centres", status_code=303)


def _moved(request: Request, caller: Caller, done: Done, where: str, given: Mapping[str, str]) -> Response:
    try:
        with services_of(request).books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _quota(request, error=error, where=where, given=given)
    return RedirectResponse("/certificates/quota", status_code=303)


def _ppm(text: str) -> int:
    read = Decimal(text)
    if not 0 < read <= PUE_MOST:
        raise ValueError(text)
    return round(read * PPM)


def _centres(
    request: Request, *, error: QipanError | None = None, where: str = "", given: Mapping[str, str] | None = None
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    with services.books.read() as unit:
        found = services.certifications.certifications(unit)
    rules = services.certifications.criteria(now)
    own = tuple(dict.fromkeys(one.party for one in caller.mandates if one.duty in ACTS))
    return render(
        request,
        "centres.html",
        status=200 if error is None else status_of(error),
        centres=certificates.centres(found.values(), now, said),
        criteria=certificates.criteria(rules, said),
        rules=rules,
        own=own,
        may_audit=caller.has_duty(Duty.REGISTRY),
        may_attest=bool(own) or caller.has_duty(Duty.REGISTRY),
        new_id=forms.new_form_id,
        error=error,
        where=where,
        given=dict.fromkeys(("site", "pue", "first", "last", "document", "auditor", "evidence"), "")
        | dict(given or {}),
    )


def _quota(
    request: Request, *, error: QipanError | None = None, where: str = "", given: Mapping[str, str] | None = None
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    reads_all = caller.has_duty(Duty.REGISTRY, reads=True)
    with services.books.read() as unit:
        balances = services.quotas.balances(unit)
        accounts = services.accounts.accounts(unit)
        declared = list(services.quotas.declarations(unit))
    owners = {name: accounts[name].owner for name, _ in balances if name in accounts}
    seen = set(seen_by(caller, {*owners.values(), *(one.holder for one in declared)}, SEES_GREEN))
    shown = None if reads_all else {name for name in owners if owners[name] in seen}
    declared = [one for one in declared if reads_all or one.holder in seen]
    rule = services.quotas.rule(now)
    own = tuple(dict.fromkeys(one.party for one in caller.mandates if one.duty in ACTS))
    return render(
        request,
        "quota.html",
        status=200 if error is None else status_of(error),
        table=certificates.quota(balances, shown, said),
        declared=certificates.declared(declared, said),
        declarations=[one.declaration_id for one in declared],
        rule=rule,
        since=f"{rule.since}",
        g_per_card_h=grouped(rule.g_per_card_h),
        wh_per_card_h=grouped(rule.wh_per_card_h),
        own=own,
        may_sell=bool(own),
        may_declare=bool(own) or caller.has_duty(Duty.REGISTRY),
        new_id=forms.new_form_id,
        error=error,
        where=where,
        given=dict.fromkeys(("holder", "declaration", "year", "kg"), "") | dict(given or {}),
    )
