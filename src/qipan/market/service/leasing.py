"""Members lease cards to members: level instalments each month, default, and what a resale settles."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from qipan.accounts.model.posting import Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import check_signed, is_id
from qipan.market.lease import instalments, repossess, standing
from qipan.market.model.lease import Leased, Standing
from qipan.market.model.product import Lease, Repossessed
from qipan.market.service import lock
from qipan.market.service.capacity import Holding, free_at_hub, free_at_site, span_of_promises
from qipan.market.service.clearing import market_day
from qipan.market.service.trading import Trading
from qipan.market.settle import margin_account
from qipan.market.store import product as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

LEASE_KIND: Final = "market_lease"
REPOSSESSION_KIND: Final = "market_repossession"
LAST_DAY: Final = 28
MOST_PERIODS: Final = 600
MOST_SIGNS: Final = 200


class Leasing:
    """Cards that are paid in instalments."""

    def __init__(self, trading: Trading, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._accounts = accounts
        self._log = log

    def agree(self, unit: UnitOfWork, lease: Lease, member: str, now: datetime, *, signature: str = "") -> bool:
        """Enter that a side agrees to a lease; ``False`` if it did before. A side with a key must have signed it.

        What is signed is `lease_record`. The lease is proposed by the first word and runs from the second on: nothing
        is held of the lessor and nothing paid before.

        Raises
        ------
        BadInputError
            ``lease_bad``, ``lease_unfit``; ``lease_foreign``.
        NotFoundError
            ``member_unknown``.
        NotAllowedError
            ``request_forged``.
        ConflictError
            ``lease_differs``.
        RuleBrokenError
            ``lease_uncertified`` above the cards that the lessor has certified there and promised to nobody, in any
            hour from its start on.
        """
        unit.lock(lock.of_cards(lease.lessor))
        unit.lock(f"market/lease/{lease.lease_id}")
        leased = _fit(lease)
        if member not in {lease.lessor, lease.lessee}:
            raise BadInputError(
                f"A lease must be agreed by its lessor and its lessee, was by {member!r}.",
                code="lease_foreign",
                hint="Name one of the two sides.",
            )
        for side in (lease.lessor, lease.lessee):
            self._trading.member(unit, side)
        check_signed(lease_record(lease), lease.lease_id, self._trading.member(unit, member), signature)
        stands = store.leases(unit, lease.lease_id).get(lease.lease_id)
        if stands is not None and stands != lease:
            raise ConflictError(
                f"An id must name one lease for good, was another: {lease.lease_id}.",
                code="lease_differs",
                hint="Give a new lease a new id.",
            )
        said = store.words(unit, lease.lease_id).get(lease.lease_id, set())
        if member in said:
            return False
        # What a lessor has free is told to nobody else before it offers it.
        if said or member == lease.lessor:
            _check_free(unit, lease, leased, now)
        if stands is None:
            store.insert(unit, store.LEASE, lease, in_utc(now))
        store.insert_word(unit, lease.lease_id, member, signature, in_utc(now))
        if said:
            self._log.append(unit, LEASE_KIND, lease_record(lease).encode(), now)
        action = "lease_agreed" if said else "lease_proposed"
        record_action(unit, action, lease.lease_id, now, member=member, asset_fen=lease.asset_fen)
        return True

    def is_agreed(self, unit: UnitOfWork, lease: Lease) -> bool:
        """Tell whether both sides agreed to a lease."""
        return store.words(unit, lease.lease_id).get(lease.lease_id, set()) == {lease.lessor, lease.lessee}

    def waits_for(self, unit: UnitOfWork) -> dict[str, str]:
        """Return by the id of each lease that one side proposed which side is still to agree."""
        said = store.words(unit)
        waiting = {name: {one.lessor, one.lessee} - said.get(name, set()) for name, one in store.leases(unit).items()}
        return {name: min(sides) for name, sides in waiting.items() if sides}

    def pay(self, unit: UnitOfWork, lease_id: str, number: int, now: datetime) -> bool:
        """Pay an instalment, the first being 1, from the lessee's margin to the lessor's; ``False`` if it was paid.

        Raises
        ------
        NotFoundError
            ``lease_unknown``.
        RuleBrokenError
            ``lease_proposed``; ``instalment_out_of_order``; ``lease_repossessed``; ``transfers_refused``.
        """
        unit.lock(f"market/lease/{lease_id}")
        lease = self.lease(unit, lease_id)
        paid = store.instalments_paid(unit, lease_id)
        if 1 <= number <= paid:
            return False
        if not self.is_agreed(unit, lease):
            raise RuleBrokenError(
                f"A lease must be agreed by both sides before it is paid, was proposed by one: {lease_id}.",
                code="lease_proposed",
                hint="Let the other side agree to the same terms with qipan market lease agree.",
            )
        if store.repossessions(unit, lease_id):
            raise _repossessed(lease_id)
        if number != paid + 1 or number > lease.periods:
            raise RuleBrokenError(
                f"Instalments must be paid one after the other, 1 to {lease.periods}, was {number} after {paid}.",
                code="instalment_out_of_order",
                hint="See what is due with qipan market lease show.",
            )
        due = instalments(lease.asset_fen, lease.rate_bp, lease.periods)[number - 1]
        self._post(unit, [(f"lease/{lease_id}/{number}", margin_account(lease.lessee), lease, due.due_fen)], now)
        store.insert_instalment(unit, lease_id, number, in_utc(now))
        return True

    def standing(self, unit: UnitOfWork, lease_id: str, now: datetime) -> Standing:
        """Return how a lease stands.

        Raises
        ------
        NotFoundError
            ``lease_unknown``.
        """
        lease = self.lease(unit, lease_id)
        if not self.is_agreed(unit, lease):
            return Standing.PROPOSED
        plan = instalments(lease.asset_fen, lease.rate_bp, lease.periods)
        paid = store.instalments_paid(unit, lease_id)
        paid_fen = sum(one.due_fen for one in plan[:paid])
        return standing(plan, paid_fen, due_count(lease, market_day(now)), lease.grace_count)

    def repossess(
        self, unit: UnitOfWork, lease_id: str, resale_fen: int, source: str, now: datetime
    ) -> tuple[Repossessed, bool]:
        """Settle the resale of cards of a lease in default, paid from an account; ``False`` if it was before.

        Raises
        ------
        BadInputError
            ``repossession_negative``.
        NotFoundError
            ``lease_unknown``.
        ConflictError
            ``repossession_differs``.
        RuleBrokenError
            ``lease_not_in_default``; ``transfers_refused``.
        """
        unit.lock(f"market/lease/{lease_id}")
        lease = self.lease(unit, lease_id)
        before = store.repossessions(unit, lease_id).get(lease_id)
        if before is not None:
            if (before.resale_fen, before.source) != (resale_fen, source):
                raise ConflictError(
                    f"A lease must be repossessed once, was before: {lease_id}.",
                    code="repossession_differs",
                    hint="What is owed still is a matter between the two members.",
                )
            return before, False
        if self.standing(unit, lease_id, now) is not Standing.DEFAULT:
            raise RuleBrokenError(
                f"A lease must be in default before its cards are taken back, was not: {lease_id}.",
                code="lease_not_in_default",
                hint="See how it stands with qipan market lease show.",
            )
        plan = instalments(lease.asset_fen, lease.rate_bp, lease.periods)
        paid = store.instalments_paid(unit, lease_id)
        balance = plan[paid - 1].balance_fen if paid else lease.asset_fen
        overdue = sum(one.interest_fen for one in plan[paid : due_count(lease, market_day(now))])
        done = Repossessed(lease_id, balance, overdue, resale_fen, source)
        found = repossess(balance, overdue, resale_fen)
        self._post(unit, [(f"lease/{lease_id}/resale", source, lease, found.lessor_fen)], now)
        self._post(unit, [(f"lease/{lease_id}/left", source, lease, found.lessee_fen)], now, to_lessee=True)
        store.insert(unit, store.REPOSSESSION, done, in_utc(now))
        self._log.append(unit, REPOSSESSION_KIND, canonical(
            {"lease": lease_id, "balance_fen": balance, "overdue_fen": overdue, "resale_fen": resale_fen}
        ), now)  # fmt: skip
        record_action(unit, "lease_repossessed", lease_id, now, resale_fen=resale_fen)
        return done, True

    def lease(self, unit: UnitOfWork, lease_id: str) -> Lease:
        """Return a lease.

        Raises
        ------
        NotFoundError
            ``lease_unknown``.
        """
        found = store.leases(unit, lease_id).get(lease_id)
        if found is None:
            raise NotFoundError(
                f"A lease must be agreed first, was none: {lease_id!r}.",
                code="lease_unknown",
                hint="See which run with qipan market lease show.",
            )
        return found

    def leases(self, unit: UnitOfWork) -> tuple[tuple[Lease, int, Repossessed | None], ...]:
        """Return the leases, with how many instalments were paid, and their repossession."""
        taken = store.repossessions(unit)
        return tuple(
            (one, store.instalments_paid(unit, name), taken.get(name)) for name, one in store.leases(unit).items()
        )

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make instalments anew and hold them against what was paid.

        Rules: ``lease_payment_differs``.
        """
        found = []
        for lease, paid, taken in self.leases(unit):
            account = margin_account(lease.lessor)
            mark = f"lease/{lease.lease_id}/"
            was = sum(
                one.amount
                for one in self._accounts.transfers(unit, account)
                if one.credit == account and one.transfer_id.startswith(mark)
            )
            plan = instalments(lease.asset_fen, lease.rate_bp, lease.periods)
            must = sum(one.due_fen for one in plan[:paid])
            if taken is not None:
                must += repossess(taken.balance_fen, taken.overdue_fen, taken.resale_fen).lessor_fen
            if was != must:
                told = f"The lessor of {lease.lease_id} must have got {must} fen, was {was}."
                found.append(Finding(0, "lease_id", "lease_payment_differs", told, lease.lease_id))
        return tuple(found)

    def _post(
        self,
        unit: UnitOfWork,
        payments: list[tuple[str, str, Lease, int]],
        now: datetime,
        *,
        to_lessee: bool = False,
    ) -> None:
        drafts = [
            Draft(
                transfer_id=name,
                debit=debit,
                credit=margin_account(lease.lessee if to_lessee else lease.lessor),
                amount=fen,
                reason="lease",
            )
            for name, debit, lease, fen in payments
            if fen
        ]
        if drafts:
            self._accounts.post_whole(unit, drafts, now)


