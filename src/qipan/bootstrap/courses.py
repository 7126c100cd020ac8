"""Files of persons, modules and jobs meet their adapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from qipan.kernel.errors import BadInputError, Finding, of_file
from qipan.talent.model.course import Job, Module, Offer, Person
from qipan.talent.sources import courses

COLUMNS: Final = {"persons": courses.OF_PERSONS, "modules": courses.OF_MODULES, "jobs": courses.OF_JOBS}
"""Columns that each file must have."""

_Noun = TypeVar("_Noun")


@dataclass(frozen=True, slots=True)
class Courses:
    """Persons and what is offered to them, and what is wrong with rows that are left out, by role of the file."""

    persons: tuple[Person, ...]
    offer: Offer
    left_out: Mapping[str, tuple[Finding, ...]]


def read_courses(persons: tuple[str, bytes], modules: tuple[str, bytes], jobs: tuple[str, bytes]) -> Courses:
    """Read the three files, each with its name, which an error tells.

    Raises
    ------
    BadInputError
        ``courses_unreadable`` where no row of a file can be read.
    """
    with of_file(persons[0]):
        people, wrong_persons = read_persons(persons[1])
    with of_file(modules[0]):
        taught, wrong_modules = read_modules(modules[1])
    with of_file(jobs[0]):
        opened, wrong_jobs = read_jobs(jobs[1])
    left_out = {"persons": wrong_persons, "modules": wrong_modules, "jobs": wrong_jobs}
    return Courses(people, Offer(taught, opened), left_out)


def read_persons(data: bytes) -> tuple[tuple[Person, ...], tuple[Finding, ...]]:
    """Read persons, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``courses_unreadable`` where no row can be read.
    """
    return _some(courses.read_persons, data, courses.OF_PERSONS)


def read_modules(data: bytes) -> tuple[tuple[Module, ...], tuple[Finding, ...]]:
    """Read modules, as `read_persons` reads persons."""
    return _some(courses.read_modules, data, courses.OF_MODULES)


def read_jobs(data: bytes) -> tuple[tuple[Job, ...], tuple[Finding, ...]]:
    """Read jobs, as `read_persons` reads persons."""
    return _some(courses.read_jobs, data, courses.OF_JOBS)


def _some(
    read: Callable[[bytes], tuple[tuple[_Noun, ...], tuple[Finding, ...]]], data: bytes, columns: Sequence[str]
) -> tuple[tuple[_Noun, ...], tuple[Finding, ...]]:
    found, findings = read(data)
    if not found:
        raise BadInputError(
            f"A file of persons, modules or jobs must have a row that can be used, had none: {len(findings)} findings.",
            code="courses_unreadable",
            hint=f"Write rows with the columns {', '.join(columns)}, as docs/skills.md has them.",
            findings=findings,
        )
    return found, findings
