"""Turn a day's marks into transfers: variation margin through the clearing house, initial margin held, calls, defaults.

The clearing house is the counterparty of every position: who loses pays it, who gains is paid by it, in one linked
group that stands or falls whole. Its own account begins and ends the day at nothing and never goes below, so what it
pays out is what it was paid. Amounts are whole card-hours times whole fen: nothing is rounded, nothing is left over.

Initial margin is a pending transfer out of the member's margin account; the account's floor keeps it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from qipan.accounts.model.posting import Action, Draft
from qipan.kernel.errors import RuleBrokenError
from qipan.log.canonical import canonical
from qipan.market.default import waterfall
from qipan.market.margin import calls_fen, variation
from qipan.market.model.clearing import DayMark, Purse, Settlement
from qipan.market.model.default import Guarantee
from qipan.market.model.margin import Deals
from qipan.market.model.order import Trade
from qipan.market.model.request import Exposure, Listing

CLEARING = "market/clearing"
"""Account of the clearing house as counterparty; empty between two settlements."""
HELD = "market/held"
"""Account that initial margin is pending to."""
CAPITAL = "market/capital"
"""Account of what the clearing house puts in before the members' mutual fund."""


class Group(NamedTuple):
    """What a group of linked transfers is called, and who stands beside the members in it.

    Attributes
    ----------
    name
        Part of the ids of its transfers, as 2026-02-01; no other group has it.
    kind
        First part of the ids of what members pay and get.
    others
        Accounts that are no members', with what each gets, fen; below 0, what it pays.
    """

    name: str
    kind: str = "vm"
    reason: str = "variation_margin"
    reference: str = ""
    others: Mapping[str, int] = {}


def margin_account(member: str) -> str:
    """Return the account that a member pays from and is paid to."""
    return f"{member}/margin"


def fund_account(member: str) -> str:
    """Return the account of a member's share of the mutual fund."""
    return f"{member}/fund"


def required_fen(exposures: Iterable[Exposure], listings: Mapping[str, Listing]) -> int:
    """Return the initial margin of one member: in each book of the largest position that its open orders can lead to.

    Examples
    --------
    >>> from qipan.market.model.contract import Instrument, Window
    >>> day = Instrument("h100", "gui", Window.named("2026-03-03"))
    >>> listing = Listing(day, day.window.start, 100, "assumed")
    >>> required_fen([Exposure(day.name, "firm", 3, open_sell_lots=5)], {day.name: listing})
    57600
    """
    return sum(one.worst_lots * listings[one.instrument].margin_fen_per_lot for one in exposures)


def paid_fen(
    marks: Sequence[DayMark],
    previous_fen: Mapping[str, int],
    held: Mapping[str, Mapping[str, int]],
    trades: Mapping[str, Sequence[Trade]],
    listings: Mapping[str, Listing],
) -> dict[str, int]:
    """Return the variation margin of a day by member; adds up to zero.

    Parameters
    ----------
    previous_fen
        Marks of the day before, by instrument; none for books that had no mark yet.
    held
        Positions at those marks by instrument and member.
    trades
        Those since, by instrument.
    """
    members = sorted(
        {member for lots in held.values() for member in lots}
        | {member for some in trades.values() for one in some for member in (one.buyer, one.seller)}
    )
    place = {member: at for at, member in enumerate(members)}
    names = [one.instrument for one in marks]
    positions = np.zeros((len(members), len(marks)), dtype=np.int64)
    for column, name in enumerate(names):
        for member, lots in held.get(name, {}).items():
            positions[place[member], column] = lots
    deals = [(column, one) for column, name in enumerate(names) for one in trades.get(name, ())]
    rows = [(column, place[one.buyer], place[one.seller], one.lots, one.fen_per_card_h) for column, one in deals]
    found = variation(
        positions,
        np.array([previous_fen.get(name, 0) for name in names], dtype=np.int64),
        np.array([one.mark.fen_per_card_h for one in marks], dtype=np.int64),
        np.array([listings[name].instrument.window.card_h_per_lot for name in names], dtype=np.int64),
        Deals(*np.array(rows, dtype=np.int64).reshape(-1, 5).T),
    )
    return {member: int(found.paid_fen[place[member]]) for member in members}


