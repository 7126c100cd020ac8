"""Why a draft is refused: by its form, its accounts, their limits, what it resolves, or what stands under its id.

Each function returns the first reason, or ``None``; their order is that in which `qipan.accounts.post` asks.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from qipan.accounts.model.posting import (
    AMOUNT_MAX,
    EXPIRED,
    RESOLVING,
    SUM_MAX,
    Account,
    Action,
    Asset,
    Balance,
    Draft,
    Outcome,
    Transfer,
)
from qipan.accounts.periods import expires, is_start

TIMEOUT_MAX_S: Final = 2**31 - 1
"""Longest time that a transfer may be pending, in seconds; 68 years."""

_ID = re.compile(r"(?!lapse/)[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REFERENCE_MAX = 200
_RESOLVED: Final = {
    Action.POST: Outcome.PENDING_POSTED,
    Action.VOID: Outcome.PENDING_VOIDED,
    Action.LAPSE: Outcome.PENDING_LAPSED,
}

_expires = lru_cache(maxsize=65536)(expires)
_is_start = lru_cache(maxsize=65536)(is_start)


def form(draft: Draft) -> Outcome | None:
    """Return what is wrong with a draft whatever the books hold; ``None`` when nothing is."""
    if not _ID.fullmatch(draft.transfer_id) or draft.action is Action.LAPSE:
        return Outcome.TRANSFER_ID_MALFORMED
    if not _REASON.fullmatch(draft.reason) or len(draft.reference) > _REFERENCE_MAX or not _is_text(draft.reference):
        return Outcome.REASON_MALFORMED
    resolves = draft.action in RESOLVING
    if not (0 if resolves else 1) <= draft.amount <= AMOUNT_MAX:
        return Outcome.AMOUNT_OUT_OF_RANGE
    balances = draft.balancing_debit or draft.balancing_credit
    unfit = (
        bool(draft.pending_id) is not resolves
        or not 0 <= draft.timeout_s <= TIMEOUT_MAX_S
        or (draft.timeout_s > 0 and draft.action is not Action.PENDING)
        or (balances and resolves)
    )
    return Outcome.FIELDS_UNFIT if unfit else None


def pair(draft: Draft, debit: Account, credit: Account, asset: Asset, at: datetime) -> Outcome | None:
    """Return why units of a period may not move from one account to another."""
    if debit.account_id == credit.account_id:
        return Outcome.ACCOUNTS_SAME
    if debit.asset_id != credit.asset_id:
        return Outcome.ASSET_DIFFERS
    if not _is_start(asset.grid, draft.period):
        return Outcome.PERIOD_UNFIT
    ends = _expires(asset, draft.period)
    is_over = ends is not None and ends <= at
    expires_here = draft.action is Action.EXPIRE
    if asset.seals(debit.purpose) or (credit.purpose == EXPIRED and not expires_here):
        return Outcome.ACCOUNT_SEALED
    if expires_here:
        return None if is_over and credit.purpose == EXPIRED else Outcome.FIELDS_UNFIT
    return Outcome.PERIOD_EXPIRED if is_over else None


def limits(amount: int, *, debit: Account, credit: Account, giving: Balance, taking: Balance) -> Outcome | None:
    """Return which limit an amount would break, pending ones counted."""
    if (
        giving.debits_posted + giving.debits_pending + amount > SUM_MAX
        or taking.credits_posted + taking.credits_pending + amount > SUM_MAX
    ):
        return Outcome.BALANCE_OVERFLOW
    if debit.floor is not None and giving.available - amount < debit.floor:
        return Outcome.BELOW_FLOOR
    if credit.ceiling is not None and taking.most + amount > credit.ceiling:
        return Outcome.ABOVE_CEILING
    return None


def resolution(draft: Draft, pending: Transfer, resolved: Action | None, at: datetime) -> Outcome | None:
    """Return why a pending transfer cannot be resolved as a draft asks."""
    if (
        draft.debit not in {"", pending.debit}
        or draft.credit not in {"", pending.credit}
        or draft.period not in {None, pending.period}
    ):
        return Outcome.PENDING_DIFFERS
    if resolved is not None:
        return _RESOLVED[resolved]
    ends = deadline(pending)
    if ends is not None and ends <= at:
        return Outcome.PENDING_LAPSED
    if draft.amount > pending.amount:
        return Outcome.PENDING_EXCEEDED
    is_part = draft.amount not in {0, pending.amount}
    return Outcome.PENDING_DIFFERS if is_part and draft.action is Action.VOID else None


def deadline(pending: Transfer) -> datetime | None:
    """Return when a pending transfer lapses; ``None`` for never."""
    return pending.at + timedelta(seconds=pending.timeout_s) if pending.timeout_s else None


def compare(draft: Draft, stands: Transfer, chain: str) -> Outcome:
    """Return whether a draft asks for the very transfer that stands under its id, or what differs first.

    Parameters
    ----------
    chain
        Id of the first draft of the chain that it is in; empty where it stands alone.
    """
    inherits = draft.action in RESOLVING
    different = (
        (draft.action is not stands.action, Outcome.EXISTS_WITH_DIFFERENT_ACTION),
        (_told(draft.debit, inherits) not in {None, stands.debit}, Outcome.EXISTS_WITH_DIFFERENT_DEBIT),
        (_told(draft.credit, inherits) not in {None, stands.credit}, Outcome.EXISTS_WITH_DIFFERENT_CREDIT),
        (draft.amount != stands.asked, Outcome.EXISTS_WITH_DIFFERENT_AMOUNT),
        (
            draft.period != stands.period and not (inherits and draft.period is None),
            Outcome.EXISTS_WITH_DIFFERENT_PERIOD,
        ),
        (draft.pending_id != stands.pending_id, Outcome.EXISTS_WITH_DIFFERENT_PENDING),
        (draft.timeout_s != stands.timeout_s, Outcome.EXISTS_WITH_DIFFERENT_TIMEOUT),
        (
            (draft.balancing_debit, draft.balancing_credit) != (stands.balancing_debit, stands.balancing_credit),
            Outcome.EXISTS_WITH_DIFFERENT_BALANCING,
        ),
        (chain != stands.chain, Outcome.EXISTS_WITH_DIFFERENT_CHAIN),
        (draft.reason != stands.reason, Outcome.EXISTS_WITH_DIFFERENT_REASON),
        (draft.reference != stands.reference, Outcome.EXISTS_WITH_DIFFERENT_REFERENCE),
    )
    return next((outcome for differs, outcome in different if differs), Outcome.EXISTS)


def _told(account_id: str, inherits: bool) -> str | None:
    """Return the account that a draft names; ``None`` where it leaves that to the pending transfer."""
    return None if inherits and not account_id else account_id


def _is_text(text: str) -> bool:
    """Tell whether every engine keeps a text as it is: no zero character, no half of a pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
