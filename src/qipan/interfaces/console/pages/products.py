"""``/market/products``: policies and claims, leases and instalments, deposits and draws of the compute bank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Services, Unit
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, SEES, acted_for, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import products
from qipan.kernel.errors import QipanError
from qipan.market.lease import instalments
from qipan.market.model.contract import Instrument
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.product import BankDeposit, BankDraw, Lease

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=120)]
Done = Callable[[Unit, datetime], None]

FIELDS = (
    *("insured", "risk", "instrument", "card_h", "yuan", "limit_yuan", "past", "loading_bp"),
    *("lessor", "lessee", "ware", "asset_yuan", "rate_bp", "periods", "grace", "first_due"),
    *("site_id", "owner", "source"),
)


@router.get("/market/products")
def shown(request: Request) -> Response:
    """Show policies, leases and the compute bank of the members whom the caller sees, and the forms."""
    return _page(request)


@router.post("/market/products/pool")
def pool(request: Request, caller: Asker, form_id: Text, source: Text = "", yuan: Text = "") -> Response:
    """Bring money to the pool that claims are paid from, out of an account of one's own, or as the clearing house."""

    def done(unit: Unit, now: datetime) -> None:
        services = services_of(request)
        caller.require_duty(*ACTS, Duty.CLEARING, party=services.accounts.account(unit, source).owner)
        services.insurance.bring(unit, source, forms.fen(yuan, "yuan"), form_id, now)

    return _done(request, caller, done, "pool", {"source": source, "yuan": yuan})


@router.post("/market/products/sell")
def sell(
    request: Request,
    caller: Asker,
    form_id: Text,
    insured: Text = "",
    risk: Text = "",
    instrument: Text = "",
    card_h: Text = "",
    yuan: Text = "",
    limit_yuan: Text = "",
    past: Annotated[str, Form(max_length=5000)] = "",
    loading_bp: Text = "0",
) -> Response:
    """Sell a policy; its premium goes from the member's margin to the pool."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        policy = Policy(
            form_id,
            insured,
            forms.one_of({one.value: one for one in Risk}, risk, "risk", "Choose one of the list."),
            Instrument.named(instrument),
            forms.whole(card_h, "card_h"),
            forms.fen(yuan, "yuan"),
            forms.fen(limit_yuan, "limit_yuan"),
        )
        claims = [forms.fen(one, "past") for one in past.split()]
        services_of(request).insurance.sell(unit, policy, claims, forms.whole(loading_bp, "loading_bp"), now)

    given = {"insured": insured, "risk": risk, "instrument": instrument, "card_h": card_h, "yuan": yuan,
             "limit_yuan": limit_yuan, "past": past, "loading_bp": loading_bp}  # fmt: skip
    return _done(request, caller, done, "sell", given)


@router.post("/market/products/claim")
def claim(request: Request, caller: Asker, policy_id: Text) -> Response:
    """Pay what a policy owes, once."""

    def done(unit: Unit, now: datetime) -> None:
        services = services_of(request)
        insured = {one.policy.policy_id: one.policy.insured for one, _ in services.insurance.policies(unit)}
        if not caller.has_duty(Duty.CLEARING):
            caller.require_duty(*ACTS, party=insured.get(policy_id, ""))
        services.insurance.claim(unit, policy_id, now)

    return _done(request, caller, done, "claim")


@router.post("/market/products/lease")
def agree(
    request: Request,
    caller: Asker,
    form_id: Text,
    lessor: Text = "",
    lessee: Text = "",
    ware: Annotated[str, Form(max_length=200)] = "",
    asset_yuan: Text = "",
    rate_bp: Text = "",
    periods: Text = "",
    grace: Text = "1",
    first_due: Text = "",
    owner: Text = "",
) -> Response:
    """Agree to a lease in level monthly instalments; for the side whose word it is, and the clearing house."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, Duty.CLEARING, party=owner)
        counts = (forms.whole(rate_bp, "rate_bp"), forms.whole(periods, "periods"), forms.whole(grace, "grace"))
        due = forms.day(first_due, "first_due")
        lease = Lease(form_id, lessor, lessee, ware, forms.fen(asset_yuan, "asset_yuan"), *counts, due)
        services_of(request).leasing.agree(unit, lease, owner, now)

    given = {"lessor": lessor, "lessee": lessee, "ware": ware, "asset_yuan": asset_yuan, "rate_bp": rate_bp,
             "periods": periods, "grace": grace, "first_due": first_due, "owner": owner}  # fmt: skip
    return _done(request, caller, done, "lease", given)


@router.post("/market/products/accept")
def accept(request: Request, caller: Asker, lease_id: Text, owner: Text = "") -> Response:
    """Agree to a lease that the other side proposed, on its terms."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, Duty.CLEARING, party=owner)
        leasing = services_of(request).leasing
        leasing.agree(unit, leasing.lease(unit, lease_id), owner, now)

    return _done(request, caller, done, "accept")


@router.post("/market/products/pay")
def pay(request: Request, caller: Asker, lease_id: Text, number: Text = "") -> Response:
    """Pay an instalment out of the lessee's margin, once."""

    def done(unit: Unit, now: datetime) -> None:
        services = services_of(request)
        if not caller.has_duty(Duty.CLEARING):
            caller.require_duty(*ACTS, party=services.leasing.lease(unit, lease_id).lessee)
        services.leasing.pay(unit, lease_id, forms.whole(number, "number"), now)

    return _done(request, caller, done, "pay")


