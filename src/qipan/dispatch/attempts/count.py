"""Sum attempts up by job: what became of each, and which have no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qipan.dispatch.model.submission import ENDED, OPEN, Attempt, State

WELL = (State.FINISHED, State.LATE)


def by_job(attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    """Return the attempts at each job, in the order of their numbers."""
    jobs: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda one: one.number):
        jobs.setdefault(attempt.job_id, []).append(attempt)
    return jobs


def state_of(attempts: Sequence[Attempt]) -> State:
    """Return what became of a job; lost is one without a place.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> first, second = (Attempt("p", "a", n, "north", at, s) for n, s in ((1, State.LATE), (2, State.LOST)))
    >>> state_of([first, second]).value
    'finished'
    """
    if any(one.state in WELL for one in attempts):
        return State.FINISHED
    return next((one.state for one in attempts if one.state in (*OPEN, *ENDED)), State.LOST)


def unplaced(jobs: Mapping[str, Sequence[Attempt]]) -> list[str]:
    """Return the jobs whose attempts are all lost."""
    return [job_id for job_id, attempts in jobs.items() if state_of(attempts) is State.LOST]


def superseded(jobs: Mapping[str, Sequence[Attempt]]) -> list[Attempt]:
    """Return open attempts at jobs that have ended late elsewhere: these must not run on."""
    return [
        one
        for attempts in jobs.values()
        if any(late.state is State.LATE for late in attempts)
        for one in attempts
        if one.is_open
    ]
