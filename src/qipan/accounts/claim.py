"""The rules of claims that need no look at other claims; that no two overlap is kept by the books themselves."""

from __future__ import annotations

from qipan.accounts.model.claim import Claim, Extent
from qipan.kernel.errors import RuleBrokenError


def check_claim(claim: Claim, extent: Extent) -> None:
    """Refuse a claim that is empty, or reaches out of its extent.

    Raises
    ------
    RuleBrokenError
        ``claim_empty``, ``claim_outside``.
    """
    if not (claim.unit_start < claim.unit_end and claim.start < claim.end):
        raise RuleBrokenError(
            f"A claim must hold some units for some time, was [{claim.unit_start}, {claim.unit_end}) from "
            f"{claim.start.isoformat()} to {claim.end.isoformat()}: {claim.claim_id}.",
            code="claim_empty",
            hint="Give ends that lie behind the starts; both are half-open.",
        )
    inside = claim.unit_start >= 0 and claim.unit_end <= extent.units
    if not (inside and extent.start <= claim.start and claim.end <= extent.end):
        raise RuleBrokenError(
            f"A claim must lie in the {extent.units} units of {extent.extent_id} from {extent.start.isoformat()} to "
            f"{extent.end.isoformat()}, was [{claim.unit_start}, {claim.unit_end}) from {claim.start.isoformat()} to "
            f"{claim.end.isoformat()}: {claim.claim_id}.",
            code="claim_outside",
            hint="Claim what the extent holds.",
        )
