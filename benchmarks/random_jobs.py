"""Made jobs, a hundred thousand to a million of them, from a seed: what the placement of whole jobs is measured on.

They are drawn over the classes of `random_programme` at its large size: 50 sites, 96 slots of a quarter of an hour. A
class gets as many jobs as its share of the work asks for; each holds 1, 2, 4 or 8 whole cards for whole slots, a
quarter of its window or longer. No window is cut at the day's end: an outlook of 48 slots follows in which no further
job arrives, and every window ends inside it. The boards of few jobs and of many differ in their cards only: work is the
same share of the cards of a day.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from benchmarks.random_programme import MODELS, SHARE_OF_CARDS, programme, wait_h

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS, Jobs, Workload
from qipan.dispatch.model.plan import Instance
from qipan.kernel.resources import Kind

SITES, DAY_SLOTS, CLASSES = 50, 96, 10_000
OUTLOOK_SLOTS = 48
CARDS = (1.0, 2.0, 4.0, 8.0)
SHARE_OF_JOBS = (0.4, 0.25, 0.2, 0.15)
SHORTEST = 0.25
"""The shortest job of a window of more than a slot lasts this share of it, the longest all of it."""


class MadeDay(NamedTuple):
    """What `qipan.dispatch.jobs.reach` takes."""

    jobs: Jobs
    board: Board
    rules: Rules


def made_day(count: int, seed: int, *, preemptible_share: float, share_of_cards: float = SHARE_OF_CARDS) -> MadeDay:
    """Draw ``count`` jobs, and a board of which their work is a share of the cards of a day."""
    rng = np.random.default_rng([seed, count])
    made = programme(SITES, DAY_SLOTS, CLASSES, seed)
    board = _with_outlook(made.board)
    streams, slot_h = made.classes.streams, board.slot_h
    tier = made.classes.tier
    wait = np.maximum(np.rint(wait_h(rng, tier) / slot_h).astype(np.int64), 1)
    mean_slots = np.where(wait > 1, wait * (1.0 + SHORTEST) / 2.0, 1.0)
    often = np.where(_reaches(made)[made.classes.stream], made.classes.demand_unit_h / mean_slots, 0.0)
    of_class = rng.choice(len(often), count, p=often / often.sum())
    first, window = made.classes.first_slot[of_class], wait[of_class]
    lasts = np.maximum(np.rint(window * rng.uniform(SHORTEST, 1.0, count)).astype(np.int64), 1)
    cards = rng.choice(CARDS, count, p=SHARE_OF_JOBS)
    stream = made.classes.stream[of_class]
    submit_s = board.start_s + first * board.slot_s
    start_by_s = submit_s + (window - lasts) * board.slot_s
    work = cards * lasts * slot_h
    jobs = Jobs(
        job_id=np.arange(count).astype("U7").astype(object),
        label=np.full(count, "", dtype=object),
        submit_s=submit_s,
        kind=np.full(count, KINDS.index(Kind.INTELLIGENT)),
        card_model=np.array(MODELS, dtype=object)[streams.sort[stream]],
        quantity=cards,
        requested_s=lasts * board.slot_s,
        actual_s=np.full(count, np.nan),
        origin=np.array([one.origin_id for one in board.origins], dtype=object)[streams.origin[stream]],
        tier=tier[of_class],
        data_class=np.zeros(count, dtype=np.int64),
        workload=np.full(count, int(Workload.TRAINING)),
        start_by_s=start_by_s,
        finish_by_s=start_by_s + lasts * board.slot_s,
        data_gb=streams.gb_per_unit_h[stream] * work,
        preemptible=rng.random(count) < preemptible_share,
        priority=np.zeros(count, dtype=np.int64),
        command=np.full(count, "", dtype=object),
        reservation=np.full(count, "", dtype=object),
        assumed=np.zeros(count, dtype=np.int64),
    )
    return MadeDay(jobs, _sized(board, work, streams.sort[stream], share_of_cards), made.rules)


def _with_outlook(board: Board) -> Board:
    """Let the day's first slots follow it again, and leave the links out: whole jobs do not look at them."""
    again = np.arange(DAY_SLOTS + OUTLOOK_SLOTS) % DAY_SLOTS
    return replace(
        board, capacity=board.capacity[:, again], price_fen_per_kwh=board.price_fen_per_kwh[:, again], links=None
    )


def _reaches(made: Instance) -> Bools:
    """Tell which streams have a site within the round trip of their tier, ``(streams,)``."""
    limit_ms = np.array([rule.round_trip_ms_max for rule in made.rules.tiers])[made.classes.streams.tier]
    return np.asarray(made.board.round_trip_ms[made.classes.streams.origin].min(axis=1) <= limit_ms)


def _sized(board: Board, work_unit_h: Floats, model: Ints, share_of_cards: float) -> Board:
    """Give the board whole cards, eight at least in a pool, of which the work is the stated share of a day."""
    cards = board.capacity[:, 0].reshape(-1, len(MODELS))
    asked = np.bincount(model, weights=work_unit_h, minlength=len(MODELS))
    grown = asked / (share_of_cards * 24.0 * cards.sum(axis=0))
    sized = np.maximum(np.round(cards * grown), CARDS[-1])
    kw = np.array([cards, sized]) @ board.it_kw_per_unit[: len(MODELS)]
    return replace(
        board,
        capacity=np.repeat(sized.ravel()[:, None], board.slot_count, axis=1),
        power_cap_kw=np.round(board.power_cap_kw * kw[1] / kw[0]),
    )
