"""Read persons, jobs and what is estimated of pairs of them from CSV.

Persons: column ``person`` must be there; ``region, skills, pay_fen_per_month`` may be. Jobs: ``job, openings`` must
be there; ``region, employer, skills, pay_fen_per_month`` may be. Chances: ``person, job, chance``, and ``gain`` may be.
Several skills have semicolons between them.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.talent.model.guidance import Job, Person, Prospects
from qipan.talent.sources import rows
from qipan.talent.sources.experts import split

OF_PERSONS: Final = ("person",), ("region", "skills", "pay_fen_per_month")
OF_JOBS: Final = ("job", "openings"), ("region", "employer", "skills", "pay_fen_per_month")
OF_CHANCES: Final = ("person", "job", "chance"), ("gain",)
PAY_MOST_FEN: Final = 10**12
OPENINGS_MOST: Final = 1_000_000


def read_persons(data: bytes) -> tuple[tuple[Person, ...], tuple[Finding, ...]]:
    """Return persons, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``whole_unfit``, ``person_twice``.
    """
    findings: list[Finding] = []
    found: dict[str, Person] = {}
    for row in rows.read(data, *OF_PERSONS, findings):
        try:
            one = _person(row, found)
            found[one.person_id] = one
        except rows.RowError as error:
            findings.append(error.finding)
    return tuple(found.values()), tuple(findings)


def read_jobs(data: bytes) -> tuple[tuple[Job, ...], tuple[Finding, ...]]:
    """Return jobs in the order of their names, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``whole_unfit``, ``job_twice``.
    """
    findings: list[Finding] = []
    found: dict[str, Job] = {}
    for row in rows.read(data, *OF_JOBS, findings):
        try:
            one = _job(row, found)
            found[one.job_id] = one
        except rows.RowError as error:
            findings.append(error.finding)
    return tuple(found[name] for name in sorted(found)), tuple(findings)


def read_chances(data: bytes, persons: Sequence[Person], jobs: Sequence[Job]) -> tuple[Prospects, tuple[Finding, ...]]:
    """Return prospects, and what is wrong with rows that are left out; a gain that is left out is 1.

    Rules: those of `rows.read`; ``cell_empty``, ``person_unlisted``, ``job_unlisted``, ``pair_twice``,
    ``chance_unfit``, ``gain_unfit``.
    """
    findings: list[Finding] = []
    who = {one.person_id: at for at, one in enumerate(persons)}
    where = {one.job_id: at for at, one in enumerate(jobs)}
    kept: dict[tuple[int, int], tuple[float, float]] = {}
    for row in rows.read(data, *OF_CHANCES, findings):
        try:
            pair = _pair(row, who, where, kept)
            kept[pair] = _within(row, "chance", 1.0), _within(row, "gain", 1e12)
        except rows.RowError as error:
            findings.append(error.finding)
    order = sorted(kept)
    pairs = np.array(order, dtype=np.int64).reshape(-1, 2)
    numbers = np.array([kept[pair] for pair in order], dtype=np.float64).reshape(-1, 2)
    first = np.searchsorted(pairs[:, 0], np.arange(len(persons) + 1)).astype(np.int64)
    openings = np.array([one.openings for one in jobs], dtype=np.int64)
    chance, gain = np.ascontiguousarray(numbers.T)
    return Prospects(openings, first, np.ascontiguousarray(pairs[:, 1]), chance, gain), tuple(findings)


def _person(row: rows.Row, found: Container[str]) -> Person:
    (name,) = rows.filled(row, "person")
    if name in found:
        told = f"A person must have one row, was there before: {name}."
        raise rows.RowError(Finding(row[0], "person", "person_twice", told, name))
    skills = frozenset(split(row[1].get("skills", "")))
    return Person(name, row[1].get("region", ""), skills, rows.whole(row, "pay_fen_per_month", 0, PAY_MOST_FEN))


def _job(row: rows.Row, found: Container[str]) -> Job:
    name, _ = rows.filled(row, "job", "openings")
    if name in found:
        told = f"A job must have one row, was there before: {name}."
        raise rows.RowError(Finding(row[0], "job", "job_twice", told, name))
    return Job(
        name,
        rows.whole(row, "openings", 1, OPENINGS_MOST),
        row[1].get("region", ""),
        row[1].get("employer", ""),
        frozenset(split(row[1].get("skills", ""))),
        rows.whole(row, "pay_fen_per_month", 0, PAY_MOST_FEN),
    )


def _pair(
    row: rows.Row, who: Mapping[str, int], where: Mapping[str, int], kept: Container[tuple[int, int]]
) -> tuple[int, int]:
    person, job, _ = rows.filled(row, "person", "job", "chance")
    if person not in who:
        told = f"A person must stand in the file of persons, was not: {person}."
        raise rows.RowError(Finding(row[0], "person", "person_unlisted", told, person))
    if job not in where:
        told = f"A job must stand in the file of jobs, was not: {job}."
        raise rows.RowError(Finding(row[0], "job", "job_unlisted", told, job))
    pair = who[person], where[job]
    if pair in kept:
        told = f"A pair must have one row, was there before: {person} and {job}."
        raise rows.RowError(Finding(row[0], "", "pair_twice", told))
    return pair


def _within(row: rows.Row, column: str, most: float) -> float:
    text = row[1].get(column, "") or "1"
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0.0 < found <= most:
        told = f"A {column} must be a number above 0, up to {most:g}, was {text!r}."
        raise rows.RowError(Finding(row[0], column, f"{column}_unfit", told, text))
    return found
