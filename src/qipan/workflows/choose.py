"""Choose the jobs of a day, say which days have any and when they begin, and set aside jobs that a run cannot serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Intake, Jobs
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import civil_day, zone
from qipan.ledger.model.fleet import Fleet


def jobs_of_day(intake: Intake, day: date, fleet: Fleet) -> tuple[Jobs, int]:
    """Return the jobs submitted on a civil day, and how many were submitted on others.

    Raises
    ------
    BadInputError
        ``day_empty`` when the day has none, with all that is wrong with the file.
    """
    jobs = intake.jobs
    whole = civil_day(day, fleet.zone_name)
    inside = (jobs.submit_s >= whole.start.timestamp()) & (jobs.submit_s < whole.end.timestamp())
    if not inside.any():
        raise empty(f"The day must have jobs, was {day.isoformat()} with none", intake, fleet)
    return jobs.take(inside), int((~inside).sum())


def empty(message: str, intake: Intake, fleet: Fleet) -> BadInputError:
    """Return what refuses days without jobs: which days have some, or why every row was set aside."""
    days = days_of(intake.jobs, fleet.zone_name)
    bad = len({finding.row for finding in intake.findings if finding.row > 0})
    aside = f"; {bad} of its {intake.rows_read} rows were set aside for fleet {fleet.fleet_id}" if bad else ""
    if days:
        hint = f"Its busiest days are {_busiest(days)}."
    elif bad:
        hint = "Correct the rows that the findings name, or choose another fleet with --fleet."
    else:
        hint = "Give a file with rows."
    return BadInputError(
        f"{message}; the file has {len(intake.jobs)} jobs on {len(days)} days{aside}.",
        code="day_empty",
        hint=hint,
        findings=intake.findings,
    )


def _busiest(days: Mapping[str, int]) -> str:
    return ", ".join(sorted(sorted(days, key=lambda one: (-days[one], one))[:5]))


def only_day(intake: Intake, fleet: Fleet) -> date:
    """Return the only civil day on which jobs were submitted.

    Raises
    ------
    BadInputError
        ``day_missing`` when there are several; ``day_empty`` when there are none.
    """
    days = days_of(intake.jobs, fleet.zone_name)
    if len(days) == 1:
        return date.fromisoformat(next(iter(days)))
    if not days:
        raise empty("A day must have jobs, was a file without any", intake, fleet)
    raise BadInputError(
        f"A day must be named when the file holds several, was {len(days)} days.",
        code="day_missing",
        hint=f"Its busiest days are {_busiest(days)}.",
    )


def days_of(jobs: Jobs, zone_name: str) -> dict[str, int]:
    """Count jobs by the civil day of their submission."""
    here = zone(zone_name)
    quarters, counts = np.unique(np.floor(jobs.submit_s / 900.0), return_counts=True)
    days: dict[str, int] = {}
    for quarter, count in zip(quarters, counts, strict=True):
        day = datetime.fromtimestamp(quarter * 900.0, tz=UTC).astimezone(here).date().isoformat()
        days[day] = days.get(day, 0) + int(count)
    return dict(sorted(days.items()))


def day_starts_s(board: Board, zone_name: str) -> Floats:
    """Return when each civil day of a run begins, ``(days,)``, seconds."""
    day, starts = datetime.fromtimestamp(board.start_s, tz=zone(zone_name)).date(), []
    while (start_s := civil_day(day, zone_name).start.timestamp()) < board.day_end_s:
        starts.append(start_s)
        day += timedelta(days=1)
    return np.array(starts)


def quarantine_reservations(intake: Intake) -> Intake:
    """Put jobs that name a reservation in quarantine, under the lines of their rows.

    Contracts are not kept on a real clock from one start to the next.
    """
    jobs = intake.jobs
    named = jobs.reservation != ""
    line = intake.line if len(intake.line) == len(jobs) else np.arange(1, len(jobs) + 1)
    findings = [
        Finding(
            int(line[job]),
            "reservation",
            "reservations_not_live",
            f"A job on a real clock must name no reservation, was {jobs.job_id[job]} that names "
            f"'{jobs.reservation[job]}'.",
            str(jobs.reservation[job]),
        )
        for job in np.flatnonzero(named).tolist()
    ]
    return replace(
        intake,
        jobs=jobs.take(~named),
        rows_accepted=intake.rows_accepted - len(findings),
        line=line[~named],
        findings=tuple(sorted((*intake.findings, *findings), key=lambda finding: finding.row)),
    )
