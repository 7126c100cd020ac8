"""``/agreements``: what is signed, billed, shared and pledged; who would gain what before anybody signs; values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.bill import Use
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.posted import Pledge, PostedShare, Signed
from qipan.agreements.model.prospectus import Prospectus
from qipan.agreements.record import record
from qipan.agreements.sensitivity import by_rate_and_occupancy, one_at_a_time
from qipan.agreements.simulate import simulate as simulated
from qipan.agreements.value import value as valued
from qipan.agreements.waterfall import run_down
from qipan.bootstrap.files import read_agreement, read_prospectus, read_scenarios
from qipan.bootstrap.services import Services
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, SEES, acted_for
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require, services_of, status_of
from qipan.interfaces.report import agreements, obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped
from qipan.interfaces.report.obligations import hub_names
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import QipanError, of_file

RATE_STEPS: Final = tuple(map(Decimal, ("-0.01", "-0.005", "0", "0.005", "0.01")))
"""How far from its own discount rate the chart of a value looks."""
OCCUPANCIES: Final = tuple(map(Decimal, ("0.6", "0.7", "0.8", "0.9", "1")))
"""Occupancies that the chart of a value looks at."""
ITEMS: Final = {str(one): one for one in Item}

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=80)]
Upload = Annotated[UploadFile | None, File()]
Pasted = Annotated[str, Form(max_length=1 << 20)]


@router.get("/agreements")
def listed(request: Request, caller: Asker) -> Response:
    """Show the agreements of whom the caller sees."""
    services, said = services_of(request), words_of(request)
    with services.books.read() as unit:
        found = [one for one in services.signing.all(unit) if _sees(caller, one)]
    return render(request, "agreements.html", table=agreements.agreements(found, _names(services, said), said))


@router.get("/agreements/one")
def one(request: Request, agreement: Annotated[str, Query(max_length=80)]) -> Response:
    """Show an agreement: versions, text, sharing, bills and pledges."""
    return _one(request, agreement)


@router.get("/agreements/simulate")
def ask(request: Request) -> Response:
    """Show the forms of the simulator."""
    return _simulator(request)


@router.post("/agreements/simulate")
def simulate(
    request: Request, agreement: Pasted = "", scenarios: Pasted = "", file: Upload = None, courses: Upload = None
) -> Response:
    """Say who would gain what against no agreement, and whether each party is better off; nothing is kept."""
    services, said = services_of(request), words_of(request)
    given = {"agreement": agreement, "scenarios": scenarios}
    try:
        with of_file(_name(file)):
            given["agreement"] = forms.read_text(file, agreement)
            read = read_agreement(given["agreement"].encode(), services.settings.facts)
        with of_file(_name(courses)):
            given["scenarios"] = forms.read_text(courses, scenarios)
            found = simulated(read, read_scenarios(given["scenarios"].encode()))
    except QipanError as error:
        return _simulator(request, error=error, given=given)
    names = _names(services, said)
    caller = caller_of(request)
    return _simulator(
        request,
        given=given,
        found={
            "id": read.agreement_id,
            "is_rational": found.is_rational,
            "verdicts": agreements.verdicts(found, names, said),
            "gains": agreements.gains(found, names, said),
            "scenarios": agreements.by_scenario(found, names, said),
            "expected": agreements.price_range(found.in_expectation, said),
            "always": agreements.price_range(found.in_every_scenario, said),
            "signers": [(party, names.get(party, party)) for party in acted_for(caller, (read.buyer, read.seller))],
        },
        charts={"gains": agreements.by_scenario_chart(found, names, said)},
    )


@router.post("/agreements/sign")
def sign(request: Request, caller: Asker, party: Text, agreement: Pasted) -> Response:
    """Sign a text for a party; signed again, nothing happens."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.TRADER, party=party)
        read = read_agreement(agreement.encode(), services.settings.facts)
        with services.books.begin(caller=str(caller)) as unit:
            services.signing.sign(unit, read, party, datetime.now(UTC))
    except QipanError as error:
        return _simulator(request, error=error, given={"agreement": agreement})
    return RedirectResponse(agreements.agreement_address(read.agreement_id), status_code=303)


