"""Write what is entered in the log as canonical JSON: assets, accounts, transfers, claims, disputes; and read it back.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.model.dispute import Act, Answer, Decision, Opening, Step, Withdrawal
from qipan.accounts.model.posting import Account, Action, Asset, Transfer
from qipan.kernel.errors import BadInputError
from qipan.log.canonical import canonical

ASSET_KIND: Final = "asset"
ACCOUNT_KIND: Final = "account"
TRANSFER_KIND: Final = "transfer"
EXTENT_KIND: Final = "extent"
CLAIM_KIND: Final = "claim"
RELEASE_KIND: Final = "claim_release"
DISPUTE_KIND: Final = "dispute"
"""Kinds of the leaves of the log."""


def asset_record(asset: Asset) -> bytes:
    """Return what is entered of an asset."""
    return canonical(
        {
            "asset": asset.asset_id,
            "kind": asset.kind.value,
            "lifetime_h": asset.lifetime_h,
            "lifetime_months": asset.lifetime_months,
            "model": asset.model,
            "place": asset.place,
        }
    )


def account_record(account: Account) -> bytes:
    """Return what is entered of an account."""
    return canonical(
        {
            "account": account.account_id,
            "asset": account.asset_id,
            "ceiling": account.ceiling,
            "floor": account.floor,
            "owner": account.owner,
            "purpose": account.purpose,
        }
    )


def extent_record(extent: Extent) -> bytes:
    """Return what is entered of an extent."""
    return canonical(
        {
            "asset": extent.asset_id,
            "end": _text(extent.end),
            "extent": extent.extent_id,
            "start": _text(extent.start),
            "units": extent.units,
        }
    )


def claim_record(claim: Claim) -> bytes:
    """Return what is entered of a claim."""
    return canonical(
        {
            "claim": claim.claim_id,
            "end": _text(claim.end),
            "extent": claim.extent_id,
            "final": claim.is_final,
            "holder": claim.holder,
            "purpose": claim.purpose,
            "start": _text(claim.start),
            "unit_end": claim.unit_end,
            "unit_start": claim.unit_start,
        }
    )


def read_claim(record: bytes) -> Claim:
    """Return the claim that a record tells.

    Raises
    ------
    BadInputError
        ``record_malformed`` unless it is written exactly as `claim_record` writes it.
    """
    try:
        told: dict[str, Any] = json.loads(record)
        claim = Claim(
            told["claim"],
            told["extent"],
            told["holder"],
            told["purpose"],
            int(told["unit_start"]),
            int(told["unit_end"]),
            _moment(told["start"]),
            _moment(told["end"]),
            told["final"],
        )
        is_same = claim_record(claim) == record
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _malformed("a claim") from error
    if not is_same:
        raise _malformed("a claim")
    return claim


def release_record(claim_id: str, now: datetime) -> bytes:
    """Return what is entered of the release of a claim."""
    return canonical({"claim": claim_id, "released": _text(now)})


def transfer_record(transfer: Transfer) -> bytes:
    """Return what is entered of a transfer."""
    # Written out: a book enters thousands of these a second. Keys stand in the order of RFC 8785.
    return _ENCODE(
        {
            "action": transfer.action.value,
            "amount": transfer.amount,
            "asked": transfer.asked,
            "asset": transfer.asset_id,
            "at": _text(transfer.at),
            "balancing_credit": transfer.balancing_credit,
            "balancing_debit": transfer.balancing_debit,
            "chain": transfer.chain,
            "credit": transfer.credit,
            "credit_entry": transfer.credit_entry,
            "debit": transfer.debit,
            "debit_entry": transfer.debit_entry,
            "pending": transfer.pending_id,
            "period": _text(transfer.period),
            "reason": transfer.reason,
            "reference": transfer.reference,
            "timeout_s": transfer.timeout_s,
            "transfer": transfer.transfer_id,
        }
    ).encode()


_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_transfer(record: bytes) -> Transfer:
    """Return the transfer that a record tells.

    Raises
    ------
    BadInputError
        ``record_malformed`` unless it is written exactly as `transfer_record` writes it.
    """
    try:
        told: dict[str, Any] = json.loads(record)
        transfer = Transfer(
            transfer_id=told["transfer"],
            action=Action(told["action"]),
            asset_id=told["asset"],
            debit=told["debit"],
            credit=told["credit"],
            amount=int(told["amount"]),
            asked=int(told["asked"]),
            period=_moment(told["period"]) if told["period"] else None,
            pending_id=told["pending"],
            timeout_s=int(told["timeout_s"]),
            chain=told["chain"],
            balancing_debit=told["balancing_debit"],
            balancing_credit=told["balancing_credit"],
            reason=told["reason"],
            reference=told["reference"],
            debit_entry=int(told["debit_entry"]),
            credit_entry=int(told["credit_entry"]),
            at=_moment(told["at"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _malformed("a transfer") from error
    if transfer_record(transfer) != record:
        raise _malformed("a transfer")
    return transfer


def step_record(step: Step) -> bytes:
    """Return what is entered of a step of a dispute."""
    act = step.act
    told: dict[str, Any] = {
        "dispute": act.dispute_id,
        "number": step.number,
        "at": _text(step.at),
        "before": step.before,
        "by": act.by,
    }
    if isinstance(act, Opening):
        told |= {
            "opened": act.ground, "party": act.party, "transfers": list(act.transfer_ids), "cites": act.cites,
        }  # fmt: skip
    elif isinstance(act, Answer):
        told |= {"answered": act.words, "party": act.party}
    elif isinstance(act, Decision):
        told |= {"decided": act.words, "amounts": dict(act.amounts)}
    else:
        told |= {"withdrawn": act.words}
    return canonical(told)


def read_step(record: bytes) -> Step:
    """Return the step of a dispute that a record tells.

    Raises
    ------
    BadInputError
        ``record_malformed`` unless it is written exactly as `step_record` writes it.
    """
    try:
        told: dict[str, Any] = json.loads(record)
        step = Step(told["number"], _moment(told["at"]), told["before"], _act(told))
        is_same = step_record(step) == record
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _malformed("a step of a dispute") from error
    if not is_same:
        raise _malformed("a step of a dispute")
    return step


def _act(told: dict[str, Any]) -> Act:
    name, by = told["dispute"], told["by"]
    if "opened" in told:
        transfers = tuple(told["transfers"])
        return Opening(
            dispute_id=name,
            party=told["party"],
            by=by,
            transfer_ids=transfers,
            ground=told["opened"],
            cites=told["cites"],
        )
    if "answered" in told:
        return Answer(dispute_id=name, party=told["party"], by=by, words=told["answered"])
    if "decided" in told:
        return Decision(dispute_id=name, by=by, words=told["decided"], amounts=told["amounts"])
    return Withdrawal(dispute_id=name, by=by, words=told["withdrawn"])


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _malformed(what: str) -> BadInputError:
    return BadInputError(
        f"A record must be {what} in canonical JSON, was not.",
        code="record_malformed",
        hint="Take it as the statement holds it.",
    )