def _fit(lease: Lease) -> Leased:
    """Return the cards of a lease; refuse one that names no two members or no cards, or has no months to be paid in."""
    leased = Leased.named(lease.ware)
    is_named = is_id(lease.lease_id) and len(lease.ware) <= MOST_SIGNS and lease.lessor != lease.lessee
    if leased is None or not (
        is_named and lease.first_due.day <= LAST_DAY and lease.periods <= MOST_PERIODS and lease.grace_count >= 0
    ):
        raise BadInputError(
            f"A lease must name two members and cards, fall due by the {LAST_DAY}th of a month, and last at most "
            f"{MOST_PERIODS} months, was {lease.lease_id!r} of {lease.ware!r} from {lease.first_due} for "
            f"{lease.periods}.",
            code="lease_unfit",
            hint="Choose an id in letters, figures and . _ -, cards as 64 h100-80g@ningxia/zhongwei, a day to 28.",
        )
    instalments(lease.asset_fen, lease.rate_bp, lease.periods)
    return leased


def _check_free(unit: UnitOfWork, lease: Lease, leased: Leased, now: datetime) -> None:
    """Refuse to lease cards that are not certified, or that the lessor has promised in any hour from its start on."""
    whose = Holding(lease.lessor, leased.card_class, leased.hub_id)
    span = span_of_promises(unit, whose, max(in_utc(now), lease.since))
    at_site = free_at_site(unit, whose, leased.site_id, span)
    free = int(min(at_site.min(), free_at_hub(unit, whose, span).min()))
    if leased.cards > free:
        raise RuleBrokenError(
            f"Leased cards must be certified at {leased.site_id} and promised to nobody while it runs, {max(free, 0)}, "
            f"was {leased.cards}.",
            code="lease_uncertified",
            hint="Lease less, take back what is promised, or certify the site with qipan market deliver site.",
        )


def due_count(lease: Lease, today: date) -> int:
    """Return how many instalments are due on a day."""
    first = lease.first_due
    months = 12 * (today.year - first.year) + today.month - first.month + (today.day >= first.day)
    return min(max(months, 0), lease.periods)


def lease_record(lease: Lease) -> str:
    """Return a lease in canonical JSON."""
    return canonical(
        {
            "lease": lease.lease_id,
            "lessor": lease.lessor,
            "lessee": lease.lessee,
            "ware": lease.ware,
            "asset_fen": lease.asset_fen,
            "rate_bp": lease.rate_bp,
            "periods": lease.periods,
            "grace_count": lease.grace_count,
            "first_due": str(lease.first_due),
        }
    ).decode()


def _repossessed(lease_id: str) -> RuleBrokenError:
    return RuleBrokenError(
        f"A lease must run to be paid, was repossessed: {lease_id}.",
        code="lease_repossessed",
        hint="What is owed still is a matter between the two members.",
    )