@router.post("/market/products/repossess")
def repossess(request: Request, caller: Asker, lease_id: Text, yuan: Text = "", source: Text = "") -> Response:
    """Settle the resale of cards whose lease is in default, once."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        services_of(request).leasing.repossess(unit, lease_id, forms.fen(yuan, "yuan"), source, now)

    return _done(request, caller, done, "repossess", {"yuan": yuan, "source": source})


@router.post("/market/products/join")
def join(request: Request, caller: Asker, owner: Text = "", limit_yuan: Text = "0") -> Response:
    """Let a member deposit and draw, with a limit of its credit."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        services_of(request).bank.join(unit, owner, forms.fen(limit_yuan, "limit_yuan"), now)

    return _done(request, caller, done, "join", {"owner": owner, "limit_yuan": limit_yuan})


@router.post("/market/products/deposit")
def deposit(
    request: Request,
    caller: Asker,
    form_id: Text,
    member: Text = "",
    instrument: Text = "",
    site_id: Text = "",
    card_h: Text = "",
) -> Response:
    """Let others draw idle hours of a site."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, party=member)
        made = BankDeposit(form_id, member, instrument, site_id, forms.whole(card_h, "card_h"))
        services_of(request).bank.deposit(unit, made, now)

    given = {"instrument": instrument, "site_id": site_id, "card_h": card_h}
    return _done(request, caller, done, "deposit", given)


@router.post("/market/products/draw")
def draw(
    request: Request,
    caller: Asker,
    form_id: Text,
    owner: Text = "",
    instrument: Text = "",
    card_h: Text = "",
    yuan: Text = "",
) -> Response:
    """Draw hours that others deposited, for a member, at the price of the hour there."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        counts = forms.whole(card_h, "card_h"), forms.fen(yuan, "yuan")
        services_of(request).bank.draw(unit, BankDraw(form_id, owner, instrument, *counts, {}), now)

    given = {"owner": owner, "instrument": instrument, "card_h": card_h, "yuan": yuan}
    return _done(request, caller, done, "draw", given)


def _done(request: Request, caller: Caller, done: Done, where: str, given: Mapping[str, str] | None = None) -> Response:
    """Do something, all or nothing, and show the page again."""
    try:
        with services_of(request).books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _page(request, error=error, where=where, given=given)
    return RedirectResponse("/market/products", status_code=303)


def _page(
    request: Request, *, error: QipanError | None = None, where: str = "", given: Mapping[str, str] | None = None
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    reads_all, may_clear = caller.has_duty(Duty.CLEARING, reads=True), caller.has_duty(Duty.CLEARING)
    with services.books.read() as unit:
        known = services.trading.members(unit)
        members = seen_by(caller, known)
        if not members and not reads_all and error is None:
            caller.require_duty(*SEES, reads=True)
        member = chosen_of(request, members)
        shown = set(known) if reads_all else {member}
        policies = [one for one in services.insurance.policies(unit) if one[0].policy.insured in shown]
        runs = [one for one in _runs(services, unit, now) if {one.lease.lessor, one.lease.lessee} & shown]
        bank = _bank(services, unit, shown)
        waiting = services.leasing.waits_for(unit)
        sites = sorted({one.site_id for one in services.nominating.sites(unit, member)}) if member else []
    acts = {*acted_for(caller, [member])} if member else set()
    due = [one for one in runs if one.standing in {"current", "behind", "default"}]
    return render(
        request,
        "products.html",
        status=200 if error is None else status_of(error),
        policies=products.policies(policies, said),
        leases=products.leases(runs, said),
        deposits=products.deposits(bank["deposits"], bank["left"], said),
        draws=products.draws(bank["draws"], said),
        credits=products.credit(bank["credits"], said),
        claims=[
            sold.policy.policy_id
            for sold, claimed in policies
            if claimed is None and (may_clear or sold.policy.insured in acts)
        ],
        proposed=[
            (name, side) for name, side in waiting.items() if (may_clear or side in acts) and not known[side].key
        ],
        due=[(one.lease.lease_id, one.paid + 1) for one in due if may_clear or one.lease.lessee in acts],
        defaults=[one.lease.lease_id for one in due if one.standing == "default"] if may_clear else [],
        members=members,
        member=member,
        sites=sites,
        is_joined=member in bank["joined"],
        signs=bool(member) and bool(known[member].key),
        may_act=bool(acts),
        may_clear=may_clear,
        risks=list(Risk),
        new_id=forms.new_form_id,
        error=error,
        where=where,
        given=dict.fromkeys(FIELDS, "") | {"loading_bp": "0", "grace": "1"} | dict(given or {}),
    )


def _runs(services: Services, unit: Unit, now: datetime) -> list[products.Run]:
    return [
        products.Run(
            lease,
            instalments(lease.asset_fen, lease.rate_bp, lease.periods)[0].due_fen,
            paid,
            "repossessed" if taken else services.leasing.standing(unit, lease.lease_id, now).value,
        )
        for lease, paid, taken in services.leasing.leases(unit)
    ]


def _bank(services: Services, unit: Unit, shown: set[str]) -> dict[str, Any]:
    deposits = [one for one in services.bank.deposits(unit) if one.member in shown]
    names = {one.instrument for one in deposits}
    owed = services.bank.credits(unit)
    return {
        "deposits": deposits,
        "left": {one.deposit_id: left for name in names for one, left in services.bank.left(unit, name)},
        "draws": [one for one in services.bank.draws(unit) if one.member in shown],
        "credits": {name: fen for name, fen in owed.items() if name in shown},
        "joined": set(owed),
    }
