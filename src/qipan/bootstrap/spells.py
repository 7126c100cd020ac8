"""Spells become a panel: a file goes through a lake of its own, which is gone when its jobs are counted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.count_jobs import count_jobs
from qipan.labour.model.jobs import Flows, Indicator, Jobs, Shown
from qipan.labour.model.panel import Cell
from qipan.labour.noise_counts import Below, noise_counts
from qipan.labour.sources import panel, spells
from qipan.labour.store import spell
from qipan.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class Counted:
    """Jobs of a file, and the rows of it that are left out: how many, and what is wrong with the first of them."""

    jobs: Jobs
    rows: int
    left_out: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of spells.

    Attributes
    ----------
    within_days
        Who has another job within so many days has lost none.
    by_occupation
        Whether cells are parted by occupation too.
    since, until
        First day that counts, and the day from which on nothing is known; else what the spells speak of.
    today
        No spell may start later.
    """

    within_days: int
    by_occupation: bool
    since: date | None
    until: date | None
    today: date


def count_spells(
    path: Path, question: Question, *, key: bytes, engine: str = "", folder: Path | None = None
) -> Counted:
    """Count the jobs of a file of spells.

    Parameters
    ----------
    key
        Secret bytes for the pseudonyms; nothing but them is written down, and it is gone in the end.
    engine
        As `Lake` has it; one of Spark must see the same folder.
    folder
        Where the lake and what spills stand meanwhile; else where the system keeps such.

    Raises
    ------
    BadInputError
        ``spells_unreadable``, with findings where no row is good.
    RuleBrokenError
        ``jobs_without_month``.
    """
    reading = spells.Tally()
    with tempfile.TemporaryDirectory(prefix="qipan-spells-", dir=folder) as inside:
        lake = Lake(Path(inside), engine=engine)
        lake.create(spell.SPELLS, spell.SPELLS_SCHEMA)
        parts = spells.read(path, key, reading, today=question.today)
        lake.append(spell.SPELLS, parts, source=path.name, sequence=1, after=0)
        jobs = ask(lake, question) if reading.rows > reading.left_out else None
    if jobs is None:
        raise BadInputError(
            f"Spells must have a row that can be read, had none: {reading.left_out} are left out.",
            code="spells_unreadable",
            hint="Correct the rows that are told.",
            findings=reading.findings,
        )
    return Counted(jobs, reading.rows, reading.left_out, tuple(reading.findings))


def ask(lake: Lake, question: Question) -> Jobs:
    """Count the jobs of the spells that stand in a lake."""
    table = lake.table(spell.SPELLS)
    (reach,) = spell.reach(table).to_pyarrow().to_pylist()
    rows = spell.flows(table, within_days=question.within_days, by_occupation=question.by_occupation).to_pyarrow()
    names = list(zip(*(rows[name].to_pylist() for name in ("region", "industry", "occupation")), strict=True))
    cells = sorted(set(names))
    place = {name: at for at, name in enumerate(cells)}
    counts = (rows[name].to_numpy() for name in ("month", "opened", "closed", "separated", "lost"))
    flows = Flows(tuple(Cell(*name) for name in cells), np.array([place[name] for name in names], np.int64), *counts)
    # Of the day on which a spell ends no more is known; on the day on which one starts, it is.
    known = max(reach["last"] + timedelta(days=1), reach["end"] or date.min)
    since, until = question.since or reach["first"], question.until or known
    return count_jobs(flows, since=since, until=until, within_days=question.within_days)


def noised(jobs: Jobs, epsilon: Fraction, below: Below) -> Jobs:
    """Return jobs held with noise in every cell of every month: all regions with all industries and occupations.

    That a region has nobody in an industry is told no better than that it has one, so cells are all that regions,
    industries and occupations of the file make together; their names are taken as known. Counts below nothing are
    set to nothing. Who separated and lost is left out.
    """
    parts = [sorted({getattr(cell, part) for cell in jobs.cells}) for part in ("region", "industry", "occupation")]
    cells = tuple(Cell(*names) for names in product(*parts))
    place = {cell: at for at, cell in enumerate(cells)}
    held = np.zeros((len(cells), len(jobs.months)), dtype=np.int64)
    held[[place[cell] for cell in jobs.cells]] = jobs.held
    nothing = np.zeros_like(held)
    shown = np.maximum(noise_counts(held, epsilon, below), 0)
    return replace(jobs, cells=cells, held=shown, separated=nothing, lost=nothing)


def panel_file(jobs: Jobs, shown: Shown, *, source: str, is_parquet: bool) -> bytes:
    """Return an indicator of jobs as a file that `qipan.bootstrap.panels.read_panel` reads."""
    released = [str(day) for day in jobs.released(shown.indicator)]
    told = (str(shown.indicator.unit), str(shown.indicator.direction), source)
    rows = [
        (cell.region, cell.industry, cell.occupation, f"{start:%Y-%m}", value, *told, day)
        for cell, values in zip(jobs.cells, shown.values.tolist(), strict=True)
        for start, value, day in zip(jobs.months, values, released, strict=True)
        if not np.isnan(value)
    ]
    return panel.write(rows, is_parquet=is_parquet)


def withheld(jobs: Jobs, shown: Sequence[Shown]) -> Iterator[tuple[Cell, date, Indicator]]:
    """Yield what is not shown, since too few people stand behind it: cell, month and indicator."""
    for one in shown:
        for at, month in np.argwhere(one.is_withheld).tolist():
            yield jobs.cells[at], jobs.months[month], one.indicator
