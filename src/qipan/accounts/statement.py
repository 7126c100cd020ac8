"""The statement of an account: its transfers, each with the proof that it stands in the log, and what they add up to.

An entry number stands in each transfer that was entered in the log, so one that is missing between two others shows.
Only the end is open: transfers behind the newest checkpoint are not on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qipan.accounts.model.posting import Account, Balance, Cell, Transfer
from qipan.accounts.record import ACCOUNT_KIND, TRANSFER_KIND, account_record, read_transfer, transfer_record
from qipan.accounts.replay import Replay
from qipan.kernel.errors import BadInputError, Finding
from qipan.log.note import Verifier
from qipan.log.proof import Proof, check_proof, proof_of
from qipan.log.verify import entry_words

FORM: Final = "qipan/statement@v1"
"""Form of a statement as a file."""


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer of the account, and the proof that it was entered."""

    transfer: Transfer
    proof: Proof


@dataclass(frozen=True, slots=True)
class Statement:
    """An account from its first transfer on.

    Attributes
    ----------
    proof
        That the account was opened as it is told.
    balances
        By the start of the period.
    """

    account: Account
    proof: Proof
    lines: tuple[Line, ...]
    balances: Mapping[Any, Balance]


def state(account: Account, proof: Proof, lines: Sequence[Line]) -> Statement:
    """Return the statement of an account over all its transfers under a checkpoint."""
    balances, _ = _replayed(account, enumerate((line.transfer for line in lines), start=1))
    return Statement(account, proof, tuple(lines), _of(account, balances))


def document(statement: Statement) -> dict[str, Any]:
    """Return a statement as plain values, as it is written to a file."""
    account = statement.account
    return {
        "form": FORM,
        "account": account_record(account).decode(),
        "proof": str(statement.proof),
        "lines": [
            {"transfer": transfer_record(line.transfer).decode(), "proof": str(line.proof)} for line in statement.lines
        ],
        "balances": _told(statement.balances),
    }


def check_statement(
    told: Mapping[str, Any], *, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> tuple[Finding, ...]:
    """Return what is wrong with a statement, holding nothing but keys; row 0 is the account, row 1 the first transfer.

    Rules: those of `qipan.log.proof.check_proof`, ``record_malformed``, ``kind_differs``, ``not_of_account``,
    ``entry_missing``, ``pending_strange``, ``below_floor``, ``above_ceiling``, ``balance_differs``.

    Raises
    ------
    BadInputError
        ``statement_malformed`` unless it has the form of a statement; ``proof_malformed``.
    """
    account, proof, lines = _parts(told)

    def proved(row: int, text: str, data: str, kind: str) -> list[Finding]:
        read = proof_of(text)
        wrong = check_proof(read, data.encode(), log=log, witnesses=witnesses, quorum=quorum)
        found = [Finding(row, one.column, one.rule, one.message) for one in wrong]
        entered, _ = entry_words(read.entry)
        if entered != kind:
            found.append(Finding(row, "proof", "kind_differs", f"An entry must be of kind {kind}, was {entered}."))
        return found

    findings = proved(0, proof, told["account"], ACCOUNT_KIND)
    transfers: list[tuple[int, Transfer]] = []
    for row, (data, text) in enumerate(lines, start=1):
        findings += proved(row, text, data, TRANSFER_KIND)
        try:
            transfer = read_transfer(data.encode())
        except BadInputError as error:
            findings.append(Finding(row, "transfer", error.code, error.message))
            continue
        if account.account_id not in {transfer.debit, transfer.credit}:
            told_row = f"A transfer must be one of {account.account_id}, was of {transfer.debit} and {transfer.credit}."
            findings.append(Finding(row, "transfer", "not_of_account", told_row))
            continue
        transfers.append((row, transfer))
    balances, wrong = _replayed(account, transfers)
    findings += wrong
    true = _told(_of(account, balances))
    if list(told["balances"]) != true:
        must, was = _in_words(true), _in_words(told["balances"])
        findings.append(Finding(0, "balances", "balance_differs", f"Balances must be {must}, was {was}."))
    return tuple(findings)


def _told(balances: Mapping[Any, Balance]) -> list[dict[str, Any]]:
    """Return balances as plain values, the earlier period first, before all that of no period."""
    return [
        {
            "period": "" if period is None else period.isoformat(),
            "debits_posted": balance.debits_posted,
            "credits_posted": balance.credits_posted,
            "debits_pending": balance.debits_pending,
            "credits_pending": balance.credits_pending,
        }
        for period, balance in sorted(balances.items(), key=lambda one: (one[0] is not None, one[0]))
    ]


def _in_words(balances: Any) -> str:
    """Write balances, which may have been tampered with, for people."""
    if not isinstance(balances, list) or not all(isinstance(one, dict) for one in balances):
        return "no list of balances"
    return "; ".join(map(_one_in_words, balances)) or "none"


def _one_in_words(balance: Mapping[str, Any]) -> str:
    names = [f"{side} {state}" for side in ("debits", "credits") for state in ("posted", "pending")]
    told = {name: balance.get(name.replace(" ", "_"), "missing") for name in names}
    period = f"{balance['period']}: " if balance.get("period") else ""
    return period + ", ".join(f"{name} {amount}" for name, amount in told.items())


def _of(account: Account, balances: Mapping[Cell, Balance]) -> dict[Any, Balance]:
    return {period: balance for (name, period), balance in balances.items() if name == account.account_id}


def _replayed(account: Account, transfers: Iterable[tuple[int, Transfer]]) -> tuple[dict[Cell, Balance], list[Finding]]:
    """Return what the transfers of an account, each with its row, add up to, and what is wrong with their order."""
    name = account.account_id
    replay = Replay({})
    findings: list[Finding] = []
    for row, transfer in transfers:
        other = transfer.credit if transfer.debit == name else transfer.debit
        # Nothing is known of the other account but its name: it is free of limits, and its count is taken as told.
        free = Account(other, other, account.asset_id, "other", floor=None)
        replay.accounts = {name: account, other: free}
        replay.entries[other] = (transfer.credit_entry if transfer.debit == name else transfer.debit_entry) - 1
        for found in replay.take(row, transfer):
            rule = "entry_missing" if found.rule == "entry_differs" else found.rule
            findings.append(Finding(row, found.column, rule, found.message, found.value))
    return replay.balances, findings


def _parts(told: Mapping[str, Any]) -> tuple[Account, str, list[tuple[str, str]]]:
    try:
        words = json.loads(told["account"])
        account = Account(
            words["account"], words["owner"], words["asset"], words["purpose"], words["floor"], words["ceiling"]
        )
        lines = [(str(line["transfer"]), str(line["proof"])) for line in told["lines"]]
        form, proof = told["form"], str(told["proof"])
        list(told["balances"])
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed() from error
    if form != FORM:
        raise _malformed()
    return account, proof, lines


def _malformed() -> BadInputError:
    return BadInputError(
        f"A statement must have the form {FORM}, was not.",
        code="statement_malformed",
        hint="Take the file as it was written by: qipan accounts statement",
    )
