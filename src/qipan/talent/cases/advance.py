"""Take a case a step further, by the transitions that are allowed; time does not go back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qipan.kernel.errors import BadInputError, ConflictError, RuleBrokenError
from qipan.talent.model.case import NEXT, Case, CaseReason, CaseState, CaseStep, check_step_id


def find_step(case: Case, step_id: str, state: CaseState, on: date, reason: CaseReason | None) -> CaseStep | None:
    """Return a step that was entered already under its id, none where it was not.

    Raises
    ------
    ConflictError
        ``case_step_differs`` where another step has that id.
    """
    for step in case.steps:
        if step.step_id == step_id:
            if (step.state, step.on, step.reason) == (state, on, reason):
                return step
            raise ConflictError(
                f"A step entered again must be the same, was {state} of {on} where {step_id} is {step.state} of "
                f"{step.on}.",
                code="case_step_differs",
                hint="Give another step another id.",
                field="step_id",
            )
    return None


def advance(case: Case, step: CaseStep, today: date) -> Case:
    """Return a case with one step more; the same step again changes nothing.

    Parameters
    ----------
    today
        No step is of a later day.

    Raises
    ------
    BadInputError
        ``case_step_id_bad``; ``case_reason_unfit`` unless a step has a reason just where it closes the case;
        ``case_step_ahead``.
    ConflictError
        ``case_step_differs``.
    RuleBrokenError
        ``case_transition``; ``case_step_earlier`` than the step before.
    """
    check_step_id(step.step_id)
    if find_step(case, step.step_id, step.state, step.on, step.reason) is not None:
        return case
    if (step.reason is not None) is not (step.state is CaseState.CLOSED):
        raise BadInputError(
            f"A step must have a reason if it closes a case, and else none, was {step.state}.",
            code="case_reason_unfit",
            hint="Give a reason with closed, and with nothing else.",
            field="reason",
        )
    if step.on > today:
        raise BadInputError(
            f"A step must be of a day that has come, was of {step.on}.",
            code="case_step_ahead",
            hint="Enter it on its day.",
            field="on",
        )
    check_transition(case.steps[-1].state if case.steps else None, step.state)
    if case.steps and step.on < case.steps[-1].on:
        raise RuleBrokenError(
            f"A step must not be of an earlier day than the one before, {case.steps[-1].on}, was of {step.on}.",
            code="case_step_earlier",
            hint="Enter steps in the order in which they were taken.",
            field="on",
        )
    return replace(case, steps=(*case.steps, step))


def check_transition(before: CaseState | None, after: CaseState) -> None:
    """Refuse a transition that is not allowed; a case begins by being referred.

    Raises
    ------
    RuleBrokenError
        ``case_transition``.

    Examples
    --------
    >>> check_transition(CaseState.PLANNED, CaseState.TRAINING)
    >>> check_transition(CaseState.REFERRED, CaseState.PLACED)
    Traceback (most recent call last):
    ...
    qipan.kernel.errors.RuleBrokenError: A case that is referred may become closed, consented; was asked for placed.
    """
    allowed = {CaseState.REFERRED} if before is None else NEXT[before]
    if after not in allowed:
        told = ", ".join(sorted(allowed)) or "nothing"
        raise RuleBrokenError(
            f"A case that is {before or 'new'} may become {told}; was asked for {after}.",
            code="case_transition",
            hint="Open a new case where one is closed, or enter the steps between.",
            field="state",
        )
