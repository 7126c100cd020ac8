"""Count losses in jobs: a warning speaks of shares of an indicator, people come in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.home import CellLoss, Headcounts, People, Told, Uncounted, holders
from qipan.labour.model.panel import JOBS, Cadence, Cell
from qipan.labour.model.warning import Grade

PERCENT: Final = "percent"


def count_losses(told: Mapping[str, Any], jobs: Headcounts | None) -> Told:
    """Return the warnings of an outlook in jobs; what cannot be told so says why.

    A fall by a share is a share of the jobs at the least loss of a year: those of ``jobs``, else, where the panel
    counts jobs itself, its best value of a year. A rise in percent is percent of ``jobs``. A rise or fall in jobs is
    itself. A rise by a share, as of claims, says nothing of jobs. Of warnings of which one's cell holds another's, as C
    holds C39, the finest are counted: the others would tell the same people again.

    Parameters
    ----------
    told
        What `tell_warnings` returns, or the same read from JSON.

    Raises
    ------
    BadInputError
        ``warnings_unreadable``, ``outlook_cannot_tell``.
    """
    if told.get("cannot_tell"):
        raise BadInputError(
            f"What is carried home must be told first, was not: {told['cannot_tell']['message']}",
            code="outlook_cannot_tell",
            hint="Bring warnings of a panel of which something can be told.",
        )
    try:
        losses, uncounted = _counted(told, jobs)
        horizon = int(told["horizon"]["first"]), int(told["horizon"]["until"])
        return Told(
            str(told.get("panel", "")),
            _day(told["as_of"]),
            _day(told["data"]["last_period"]),
            Cadence(told["data"]["cadence"]),
            horizon,
            losses,
            uncounted,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInputError(
            f"Warnings must be as qipan labour warn --json tells them, was something else at {error}.",
            code="warnings_unreadable",
            hint="Bring what this command prints, with --json: qipan labour warn",
        ) from error


def _counted(told: Mapping[str, Any], jobs: Headcounts | None) -> tuple[tuple[CellLoss, ...], tuple[Uncounted, ...]]:
    rule, unit = str(told["events_rule"]), str(told["data"]["unit"])
    states = {_cell(one): one for one in told["cells"]}
    losses: list[CellLoss] = []
    uncounted: list[Uncounted] = []
    warned = [_cell(one) for one in told["warnings"]]
    finer = {wide: cell for cell in warned for wide in holders(cell)}
    for cell, one in zip(warned, told["warnings"], strict=True):
        if cell in finer:
            within = finer[cell]
            message = f"A loss must be counted once, was warned of in {cell} and within it in {within}, which counts."
            uncounted.append(Uncounted(cell, Finding(0, "", "loss_counted_finer", message)))
            continue
        found = _base(cell, states.get(cell), rule, unit, jobs)
        if isinstance(found, Uncounted):
            uncounted.append(found)
            continue
        per, base = found
        ends = (float(one[name]) * per for name in ("expected_loss", "low", "high"))
        losses.append(CellLoss(cell, Grade(one["grade"]), float(one["probability"]), base, People(*ends)))
    return tuple(losses), tuple(uncounted)


def _base(
    cell: Cell, state: Mapping[str, Any] | None, rule: str, unit: str, jobs: Headcounts | None
) -> tuple[float, float | None] | Uncounted:
    """Return how many jobs one of the unit of the loss is, and the jobs that it is a part of."""
    is_share = rule.endswith("%")
    if is_share and rule.startswith("rise"):
        message = f"A loss in jobs must be a fall, or a rise in jobs or percent, was {rule} of {unit or 'a value'}."
        return Uncounted(cell, Finding(0, "", "loss_not_of_jobs", message))
    if not is_share and unit in JOBS:
        return JOBS[unit], None
    if not is_share and unit != PERCENT:
        units = ", ".join(JOBS)
        message = f"A loss in jobs must be told in {units}, percent or as a share, was in {unit or 'no unit'}."
        return Uncounted(cell, Finding(0, "", "loss_not_of_jobs", message))
    base = jobs.of(cell.region, cell.industry) if jobs and not cell.occupation else None
    if base is None and is_share and unit in JOBS and state is not None:
        best = state["best"] if "best" in state else _best(state)
        base = None if best is None else float(best) * JOBS[unit]
    if base is None:
        message = f"A share of jobs needs the jobs that it is a share of, had none of {cell}."
        return Uncounted(cell, Finding(0, "", "jobs_unknown", message))
    return (base if is_share else base / 100.0), base


def _best(state: Mapping[str, Any]) -> float | None:
    """Return the best value of a year of warnings that do not tell it, from what is lost in four decimal places."""
    known = [value for value in state["path"] if value is not None]
    lost = state["lost"]
    return float(known[-1]) / (1.0 - float(lost)) if known and lost is not None and lost < 1.0 else None


def _cell(told: Mapping[str, Any]) -> Cell:
    return Cell(str(told["region"]), str(told["industry"]), str(told["occupation"]))


def _day(told: date | str) -> date:
    return told if isinstance(told, date) else date.fromisoformat(told)
