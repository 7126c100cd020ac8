"""What a correction is: linked transfers that reverse what a decision names, in full or in part.

They follow from the decision and the disputed transfers alone, ids included, so that anyone makes the same ones. They
come in the opposite order: whoever was paid last gives back first, and an account that the money only passed through
holds enough at every step. Floors and ceilings are those of any transfer: what an account no longer holds is not taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from qipan.accounts.model.posting import Action, Cell, Draft, Transfer
from qipan.kernel.errors import BadInputError, RuleBrokenError

REASON: Final = "correction"
"""Reason of the transfers of a correction."""

MOVES: Final = frozenset({Action.MOVE, Action.POST})
"""What moves units that can be moved back."""


def correct(dispute_id: str, amounts: Mapping[str, int], group: Sequence[Transfer]) -> tuple[Draft, ...]:
    """Return the drafts that reverse some of the transfers of groups, all or nothing.

    Parameters
    ----------
    amounts
        How much of which transfer goes back, in units of its asset.
    group
        What is disputed and what it is linked with, in the order of the log.

    Raises
    ------
    BadInputError
        ``correction_foreign`` where a transfer is none of the group, or moved nothing; ``correction_unfit`` where an
        amount is not 1 to what was moved.
    RuleBrokenError
        ``correction_one_sided`` where an account that the group left as it was would be left with more or less.

    Examples
    --------
    >>> from datetime import datetime
    >>> paid = Transfer(transfer_id="fee-1", action=Action.MOVE, asset_id="fen", debit="a", credit="b", amount=500,
    ...     asked=500, period=None, pending_id="", timeout_s=0, chain="", balancing_debit=False, balancing_credit=False,
    ...     reason="fee", reference="", debit_entry=1, credit_entry=1, at=datetime(2026, 3, 1))
    >>> (back,) = correct("d-1", {"fee-1": 200}, [paid])
    >>> back.transfer_id, back.debit, back.credit, back.amount, back.reference
    ('dispute/d-1/1', 'b', 'a', 200, 'fee-1')
    """
    moved = {one.transfer_id: one for one in group if one.action in MOVES}
    for name, amount in amounts.items():
        if name not in moved:
            raise BadInputError(
                f"A correction must reverse what is disputed or linked with it, and has moved, was: {name}.",
                code="correction_foreign",
                hint="See the transfers of the dispute: qipan accounts dispute show",
            )
        if not 1 <= amount <= moved[name].amount:
            raise BadInputError(
                f"A correction must be 1 to the {moved[name].amount} that moved, was {amount}: {name}.",
                code="correction_unfit",
                hint="What is owed beyond that is a transfer of its own.",
            )
    _check_both_sides(amounts, moved.values())
    chosen = [one for one in reversed(moved.values()) if one.transfer_id in amounts]
    drafts = [
        Draft(
            transfer_id=correction_id(dispute_id, number),
            debit=one.credit,
            credit=one.debit,
            amount=amounts[one.transfer_id],
            period=one.period,
            reason=REASON,
            reference=one.transfer_id,
        )
        for number, one in enumerate(chosen, start=1)
    ]
    return (*(replace(one, linked=True) for one in drafts[:-1]), *drafts[-1:])


def check_kept(amounts: Mapping[str, int], most: Mapping[str, int]) -> None:
    """Refuse to take back what records of a pillar rest on.

    Parameters
    ----------
    most
        How much of each transfer may go back at most.

    Raises
    ------
    RuleBrokenError
        ``correction_kept``.
    """
    for name, amount in amounts.items():
        if amount > most[name]:
            raise RuleBrokenError(
                f"Of a transfer that records rest on at most {most[name]} may go back, was {amount}: {name}.",
                code="correction_kept",
                hint="Undo it where it was done, as by a refund or a request, or agree on a transfer of its own.",
            )


def correction_id(dispute_id: str, number: int) -> str:
    """Return the id of the n-th transfer of a correction."""
    return f"dispute/{dispute_id}/{number}"


def reverses(correction: Transfer, corrected: Transfer | None, amount: int) -> bool:
    """Tell whether a transfer takes an amount of another one back; ``None`` where that one is not known."""
    told = (correction.action, correction.reason, correction.amount)
    if corrected is None:
        return told == (Action.MOVE, REASON, amount)
    ends = (correction.debit, correction.credit, correction.period)
    return told == (Action.MOVE, REASON, amount) and ends == (corrected.credit, corrected.debit, corrected.period)


def passed_through(group: Iterable[Transfer]) -> frozenset[tuple[str, Cell]]:
    """Return chain, account and period of accounts that linked transfers left as they were, between two others or more.

    So stands the clearing house in a settlement: what it is paid it pays out.
    """
    nets: dict[tuple[str, Cell], int] = defaultdict(int)
    others: dict[tuple[str, Cell], set[str]] = defaultdict(set)
    for one in group:
        if one.chain and one.action in MOVES:
            for account, other, amount in ((one.debit, one.credit, -one.amount), (one.credit, one.debit, one.amount)):
                key = (one.chain, (account, one.period))
                nets[key] += amount
                others[key].add(other)
    return frozenset(key for key, net in nets.items() if net == 0 and len(others[key]) > 1)


def _check_both_sides(amounts: Mapping[str, int], moved: Iterable[Transfer]) -> None:
    group = tuple(moved)
    nets = dict.fromkeys(passed_through(group), 0)
    for one in group:
        for account, sign in ((one.credit, -1), (one.debit, 1)):
            key = (one.chain, (account, one.period))
            if key in nets:
                nets[key] += sign * amounts.get(one.transfer_id, 0)
    for (chain, (account, _)), net in sorted(nets.items(), key=str):
        if net:
            raise RuleBrokenError(
                f"What passed through {account} must go back on both sides, was {net:+} left there of {chain}.",
                code="correction_one_sided",
                hint="Name the transfers on the other side of it with as much.",
            )
