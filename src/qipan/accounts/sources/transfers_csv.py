"""Read drafts of transfers from CSV in UTF-8, one a row; a row that cannot be read has a finding for each bad cell.

Columns: ``transfer_id, reason`` and, where there are such, ``action, debit, credit, amount, period, pending_id,
timeout_s, linked, balancing, reference``. Amounts are whole numbers of the asset's unit; periods carry their zone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from qipan.accounts.model.posting import Action, Draft, DraftIntake
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import in_utc

NEEDED: Final = ("transfer_id", "reason")
OPTIONAL: Final = (
    "action", "debit", "credit", "amount", "period", "pending_id", "timeout_s", "linked", "balancing", "reference",
)  # fmt: skip
BALANCING: Final = {"": (False, False), "debit": (True, False), "credit": (False, True), "both": (True, True)}
LINKED: Final = {"": False, "no": False, "yes": True}
ASKED: Final = (Action.MOVE, Action.PENDING, Action.POST, Action.VOID)
"""Actions that a file may ask for; lapsing and expiry come with time."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")


class _CellError(Exception):
    """A cell that cannot be read: the rule, and what must hold."""

    def __init__(self, rule: str, must: str) -> None:
        super().__init__(must)
        self.rule = rule


def read(data: bytes) -> DraftIntake:
    r"""Read drafts; those of good rows are returned all the same.

    Rules: ``file_unreadable``, ``column_missing``, ``column_unknown`` for the file; ``row_torn``, ``action_unknown``,
    ``not_whole``, ``time_unreadable``, ``time_naive``, ``linked_unknown``, ``balancing_unknown`` for a row.

    Examples
    --------
    >>> intake = read(b"transfer_id,reason,debit,credit,amount\nx,fee,a,b,250\ny,fee,a,b,2.5\n")
    >>> [draft.amount for draft in intake.drafts], [(one.row, one.rule) for one in intake.findings]
    ([250], [(3, 'not_whole')])
    """
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        told = f"A file of transfers must be CSV in UTF-8, was not: {error}."
        return DraftIntake((), (Finding(0, "", "file_unreadable", told),))
    head = rows[0] if rows else []
    wrong = [
        Finding(0, name, "column_missing", f"A file of transfers must have the column {name}, was without.")
        for name in NEEDED
        if name not in head
    ]
    wrong += [
        Finding(0, name, "column_unknown", f"A column must be one of {', '.join(NEEDED + OPTIONAL)}, was {name!r}.")
        for at, name in enumerate(head)
        if name not in NEEDED + OPTIONAL or name in head[:at]
    ]
    if wrong:
        return DraftIntake((), tuple(wrong))
    drafts: list[Draft] = []
    findings: list[Finding] = []
    for row, cells in enumerate(rows[1:], start=2):
        if len(cells) != len(head):
            told = f"A row must have {len(head)} cells, was {len(cells)}."
            findings.append(Finding(row, "", "row_torn", told))
            continue
        values, bad = _values(row, dict(zip(head, cells, strict=True)))
        findings += bad
        if not bad:
            drafts.append(Draft(**values))
    return DraftIntake(tuple(drafts), tuple(findings))


def _values(row: int, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    values: dict[str, Any] = {}
    findings = []
    for name, text in cells.items():
        try:
            found: Any = _READ[name](text) if name in _READ else text
        except _CellError as error:
            findings.append(Finding(row, name, error.rule, f"{error}, was {text!r}.", text))
            continue
        if name == "balancing":
            values["balancing_debit"], values["balancing_credit"] = found
        else:
            values[name] = found
    return values, findings


def _action(text: str) -> Action:
    if text and text not in ASKED:
        raise _CellError("action_unknown", f"An action must be one of {', '.join(ASKED)}")
    return Action(text) if text else Action.MOVE


def _whole(text: str) -> int:
    if text and not _WHOLE.fullmatch(text):
        raise _CellError("not_whole", "An amount must be a whole number of the asset's unit")
    return int(text) if text else 0


def _period(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return in_utc(datetime.fromisoformat(text))
    except BadInputError as error:
        raise _CellError("time_naive", "A period must carry its zone, as 2026-03-01T05:00:00+08:00") from error
    except (ValueError, OverflowError) as error:
        raise _CellError("time_unreadable", "A period must be written as 2026-03-01T05:00:00+08:00") from error


def _linked(text: str) -> bool:
    if text not in LINKED:
        raise _CellError("linked_unknown", "A cell of linked must be yes, no or empty")
    return LINKED[text]


def _balancing(text: str) -> tuple[bool, bool]:
    if text not in BALANCING:
        raise _CellError("balancing_unknown", "A cell of balancing must be debit, credit, both or empty")
    return BALANCING[text]


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "action": _action,
    "amount": _whole,
    "timeout_s": _whole,
    "period": _period,
    "linked": _linked,
    "balancing": _balancing,
}
