"""Revenue of an agreement is pledged, each part once at a time; the books refuse it twice, whoever writes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import groupby

from qipan.accounts.model.claim import Claim
from qipan.accounts.model.posting import Account
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.agreements.model.posted import REVENUE_PARTS, Pledge
from qipan.agreements.pay import account, month_of
from qipan.agreements.pledge import claims_of, revenue
from qipan.agreements.service.signing import MONEY, Signing, lock_of
from qipan.agreements.store import agreement as store
from qipan.kernel.errors import BadInputError, ConflictError, NotFoundError, RuleBrokenError
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Pledging:
    """Whom which part of an agreement's revenue is promised to."""

    def __init__(self, signing: Signing, accounts: Accounts, claims: Claims) -> None:
        self._signing = signing
        self._accounts = accounts
        self._claims = claims

    def pledge(self, unit: UnitOfWork, pledge: Pledge, now: datetime) -> bool:
        """Pledge a share of months to come, which bills then pay to the holder; ``False`` if it was before.

        Raises
        ------
        BadInputError
            ``holder_unfit`` for a party of the agreement.
        NotFoundError
            ``agreement_unknown``.
        RuleBrokenError
            ``agreement_unsigned``; ``pledge_outside`` the term, or for months that were billed; ``revenue_pledged``.
        ConflictError
            ``pledge_taken`` where another pledge has, or had, the id.
        """
        unit.lock(lock_of(pledge.agreement_id))
        agreement = self._signing.in_force(unit, pledge.agreement_id).agreement
        if pledge.holder in {agreement.buyer, agreement.seller}:
            raise BadInputError(
                f"A pledge must be held by a third, was {pledge.holder}.",
                code="holder_unfit",
                hint="Name the bond's trustee or the fund.",
            )
        before = [one for one in self.pledges(unit, pledge.agreement_id) if one.pledge_id == pledge.pledge_id]
        if before == [pledge]:
            return False
        used = self._claims.claims(unit, revenue(pledge.agreement_id))
        if any(_id_of(one) == pledge.pledge_id for one in used):
            raise ConflictError(
                f"One pledge must stand under an id, was another: {pledge.pledge_id}.",
                code="pledge_taken",
                hint="Choose another id; a pledge is never changed, only released.",
            )
        bills = store.bills(unit, pledge.agreement_id)
        if not agreement.start <= pledge.start or pledge.end > agreement.end:
            raise _outside(f"in the term {agreement.start} to {agreement.end}", pledge)
        if bills and pledge.start <= bills[-1].use.month:
            raise _outside(f"after the last month that was billed, {bills[-1].use.month:%Y-%m}", pledge)
        holder = Account(account(pledge.holder), pledge.holder, MONEY.asset_id, "agreements")
        self._accounts.open_account(unit, holder, now)
        unit.lock("log")
        standing = self._claims.standing(unit, extent_ids=[revenue(pledge.agreement_id)])
        self._claims.claim(unit, claims_of(pledge, standing), now)
        record_action(unit, "revenue_pledged", pledge.agreement_id, now, pledge=pledge.pledge_id, holder=pledge.holder)
        return True

    def release(self, unit: UnitOfWork, agreement_id: str, pledge_id: str, now: datetime) -> bool:
        """Release a pledge, as when its bond is paid off; ``False`` if it was before.

        Raises
        ------
        NotFoundError
            ``pledge_unknown``.
        """
        unit.lock(lock_of(agreement_id))
        names = [one.claim_id for one in self._claims.claims(unit, revenue(agreement_id)) if _id_of(one) == pledge_id]
        if not names:
            raise NotFoundError(
                f"A pledge must stand before it is released, was not: {pledge_id} of {agreement_id}.",
                code="pledge_unknown",
                hint="See what is pledged with qipan agreements show.",
            )
        return self._claims.release_all(unit, names, now) > 0

    def pledges(self, unit: UnitOfWork, agreement_id: str) -> tuple[Pledge, ...]:
        """Return the pledges of an agreement that stand."""
        claims = sorted(self._claims.standing(unit, extent_ids=[revenue(agreement_id)]), key=_id_of)
        return tuple(_pledge(agreement_id, name, list(some)) for name, some in groupby(claims, key=_id_of))


def _id_of(claim: Claim) -> str:
    """Return the id of the pledge that a claim belongs to."""
    return claim.claim_id.split("/")[2]


def _pledge(agreement_id: str, pledge_id: str, claims: list[Claim]) -> Pledge:
    parts = sum(one.unit_end - one.unit_start for one in claims)
    first = claims[0]
    return Pledge(
        pledge_id,
        agreement_id,
        first.holder,
        Decimal(parts) / REVENUE_PARTS,
        month_of(first.start),
        month_of(first.end),
    )


def _outside(must: str, pledge: Pledge) -> RuleBrokenError:
    return RuleBrokenError(
        f"A pledge must lie {must}, was {pledge.start} to {pledge.end}.",
        code="pledge_outside",
        hint="Pledge months to come of the agreement.",
    )
