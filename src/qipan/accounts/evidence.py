"""The evidence in a dispute: all that speaks to it, each piece with the proof that it stands in the log, as one file.

It holds the steps of the dispute, what is disputed and what that is linked with, the correction, and what the disputed
transfers follow from, as orders, bills and requests; for a party, of linked transfers and corrections its own. Whoever
has the key of the log checks it with no books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from qipan.accounts.correct import correction_id, reverses
from qipan.accounts.dispute import follow
from qipan.accounts.model.dispute import Dispute, Step
from qipan.accounts.model.posting import Transfer
from qipan.accounts.record import DISPUTE_KIND, TRANSFER_KIND, read_step, read_transfer, step_record
from qipan.kernel.errors import BadInputError, Finding, QipanError
from qipan.log.note import Verifier
from qipan.log.proof import Proof, check_proof, proof_of
from qipan.log.verify import entry_words

FORM: Final = "qipan/evidence@v1"
"""Form of the evidence as a file."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One piece of evidence: what was entered in the log, and the proof of it."""

    payload: bytes
    proof: Proof

    @property
    def kind(self) -> str:
        """Kind of its leaf."""
        return entry_words(self.proof.entry)[0]


def document(dispute_id: str, exhibits: Sequence[Exhibit]) -> dict[str, Any]:
    """Return the evidence in a dispute as plain values, as it is written to a file."""
    return {
        "form": FORM,
        "dispute": dispute_id,
        "exhibits": [{"payload": one.payload.decode(), "proof": str(one.proof)} for one in exhibits],
    }


def check_evidence(
    told: Mapping[str, Any], *, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> tuple[Finding, ...]:
    """Return what is wrong with the evidence in a dispute, holding nothing but keys; row 1 is the first exhibit.

    Rules: those of `qipan.log.proof.check_proof`; ``record_malformed``; ``step_strange`` where steps are not those of
    this dispute in their order, each on the one before; ``transfer_missing`` where a disputed transfer is not shown;
    ``correction_differs`` where what was posted is not what was decided.

    Raises
    ------
    BadInputError
        ``evidence_malformed`` unless it has the form of evidence; ``proof_malformed``.
    """
    findings: list[Finding] = []
    steps: list[Step] = []
    placed: dict[int, Transfer] = {}
    for row, (payload, text) in enumerate(_parts(told), start=1):
        proof = proof_of(text)
        wrong = check_proof(proof, payload, log=log, witnesses=witnesses, quorum=quorum)
        findings += [Finding(row, one.column, one.rule, one.message) for one in wrong]
        kind, _ = entry_words(proof.entry)
        try:
            if kind == DISPUTE_KIND:
                steps.append(read_step(payload))
            elif kind == TRANSFER_KIND:
                placed[proof.seq] = read_transfer(payload)
        except BadInputError as error:
            findings.append(Finding(row, "payload", error.code, error.message))
    dispute, strange = _followed(str(told["dispute"]), steps)
    findings += strange
    if dispute is not None:
        findings += _check_transfers(dispute, {one.transfer_id: one for _, one in sorted(placed.items())})
    return tuple(findings)


def _check_transfers(dispute: Dispute, shown: Mapping[str, Transfer]) -> list[Finding]:
    """Hold what is shown against what is disputed, and corrections against the decision."""
    findings = [
        Finding(0, "transfers", "transfer_missing", f"A disputed transfer must be shown, was not: {name}.", name)
        for name in dispute.opening.transfer_ids
        if name not in shown
    ]
    amounts = dispute.decision.amounts if dispute.decision else {}
    begin = correction_id(dispute.dispute_id, 0).removesuffix("0")
    posted = {one.reference: one for name, one in shown.items() if name.startswith(begin)}
    wrong = [name for name, one in posted.items() if not reverses(one, shown.get(name), amounts.get(name, 0))]
    wrong += [name for name in amounts if name in shown and name not in posted]
    told = "What is corrected must go back as decided, did not: {}."
    return findings + [Finding(0, "transfers", "correction_differs", told.format(name), name) for name in wrong]


def _followed(dispute_id: str, steps: Sequence[Step]) -> tuple[Dispute | None, list[Finding]]:
    before = ""
    for number, one in enumerate(steps, start=1):
        if (one.act.dispute_id, one.number, one.before) != (dispute_id, number, before):
            told = f"Steps of {dispute_id} must follow each other, was {one.act.dispute_id} {one.number} at {number}."
            return None, [Finding(0, "steps", "step_strange", told)]
        before = sha256(step_record(one)).hexdigest()
    try:
        return (follow(steps), []) if steps else (None, [_no_step(dispute_id)])
    except QipanError as error:
        return None, [Finding(0, "steps", "step_strange", error.message)]


def _no_step(dispute_id: str) -> Finding:
    return Finding(0, "steps", "step_strange", f"The opening of {dispute_id} must be shown, was not.")


def _parts(told: Mapping[str, Any]) -> list[tuple[bytes, str]]:
    try:
        parts = [(str(one["payload"]).encode(), str(one["proof"])) for one in told["exhibits"]]
        form = told["form"]
        str(told["dispute"])
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed() from error
    if form != FORM:
        raise _malformed()
    return parts


def _malformed() -> BadInputError:
    return BadInputError(
        f"Evidence must have the form {FORM}, was not.",
        code="evidence_malformed",
        hint="Take the file as it was written by: qipan accounts dispute evidence",
    )
