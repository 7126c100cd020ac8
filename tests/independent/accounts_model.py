"""What accounts must do, written a second time: plain values, one dictionary of cells, a copy for every chain.

It shares no rule with `qipan.accounts`; it takes the same drafts and says what must become of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ORDER = ("action", "debit", "credit", "amount", "period", "pending_id", "timeout_s", "balancing", "chain", "reason")
LATER = {"reason": "reason", "pending_id": "pending", "timeout_s": "timeout"}


@dataclass
class Model:
    """Accounts as a person would keep them on paper.

    Attributes
    ----------
    accounts
        Name to (asset, purpose, floor, ceiling).
    expiry
        Returns when units of an asset and period can no longer be moved, or ``None``.
    cells
        (account, period) to final balance, what is to go out, and what is to come in.
    """

    accounts: Mapping[str, tuple[str, str, int | None, int | None]]
    expiry: Any
    cells: dict[tuple[str, Any], tuple[int, int, int]] = field(default_factory=dict)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    open: dict[str, tuple[str, str, Any, int, datetime | None]] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    written: int = 0
    now: datetime | None = None
    last: datetime | None = None

    def send(self, drafts: Sequence[Any], now: datetime) -> list[str]:
        """Take drafts; return what must become of each."""
        self.now = now if self.last is None else max(now, self.last)
        before = self.written
        over = [name for name, one in self.open.items() if one[4] is not None and one[4] <= self.now]
        for name in over:
            self._close(name, "lapsed", 0)
        told: list[str] = []
        chain: list[Any] = []
        for draft in drafts:
            chain.append(draft)
            if not draft.linked:
                told += self._chain(chain)
                chain = []
        if chain:
            told += ["linked_failed"] * (len(chain) - 1) + ["linked_chain_open"]
        if self.written > before:
            self.last = self.now
        return told

    def _chain(self, chain: list[Any]) -> list[str]:
        if len(chain) == 1:
            return [self._one(chain[0], "")]
        before = (dict(self.cells), dict(self.known), dict(self.open), dict(self.closed), self.written)
        name = chain[0].transfer_id
        told: list[str] = []
        for draft in chain:
            told.append(self._one(draft, name))
            if told[-1] not in {"created", "exists"}:
                break
        if len(told) == len(chain) and len(set(told)) == 1:
            return told
        self.cells, self.known, self.open, self.closed, self.written = before
        told += ["linked_failed"] * (len(chain) - len(told))
        return ["linked_failed" if one == "created" else one for one in told]

    def _one(self, draft: Any, chain: str) -> str:
        ends = draft.action in {"post", "void"}
        if ends and (draft.balancing_debit or draft.balancing_credit):
            return "fields_unfit"
        if draft.transfer_id in self.known or ends:
            return self._again(draft, chain) if draft.transfer_id in self.known else self._end(draft, chain)
        wrong = self._wrong(draft)
        if wrong:
            return wrong
        floor, ceiling = self.accounts[draft.debit][2], self.accounts[draft.credit][3]
        final, out, _ = self.cells.get((draft.debit, draft.period), (0, 0, 0))
        there, _, coming = self.cells.get((draft.credit, draft.period), (0, 0, 0))
        amount = draft.amount
        if draft.balancing_debit:
            amount = max(0, min(amount, final - out - (floor or 0)))
        if draft.balancing_credit:
            amount = max(0, min(amount, (ceiling or 0) - there - coming))
        if floor is not None and final - out - amount < floor:
            return "below_floor"
        if ceiling is not None and there + coming + amount > ceiling:
            return "above_ceiling"
        waits = draft.action == "pending"
        self._add(draft.debit, draft.period, 0 if waits else -amount, amount if waits else 0, 0)
        self._add(draft.credit, draft.period, 0 if waits else amount, 0, amount if waits else 0)
        if waits:
            ends = self.now + timedelta(seconds=draft.timeout_s) if draft.timeout_s else None
            self.open[draft.transfer_id] = (draft.debit, draft.credit, draft.period, amount, ends)
        return self._keep(draft, chain, draft.debit, draft.credit, draft.period)

    def _wrong(self, draft: Any) -> str:
        if draft.debit not in self.accounts or draft.credit not in self.accounts:
            return "debit_unknown" if draft.debit not in self.accounts else "credit_unknown"
        asset, purpose = self.accounts[draft.debit][:2]
        other, target = self.accounts[draft.credit][:2]
        ends = self.expiry(asset, draft.period)
        over, sweeps = ends not in {None, "unfit"} and ends <= self.now, draft.action == "expire"
        # In the order in which a clerk looks: the first that applies is told.
        looks = [
            ("accounts_same", draft.debit == draft.credit),
            ("asset_differs", asset != other),
            ("period_unfit", ends == "unfit"),
            ("account_sealed", purpose in {"retired", "expired"} or (target == "expired" and not sweeps)),
            ("fields_unfit", sweeps and not (over and target == "expired")),
            ("period_expired", over and not sweeps),
        ]
        return next((name for name, applies in looks if applies), "")

    def _end(self, draft: Any, chain: str) -> str:
        pending = self.known.get(draft.pending_id)
        if pending is None or pending["action"] != "pending":
            return "pending_unknown"
        named = (draft.debit or pending["debit"], draft.credit or pending["credit"])
        if named != (pending["debit"], pending["credit"]) or draft.period not in {None, pending["period"]}:
            return "pending_differs"
        if draft.pending_id in self.closed:
            return f"pending_{self.closed[draft.pending_id]}"
        debit, credit, period, amount, _ = self.open[draft.pending_id]
        if draft.amount > amount:
            return "pending_exceeded"
        if draft.action == "void" and draft.amount not in {0, amount}:
            return "pending_differs"
        self._close(draft.pending_id, "posted" if draft.action == "post" else "voided", draft.amount or amount)
        return self._keep(draft, chain, debit, credit, period)

    def _close(self, name: str, how: str, amount: int) -> None:
        debit, credit, period, whole, _ = self.open.pop(name)
        moved = amount if how == "posted" else 0
        self.closed[name] = how
        self._add(debit, period, -moved, -whole, 0)
        self._add(credit, period, moved, 0, -whole)
        self.written += how == "lapsed"

    def _add(self, name: str, period: Any, final: int, out: int, coming: int) -> None:
        had = self.cells.get((name, period), (0, 0, 0))
        self.cells[name, period] = (had[0] + final, had[1] + out, had[2] + coming)

    def _keep(self, draft: Any, chain: str, debit: str, credit: str, period: Any) -> str:
        self.known[draft.transfer_id] = {
            "action": draft.action,
            "debit": debit,
            "credit": credit,
            "amount": draft.amount,
            "period": period,
            "pending_id": draft.pending_id,
            "timeout_s": draft.timeout_s,
            "balancing": (draft.balancing_debit, draft.balancing_credit),
            "chain": chain,
            "reason": draft.reason,
        }
        self.written += 1
        return "created"

    def _again(self, draft: Any, chain: str) -> str:
        had = self.known[draft.transfer_id]
        ends = draft.action in {"post", "void"}
        now = {
            "action": draft.action,
            "debit": had["debit"] if ends and not draft.debit else draft.debit,
            "credit": had["credit"] if ends and not draft.credit else draft.credit,
            "amount": draft.amount,
            "period": had["period"] if ends and draft.period is None else draft.period,
            "pending_id": draft.pending_id,
            "timeout_s": draft.timeout_s,
            "balancing": (draft.balancing_debit, draft.balancing_credit),
            "chain": chain,
            "reason": draft.reason,
        }
        wrong = [name for name in ORDER if now[name] != had[name]]
        return f"exists_with_different_{LATER.get(wrong[0], wrong[0])}" if wrong else "exists"
