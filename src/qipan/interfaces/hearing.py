"""Who sees what of a dispute: parties their own transfers, the clearing house and auditors all of it."""

from __future__ import annotations

from qipan.access.model import Duty
from qipan.accounts.model.dispute import Dispute
from qipan.bootstrap.services import Services, Unit
from qipan.interfaces.entry import Caller
from qipan.interfaces.report.disputes import Seen


def sees_all(caller: Caller) -> bool:
    """Tell whether a caller sees disputes of everybody."""
    return caller.has_duty(Duty.AUDITOR, Duty.CLEARING, reads=True)


def own_parties(caller: Caller) -> frozenset[str]:
    """Return for which parties a caller has a mandate."""
    return frozenset(one.party for one in caller.mandates if one.duty.is_of_party)


def disputes_seen(services: Services, unit: Unit, caller: Caller, *, open_only: bool = False) -> tuple[Dispute, ...]:
    """Return the disputes of which a caller may hear.

    Raises
    ------
    NotAllowedError
        ``sign_in_needed``, ``duty_missing`` where nothing may be heard at all.
    """
    own = own_parties(caller)
    if not own and not sees_all(caller):
        caller.require_duty(Duty.AUDITOR, reads=True)
    found = services.disputes.disputes(unit, open_only=open_only)
    if sees_all(caller):
        return found
    return tuple(one for one in found if not own.isdisjoint(services.disputes.parties(unit, one)))


def seen(services: Services, unit: Unit, caller: Caller | None, dispute_id: str) -> Seen:
    """Return a dispute as a caller sees it; ``None`` stands for who sees all.

    Raises
    ------
    NotFoundError
        ``dispute_unknown``.
    NotAllowedError
        ``sign_in_needed``, ``duty_missing`` where the caller is of no party.
    """
    if caller is not None and not own_parties(caller) and not sees_all(caller):
        caller.require_duty(Duty.AUDITOR, reads=True)
    dispute = services.disputes.dispute(unit, dispute_id)
    parties = services.disputes.parties(unit, dispute)
    group, corrections = services.disputes.group(unit, dispute), services.disputes.corrections(unit, dispute)
    if caller is None or sees_all(caller):
        return Seen(dispute, parties, group, corrections)
    own = own_parties(caller)
    if own.isdisjoint(parties):
        caller.require_duty(Duty.AUDITOR, reads=True)
    named = dispute.opening.transfer_ids
    mine = set(services.disputes.concerning(unit, (*group, *corrections), own))
    return Seen(
        dispute,
        parties & (own | dispute.speakers),
        tuple(one for one in group if one in mine or one.transfer_id in named),
        tuple(one for one in corrections if one in mine or one.reference in named),
    )


def evidence_parties(caller: Caller) -> frozenset[str] | None:
    """Return whose linked transfers the evidence shows a caller; ``None`` for everybody's."""
    return None if sees_all(caller) else own_parties(caller)
