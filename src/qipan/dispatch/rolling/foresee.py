"""Foresee demand, prices and plants as a run may, and draw how far that is off.

Demand is foreseen as the mean of the same hours of the days before, job by job, so each stream keeps its own shape.
Prices and plants are known for the present slot; their deviation from the day-ahead curve is expected to fade as an
autoregression of order one does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qipan.dispatch.jobs.classify import GB_PER_UNIT_H_STEP
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Classes, Streams
from qipan.dispatch.model.roll import Drifts, Errors, Work
from qipan.dispatch.placement.choose import Prices
from qipan.dispatch.placement.timeline import Asks
from qipan.kernel.units import S_PER_DAY

EXPECT_FROM: Final = 12


def draw_drifts(errors: Errors, sites: int, slots: int, rng: np.random.Generator) -> Drifts:
    """Draw the errors of a run, the same for the same generator."""
    return Drifts(
        demand=_autoregression(errors.demand_sd, errors.persistence, 1, slots, rng)[0],
        price=_autoregression(errors.price_sd, errors.persistence, sites, slots, rng),
        renewable=_autoregression(errors.renewable_sd, errors.persistence, sites, slots, rng),
        persistence=errors.persistence,
    )


def _autoregression(size: float, persistence: float, rows: int, slots: int, rng: np.random.Generator) -> Floats:
    noise = rng.standard_normal((rows, slots)) * size
    path = noise.copy()
    for slot in range(1, slots):
        path[:, slot] = persistence * path[:, slot - 1] + np.sqrt(1.0 - persistence**2) * noise[:, slot]
    return path


def drift(foreseen: Board, drifts: Drifts) -> Board:
    """Return what happens on a board that was foreseen."""
    return _scaled(foreseen, np.exp(drifts.price), np.exp(drifts.renewable))


def ahead(foreseen: Board, drifts: Drifts, slot: int, end: int) -> Board:
    """Return the slots ``[slot, end)`` of a board as they look from the first of them."""
    fades = drifts.persistence ** np.arange(end - slot)
    links, energy = foreseen.links, foreseen.energy
    part = replace(
        foreseen,
        start_s=foreseen.start_s + slot * foreseen.slot_s,
        day_slots=end - slot,
        capacity=foreseen.capacity[:, slot:end],
        price_fen_per_kwh=foreseen.price_fen_per_kwh[:, slot:end],
        links=None if links is None else replace(links, capacity_gb=links.capacity_gb[:, slot:end]),
        energy=None
        if energy is None
        else replace(
            energy,
            fixed_kw=energy.fixed_kw[:, slot:end],
            renewable_kw=energy.renewable_kw[:, slot:end],
            areas=replace(
                energy.areas, load_kw=energy.areas.load_kw[:, slot:end], most_kw=energy.areas.most_kw[:, slot:end]
            ),
        ),
    )
    price, renewable = (np.exp(one[:, slot : slot + 1] * fades) for one in (drifts.price, drifts.renewable))
    return _scaled(part, price, renewable)


def _scaled(board: Board, price: Floats, renewable: Floats) -> Board:
    energy = board.energy
    return replace(
        board,
        price_fen_per_kwh=board.price_fen_per_kwh * price,
        energy=None if energy is None else replace(energy, renewable_kw=energy.renewable_kw * renewable),
    )


def work_of(jobs: Jobs, reached: Reach, plannable: Bools) -> Work:
    """Return jobs with their streams, found once for a whole run.

    Parameters
    ----------
    plannable
        ``(jobs,)``, the jobs that some site can take.
    """
    steps = np.floor(jobs.data_gb / jobs.work_unit_h / GB_PER_UNIT_H_STEP + 1e-6).astype(np.int64)
    keys, stream = np.unique(np.stack([reached.of_job, steps], axis=1), axis=0, return_inverse=True)
    sort = keys[:, 0]
    return Work(
        submit_s=jobs.submit_s,
        latest_s=jobs.latest_start_s,
        requested_s=jobs.requested_s,
        quantity=jobs.quantity,
        stream=np.where(plannable, stream.reshape(-1), -1),
        streams=Streams(sort, reached.origin[sort], reached.tier[sort], keys[:, 1] * GB_PER_UNIT_H_STEP),
        takes=reached.takes[sort],
    )


def take(work: Work, at: Ints) -> Work:
    """Return the jobs at some positions."""
    return work._replace(
        submit_s=work.submit_s[at],
        latest_s=work.latest_s[at],
        requested_s=work.requested_s[at],
        quantity=work.quantity[at],
        stream=work.stream[at],
    )


def foresee_demand(work: Work, known_s: Floats, now_s: float, end_s: float, days_back: int) -> Work:
    """Return what is expected to arrive in ``[now_s, end_s)``: the same hours of the days before, averaged.

    A moment is averaged over the days on which it was seen: from the first job on. Of moments never seen nothing is
    expected.

    Parameters
    ----------
    work
        Jobs that arrived so far, and perhaps later ones, which are not looked at; by submission.
    known_s
        ``(jobs,)``, how long each ran as far as is known by now.
    end_s
        A day after ``now_s`` at most.
    """
    first_s = work.submit_s[0] if len(work.submit_s) else now_s
    days = min(days_back, int((now_s - first_s) // S_PER_DAY + 1)) if first_s < now_s else 0
    parts = [_shifted(work, known_s, back * S_PER_DAY, now_s, end_s) for back in range(1, days + 1)]
    if not parts:
        return take(work, np.zeros(0, dtype=np.int64))
    submit, latest, known, quantity, stream = (np.concatenate(column) for column in zip(*parts, strict=True))
    seen = np.clip(np.floor((submit - first_s) / S_PER_DAY + 1e-9), 1, days_back)
    return work._replace(submit_s=submit, latest_s=latest, requested_s=known, quantity=quantity / seen, stream=stream)


def _shifted(
    work: Work, known_s: Floats, by_s: float, now_s: float, end_s: float
) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    first, last = np.searchsorted(work.submit_s, [now_s - by_s, min(end_s - by_s, now_s)])
    there = slice(first, last)
    return (
        work.submit_s[there] + by_s,
        work.latest_s[there] + by_s,
        known_s[there],
        work.quantity[there],
        work.stream[there],
    )


def expect_s(requested_s: Floats, ran_s: Floats, is_known: Bools) -> Floats:
    """Return how long jobs are expected to run, ``(jobs,)``: the mean of known ones that asked for as much.

    Where fewer than `EXPECT_FROM` of them are known, what they ask for counts as so many more.

    Examples
    --------
    >>> expect_s(np.full(9, 60.0), np.full(9, 30.0), np.arange(9) < 8).round(1)[-1]
    np.float64(40.0)
    """
    _, alike = np.unique(requested_s, return_inverse=True)
    count = np.bincount(alike, weights=is_known)
    ran = np.bincount(alike, weights=np.where(is_known, ran_s, 0.0))
    asked = np.bincount(alike, weights=requested_s) / np.bincount(alike)
    weight = np.maximum(EXPECT_FROM - count, 0.0)
    return np.asarray(((ran + weight * asked) / (count + weight))[alike])


def expecting(ask: Asks, prices: Prices, share: Floats) -> tuple[Asks, Prices]:
    """Let jobs hold what they ask for, and pay for the share of it that they are expected to use, ``(jobs,)``."""
    moving = prices.moving
    return ask._replace(planned=ask.planned * share), prices._replace(moving=moving._replace(near=moving.near * share))


def fold(parts: list[Work], board: Board, now_s: float) -> tuple[Classes, Floats]:
    """Fold jobs into classes over a board whose first slot may have begun, and return them with what streams take.

    As `classify` does: a job that cannot end within the horizon must start a slot before its end.
    """
    work = parts[0]
    submit, latest, requested, quantity, stream = (
        np.concatenate([part[column] for part in parts]) for column in range(5)
    )
    keep = (stream >= 0) & (quantity > 0.0) & (submit < board.end_s)
    submit, latest, requested, quantity, stream = (
        one[keep] for one in (np.maximum(submit, now_s), latest, requested, quantity, stream)
    )
    last_s = np.where(
        requested <= board.end_s - submit, board.end_s - requested, np.maximum(submit, board.end_s - board.slot_s)
    )
    latest = np.clip(latest, submit, np.maximum(last_s, submit))
    hours = np.minimum(requested, board.end_s - latest) / 3600.0
    first = np.floor((submit - board.start_s) / board.slot_s + 1e-9).astype(np.int64)
    last = np.ceil((np.minimum(latest + requested, board.end_s) - board.start_s) / board.slot_s - 1e-9)
    last = np.clip(last.astype(np.int64), first + 1, board.slot_count)
    slots = board.slot_count + 1
    unique, inverse = np.unique((stream * slots + first) * slots + last, return_inverse=True)
    rest, end_slot = np.divmod(unique, slots)
    old, first_slot = np.divmod(rest, slots)
    used, of_class = np.unique(old, return_inverse=True)
    streams, count = work.streams, len(unique)
    classes = Classes(
        of_job=np.zeros(0, dtype=np.int64),
        stream=of_class,
        first_slot=first_slot,
        end_slot=end_slot,
        demand_unit_h=np.bincount(inverse, weights=quantity * hours, minlength=count).astype(np.float64),
        width=np.bincount(inverse, weights=quantity, minlength=count).astype(np.float64),
        streams=Streams(streams.sort[used], streams.origin[used], streams.tier[used], streams.gb_per_unit_h[used]),
    )
    return classes, work.takes[used]