@router.post("/agreements/bill")
def bill(
    request: Request, caller: Asker, agreement: Text, month: Text = "", taken: Text = "", index: Text = ""
) -> Response:
    """Bill a month and pay it; the same bill again changes nothing."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.CLEARING)
        use = Use(_month(month), forms.whole(taken, "taken"), None)
        told = forms.read_field(index, Decimal, "index", "Write a number such as 101.5.") if index else None
        with services.books.begin(caller=str(caller)) as unit:
            services.settling.bill(unit, agreement, use, datetime.now(UTC), told)
    except QipanError as error:
        return _one(request, agreement, error=error)
    return RedirectResponse(agreements.agreement_address(agreement), status_code=303)


@router.post("/agreements/share")
def share(
    request: Request, caller: Asker, agreement: Text, pool: Text, month: Text = "", yuan: Text = "", source: Text = ""
) -> Response:
    """Share rent or green premium of a month out; the same again changes nothing."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.CLEARING)
        shared = forms.one_of({str(one): one for one in Pool}, pool, "pool", "Choose one of the list.")
        told = PostedShare(agreement, shared, _month(month), forms.fen(yuan, "yuan"), source)
        with services.books.begin(caller=str(caller)) as unit:
            services.settling.share(unit, told, datetime.now(UTC))
    except QipanError as error:
        return _one(request, agreement, error=error)
    return RedirectResponse(agreements.agreement_address(agreement), status_code=303)


@router.post("/agreements/pledge")
def pledge(
    request: Request,
    caller: Asker,
    agreement: Text,
    form_id: Text,
    holder: Text = "",
    share: Text = "",
    start: Text = "",
    until: Text = "",
) -> Response:
    """Pledge a share of the revenue for months to come; no part can be pledged twice at a time."""
    services = services_of(request)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            seller = services.signing.newest(unit, agreement).agreement.seller
            caller.require_duty(Duty.TRADER, party=seller)
            part = forms.read_field(share, Decimal, "share", "Write a share such as 0.001.")
            made = Pledge(form_id, agreement, holder, part, _month(start), _month(until))
            services.pledging.pledge(unit, made, datetime.now(UTC))
    except QipanError as error:
        return _one(request, agreement, error=error)
    return RedirectResponse(agreements.agreement_address(agreement), status_code=303)


@router.post("/agreements/release")
def release(request: Request, caller: Asker, agreement: Text, pledge_id: Text) -> Response:
    """Release a pledge; released again, nothing happens."""
    services = services_of(request)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            held = {one.pledge_id: one.holder for one in services.pledging.pledges(unit, agreement)}
            if pledge_id in held:
                caller.require_duty(*ACTS, Duty.CLEARING, party=held[pledge_id])
            services.pledging.release(unit, agreement, pledge_id, datetime.now(UTC))
    except QipanError as error:
        return _one(request, agreement, error=error)
    return RedirectResponse(agreements.agreement_address(agreement), status_code=303)


