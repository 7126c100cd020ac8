"""``/market/positions`` and ``/market/clearing``: what members hold and owe; the day is marked, settled, closed out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty
from qipan.bootstrap.checks import check_market
from qipan.bootstrap.files import listing_of
from qipan.bootstrap.services import Unit
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, SEES, acted_for, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, services_of, status_of
from qipan.interfaces.report import market
from qipan.interfaces.report.numbers import grouped
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import Finding, QipanError, of_file
from qipan.market.model.clearing import Settlement
from qipan.market.model.contract import MARKET_ZONE
from qipan.market.model.request import Certification, Member
from qipan.workflows import pay_margin
from qipan.workflows.wares import certified, opened

router = APIRouter()

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=64)]

EMPTY = dict.fromkeys(
    ("member", "key", "instrument", "margin_yuan", "last_trading", "card_class", "hub_id", "start", "cards"), ""
) | {"certificate": "", "coverage": "0.99"}


@router.get("/market/positions")
def positions(request: Request) -> Response:
    """Show what the chosen member holds, what secures it, and its calls."""
    return _positions(request)


@router.post("/market/margin")
def move_margin(
    request: Request,
    caller: Asker,
    form_id: Text,
    member: Text = "",
    account: Text = "",
    yuan: Text = "",
    to: Text = "margin",
) -> Response:
    """Bring money to a member's margin or its share of the mutual fund, or take free margin back."""
    services, now = services_of(request), datetime.now(UTC)
    given = {"account": account, "yuan": yuan, "to": to}
    try:
        caller.require_duty(*ACTS, Duty.CLEARING, party=member)
        amount = forms.fen(yuan, "yuan")
        with services.books.begin(caller=str(caller)) as unit:
            # A party moves what it holds itself.
            if services.accounts.account(unit, account).owner != member:
                caller.require_duty(Duty.CLEARING)
            books = unit, services.margins, services.accounts, now
            if to == "account":
                pay_margin.take_back(*books, member=member, account=account, fen=amount, transfer_id=form_id)
            else:
                is_fund = to == "fund"
                pay_margin.bring(
                    *books, member=member, source=account, fen=amount, transfer_id=form_id, to_fund=is_fund
                )
    except QipanError as error:
        return _positions(request, error=error, given=given)
    return RedirectResponse("/market/positions", status_code=303)


@router.get("/market/clearing")
def clearing(request: Request) -> Response:
    """Show the desk of the clearing house."""
    return _desk(request)


