"""Quota is allotted out of a budget for delivered compute, surrendered for declared emissions, or sold, each kg once.

Claims keep what the engine must refuse: card-hours matched twice, and emissions that are surrendered for twice.
Transfers of the asset `quota` keep the rest: nobody gives up more than it has, and what is given up never moves again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.model.posting import EXPIRED, ISSUED, RETIRED, Account, Asset, AssetKind, Balance, Draft
from qipan.accounts.periods import expires
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.certificates.admit import REGISTRY, check_request_id
from qipan.certificates.model.quota import Backing, Declaration, Delivery, QuotaRule, year_of, year_start
from qipan.certificates.model.request import Answer, Budget, Declare, Match, Quoting, Selection, Sell, Surrender
from qipan.certificates.quota import (
    CARBON_MARKET,
    check_amount,
    check_declaration,
    check_delivery,
    check_quota_holder,
    rule_in_force,
)
from qipan.certificates.record import told
from qipan.certificates.service.certification import Certifications
from qipan.certificates.service.entry import Done, Entry
from qipan.certificates.service.registry import Registry
from qipan.certificates.store import registry as store
from qipan.kernel.errors import Finding, NotAllowedError, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork

QUOTA: Final = Asset("quota", AssetKind.QUOTA, lifetime_months=12)
"""Kg by year; they can be given up until the end of the next."""

COMPUTE: Final = "compute/"
EMISSIONS: Final = "emissions/"
"""Begin the extents of deliveries, in card-hours, and of declarations, in kg."""

_ISSUED: Final = Account(f"{REGISTRY}/quota", REGISTRY, QUOTA.asset_id, ISSUED, floor=None)
_BUDGET: Final = Account(f"{REGISTRY}/quota/budget", REGISTRY, QUOTA.asset_id, "budget")
_EXPIRED: Final = Account(f"{REGISTRY}/quota/expired", REGISTRY, QUOTA.asset_id, EXPIRED)
_SOLD: Final = Account(f"{CARBON_MARKET}/quota", CARBON_MARKET, QUOTA.asset_id, RETIRED)


def _held(holder: str) -> Account:
    return Account(f"{holder}/quota", holder, QUOTA.asset_id, "held")


def _surrendered(holder: str) -> Account:
    return Account(f"{holder}/quota/surrendered", holder, QUOTA.asset_id, RETIRED)


class Quotas:
    """Who was allotted which quota for which compute, and what became of it."""

    def __init__(
        self,
        log: Log,
        accounts: Accounts,
        claims: Claims,
        registry: Registry,
        certifications: Certifications,
        rules: Sequence[QuotaRule],
    ) -> None:
        self._entry = Entry(log)
        self._accounts = accounts
        self._claims = claims
        self._registry = registry
        self._certifications = certifications
        self._rules = tuple(rules)

    def rule(self, now: datetime) -> QuotaRule:
        """Return the rule in force.

        Raises
        ------
        NotFoundError
            ``quota_rule_unknown``.
        """
        return rule_in_force(self._rules, now)

    # --- requests ------------------------------------------------------------------------------------------------

    def budget(self, unit: UnitOfWork, request: Budget, now: datetime) -> Answer:
        """Make quota of a year available; the same again changes nothing.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``quota_unfit``.
        ConflictError
            ``certificate_request_differs``.
        RuleBrokenError
            ``quota_expired``.
        """
        check_amount(request.year, request.kg)
        return self._enter(unit, request, now)

    def match(self, unit: UnitOfWork, request_id: str, delivery: Delivery, backing: Backing, now: datetime) -> Answer:
        """Match delivered compute with quota out of the budget, or with certificates that its site holds.

        The rule is that of the day of delivery.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``delivery_unfit``, ``holder_unfit``, ``holder_reserved``.
        NotFoundError
            ``quota_rule_unknown``.
        NotAllowedError
            ``site_not_certified`` unless a green certification of the site covers the delivery.
        ConflictError
            ``certificate_request_differs``, ``extent_taken``.
        RuleBrokenError
            ``delivery_matched`` when it was matched before, with either; ``delivery_small``, ``quota_short``,
            ``quota_expired``, ``certificates_short``.
        """
        check_delivery(delivery, now)
        return self._enter(unit, Match(request_id, delivery, backing, self.rule(delivery.start)), now)

    def declare(self, unit: UnitOfWork, declaration: Declaration, now: datetime) -> Answer:
        """Enter what somebody has emitted, under the id of the declaration.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``declaration_unfit``, ``holder_unfit``, ``holder_reserved``.
        ConflictError
            ``certificate_request_differs``.
        """
        check_declaration(declaration)
        return self._enter(unit, Declare(declaration.declaration_id, declaration), now)

    def surrender(self, unit: UnitOfWork, request: Surrender, now: datetime) -> Answer:
        """Give up quota of the declarer for its emissions.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``quota_unfit``.
        NotFoundError
            ``declaration_unknown``.
        ConflictError
            ``certificate_request_differs``.
        RuleBrokenError
            ``emissions_surrendered`` when less is left of what was declared; ``quota_short``, ``quota_expired``.
        """
        check_amount(request.year, request.kg)
        return self._enter(unit, request, now)

    def sell(self, unit: UnitOfWork, request: Sell, now: datetime) -> Answer:
        """Hand quota over to the carbon market, for good.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``quota_unfit``, ``holder_unfit``, ``holder_reserved``.
        ConflictError
            ``certificate_request_differs``.
        RuleBrokenError
            ``quota_short``, ``quota_expired``.
        """
        check_amount(request.year, request.kg)
        check_quota_holder(request.holder)
        return self._enter(unit, request, now)

    # --- looking -------------------------------------------------------------------------------------------------

    def declarations(self, unit: UnitOfWork) -> tuple[Declaration, ...]:
        """Return what was declared to have been emitted, in its order."""
        found = store.requests(unit, kinds=["declare"]).values()
        return tuple(Declaration(**told(one)["declaration"]) for one in found)

    def balances(self, unit: UnitOfWork) -> dict[tuple[str, int], int]:
        """Return kg by account and year, of all accounts of quota."""
        names = list(self._accounts.accounts(unit, asset_id=QUOTA.asset_id))
        return {
            (name, year_of(period)): balance.posted
            for (name, period), balance in self._accounts.balances(unit, names).items()
            if period is not None
        }

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold claims, requests and balances against each other.

        Rules: ``quota_differs`` where what is allotted, surrendered or sold is not what accounts say;
        ``delivery_torn`` where a delivery is not matched whole.
        """
        true: dict[str, int] = {}

        def add(account: Account, kg: int) -> None:
            true[account.account_id] = true.get(account.account_id, 0) + kg

        matched = {one.extent_id: one for one in self._claims.standing(unit, purposes=[one.value for one in Backing])}
        findings: list[Finding] = []
        requests = store.requests(unit, kinds=["budget", "match", "surrender", "sell"])
        declared = {name: told(one)["declaration"] for name, one in store.requests(unit, kinds=["declare"]).items()}
        for row, (name, entered) in enumerate(requests.items(), start=1):
            values, kg = told(entered), entered.count
            match entered.kind:
                case "budget":
                    add(_BUDGET, kg)
                case "surrender":
                    holder = declared[values["declaration_id"]]["holder"]
                    add(_held(holder), -kg)
                    add(_surrendered(holder), kg)
                case "sell":
                    add(_held(values["holder"]), -kg)
                    add(_SOLD, kg)
                case _:
                    delivery = values["delivery"]
                    claim = matched.get(COMPUTE + delivery["delivery_id"])
                    whole = (values["backing"], 0, delivery["card_h"])
                    if claim is None or (claim.purpose, claim.unit_start, claim.unit_end) != whole:
                        message = f"A delivery must be matched whole, once, was not: {name}."
                        findings.append(Finding(row, "delivery", "delivery_torn", message, name))
                    if values["backing"] == Backing.QUOTA:
                        add(_BUDGET, -kg)
                        add(_held(delivery["buyer"]), kg)
        told_kg: dict[str, int] = {}
        for (name, _), kg in self.balances(unit).items():
            told_kg[name] = told_kg.get(name, 0) + kg
        lapsed = told_kg.pop(_EXPIRED.account_id, 0)
        told_kg.pop(_ISSUED.account_id, None)
        off = {name: true.get(name, 0) - told_kg.get(name, 0) for name in {*true, *told_kg}}
        wrong = sorted(name for name, kg in off.items() if kg < 0 or (kg and not lapsed))
        wrong += [] if sum(off.values()) == lapsed or wrong else [_EXPIRED.account_id]
        for name in wrong:
            message = f"{name} must have {true.get(name, 0)} kg, was {told_kg.get(name, 0)}."
            findings.append(Finding(0, "balance", "quota_differs", message, name))
        return tuple(findings)

    # --- how it is done -------------------------------------------------------------------------------------------

    def _enter(self, unit: UnitOfWork, request: Quoting, now: datetime) -> Answer:
        check_request_id(request.request_id)
        self._accounts.open_asset(unit, QUOTA, now)
        return self._entry.enter(unit, request, self._carry_out, now)

    def _carry_out(self, unit: UnitOfWork, request: Quoting, now: datetime) -> Done:
        match request:
            case Budget():
                return self._move(unit, request.request_id, _ISSUED, _BUDGET, (request.year, request.kg), now)
            case Match():
                return self._match(unit, request, now)
            case Declare():
                self._claims.open_extent(unit, _emissions(request.declaration), now)
                return 0, request.declaration.kg
            case Surrender():
                return self._surrender(unit, request, now)
            case Sell():
                source = _held(request.holder)
                return self._move(unit, request.request_id, source, _SOLD, (request.year, request.kg), now)

    def _match(self, unit: UnitOfWork, request: Match, now: datetime) -> Done:
        one, rule = request.delivery, request.rule
        found = self._certifications.certifications(unit, one.site).values()
        if not any(certification.covers(in_utc(one.start)) for certification in found):
            raise NotAllowedError(
                f"A site must be certified for when it delivered, was not for {one.start.isoformat()}: {one.site}.",
                code="site_not_certified",
                hint="Audit the site with qipan certificates centre audit.",
            )
        extent = Extent(COMPUTE + one.delivery_id, QUOTA.asset_id, one.card_h, in_utc(one.start), in_utc(one.end))
        self._claims.open_extent(unit, extent, now)
        claim = Claim(
            f"match/{request.request_id}",
            extent.extent_id,
            one.buyer,
            request.backing.value,
            0,
            one.card_h,
            extent.start,
            extent.end,
            is_final=True,
        )
        try:
            self._claims.claim(unit, [claim], now)
        except RuleBrokenError as error:
            if error.code != "claim_overlaps":
                raise
            raise RuleBrokenError(
                f"A delivery must be matched once, with quota or with certificates, was matched: {one.delivery_id}.",
                code="delivery_matched",
                hint="Nothing to do: it is matched already.",
            ) from error
        kg, wh = rule.quota_kg(one.card_h), one.card_h * rule.wh_per_card_h
        if min(kg, wh) < 1:
            raise RuleBrokenError(
                f"A delivery must be worth 1 kg and 1 Wh at least, was {kg} kg and {wh} Wh: {one.delivery_id}.",
                code="delivery_small",
                hint="Put deliveries of a month together.",
            )
        if request.backing is Backing.QUOTA:
            amount = (year_of(one.start), kg)
            return self._move(unit, request.request_id, _BUDGET, _held(one.buyer), amount, now)
        selection = Selection(wh, one.month.name)
        handed = self._registry.hand_over(
            unit, request.request_id, holder=one.site, to=one.buyer, selection=selection, now=now
        )
        return handed, 0

    def _surrender(self, unit: UnitOfWork, request: Surrender, now: datetime) -> Done:
        entered = store.requests(unit, [request.declaration_id]).get(request.declaration_id)
        if entered is None or entered.kind != "declare":
            raise NotFoundError(
                f"Emissions must be declared before quota is surrendered for them, was not: {request.declaration_id}.",
                code="declaration_unknown",
                hint="Declare them with qipan certificates quota declare.",
            )
        declaration = Declaration(**told(entered)["declaration"])
        extent = _emissions(declaration)
        done = self._claims.standing(unit, extent_ids=[extent.extent_id])
        first = sum(one.unit_end - one.unit_start for one in done)
        if first + request.kg > declaration.kg:
            raise RuleBrokenError(
                f"Quota must be surrendered for emissions once, was {request.kg} kg with {declaration.kg - first} left "
                f"of {request.declaration_id}.",
                code="emissions_surrendered",
                hint="Surrender no more than was declared; what is left can be kept or sold.",
            )
        claim = Claim(
            f"surrender/{request.request_id}",
            extent.extent_id,
            declaration.holder,
            "surrendered",
            first,
            first + request.kg,
            extent.start,
            extent.end,
            is_final=True,
        )
        self._claims.claim(unit, [claim], now)
        source, sink = _held(declaration.holder), _surrendered(declaration.holder)
        return self._move(unit, request.request_id, source, sink, (request.year, request.kg), now)

    def _move(
        self, unit: UnitOfWork, request_id: str, source: Account, sink: Account, amount: tuple[int, int], now: datetime
    ) -> Done:
        """Move kg of a year from one account to another."""
        year, kg = amount
        period = year_start(year)
        for one in (source, sink, _EXPIRED):
            self._accounts.open_account(unit, one, now)
        ends = expires(QUOTA, period)
        if ends is not None and ends <= in_utc(now):
            raise RuleBrokenError(
                f"Quota must be valid while it moves, was over at {ends.isoformat()}: {year}.",
                code="quota_expired",
                hint="Quota of a year can be given up until the end of the next.",
            )
        has = self._accounts.balances(unit, [source.account_id]).get((source.account_id, period), Balance()).available
        if source.floor is not None and has < kg:
            raise RuleBrokenError(
                f"Quota must be there before it moves, was {has} kg of {kg} of {year}: {source.account_id}.",
                code="quota_short",
                hint="See it with qipan certificates quota show.",
            )
        draft = Draft(
            transfer_id=f"quota/{request_id}",
            debit=source.account_id,
            credit=sink.account_id,
            amount=kg,
            period=period,
            reason="carbon_quota",
            reference=request_id,
        )
        self._accounts.post_whole(unit, [draft], now)
        return 0, kg


def _emissions(declaration: Declaration) -> Extent:
    start, end = year_start(declaration.year), year_start(declaration.year + 1)
    return Extent(EMISSIONS + declaration.declaration_id, QUOTA.asset_id, declaration.kg, start, end)