@router.post("/agreements/split")
def split(
    request: Request,
    caller: Asker,
    agreement: Text,
    event_id: Text = "",
    day: Text = "",
    source: Text = "",
    item: Annotated[list[str] | None, Form()] = None,
    amount: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Split an event of the enclave over its regions, under its id; the same again changes nothing."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.CLEARING)
        named = zip(item or (), amount or (), strict=False)
        told = {forms.one_of(ITEMS, name, "item", "Choose one of the list."): text for name, text in named if text}
        amounts = {one: _amount(one, text) for one, text in told.items()}
        made = Event(event_id, forms.day(day, "day"), {one: count for one, count in amounts.items() if count})
        with services.books.begin(caller=str(caller)) as unit:
            services.settling.split(unit, agreement, made, datetime.now(UTC), source)
    except QipanError as error:
        given = {"event_id": event_id, "day": day, "source": source} | dict(zip(item or (), amount or (), strict=False))
        return _one(request, agreement, error=error, given=given)
    return RedirectResponse(agreements.agreement_address(agreement), status_code=303)


@router.get("/agreements/value")
def ask_value(request: Request) -> Response:
    """Show the form of a valuation."""
    return _value(request)


@router.post("/agreements/value")
def value(request: Request, prospectus: Pasted = "", file: Upload = None) -> Response:
    """Value a site's future income, and show what the value rests on; nothing is kept."""
    said, text = words_of(request), prospectus
    try:
        with of_file(_name(file)):
            text = forms.read_text(file, prospectus)
            read, structure = read_prospectus(text.encode())
            found = valued(read)
            rates = _rates(read)
            value_fen = by_rate_and_occupancy(read, rates, OCCUPANCIES)
            paid = run_down([max(one.cash_fen, 0) for one in found.flows], structure) if structure else ()
            moved = one_at_a_time(read)
    except QipanError as error:
        return _value(request, error=error, given=text)
    multiple = found.price_to_ffo
    return _value(
        request,
        given=text,
        found={
            "name": read.name,
            "value": agreements.millions(found.value_fen),
            "residual": agreements.millions(found.residual_fen),
            "multiple": NOTHING if multiple is None else grouped(float(multiple), 2),
            "flows": agreements.flows(found, said),
            "grid": agreements.grid(rates, OCCUPANCIES, value_fen, said),
            "moved": agreements.moved(moved, found.value_fen, said),
            "waterfall": agreements.waterfall([one.year for one in found.flows], paid, said) if paid else None,
        },
        charts={
            "flows": agreements.flows_chart(found, said),
            "grid": agreements.grid_chart(rates, OCCUPANCIES, value_fen, said),
        },
    )


def _amount(item: Item, text: str) -> int:
    """Read an amount of an event: money in yuan, the rest whole in its unit."""
    return forms.fen(text, item.value) if item.value.endswith("_fen") else forms.whole(text, item.value)


def _rates(read: Prospectus) -> list[Decimal]:
    return [max(read.discount_rate + step, Decimal(0)) for step in RATE_STEPS]


def _sees(caller: Caller, signed: Signed) -> bool:
    parties = (signed.agreement.buyer, signed.agreement.seller)
    return any(caller.has_duty(*SEES, party=party, reads=True) for party in parties)


def _one(
    request: Request, agreement_id: str, *, error: QipanError | None = None, given: Mapping[str, str] | None = None
) -> Response:
    services, said, caller = services_of(request), words_of(request), caller_of(request)
    if caller.user is None:
        caller.require_duty(*SEES, reads=True)
    with services.books.read() as unit:
        signed = services.signing.newest(unit, agreement_id)
        if not _sees(caller, signed):
            caller.require_duty(*SEES, party=signed.agreement.buyer, reads=True)
        bills = services.settling.bills(unit, agreement_id)
        shares = services.settling.shares(unit, agreement_id)
        pledges = services.pledging.pledges(unit, agreement_id)
        events = services.settling.events(unit, agreement_id)
    names = _names(services, said)
    return render(
        request,
        "agreement.html",
        status=200 if error is None else status_of(error),
        error=error,
        signed=signed,
        names=names,
        text=record(signed.agreement),
        versions=agreements.versions(signed, said),
        sharing=agreements.sharing(signed, names, said),
        bills=agreements.bills(bills, said),
        shares=agreements.shares(shares, said),
        pledges=agreements.pledges(pledges, said),
        releases=[one.pledge_id for one in pledges if caller.has_duty(*ACTS, Duty.CLEARING, party=one.holder)],
        events=agreements.events(events, said),
        items=[(str(one), label(obligations.ITEM, str(one), said)) for one in Item],
        has_enclave=Pool.ENCLAVE in signed.agreement.tables,
        given=given or {},
        may_bill=signed.is_in_force and caller.has_duty(Duty.CLEARING),
        may_pledge=signed.is_in_force and caller.has_duty(Duty.TRADER, party=signed.agreement.seller),
        new_id=forms.new_form_id,
    )


def _simulator(
    request: Request,
    *,
    error: QipanError | None = None,
    given: Mapping[str, str] | None = None,
    found: Mapping[str, Any] | None = None,
    charts: Mapping[str, Any] | None = None,
) -> Response:
    return render(
        request,
        "simulate.html",
        status=200 if error is None else status_of(error),
        error=error,
        given={"agreement": "", "scenarios": ""} | dict(given or {}),
        found=found,
        charts=charts or {},
    )


def _value(
    request: Request,
    *,
    error: QipanError | None = None,
    given: str = "",
    found: Mapping[str, Any] | None = None,
    charts: Mapping[str, Any] | None = None,
) -> Response:
    return render(
        request,
        "value.html",
        status=200 if error is None else status_of(error),
        error=error,
        given=given,
        found=found,
        charts=charts or {},
    )


def _names(services: Services, said: Words) -> dict[str, str]:
    """Return what parties and hubs are called, by adcodes and ids."""
    parties = {
        one.adcode: said.name({"name_en": one.name_en, "name_zh": one.name_zh}) for one in services.catalog.regions()
    }
    return parties | hub_names(services.catalog.hubs(), said)


def _name(file: UploadFile | None) -> str:
    return file.filename if file is not None and file.filename else ""


def _month(text: str) -> date:
    return forms.read_field(f"{text}-01", date.fromisoformat, "month", "Write for example 2027-01.")
