"""Read modules, jobs and persons from CSV.

Modules: columns ``module, region, mode, seats, hours, skills, cost_fen``, and ``provider, subsidy_fen, start``. Jobs:
``job, region, occupation, skills, openings, wage_fen_per_month``. Persons: ``person, region, skills, hours,
money_fen``, and ``regions, wage_least_fen_per_month, priority, ready``. Skills are written ``typing:0.6; filing:0.4``,
or ``-`` for none, regions where a person would work ``370000; 640000``; days ``2027-03-01``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, TypeVar

from qipan.kernel.errors import Finding, RuleBrokenError
from qipan.talent.model.course import Job, Module, Person, Presence
from qipan.talent.sources import rows
from qipan.talent.sources.experts import split

OF_MODULES: Final = ("module", "region", "mode", "seats", "hours", "skills", "cost_fen")
OF_JOBS: Final = ("job", "region", "occupation", "skills", "openings", "wage_fen_per_month")
OF_PERSONS: Final = ("person", "region", "skills", "hours", "money_fen")
MOST: Final = 1_000_000
FEN_MOST: Final = 10**12
MODES_ZH: Final = {"面授": Presence.ONSITE, "线上": Presence.ONLINE}
"""Modes by their name in Chinese."""

_Noun = TypeVar("_Noun", Module, Job, Person)


def read_modules(data: bytes) -> tuple[tuple[Module, ...], tuple[Finding, ...]]:
    r"""Return modules, and what is wrong with rows that are left out.

    Rules: those of `rows.read` and of skills (`rows.levels`); ``cell_empty``, ``whole_unfit``, ``presence_unreadable``,
    ``day_unreadable``, ``subsidy_unfit``, ``name_twice``.

    Examples
    --------
    >>> found, _ = read_modules(
    ...     b"module,region,mode,seats,hours,skills,cost_fen\nm1,640000,online,30,40,labelling:0.6,80000\n"
    ... )
    >>> found[0].presence.value, found[0].skills
    ('online', {'labelling': 0.6})
    """

    def made(row: rows.Row) -> Module:
        name, region, mode, *_ = rows.filled(row, *OF_MODULES)
        known = {one.value: one for one in Presence} | MODES_ZH
        if mode not in known:
            told = f"A mode must be one of {', '.join(Presence)}, was {mode!r}."
            raise rows.RowError(Finding(row[0], "mode", "presence_unreadable", told, mode))
        seats, hours = rows.whole(row, "seats", 0, MOST), rows.whole(row, "hours", 1, MOST)
        cost_fen, subsidy_fen = rows.whole(row, "cost_fen", 0, FEN_MOST), rows.whole(row, "subsidy_fen", 0, FEN_MOST)
        return Module(
            name, row[1].get("provider", ""), region, known[mode], seats, hours, rows.levels(row, "skills"),
            cost_fen, subsidy_fen, _day(row, "start"),
        )  # fmt: skip

    return _read(data, OF_MODULES, ("provider", "subsidy_fen", "start"), made)


def read_jobs(data: bytes) -> tuple[tuple[Job, ...], tuple[Finding, ...]]:
    """Return jobs that are open, and what is wrong with rows that are left out.

    Rules: those of `rows.read` and of skills (`rows.levels`); ``cell_empty``, ``whole_unfit``, ``needs_many``,
    ``name_twice``.
    """

    def made(row: rows.Row) -> Job:
        name, region, occupation, *_ = rows.filled(row, *OF_JOBS)
        return Job(
            name, region, occupation, rows.levels(row, "skills"), rows.whole(row, "openings", 0, MOST),
            rows.whole(row, "wage_fen_per_month", 0, FEN_MOST),
        )  # fmt: skip

    return _read(data, OF_JOBS, (), made)


def read_persons(data: bytes) -> tuple[tuple[Person, ...], tuple[Finding, ...]]:
    """Return persons, and what is wrong with rows that are left out.

    Rules: those of `rows.read` and of skills (`rows.levels`); ``cell_empty``, ``whole_unfit``, ``day_unreadable``,
    ``name_twice``.
    """

    def made(row: rows.Row) -> Person:
        name, region, *_ = rows.filled(row, *OF_PERSONS)
        regions = dict.fromkeys((region, *split(row[1].get("regions", ""))))
        return Person(
            name, rows.levels(row, "skills"), rows.whole(row, "hours", 0, MOST),
            rows.whole(row, "money_fen", 0, FEN_MOST), tuple(regions),
            rows.whole(row, "wage_least_fen_per_month", 0, FEN_MOST), rows.whole(row, "priority", 0, MOST),
            _day(row, "ready"),
        )  # fmt: skip

    return _read(data, OF_PERSONS, ("regions", "wage_least_fen_per_month", "priority", "ready"), made)


def _read(
    data: bytes, needed: Sequence[str], optional: Sequence[str], made: Callable[[rows.Row], _Noun]
) -> tuple[tuple[_Noun, ...], tuple[Finding, ...]]:
    findings: list[Finding] = []
    found: dict[str, _Noun] = {}
    for row in rows.read(data, needed, optional, findings):
        try:
            (name,) = rows.filled(row, needed[0])
            rows.must(
                row,
                needed[0],
                is_so=name not in found,
                rule="name_twice",
                message=f"A name must have one row, was there before: {name}.",
                value=name,
            )
            found[name] = made(row)
        except rows.RowError as error:
            findings.append(error.finding)
        except RuleBrokenError as error:
            findings.append(rows.of_row(row, "skills" if error.code == "needs_many" else "subsidy_fen", error).finding)
    return tuple(found.values()), tuple(findings)


def _day(row: rows.Row, column: str) -> date | None:
    text = row[1].get(column, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        told = f"A day must be written as 2027-03-01, was {text!r}."
        raise rows.RowError(Finding(row[0], column, "day_unreadable", told, text)) from error
