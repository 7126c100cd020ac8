"""Members insure deliveries and prices: a premium into a pool, a claim out of it where a figure pulls the trigger.

The pool always holds what all open policies can claim at most, so every claim is paid whole, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from qipan.accounts.model.posting import Account, Balance, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import HOUSE, check_id, is_id
from qipan.market.insure import claim_fen, paid_card_h, premium_fen
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.product import Claimed, Sold
from qipan.market.service.clearing import Clearing
from qipan.market.service.delivery import Deliveries
from qipan.market.service.margin import MONEY
from qipan.market.service.trading import Trading
from qipan.market.settle import margin_account
from qipan.market.store import clearing as days
from qipan.market.store import product as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

POOL: Final = "market/insurance"
"""Account that premiums go to and claims come from."""
POLICY_KIND: Final = "market_policy"
CLAIM_KIND: Final = "market_claim"


class Insurance:
    """Policies against failed delivery, and against prices on the wrong side of a strike."""

    def __init__(
        self, trading: Trading, clearing: Clearing, deliveries: Deliveries, accounts: Accounts, log: Log
    ) -> None:
        self._trading = trading
        self._clearing = clearing
        self._deliveries = deliveries
        self._accounts = accounts
        self._log = log

    def open_pool(self, unit: UnitOfWork, now: datetime) -> bool:
        """Open the account of the pool, which sponsors bring money to; ``False`` if it is open.

        Raises
        ------
        ConflictError
            ``asset_taken``, ``account_taken``.
        """
        self._accounts.open_asset(unit, MONEY, now)
        return self._accounts.open_account(unit, Account(POOL, HOUSE, MONEY.asset_id, "insurance"), now)

    def bring(self, unit: UnitOfWork, source: str, fen: int, transfer_id: str, now: datetime) -> bool:
        """Bring money of an account to the pool; ``False`` if it was before.

        Raises
        ------
        RuleBrokenError
            ``transfers_refused``.
        """
        check_id(transfer_id)
        self.open_pool(unit, now)
        draft = Draft(transfer_id=transfer_id, debit=source, credit=POOL, amount=fen, reason="insurance")
        return self._accounts.post_whole(unit, [draft], now) == 1

    def sell(
        self, unit: UnitOfWork, policy: Policy, past_claims_fen: Sequence[int], loading_bp: int, now: datetime
    ) -> tuple[Sold, bool]:
        """Sell a policy for the mean of past claims and a loading; ``False`` if it was sold before.

        Raises
        ------
        BadInputError
            ``policy_unfit``.
        NotFoundError
            ``member_unknown``, ``book_unknown``.
        ConflictError
            ``policy_differs``.
        RuleBrokenError
            ``history_short``; ``policy_late`` once trading has ended; ``pool_short`` where the pool would not hold what
            all open policies can claim; ``transfers_refused``.
        """
        unit.lock(POOL)
        amounts = (policy.card_h, policy.fen_per_card_h, policy.limit_fen)
        if not is_id(policy.policy_id) or min(amounts) <= 0 or loading_bp < 0 or min(past_claims_fen, default=0) < 0:
            raise BadInputError(
                f"A policy must have an id and amounts above 0, was {policy.policy_id!r} with {amounts}, past claims "
                f"{list(past_claims_fen)} and a loading of {loading_bp} basis points.",
                code="policy_unfit",
                hint="Give card-hours, fen a card-hour and a limit of at least 1.",
            )
        self._trading.member(unit, policy.insured)
        listing = self._trading.listing(unit, policy.instrument.name)
        sold = Sold(policy, tuple(past_claims_fen), loading_bp, premium_fen(past_claims_fen, loading_bp))
        stands = store.policies(unit)
        if policy.policy_id in stands:
            if stands[policy.policy_id] != sold:
                raise ConflictError(
                    f"An id must name one policy for good, was another: {policy.policy_id}.",
                    code="policy_differs",
                    hint="Give a new policy a new id.",
                )
            return sold, False
        if in_utc(now) >= listing.last_trading:
            raise RuleBrokenError(
                f"A policy must be sold before trading ends at {listing.last_trading}, was at {now}.",
                code="policy_late",
                hint="What has happened is not insured.",
            )
        self.open_pool(unit, now)
        claimed = store.claims(unit)
        backed = policy.limit_fen + sum(one.policy.limit_fen for name, one in stands.items() if name not in claimed)
        has = self._accounts.balances(unit, [POOL]).get((POOL, None), Balance()).available + sold.premium_fen
        if has < backed:
            raise RuleBrokenError(
                f"The pool must hold what all open policies can claim, {backed} fen, was {has} with this premium.",
                code="pool_short",
                hint=f"Bring money to {POOL}, or sell a policy with a lower limit.",
            )
        self._pay(unit, f"premium/{policy.policy_id}", margin_account(policy.insured), POOL, sold.premium_fen, now)
        store.insert_policy(unit, sold, in_utc(now))
        self._log.append(unit, POLICY_KIND, _policy_leaf(sold), now)
        record_action(unit, "policy_sold", policy.policy_id, now, premium_fen=sold.premium_fen)
        return sold, True

    def claim(self, unit: UnitOfWork, policy_id: str, now: datetime) -> tuple[Claimed, bool]:
        """Pay what a policy owes for what is settled: a delivery, or the last mark; ``False`` if it was paid before.

        Card-hours that another policy of the insured has paid for, of the same book and risk, are not paid again.

        Raises
        ------
        NotFoundError
            ``policy_unknown``; ``delivery_unallocated``, ``delivery_unsettled``.
        RuleBrokenError
            ``book_unsettled``, ``day_unsettled``; ``transfers_refused``.
        """
        unit.lock(POOL)
        sold = store.policies(unit, policy_id).get(policy_id)
        if sold is None:
            raise NotFoundError(
                f"A claim must be of a policy that was sold, was none: {policy_id!r}.",
                code="policy_unknown",
                hint="See which were sold with qipan market insure show.",
            )
        before = store.claims(unit, policy_id).get(policy_id)
        if before is not None:
            return before, False
        figure, held = self._left(unit, sold.policy)
        claimed = Claimed(policy_id, figure, held, claim_fen(sold.policy, figure=figure, held_card_h=held))
        self._pay(unit, f"claim/{policy_id}", POOL, margin_account(sold.policy.insured), claimed.fen, now)
        store.insert(unit, store.CLAIM, claimed, in_utc(now))
        self._log.append(unit, CLAIM_KIND, _claim_leaf(claimed), now)
        record_action(unit, "policy_claimed", policy_id, now, fen=claimed.fen)
        return claimed, True

    def policies(self, unit: UnitOfWork) -> tuple[tuple[Sold, Claimed | None], ...]:
        """Return the policies with their claims, by id."""
        claimed = store.claims(unit)
        return tuple((one, claimed.get(name)) for name, one in store.policies(unit).items())

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make premiums and claims anew and hold them against what was paid.

        Rules: ``policy_payment_differs``, ``loss_paid_twice``, ``pool_short``.
        """
        found: list[Finding] = []
        paid = {one.transfer_id: one.amount for one in self._accounts.transfers(unit, POOL)}
        open_fen = 0
        for sold, claimed in self.policies(unit):
            name = sold.policy.policy_id
            owed = 0
            if claimed is None:
                open_fen += sold.policy.limit_fen
            else:
                owed = claim_fen(sold.policy, figure=claimed.figure, held_card_h=claimed.held_card_h)
            must = premium_fen(sold.past_claims_fen, sold.loading_bp), owed
            was = paid.get(f"premium/{name}", 0), paid.get(f"claim/{name}", 0)
            if was != must:
                told = f"Premium and claim of {name} must be {must} fen, was {was}."
                found.append(Finding(0, "policy_id", "policy_payment_differs", told, name))
        found += self._paid_twice(unit)
        has = self._accounts.balances(unit, [POOL]).get((POOL, None), Balance()).available
        if has < open_fen:
            told = f"{POOL} must hold what open policies can claim, {open_fen} fen, was {has}."
            found.append(Finding(0, "account", "pool_short", told))
        return tuple(found)

    def _left(self, unit: UnitOfWork, policy: Policy) -> tuple[int, int]:
        """Return figure and card-hours at stake, without those that other policies of the loss have paid for."""
        figure, held = self._figure(unit, policy)
        paid = sum(
            paid_card_h(one.policy, figure=claimed.figure, fen=claimed.fen)
            for one, claimed in self.policies(unit)
            if claimed and _loss(one.policy) == _loss(policy)
        )
        return max(figure - paid, 0) if policy.risk is Risk.FAILURE else figure, max(held - paid, 0)

    def _paid_twice(self, unit: UnitOfWork) -> list[Finding]:
        """Hold what claims of one loss paid for against the loss, as the first of them found it."""
        claims = [(sold.policy, claimed) for sold, claimed in self.policies(unit) if claimed]
        found = []
        for loss in sorted({_loss(policy) for policy, _ in claims}):
            some = [(policy, claimed) for policy, claimed in claims if _loss(policy) == loss]
            paid = sum(paid_card_h(policy, figure=claimed.figure, fen=claimed.fen) for policy, claimed in some)
            most = max(claimed.held_card_h for _, claimed in some)
            if loss[-1] is Risk.FAILURE:
                most = min(most, max(claimed.figure for _, claimed in some))
            if paid > most:
                told = f"Claims of {loss[0]} for {loss[1]} must pay for {most} card-hours at most, was for {paid}."
                found.append(Finding(0, "policy_id", "loss_paid_twice", told, some[-1][0].policy_id))
        return found

    def _figure(self, unit: UnitOfWork, policy: Policy) -> tuple[int, int]:
        """Return the figure that pulls the trigger, and the card-hours that the insured has at stake."""
        name, member = policy.instrument.name, policy.insured
        per_lot = policy.instrument.window.card_h_per_lot
        if policy.risk is Risk.FAILURE:
            failed = self._deliveries.outturn(unit, name).unserved_card_h.get(member, 0)
            last = self._deliveries.allocations(unit)[name].last_trade
            return failed, max(days.positions(unit, name, last).get(member, 0), 0) * per_lot
        marked = self._clearing.last_mark(unit, name)
        sign = 1 if policy.risk is Risk.PRICE_ABOVE else -1
        lots = days.positions(unit, name, marked.last_trade).get(member, 0)
        return marked.mark.fen_per_card_h, max(sign * lots, 0) * per_lot

    def _pay(self, unit: UnitOfWork, name: str, debit: str, credit: str, fen: int, now: datetime) -> None:
        if fen:
            draft = Draft(transfer_id=name, debit=debit, credit=credit, amount=fen, reason="insurance")
            self._accounts.post_whole(unit, [draft], now)


def _loss(policy: Policy) -> tuple[str, str, Risk]:
    """Return what policies of one loss share."""
    return policy.insured, policy.instrument.name, policy.risk


def _policy_leaf(sold: Sold) -> bytes:
    policy = sold.policy
    return canonical(
        {
            "policy": policy.policy_id,
            "insured": policy.insured,
            "risk": policy.risk.value,
            "instrument": policy.instrument.name,
            "card_h": policy.card_h,
            "fen_per_card_h": policy.fen_per_card_h,
            "limit_fen": policy.limit_fen,
            "past_claims_fen": list(sold.past_claims_fen),
            "loading_bp": sold.loading_bp,
            "premium_fen": sold.premium_fen,
        }
    )


def _claim_leaf(one: Claimed) -> bytes:
    return canonical(
        {"claim": one.policy_id, "figure": one.figure, "held_card_h": one.held_card_h, "fen": one.fen},
    )
