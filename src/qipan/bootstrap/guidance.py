"""Files of persons, jobs and chances meet their adapter; none of this needs a home and its books."""

from __future__ import annotations

from collections.abc import Sequence

from qipan.kernel.errors import BadInputError, Finding
from qipan.talent.model.guidance import Job, Person, Prospects
from qipan.talent.sources import prospects


def read_persons(data: bytes) -> tuple[tuple[Person, ...], tuple[Finding, ...]]:
    """Read persons, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``guidance_unreadable`` where no row can be read.
    """
    found, findings = prospects.read_persons(data)
    if not found:
        raise _none(prospects.OF_PERSONS[0], findings)
    return found, findings


def read_jobs(data: bytes) -> tuple[tuple[Job, ...], tuple[Finding, ...]]:
    """Read jobs, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``guidance_unreadable`` where no row can be read.
    """
    found, findings = prospects.read_jobs(data)
    if not found:
        raise _none(prospects.OF_JOBS[0], findings)
    return found, findings


def read_chances(data: bytes, persons: Sequence[Person], jobs: Sequence[Job]) -> tuple[Prospects, tuple[Finding, ...]]:
    """Read what is estimated of pairs, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``guidance_unreadable`` where no row can be read.
    """
    found, findings = prospects.read_chances(data, persons, jobs)
    if not len(found.job):
        raise _none(prospects.OF_CHANCES[0], findings)
    return found, findings


def _none(columns: tuple[str, ...], findings: tuple[Finding, ...]) -> BadInputError:
    return BadInputError(
        f"A file of guidance must have a row that can be used, had none: {len(findings)} findings.",
        code="guidance_unreadable",
        hint=f"Write rows with the columns {', '.join(columns)}, as docs/guidance.md has them.",
        findings=findings,
    )