@router.post("/market/mark")
def mark(
    request: Request,
    caller: Asker,
    instrument: Annotated[list[str] | None, Form()] = None,
    plan_yuan: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Fix the marks of this day, with the plan's price for books that have none; once a day."""
    named = zip(instrument or (), plan_yuan or (), strict=False)
    given = {name: text for name, text in named if text}
    caller.require_duty(Duty.CLEARING)
    services = services_of(request)
    try:
        plan = {name: forms.fen(text, "plan_yuan") for name, text in given.items()}
        with services.books.begin(caller=str(caller)) as unit:
            services.clearing.mark(unit, datetime.now(UTC), plan)
    except QipanError as error:
        return _desk(request, error=error, given=given)
    return RedirectResponse("/market/clearing", status_code=303)


@router.post("/market/settle")
def settle(request: Request, caller: Asker) -> Response:
    """Pay what the newest marks lead to, or call for missing margin; a settled day is told again."""
    caller.require_duty(Duty.CLEARING)
    services = services_of(request)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            found = services.clearing.settle(unit, datetime.now(UTC))
    except QipanError as error:
        return _desk(request, error=error)
    return _desk(request, settled=found)


@router.post("/market/default")
def default(request: Request, caller: Asker, member: Text, is_declared: Text = "") -> Response:
    """Declare that a member did not answer its call and close it out; or close out what was left.

    A declaration that is sent twice changes nothing the second time.
    """
    caller.require_duty(Duty.CLEARING)
    services = services_of(request)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            standing = {one.member: one.is_defaulted for one in services.margins.purses(unit)}
            if is_declared or not standing.get(member, False):
                services.clearing.default(unit, member, datetime.now(UTC))
    except QipanError as error:
        return _desk(request, error=error)
    return RedirectResponse("/market/clearing", status_code=303)


@router.post("/market/check")
def check(request: Request, caller: Asker) -> Response:
    """Make every book anew from its requests and every day from its marks, and tell what differs."""
    caller.require_duty(Duty.CLEARING, reads=True)
    services = services_of(request)
    with services.books.read() as unit:
        findings = check_market(services, unit)
    return _desk(request, checked=findings)


@router.post("/market/admit")
def admit(
    request: Request, caller: Asker, member: Text = "", key: Annotated[str, Form(max_length=400)] = ""
) -> Response:
    """Admit a member and open its accounts; admitted again on the same key, nothing happens."""

    def done(unit: Unit, now: datetime) -> None:
        services_of(request).margins.admit(unit, Member(member, key.strip()), now)

    return _entered(request, caller, done, "admit", {"member": member, "key": key})


@router.post("/market/open")
def open_book(
    request: Request,
    caller: Asker,
    instrument: Annotated[str, Form(max_length=120)] = "",
    margin_yuan: Text = "",
    coverage: Text = "0.99",
    last_trading: Text = "",
    history: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Open a book on a margin, or on one that follows from a history; open already on the same terms, it stays."""

    def done(unit: Unit, now: datetime) -> None:
        data, name = forms.read_file(history)
        with of_file(name):
            listing = listing_of(
                instrument,
                margin_fen_per_card_h=forms.fen(margin_yuan, "margin_yuan") if margin_yuan else None,
                history=data if name else None,
                coverage=forms.read_field(coverage, _share, "coverage", "Write a share between 0 and 1, such as 0.99."),
                last_trading=forms.moment(last_trading, "last_trading"),
            )
        services = services_of(request)
        services.trading.open_book(unit, opened(listing, services.catalog, now), now)

    given = {"instrument": instrument, "margin_yuan": margin_yuan, "coverage": coverage, "last_trading": last_trading}
    return _entered(request, caller, done, "open", given)


@router.post("/market/certify")
def certify(
    request: Request,
    caller: Asker,
    member: Text = "",
    card_class: Text = "",
    hub_id: Text = "",
    start: Text = "",
    cards: Text = "",
    certificate: Text = "",
) -> Response:
    """Enter what a member has certified at a hub, from a full hour on; the last word counts."""

    def done(unit: Unit, now: datetime) -> None:
        begins = forms.moment(start, "start") or now.replace(minute=0, second=0, microsecond=0)
        step = Certification(member, card_class, hub_id, begins, forms.whole(cards, "cards"), certificate)
        services = services_of(request)
        services.trading.certify(unit, certified(step, services.catalog), now)

    given = {"member": member, "card_class": card_class, "hub_id": hub_id, "start": start, "cards": cards}
    return _entered(request, caller, done, "certify", given | {"certificate": certificate})


def _entered(
    request: Request, caller: Caller, done: Callable[[Unit, datetime], None], where: str, typed: Mapping[str, str]
) -> Response:
    """Do what clearing does with members, books and capacity, all or nothing, and show the desk."""
    caller.require_duty(Duty.CLEARING)
    try:
        with services_of(request).books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _desk(request, error=error, where=where, typed=typed)
    return RedirectResponse("/market/clearing", status_code=303)


def _share(text: str) -> float:
    read = float(text)
    if not 0 < read < 1:
        raise ValueError(text)
    return read


def _positions(
    request: Request, *, error: QipanError | None = None, given: Mapping[str, str] | None = None
) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    with services.books.read() as unit:
        members = seen_by(caller, services.trading.members(unit))
        if not members:
            caller.require_duty(*SEES, reads=True)
        member = chosen_of(request, members)
        exposures = services.trading.exposures(unit, member=member) if member else ()
        purses = [one for one in services.margins.purses(unit) if one.member == member]
        needed, calls = services.margins.required(unit), services.margins.calls(unit)
        marked = {one.instrument: one for one in services.clearing.marks(unit)}
    table, _ = market.margins(purses, needed, calls, said)
    return render(
        request,
        "positions.html",
        status=200 if error is None else status_of(error),
        members=members,
        member=member,
        exposures=market.exposures(exposures, marked, said),
        margins=table,
        call=calls.get(member, 0),
        is_defaulted=any(one.is_defaulted for one in purses),
        account=services.margins.account(member) if member else "",
        may_move=bool(acted_for(caller, [member])) or caller.has_duty(Duty.CLEARING),
        new_id=forms.new_form_id,
        error=error,
        given={"account": "", "yuan": "", "to": "margin"} | dict(given or {}),
    )


def _desk(
    request: Request,
    *,
    error: QipanError | None = None,
    given: Mapping[str, str] | None = None,
    settled: Settlement | None = None,
    checked: tuple[Finding, ...] | None = None,
    where: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    caller.require_duty(Duty.CLEARING, reads=True)
    with services.books.read() as unit:
        purses, needed = services.margins.purses(unit), services.margins.required(unit)
        calls, days = services.margins.calls(unit), services.clearing.days(unit)
        exposures, marks = services.trading.exposures(unit), services.clearing.marks(unit)
    table, _ = market.margins(purses, needed, calls, said)
    today = now.astimezone(MARKET_ZONE).date()
    newest = {one.instrument: one for one in marks}
    missing = [one.value or "" for one in error.findings] if error and error.code == "marks_missing" else []
    return render(
        request,
        "clearing.html",
        status=200 if error is None else status_of(error),
        today=today,
        may_clear=caller.has_duty(Duty.CLEARING),
        is_marked=today in days,
        waits=next((day for day, digest in days.items() if not digest), None),
        last_settled=max((day for day, digest in days.items() if digest), default=None),
        margins=table,
        exposures=market.exposures(exposures, newest, said),
        days=_days(days, [one.day for one in marks], said),
        called=[(member, market.price(fen)) for member, fen in calls.items()],
        defaulted=[one.member for one in purses if one.is_defaulted],
        settled=None
        if settled is None
        else market.settlement(settled.day, settled.paid_fen, settled.required_fen, settled.calls_fen, said),
        is_called=settled is not None and bool(settled.calls_fen),
        missing=[(name, (given or {}).get(name, "")) for name in missing],
        checked=checked,
        error=error,
        where=where,
        typed=EMPTY | dict(typed or {}),
    )


def _days(days: Mapping[date, str], marked: list[date], said: Words) -> Table:
    heads = (
        Head(said.say("Day"), is_number=False),
        Head(said.say("Marks")),
        Head(said.say("Settlement"), said.say("SHA-256 of all that it posted"), is_number=False),
    )
    rows = tuple(
        row(Cell(f"{day}"), grouped(marked.count(day)), digest or said.say("waits"))
        for day, digest in sorted(days.items(), reverse=True)
    )
    return Table(said.say("Days of clearing"), heads, rows, said.say("No day was marked yet."))
