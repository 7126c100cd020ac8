"""Disputes of posted transfers: a party opens one, parties answer, someone else decides and corrects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from qipan.access.allow import has_duty, require_duty
from qipan.access.model import Duty
from qipan.access.service import Access
from qipan.accounts.correct import REASON, check_kept, correct, reverses
from qipan.accounts.dispute import check_act, check_opening, check_uncorrected, follow
from qipan.accounts.evidence import Exhibit
from qipan.accounts.model.dispute import Act, Answer, Decision, Dispute, Opening, Step, Withdrawal
from qipan.accounts.model.posting import Transfer
from qipan.accounts.record import DISPUTE_KIND, read_step, step_record, transfer_record
from qipan.accounts.service.posting import Accounts
from qipan.accounts.store import dispute as store
from qipan.accounts.store import posting
from qipan.kernel.errors import ConflictError, Finding, NotFoundError, QipanError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

DECIDES: Final = (Duty.AUDITOR, Duty.CLEARING)
"""Duties with one of which a user decides a dispute."""

SPEAKS: Final = (Duty.TRADER, Duty.SITE)
"""Duties with one of which a user speaks for a party."""

Behind = Callable[[UnitOfWork, Transfer], Sequence[bytes]]
"""What a pillar has entered in the log that a transfer of its own follows from."""

Correctable = Callable[[UnitOfWork, Transfer], int]
"""How much of a transfer may go back at most, so that what a pillar keeps still holds; all where it keeps nothing."""


class Disputes:
    """Who says that what was posted is wrong, and what became of it; every step is a leaf of the log.

    Parameters
    ----------
    window
        How long after it was posted a transfer may be disputed.
    behind
        What pillars know about transfers of their own.
    correctable
        What pillars let go back of them.
    house
        Owner for whom everybody acts who has the duty clearing; empty for none.
    """

    def __init__(
        self,
        accounts: Accounts,
        access: Access,
        log: Log,
        *,
        window: timedelta,
        behind: Sequence[Behind] = (),
        correctable: Sequence[Correctable] = (),
        house: str = "",
    ) -> None:
        self._accounts = accounts
        self._access = access
        self._log = log
        self._behind = tuple(behind)
        self._correctable = tuple(correctable)
        self.window = window
        self.house = house

    # --- what is done --------------------------------------------------------------------------------------------

    def open(self, unit: UnitOfWork, opening: Opening, now: datetime) -> tuple[Dispute, bool]:
        """Open a dispute of posted transfers; ``False`` when the very same was opened before.

        Raises
        ------
        BadInputError
            ``dispute_unfit``.
        NotFoundError
            ``user_not_found``.
        NotAllowedError
            ``duty_missing`` unless the user acts for the party; ``dispute_stranger``.
        RuleBrokenError
            ``transfer_unmoved``, ``dispute_late``.
        ConflictError
            ``dispute_taken`` when another one has the id.
        """
        unit.lock("log")
        opening = replace(opening, by=self._speaker(unit, opening.by, opening.party))
        stands = self._found(unit, opening.dispute_id)
        if stands is not None:
            if stands.opening != opening:
                raise ConflictError(
                    f"One dispute must stand under an id, was another: {opening.dispute_id}.",
                    code="dispute_taken",
                    hint="Choose another id; what was entered is never changed.",
                )
            return stands, False
        disputed = posting.transfers(unit, opening.transfer_ids)
        check_opening(opening, disputed, self._owners(unit, disputed.values()), in_utc(now), self.window)
        made = self._enter(unit, (), opening, now)
        store.insert_disputed(unit, opening.dispute_id, opening.transfer_ids)
        return made, True

    def answer(self, unit: UnitOfWork, answer: Answer, now: datetime) -> tuple[Dispute, bool]:
        """Enter what a party says; ``False`` when it has said the very same before.

        Raises
        ------
        BadInputError
            ``dispute_unfit``.
        NotFoundError
            ``dispute_unknown``; ``user_not_found``.
        NotAllowedError
            ``duty_missing`` unless the user acts for the party; ``dispute_stranger``.
        RuleBrokenError
            ``dispute_closed``.
        """
        unit.lock("log")
        by = self._speaker(unit, answer.by, answer.party)
        return self._act(unit, replace(answer, by=by), now)

    def withdraw(self, unit: UnitOfWork, withdrawal: Withdrawal, now: datetime) -> tuple[Dispute, bool]:
        """Give a dispute up, for the party that opened it; ``False`` when it was before.

        Raises
        ------
        BadInputError
            ``dispute_unfit``.
        NotFoundError
            ``dispute_unknown``; ``user_not_found``.
        NotAllowedError
            ``duty_missing`` unless the user acts for that party.
        RuleBrokenError
            ``dispute_closed``.
        """
        unit.lock("log")
        by = self._speaker(unit, withdrawal.by, self.dispute(unit, withdrawal.dispute_id).opening.party)
        return self._act(unit, replace(withdrawal, by=by), now)

    def decide(self, unit: UnitOfWork, decision: Decision, now: datetime) -> tuple[Dispute, bool]:
        """Decide a dispute and post the correction, all or nothing; ``False`` when it was decided so before.

        Raises
        ------
        BadInputError
            ``dispute_unfit``; ``correction_foreign``, ``correction_unfit``.
        NotFoundError
            ``dispute_unknown``; ``user_not_found``.
        NotAllowedError
            ``duty_missing`` unless the user has the duty auditor or clearing; ``dispute_own``, as with the duty
            clearing where the house is a party.
        RuleBrokenError
            ``dispute_closed``; ``correction_one_sided``; ``correction_kept`` where records rest on it;
            ``transfers_refused`` where an account does not hold what would go back.
        ConflictError
            ``corrected_before``.
        """
        unit.lock("log")
        user = self._access.user(unit, decision.by)
        mandates = self._access.mandates(unit, user)
        if not any(has_duty(user, mandates, duty) for duty in DECIDES):
            require_duty(user, mandates, Duty.AUDITOR)
        decision = replace(decision, by=user.name)
        acts_for = {one.party for one in mandates if one.duty in SPEAKS}
        if has_duty(user, mandates, Duty.CLEARING):
            acts_for.add(self.house)
        made, is_new = self._act(unit, decision, now, acts_for)
        if is_new and decision.amounts:
            group = self.group(unit, made)
            drafts = correct(decision.dispute_id, decision.amounts, group)
            named = [one for one in group if one.transfer_id in decision.amounts]
            check_kept(decision.amounts, {one.transfer_id: self._most(unit, one) for one in named})
            check_uncorrected(decision.amounts, store.corrected(unit, decision.amounts))
            self._accounts.post_whole(unit, drafts, now)
            store.insert_corrected(unit, decision.dispute_id, decision.amounts)
        return made, is_new

    # --- what is looked at ---------------------------------------------------------------------------------------

    def dispute(self, unit: UnitOfWork, dispute_id: str) -> Dispute:
        """Return a dispute.

        Raises
        ------
        NotFoundError
            ``dispute_unknown``.
        """
        found = self._found(unit, dispute_id)
        if found is None:
            raise NotFoundError(
                f"A dispute must be on record, was not: {dispute_id}.",
                code="dispute_unknown",
                hint="List them with: qipan accounts dispute list",
            )
        return found

    def disputes(self, unit: UnitOfWork, *, open_only: bool = False) -> tuple[Dispute, ...]:
        """Return disputes in the order in which they were opened."""
        found = (follow(steps) for steps in _steps(unit).values())
        return tuple(one for one in found if not (open_only and one.state.is_over))

    def group(self, unit: UnitOfWork, dispute: Dispute) -> tuple[Transfer, ...]:
        """Return what is disputed and all that it is linked with, in the order of the log."""
        return tuple(store.groups(unit, dispute.opening.transfer_ids).values())

    def parties(self, unit: UnitOfWork, dispute: Dispute) -> frozenset[str]:
        """Return the owners of all accounts of what is disputed and what it is linked with."""
        return frozenset(self._owners(unit, self.group(unit, dispute)).values())

    def corrections(self, unit: UnitOfWork, dispute: Dispute) -> tuple[Transfer, ...]:
        """Return the transfers that correct what is disputed, in the order of the log."""
        decision = dispute.decision
        if decision is None or not decision.amounts:
            return ()
        names = [one.transfer_id for one in correct(dispute.dispute_id, decision.amounts, self.group(unit, dispute))]
        return tuple(store.groups(unit, names).values())

    def concerning(self, unit: UnitOfWork, transfers: Iterable[Transfer], parties: Collection[str]) -> list[Transfer]:
        """Return the transfers that moved something on an account of one of some parties."""
        told = tuple(transfers)
        owners = self._owners(unit, told)
        return [one for one in told if not {owners[one.debit], owners[one.credit]}.isdisjoint(parties)]

    def evidence(
        self, unit: UnitOfWork, dispute_id: str, parties: Collection[str] | None = None
    ) -> tuple[Exhibit, ...]:
        """Return all that speaks to a dispute up to the newest checkpoint of the log, in the order of the log.

        Parameters
        ----------
        parties
            Whose transfers are shown beside the disputed ones and their correction, and what these of the disputed
            ones follow from; ``None`` for all.

        Raises
        ------
        NotFoundError
            ``dispute_unknown``; ``checkpoint_unknown`` before the first checkpoint; ``leaf_not_found`` when the
            dispute was opened behind the newest one.
        """
        dispute = self.dispute(unit, dispute_id)
        shown = [*self.group(unit, dispute), *self.corrections(unit, dispute)]
        named = dispute.opening.transfer_ids
        disputed = [one for one in shown if one.transfer_id in named]
        if parties is not None:
            corrected = [one for one in shown if one.reason == REASON and one.reference in named]
            shown = [*disputed, *corrected, *self.concerning(unit, shown, parties)]
            disputed = self.concerning(unit, disputed, parties)
        payloads = [*map(step_record, dispute.steps), *map(transfer_record, shown)]
        payloads += [payload for ask in self._behind for one in disputed for payload in ask(unit, one)]
        leaves = {leaf.seq: payload for payload in payloads for leaf in self._log.find(unit, payload)[:1]}
        proofs = self._log.proofs(unit, sorted(leaves))
        return tuple(Exhibit(leaves[proof.seq], proof) for proof in proofs)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Follow every dispute anew and make its correction from the decision; nothing when all is well.

        Rules: ``step_differs`` where steps do not follow from each other or the log does not hold one;
        ``correction_differs`` where what was posted, or noted as corrected, is not what the decision leads to.
        """
        found: list[Finding] = []
        noted = store.corrections(unit)
        for dispute_id, steps in _steps(unit).items():
            try:
                dispute = follow(steps)
            except QipanError as error:
                found.append(Finding(0, dispute_id, "step_differs", error.message))
                continue
            found += self._check_steps(unit, dispute)
            decision = dispute.decision
            amounts = dict(decision.amounts) if decision else {}
            group = {one.transfer_id: one for one in self.group(unit, dispute)}
            try:
                posted = {one.reference: one for one in self.corrections(unit, dispute)}
            except QipanError:  # A decision that nothing can follow from: it was put in place of another.
                posted = {}
            right = all(name in posted and reverses(posted[name], group[name], fen) for name, fen in amounts.items())
            if noted.pop(dispute_id, {}) != amounts or not right:
                told = f"What {dispute_id} corrects must be {amounts or 'nothing'}, was posted otherwise."
                found.append(Finding(0, dispute_id, "correction_differs", told))
        found += [
            Finding(0, name, "correction_differs", f"What is corrected must be decided, was not: {name}.")
            for name in noted
        ]
        return tuple(found)

    # --- how it is done ------------------------------------------------------------------------------------------

    def _act(self, unit: UnitOfWork, act: Act, now: datetime, acts_for: Collection[str] = ()) -> tuple[Dispute, bool]:
        stands = self.dispute(unit, act.dispute_id)
        if act in [one.act for one in stands.steps]:
            return stands, False
        check_act(stands, act, self.parties(unit, stands), acts_for)
        return self._enter(unit, stands.steps, act, now), True

    def _enter(self, unit: UnitOfWork, steps: tuple[Step, ...], act: Act, now: datetime) -> Dispute:
        at = max(in_utc(now), steps[-1].at) if steps else in_utc(now)
        before = sha256(step_record(steps[-1])).hexdigest() if steps else ""
        step = Step(len(steps) + 1, at, before, act)
        made = follow((*steps, step))
        record = step_record(step)
        store.insert_step(unit, step, record)
        self._log.append(unit, DISPUTE_KIND, record, at)
        record_action(unit, f"dispute_{made.state}", act.dispute_id, at, by=act.by)
        return made

    def _most(self, unit: UnitOfWork, transfer: Transfer) -> int:
        return min([transfer.amount, *(ask(unit, transfer) for ask in self._correctable)])

    def _found(self, unit: UnitOfWork, dispute_id: str) -> Dispute | None:
        steps = _steps(unit, [dispute_id]).get(dispute_id)
        return None if steps is None else follow(steps)

    def _owners(self, unit: UnitOfWork, group: Iterable[Transfer]) -> dict[str, str]:
        names = {name for one in group for name in (one.debit, one.credit)}
        return {name: one.owner for name, one in posting.accounts(unit, names).items()}

    def _speaker(self, unit: UnitOfWork, by: str, party: str) -> str:
        """Return the name of a user who speaks for a party, as it is kept."""
        user = self._access.user(unit, by)
        mandates = self._access.mandates(unit, user)
        if not any(has_duty(user, mandates, duty, party) for duty in SPEAKS):
            require_duty(user, mandates, Duty.TRADER, party)
        return user.name

    def _check_steps(self, unit: UnitOfWork, dispute: Dispute) -> list[Finding]:
        """Hold the steps of a dispute against each other and the log."""
        before = ""
        for number, one in enumerate(dispute.steps, start=1):
            record = step_record(one)
            if (one.number, one.before) != (number, before) or not self._log.find(unit, record):
                told = f"Step {number} of {dispute.dispute_id} must follow the one before, in the log, did not."
                return [Finding(number, dispute.dispute_id, "step_differs", told)]
            before = sha256(record).hexdigest()
        return []


def _steps(unit: UnitOfWork, dispute_ids: Collection[str] | None = None) -> dict[str, tuple[Step, ...]]:
    """Return the steps of disputes by name; of those that are named, if any are."""
    return {name: tuple(map(read_step, some)) for name, some in store.records(unit, dispute_ids).items()}
