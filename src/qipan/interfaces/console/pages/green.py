"""``/certificates/match``, ``/centres``, ``/quota``: how green use was, which centres are certified, who has quota."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.certificates.model.certificate import State
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import SEES_GREEN, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import certificates
from qipan.interfaces.report.numbers import grouped, percent
from qipan.kernel.errors import QipanError

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]


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
    """Show certified centres with their grades, and what each grade asks for."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        found = services.certifications.certifications(unit)
    rules = services.certifications.criteria(now)
    return render(
        request,
        "centres.html",
        centres=certificates.centres(found.values(), now, said),
        criteria=certificates.criteria(rules, said),
        rules=rules,
    )


@router.get("/certificates/quota")
def quota(request: Request, caller: Asker) -> Response:
    """Show the rule that delivered compute is matched by, and the quota of whom the caller sees."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        balances = services.quotas.balances(unit)
        accounts = services.accounts.accounts(unit)
    owners = {name: accounts[name].owner for name, _ in balances if name in accounts}
    seen = set(seen_by(caller, set(owners.values()), SEES_GREEN))
    shown = None if caller.has_duty(Duty.REGISTRY, reads=True) else {name for name in owners if owners[name] in seen}
    rule = services.quotas.rule(now)
    return render(
        request,
        "quota.html",
        table=certificates.quota(balances, shown, said),
        rule=rule,
        since=f"{rule.since}",
        g_per_card_h=grouped(rule.g_per_card_h),
        wh_per_card_h=grouped(rule.wh_per_card_h),
    )