def settle(
    day: date,
    paid: Mapping[str, int],
    required: Mapping[str, int],
    purses: Sequence[Purse],
    capital_fen: int,
    *,
    group: Group | None = None,
) -> Settlement:
    """Return the transfers of a day, or the calls that come before them.

    A defaulter pays what it has; what it lacks is borne by its share of the mutual fund, the clearing house's capital
    and the shares of the others, in that order. Nothing of it is held any more.

    Parameters
    ----------
    purses
        One for each member, in the order in which they were admitted.
    group
        What is paid if not the day's variation margin; with what others get it adds up to zero.

    Raises
    ------
    RuleBrokenError
        ``default_uncovered`` where all of that is not enough.
    """
    living = [one for one in purses if not one.is_defaulted]
    after = np.array([one.margin_fen + paid.get(one.member, 0) for one in living], dtype=np.int64)
    wanted = np.array([required.get(one.member, 0) for one in living], dtype=np.int64)
    lacking = calls_fen(after, wanted)
    calls = {one.member: int(fen) for one, fen in zip(living, lacking, strict=True) if fen > 0}
    kept = {one.member: required.get(one.member, 0) for one in living}
    told = Settlement(day, dict(paid), {member: fen for member, fen in kept.items() if fen}, calls)
    if calls:
        return told
    group = group or Group(str(day))
    drafts = [*_freed(purses), *_paid_in(group, paid, purses, capital_fen), *_paid_out(group, paid)]
    drafts += [
        _move(hold_id(group, member), margin_account(member), HELD, fen, "initial_margin", action=Action.PENDING)
        for member, fen in told.required_fen.items()
    ]
    linked = tuple(replace(one, linked=True) for one in drafts[:-1]) + tuple(drafts[-1:])
    return replace(told, drafts=linked, digest=_digest(told, linked))


def hold_id(group: Group, member: str) -> str:
    """Return the id of the pending transfer that holds a member's margin after a group."""
    return f"im/d/{group.name}/{member}"


def freed_id(hold_id: str) -> str:
    """Return the id of the transfer that frees what a hold keeps."""
    return f"free/{hold_id.removeprefix('im/')}"


def _freed(purses: Sequence[Purse]) -> list[Draft]:
    return [
        Draft(
            transfer_id=freed_id(one.hold.transfer_id),
            action=Action.VOID,
            pending_id=one.hold.transfer_id,
            reason="initial_margin",
        )
        for one in purses
        if one.hold is not None
    ]


def _paid_in(group: Group, paid: Mapping[str, int], purses: Sequence[Purse], capital_fen: int) -> list[Draft]:
    """Return what those who lose pay, and for defaulters what others pay in their place."""
    name, kind = group.name, group.kind
    drafts = [
        _move(f"{kind}/{name}/from/{account}", account, CLEARING, -fen, group.reason, group.reference)
        for account, fen in sorted(group.others.items())
        if fen < 0
    ]
    shares = {one.member: one.share_fen for one in purses}
    defaulted = {one.member for one in purses if one.is_defaulted}
    for one in purses:
        loss = -min(paid.get(one.member, 0), 0)
        if not one.is_defaulted:
            layers = [(f"{kind}/{name}/{one.member}", margin_account(one.member), loss)]
        else:
            others = [other for other in shares if other not in defaulted]
            guarantee = Guarantee(
                one.margin_fen, shares[one.member], capital_fen, tuple(shares[other] for other in others)
            )
            borne = waterfall(loss, guarantee)
            if borne.uncovered_fen:
                raise _uncovered(one.member, borne.uncovered_fen)
            mark = f"default/{name}/{one.member}"
            layers = [
                (f"{kind}/{name}/{one.member}", margin_account(one.member), borne.margin_fen),
                (f"{mark}/fund", fund_account(one.member), borne.share_fen),
                (f"{mark}/capital", CAPITAL, borne.house_fen),
                *((f"{mark}/by/{other}", fund_account(other), fen)
                  for other, fen in zip(others, borne.others_fen, strict=True)),
            ]  # fmt: skip
            shares[one.member] -= borne.share_fen
            capital_fen -= borne.house_fen
            for other, fen in zip(others, borne.others_fen, strict=True):
                shares[other] -= fen
        drafts += [
            _move(
                transfer_id,
                account,
                CLEARING,
                fen,
                "default" if transfer_id.startswith("default/") else group.reason,
                group.reference,
            )
            for transfer_id, account, fen in layers
            if fen
        ]
    return drafts


def _paid_out(group: Group, paid: Mapping[str, int]) -> list[Draft]:
    mark = f"{group.kind}/{group.name}"
    to = [(f"{mark}/{member}", margin_account(member), fen) for member, fen in paid.items()]
    to += [(f"{mark}/to/{account}", account, fen) for account, fen in sorted(group.others.items())]
    return [_move(name, CLEARING, account, fen, group.reason, group.reference) for name, account, fen in to if fen > 0]


def _move(
    name: str, debit: str, credit: str, fen: int, reason: str, reference: str = "", *, action: Action = Action.MOVE
) -> Draft:
    return Draft(
        transfer_id=name,
        action=action,
        debit=debit,
        credit=credit,
        amount=fen,
        reason=reason,
        reference=reference,
    )


def _digest(told: Settlement, drafts: Sequence[Draft]) -> str:
    words: dict[str, Any] = {
        "day": str(told.day),
        "paid": dict(told.paid_fen),
        "required": dict(told.required_fen),
        "transfers": [[one.transfer_id, one.debit, one.credit, one.amount, one.pending_id] for one in drafts],
    }
    return sha256(canonical(words)).hexdigest()


def _uncovered(member: str, fen: int) -> RuleBrokenError:
    return RuleBrokenError(
        f"The loss of {member} must be covered by its margin, the fund and the capital, was {fen} fen more.",
        code="default_uncovered",
        hint=f"Bring capital to {CAPITAL}, then settle again.",
    )
