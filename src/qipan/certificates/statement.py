"""The statement of a consumer: what is retired for it, each part with proofs that it stands in the log for good.

Each part is shown from the meter on: the request that issued it, the claim that retired it, and the claim on the row of
use that it covers. A retired claim is final, so its proof holds for ever; what else is held is not on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from qipan.accounts.model.claim import Claim
from qipan.accounts.record import CLAIM_KIND, read_claim
from qipan.certificates.model.certificate import Part, State, Usage
from qipan.certificates.model.month import Month
from qipan.certificates.record import REQUEST_KIND, USAGE_KIND
from qipan.kernel.errors import BadInputError, Finding
from qipan.log.note import Verifier
from qipan.log.proof import Proof, check_proof, proof_of
from qipan.log.verify import entry_words

FORM: Final = "qipan/certificates@v1"
"""Form of a statement as a file."""

ISSUANCE: Final = "issuance/"
USAGE: Final = "usage/"
"""Begin the extents of issuances, and of rows of use."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What was entered in the log, and the proof."""

    record: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Line:
    """A retired part: the claim, and that on the use that it covers, if any.

    Attributes
    ----------
    issue_id
        Request that issued it.
    """

    issue_id: str
    claim: Proved
    use: Proved | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What is retired for a consumer.

    Attributes
    ----------
    issues
        By id, the requests that issued its parts.
    usages
        All its rows of use: what covers none of them is residual.
    """

    consumer: str
    issues: Mapping[str, Proved]
    lines: tuple[Line, ...]
    usages: tuple[Proved, ...]


def document(statement: Statement) -> dict[str, Any]:
    """Return a statement as plain values, as it is written to a file."""
    claims = [read_claim(line.claim.record.encode()) for line in statement.lines]
    covering = [line.use is not None for line in statement.lines]
    usages = [_usage(one.record) for one in statement.usages]
    return {
        "form": FORM,
        "consumer": statement.consumer,
        "issues": {name: _plain(one) for name, one in statement.issues.items()},
        "lines": [
            {"issue": line.issue_id, "claim": _plain(line.claim), "use": line.use and _plain(line.use)}
            for line in statement.lines
        ],
        "usages": [_plain(one) for one in statement.usages],
        "months": _totals(claims, covering, [one for one in usages if one]),
    }


def check_statement(
    told: Mapping[str, Any], *, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> tuple[Finding, ...]:
    """Return what is wrong with a statement, holding nothing but keys; row 1 is the first part, row 0 all else.

    A row of use that was left out does not show; that less is residual then does, to whoever knows the meter.

    Rules: those of `qipan.log.proof.check_proof`; ``record_malformed``, ``kind_differs``; ``not_of_consumer``,
    ``claim_not_final``, ``parts_overlap``, ``production_differs``, ``usage_differs``, ``pair_differs``,
    ``total_differs``.

    Raises
    ------
    BadInputError
        ``statement_malformed`` unless it has the form of a statement; ``proof_malformed``.
    """
    _check_form(told)
    check = _Check(told, log, witnesses, quorum)
    for row, line in enumerate(told["lines"], start=1):
        check.take(row, line)
    check.whole()
    return tuple(check.findings)


class _Check:
    """A statement that is being checked, line by line."""

    def __init__(self, told: Mapping[str, Any], log: Verifier, witnesses: Sequence[Verifier], quorum: int) -> None:
        self.findings: list[Finding] = []
        self._told = told
        self._keys: dict[str, Any] = {"log": log, "witnesses": witnesses, "quorum": quorum}
        issues = told["issues"].items()
        self._made = {name: _productions(name, self._prove(0, one, REQUEST_KIND)) for name, one in issues}
        self._used: dict[str, Usage] = {}
        for one in told["usages"]:
            self._use(one)
        self._parts: list[Claim] = []
        self._uses: list[Claim] = []
        self._covering: list[bool] = []

    def take(self, row: int, line: Mapping[str, Any]) -> None:
        """Take the next line."""
        part = self._claim(row, line["claim"])
        use = self._claim(row, line["use"]) if line["use"] else None
        if part is None:
            return
        self._parts.append(part)
        self._covering.append(use is not None)
        found = self._made.get(line["issue"], {}).get(part.extent_id)
        is_in_time = found is not None and found[:2] == (part.start, part.end)
        if found is None or not is_in_time or not 0 <= part.unit_start < part.unit_end <= found[2]:
            told = f"A part must lie in what was issued for its time, was not: {part.claim_id}."
            self._find(row, "issue", "production_differs", told)
        if use is None:
            return
        self._uses.append(use)
        usage = self._used.get(use.extent_id.removeprefix(USAGE))
        if usage is None or not 0 <= use.unit_start < use.unit_end <= usage.wh:
            self._find(
                row, "use", "usage_differs", f"What is covered must lie in a row of use, was not: {use.claim_id}."
            )
        if not _is_pair(part, use):
            told = f"Use must be covered by as many Wh of its month under one number, was not: {use.claim_id}."
            self._find(row, "use", "pair_differs", told)

    def whole(self) -> None:
        """Look at all lines together."""
        for some in (self._parts, self._uses):
            if _overlap([Part(one.extent_id, one.unit_start, one.unit_end) for one in some]):
                self._find(0, "lines", "parts_overlap", "Every Wh must stand once, was twice.")
        true = _totals(self._parts, self._covering, list(self._used.values()))
        if self._told["months"] != true:
            self._find(0, "months", "total_differs", f"Months must be {true}, was {self._told['months']}.")

    def _find(self, row: int, column: str, rule: str, message: str) -> None:
        self.findings.append(Finding(row, column, rule, message))

    def _prove(self, row: int, one: Mapping[str, Any], kind: str) -> str:
        """Check the proof of what was entered, and return it."""
        read = proof_of(one["proof"])
        for found in check_proof(read, one["record"].encode(), **self._keys):
            self._find(row, found.column, found.rule, found.message)
        entered, _ = entry_words(read.entry)
        if entered != kind:
            self._find(row, "proof", "kind_differs", f"An entry must be of kind {kind}, was {entered}.")
        return str(one["record"])

    def _use(self, one: Mapping[str, Any]) -> None:
        """Take a row of use: of the consumer, once."""
        usage = _usage(self._prove(0, one, USAGE_KIND))
        if usage is None or usage.consumer != self._told["consumer"] or usage.usage_id in self._used:
            told = "" if usage is None else usage.usage_id
            self._find(0, "usages", "usage_differs", f"A row of use must be of the consumer, once, was not: {told}.")
        else:
            self._used[usage.usage_id] = usage

    def _claim(self, row: int, one: Mapping[str, Any]) -> Claim | None:
        """Return a claim that was entered; it must be for good, and for the consumer."""
        text = self._prove(row, one, CLAIM_KIND)
        try:
            found = read_claim(text.encode())
        except BadInputError as error:
            self._find(row, "claim", error.code, error.message)
            return None
        if (found.holder, found.purpose) != (self._told["consumer"], State.RETIRED.value):
            wanted, was = self._told["consumer"], f"{found.purpose} for {found.holder}"
            self._find(row, "claim", "not_of_consumer", f"A part must be retired for {wanted}, was {was}.")
        if not found.is_final:
            message = f"What is retired must be claimed for good, was not: {found.claim_id}."
            self._find(row, "claim", "claim_not_final", message)
        return found


def _overlap(parts: Sequence[Part]) -> bool:
    return any(
        one.issuance_id == after.issuance_id and after.unit_start < one.unit_end
        for one, after in pairwise(sorted(parts))
    )


def _productions(name: str, text: str) -> dict[str, tuple[datetime, datetime, int]]:
    """Return by extent what a request has issued: time and Wh."""
    try:
        request = json.loads(json.loads(text)["record"])
        if (request["kind"], request["request_id"]) != ("issue", name):
            return {}
        return {
            f"{ISSUANCE}{name}/{row}": (
                datetime.fromisoformat(one["start"]),
                datetime.fromisoformat(one["end"]),
                int(one["wh"]),
            )
            for row, one in enumerate(request["productions"], start=1)
        }
    except (KeyError, TypeError, ValueError):
        return {}


def _is_pair(part: Claim, use: Claim) -> bool:
    numbers = (part.claim_id.partition("/")[2], use.claim_id.partition("/")[2])
    wh = (part.unit_end - part.unit_start, use.unit_end - use.unit_start)
    return numbers[0] == numbers[1] and wh[0] == wh[1] and Month.of(part.start) == Month.of(use.start)


def _totals(claims: Sequence[Claim], covering: Sequence[bool], usages: Sequence[Usage]) -> list[dict[str, Any]]:
    sums: dict[str, dict[str, int]] = {}

    def add(start: datetime, name: str, wh: int) -> None:
        month = sums.setdefault(Month.of(start).name, {"retired_wh": 0, "covering_wh": 0, "used_wh": 0})
        month[name] += wh

    for one, is_covering in zip(claims, covering, strict=True):
        add(one.start, "retired_wh", one.unit_end - one.unit_start)
        add(one.start, "covering_wh", is_covering * (one.unit_end - one.unit_start))
    for usage in usages:
        add(usage.start, "used_wh", usage.wh)
    return [
        {"month": month, **told, "residual_wh": told["used_wh"] - told["covering_wh"]}
        for month, told in sorted(sums.items())
    ]


def _usage(text: str) -> Usage | None:
    """Return the row of use that a record tells; ``None`` where it tells none."""
    try:
        told = json.loads(text)
        start, end = (datetime.fromisoformat(told[name]) for name in ("start", "end"))
        return Usage(told["usage_id"], told["consumer"], start, end, int(told["wh"]))
    except (KeyError, TypeError, ValueError):
        return None


def _plain(one: Proved) -> dict[str, str]:
    return {"record": one.record, "proof": str(one.proof)}


def _check_form(told: Mapping[str, Any]) -> None:
    try:
        proved = [*told["issues"].values(), *(line["claim"] for line in told["lines"])]
        proved += [line["use"] for line in told["lines"] if line["use"]]
        proved += told["usages"]
        texts = [one[name] for one in proved for name in ("record", "proof")]
        texts += [told["consumer"], *(line["issue"] for line in told["lines"])]
        is_whole = told["form"] == FORM and all(isinstance(one, str) for one in texts)
        list(told["months"])
    except (KeyError, TypeError, AttributeError) as error:
        raise _malformed() from error
    if not is_whole:
        raise _malformed()


def _malformed() -> BadInputError:
    return BadInputError(
        f"A statement must have the form {FORM}, was not.",
        code="statement_malformed",
        hint="Take the file as qipan certificates statement wrote it.",
    )
