"""Files of trials meet their adapter; none of this needs a home and its books."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.kernel.errors import BadInputError, Finding
from qipan.talent.model.trial import Trial
from qipan.talent.sources import outcomes
from qipan.talent.sources.outcomes import Columns

__all__ = ["Columns", "Tried", "read_trial"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial, with rows of other arms and rows of its two arms that are left out, both by arm, and why."""

    trial: Trial
    other_arms: dict[str, int]
    left_out: dict[str, int]
    findings: tuple[Finding, ...]


def read_trial(data: bytes, columns: Columns) -> Tried:
    """Read the outcomes of a trial.

    Raises
    ------
    BadInputError
        ``columns_overlap`` where one column or arm is asked for as two things;
        ``trial_unreadable`` where no row can be used, with what is wrong;
        ``trial_small`` where an arm has too few.
    """
    asked = (columns.treated, columns.outcome, *columns.covariates, *columns.categories)
    twice = sorted({name for name in asked if asked.count(name) > 1})
    if twice:
        raise BadInputError(
            f"Arm, outcome, covariates and categories must be columns of their own, was twice: {', '.join(twice)}.",
            code="columns_overlap",
            hint="Name each column once; what came after the programme is no covariate.",
        )
    if columns.control in columns.arms:
        raise BadInputError(
            f"An arm must be treated or control, was both: {columns.control}.",
            code="columns_overlap",
            hint="Say by --arm what the column says of the treated, and by --control what of the others.",
        )
    found = outcomes.read(data, columns)
    if found.trial is None:
        raise BadInputError(
            f"A trial must have a row that can be used, had none: {len(found.findings)} findings.",
            code="trial_unreadable",
            hint="Write a row for each person, with the columns that are named, as docs/guidance.md has them.",
            findings=found.findings,
        )
    return Tried(found.trial, found.other_arms, found.left_out, found.findings)
