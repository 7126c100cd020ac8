"""Hold a new text of an agreement against the one in force: it may add versions, never change what has held."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qipan.agreements.model.agreement import Agreement
from qipan.kernel.errors import ConflictError, RuleBrokenError


def check_amends(before: Agreement, after: Agreement, posted_to: date | None) -> None:
    """Refuse a text that changes what holds already.

    Parameters
    ----------
    posted_to
        The last month, or day of an event, that was posted; ``None`` where nothing was.

    Raises
    ------
    ConflictError
        ``agreement_differs`` unless parties, ware and term are the same, and older versions and tables stand unchanged.
    RuleBrokenError
        ``agreement_posted`` where a new version would hold for what was posted.
    """
    old, new = before.versions, after.versions
    is_same = replace(after, versions=old, tables=before.tables) == before and new[: len(old)] == old
    added = [one.holds_from for one in new[len(old) :]]
    for pool, table in after.tables.items():
        kept = before.tables[pool].versions if pool in before.tables else ()
        is_same = is_same and table.versions[: len(kept)] == kept
        added += [one.holds_from for one in table.versions[len(kept) :]] if kept else []
    if not is_same or not set(before.tables) <= set(after.tables):
        raise ConflictError(
            f"A new text must leave what holds as it is, was another: {before.agreement_id}.",
            code="agreement_differs",
            hint="Add versions behind those that stand, or agree under a new id.",
        )
    if posted_to is not None and added and min(added) <= posted_to:
        raise RuleBrokenError(
            f"A new version must hold from after what was posted, {posted_to}, was {min(added)}.",
            code="agreement_posted",
            hint="Let it hold from a later month; correct a posted month by a transfer of its own.",
        )
