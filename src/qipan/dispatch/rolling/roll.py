"""Operate a board as jobs arrive: re-plan every few minutes, and place each arriving job at the last prices.

Every job that is known and not yet lost holds a seat or waits for one. A seat that has begun is pinned: the job stays
there until it ends, and what it does not use of its request is free from then on. All other seats are given back at a
re-plan: a programme over the room that pinned work leaves, of waiting jobs and of the demand foreseen, gives prices;
waiting jobs take the cheapest seats at these, large before small. Between two re-plans an arriving job takes the
cheapest seat that has room; if that is now, it starts. One that a reservation covers starts there by its notice, on
room that was kept for it. No moment is read here: the caller says what time it is.

Source: `rawlings2017` (receding horizon).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numba
import numpy as np

from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Instance, Plan, Reason
from qipan.dispatch.model.roll import Case, Rolled, RollTerms, Spike, Work
from qipan.dispatch.placement.along import EASED
from qipan.dispatch.placement.choose import Prices, Seat, choose, empty_seat, prices_of, rents_of
from qipan.dispatch.placement.fill import fill, upright
from qipan.dispatch.placement.score import ran_s
from qipan.dispatch.placement.seats import Seats, empty_seats
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S, Asks, Timeline, asks, hold, release, timeline
from qipan.dispatch.placement.turns import waiting_order
from qipan.dispatch.programme.formulate import running_fen_per_unit_h
from qipan.dispatch.reservation.allot import allot
from qipan.dispatch.rolling.foresee import ahead, expect_s, expecting, fold, foresee_demand, take, work_of
from qipan.dispatch.rolling.keep import Kept, covered_of, keep_free, leave, nominate, open_until
from qipan.dispatch.rolling.remain import room_left
from qipan.dispatch.rolling.watch import Watched, find_spikes, watch
from qipan.dispatch.solver.approach import Approach, approach
from qipan.kernel.units import S_PER_DAY

Stopwatch = Callable[[], float]


@dataclass(slots=True)
class State:
    """Where a run stands; `replan` and `arrive` change it.

    Attributes
    ----------
    now_s
        Moment of the last re-plan.
    room
        What is free, with all seats taken out.
    seats
        Of every job so far.
    prices
        Those of the last re-plan, for the kernels.
    waiting
        Positions of the jobs whose seats may still change.
    ends
        Heap of when pinned jobs end, in ticks, and their positions.
    known_s
        ``(known jobs,)``: how long each ran if it has ended, else what it asks for.
    kept
        What is kept free of reservations.
    stream
        ``(known jobs,)``, as `Work.stream`; -1 also for jobs that a reservation covers or may yet cover.
    """

    now_s: float
    room: Timeline
    seats: Seats
    prices: Prices
    waiting: list[int]
    ends: list[tuple[float, int]]
    known_s: Floats
    kept: Kept
    stream: Ints


@dataclass(frozen=True, slots=True)
class Desk:
    """What a run needs of its case, worked out once.

    Attributes
    ----------
    jobs
        Those of the run, as it knows them.
    first
        How many known jobs come before them.
    work
        All known jobs, for the programme.
    ran_s
        How long each known job really runs.
    ask
        Of the run's jobs; no job stops once it runs.
    pools
        ``(reservations,)``, the pool that each is in.
    rank
        ``(jobs,)``, the order in which waiting jobs take seats; those that no site can take have the last one.
    """

    case: Case
    terms: RollTerms
    jobs: Jobs
    first: int
    work: Work
    ran_s: Floats
    ask: Asks
    prices: Prices
    pools: Ints
    rank: Ints

    @property
    def is_plannable(self) -> Bools:
        """Whether any site can take a job, ``(jobs,)``."""
        return np.asarray(self.rank < len(self.rank))

    def end_tick(self, job: int, begin: float) -> float:
        """Return when a job really ends that begins at a tick."""
        return float(begin + self.ran_s[self.first + job] / TICK_S)


def prepare(case: Case, terms: RollTerms) -> Desk:
    """Work out once what the whole run needs.

    Raises
    ------
    BadInputError
        As `allot`.
    """
    known, first = case.known, case.first
    ran = np.maximum(ran_s(known), 1.0)
    if terms.knows_durations:
        known = replace(known, requested_s=ran)
    reached = reach(known, case.board, case.rules)
    refused = refusals(known, case.board, reached)
    jobs = known.take(np.arange(first, len(known)))
    of_run = replace(reached, of_job=reached.of_job[first:])
    ask, prices = expecting(
        asks(jobs, case.board, of_run)._replace(splits=np.zeros(len(jobs), dtype=bool)),
        prices_of(jobs, case.board, case.rules, of_run, running_fen_per_unit_h(case.foreseen, case.rules)),
        (expect_s(known.requested_s, ran, known.submit_s + ran <= case.board.start_s) / known.requested_s)[first:],
    )
    order = waiting_order(jobs, refused[first:])
    rank = np.full(len(jobs), len(jobs))
    rank[order] = np.arange(len(order))
    return Desk(
        case=case,
        terms=terms,
        jobs=jobs,
        first=first,
        work=work_of(known, reached, refused == Reason.NONE),
        ran_s=ran,
        ask=ask,
        prices=prices,
        pools=allot(case.reservations, case.foreseen, case.rules),
        rank=rank,
    )


def begin(desk: Desk) -> State:
    """Return an empty board at its start."""
    room = timeline(desk.case.board, keeps_reserve=desk.case.rules.keeps_reserve)
    sold, board = desk.case.reservations, desk.case.board
    kept = keep_free(sold, desk.pools, board, room, jobs=desk.jobs, is_plannable=desk.is_plannable)
    prices = desk.prices._replace(step=desk.prices.step.copy())
    if board.links is not None:
        tolls = (*board.transfer_fen_per_gb.shape, board.slot_count)
        prices = prices._replace(rents=np.zeros(tolls))
    return State(
        now_s=board.start_s,
        room=room,
        seats=empty_seats(desk.ask, room.ticks_of_slot),
        prices=prices,
        waiting=[],
        ends=[],
        known_s=desk.work.requested_s.copy(),
        kept=kept,
        stream=np.where(desk.case.is_named, -1, desk.work.stream),
    )


def resume(desk: Desk, pool: Ints, start_s: Floats, is_final: Bools, is_lost: Bools) -> State:
    """Return where a run stands by what was kept of it: seats that are final are held, all others may change.

    Parameters
    ----------
    pool, start_s
        ``(jobs,)``, the seat of each, -1 and ``nan`` for none.
    is_final, is_lost
        ``(jobs,)``, whether the seat may no longer change, and whether the job was given up.
    """
    state = begin(desk)
    for job in np.flatnonzero((pool >= 0) & ~is_lost).tolist():
        begins = float((start_s[job] - desk.case.board.start_s) / TICK_S)
        sit(desk, state, job, int(pool[job]), begins)
        if is_final[job]:
            heapq.heappush(state.ends, (desk.end_tick(job, begins), job))
    state.waiting = np.flatnonzero(desk.is_plannable & ~is_final & ~is_lost).tolist()
    return state


def replan(desk: Desk, state: State, now_s: float) -> tuple[Instance, Approach]:
    """Plan anew at a moment, price every slot, and seat all waiting jobs again.

    Returns
    -------
    tuple
        The programme, and how near its least cost the plan is.
    """
    free_ended(desk, state, now_s)
    room, seats, tick = state.room, state.seats, (now_s - desk.case.board.start_s) / TICK_S
    for job in state.waiting:
        if seats.pool[job] >= 0:
            at = seats.first[job]
            release(room, desk.ask, job, seats.pool[job], seats.begin[at], seats.ticks[at])
            seats.pool[job] = -1
    waiting = np.array(state.waiting, dtype=np.int64)
    waiting = waiting[np.maximum(desk.ask.latest[waiting], desk.ask.start[waiting]) >= tick - CLOCK_TICKS]
    desk.ask.start[waiting] = np.maximum(desk.ask.start[waiting], tick)
    state.now_s = now_s
    instance = formulated(desk, state, waiting)
    found = approach(*instance, gap=desk.terms.gap, steps_most=desk.terms.steps_most)
    price(desk, state, instance.board, found.plan)
    fill(waiting[np.argsort(desk.rank[waiting])], desk.ask, state.prices, upright(), room, seats)
    state.waiting = []
    for job in waiting.tolist():
        pin_if_due(desk, state, job)
    return instance, found


def formulated(desk: Desk, state: State, waiting: Ints) -> Instance:
    """Return the programme of a re-plan: the room left from now on, waiting jobs, and the demand foreseen."""
    case, terms, now_s = desk.case, desk.terms, state.now_s
    slot = int((now_s - case.board.start_s) // case.board.slot_s)
    end = min(slot + terms.horizon_slots, case.board.slot_count)
    board = room_left(ahead(case.foreseen, case.drifts, slot, end), state.room, slot, now_s)
    first, work = desk.first, desk.work._replace(stream=state.stream)
    if terms.knows_arrivals:
        later = np.searchsorted(work.submit_s, [now_s, board.end_s])
        coming = take(work, np.arange(*later))
    else:
        past_end_s = work.submit_s[:first] + desk.ran_s[:first]
        state.known_s[:first] = np.where(past_end_s <= now_s, desk.ran_s[:first], work.requested_s[:first])
        end_s = min(board.end_s, case.board.day_end_s, now_s + S_PER_DAY)
        coming = foresee_demand(work, state.known_s, now_s, end_s, terms.days_back)
    at = ((coming.submit_s - case.board.start_s) // case.board.slot_s).astype(np.int64)
    at = np.clip(at, 0, case.board.slot_count - 1)
    coming = coming._replace(quantity=coming.quantity * np.exp(-case.drifts.demand[at]))
    classes, takes = fold([take(work, first + waiting), coming], board, now_s)
    return Instance(board, classes, case.rules, takes)


def price(desk: Desk, state: State, board: Board, plan: Plan) -> None:
    """Price every slot: by the plan in its horizon, by running elsewhere, and links by their rents."""
    step = desk.prices.step[0].copy()
    running = running_fen_per_unit_h(board, desk.case.rules, plan.energy)
    lmp = plan.lmp_fen_per_unit_h[board.pool_product]
    slot = round((board.start_s - desk.case.board.start_s) / board.slot_s)
    step[:, slot : slot + board.slot_count] = (running + EASED * np.maximum(lmp - running, 0.0)) * TICK_S / 3600.0
    state.prices.step[0] = step
    if board.links is not None and state.prices.rents is not None:
        state.prices.rents[:] = 0.0
        state.prices.rents[:, :, slot : slot + board.slot_count] = EASED * rents_of(board.links, plan)


def arrive(desk: Desk, state: State, seat: Seat, job: int) -> None:
    """Give an arriving job room that is kept for it or, without any, the cheapest seat at the last prices."""
    if desk.jobs.reservation[job]:
        begins = desk.ask.start[job] + desk.terms.notice_s / TICK_S
        if nominate(state.kept, state.room, desk.ask, desk.jobs, job=job, begin=begins):
            sit(desk, state, job, int(desk.pools[state.kept.reservation[job]]), begins)
            return
        state.stream[desk.first + job] = desk.work.stream[desk.first + job]
    admit(seat, desk.ask, state.prices, state.room, state.seats, job)


def sit(desk: Desk, state: State, job: int, pool: int, begins: float) -> None:
    """Give a job a seat, and hold its room."""
    at = state.seats.first[job]
    state.seats.pool[job], state.seats.parts[job] = pool, 1
    state.seats.begin[at], state.seats.ticks[at] = begins, desk.ask.length[job]
    hold(state.room, desk.ask, job, pool, begins, desk.ask.length[job])


@numba.njit(cache=True)
def admit(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, seats: Seats, job: int
) -> int:  # pragma: no cover - compiled
    """Seat a job, and return its pool, or -1."""
    _, pool, _ = choose(seat, ask, prices, room, job, False)
    if pool >= 0:
        at = seats.first[job]
        seats.pool[job], seats.parts[job] = pool, 1
        seats.begin[at], seats.ticks[at] = seat.begin[0], seat.ticks[0]
        hold(room, ask, job, pool, seats.begin[at], seats.ticks[at])
    return pool


def pin_if_due(desk: Desk, state: State, job: int) -> None:
    """Pin a job whose seat begins before the next re-plan or is reserved; any other waits."""
    begins = state.seats.begin[state.seats.first[job]]
    until = (state.now_s + desk.terms.every_s - desk.case.board.start_s) / TICK_S
    is_final = begins < until - CLOCK_TICKS or state.kept.reservation[job] >= 0
    if state.seats.pool[job] >= 0 and is_final:
        heapq.heappush(state.ends, (desk.end_tick(job, begins), job))
    else:
        state.waiting.append(job)


def free_ended(desk: Desk, state: State, now_s: float) -> None:
    """Free the room of pinned jobs that have ended by a moment, and of what nobody can ask any more to have kept."""
    open_until(state.kept, state.room, int((now_s + desk.terms.notice_s - desk.case.board.start_s) // TICK_S))
    tick, seats, room = (now_s - desk.case.board.start_s) / TICK_S, state.seats, state.room
    ticks = room.free.shape[1]
    while state.ends and state.ends[0][0] <= tick + CLOCK_TICKS:
        ended, job = heapq.heappop(state.ends)
        at = seats.first[job]
        first = np.ceil(ended - CLOCK_TICKS)
        last = min(seats.begin[at] + seats.ticks[at], float(ticks))
        if last > first + CLOCK_TICKS:
            release(room, desk.ask, job, seats.pool[job], first, last - first)
            units = float(desk.jobs.quantity[job])
            leave(state.kept, room, job=job, units=units, first=int(first), last=int(np.ceil(last - CLOCK_TICKS)))
        state.known_s[desk.first + job] = desk.ran_s[desk.first + job]


def roll(case: Case, terms: RollTerms, cpu: Stopwatch, clock: Stopwatch, progress: Callable[[float], None]) -> Rolled:
    """Operate the days of a case from their start to their end, and the outlook until nothing waits.

    Parameters
    ----------
    cpu, clock
        Seconds from any moment on, for re-plans and for placements; only differences are used.
    progress
        Told the share of the days that is done.
    """
    desk = prepare(case, terms)
    state, seat = begin(desk), empty_seat(case.board.slot_count)
    _compile(desk, seat)
    replan_s: list[float] = []
    placement_s: list[float] = []
    gaps: list[float] = []
    seen_lmp: list[Floats] = []
    spikes: list[Spike] = []
    watched = Watched(np.zeros(len(case.board.sites)))
    for now_s in _moments(case.board, terms):
        if now_s >= case.board.day_end_s and not state.waiting:
            break
        begun = cpu()
        instance, found = replan(desk, state, now_s)
        replan_s.append(cpu() - begun)
        gaps.append(found.gap)
        seen_lmp.append(found.plan.lmp_fen_per_unit_h[:, 0])
        spikes += find_spikes(instance.board, seen_lmp, now_s, terms)
        if terms.watches and now_s < case.board.day_end_s:
            watch(watched, case, instance, found.plan, now_s=now_s, terms=terms)
        for job in _arrivals(desk, now_s):
            free_ended(desk, state, float(desk.jobs.submit_s[job]))
            begun = clock()
            arrive(desk, state, seat, job)
            placement_s.append(clock() - begun)
            pin_if_due(desk, state, job)
        gone_s = now_s + terms.every_s - case.board.start_s
        progress(min(gone_s / (case.board.day_end_s - case.board.start_s), 1.0))
    begins = state.seats.begin[state.seats.first[:-1]]
    start_s = np.where(state.seats.pool >= 0, case.board.start_s + begins * TICK_S, np.nan)
    return Rolled(
        pool=state.seats.pool,
        start_s=start_s,
        is_plannable=desk.is_plannable,
        replan_s=np.array(replan_s),
        placement_s=np.array(placement_s),
        gaps=np.array(gaps),
        pivotal_s=watched.pivotal_s,
        lmp_fen_per_unit_h=np.array(seen_lmp).T,
        covered=covered_of(state.kept, desk.jobs, state.seats.pool, start_s, desk.ran_s[desk.first :]),
        spikes=tuple(spikes),
        power=tuple(watched.power),
    )


def _moments(board: Board, terms: RollTerms) -> Iterator[float]:
    for number in range(int((board.end_s - board.start_s) // terms.every_s)):
        yield board.start_s + number * terms.every_s


def _arrivals(desk: Desk, now_s: float) -> list[int]:
    first, last = np.searchsorted(desk.jobs.submit_s, [now_s, now_s + desk.terms.every_s])
    return [job for job in range(first, last) if desk.is_plannable[job]]


def _compile(desk: Desk, seat: Seat) -> None:
    """Have the kernel of placement compiled before it is timed, on a board that is thrown away."""
    for job in np.flatnonzero(desk.is_plannable)[:1]:
        arrive(desk, begin(desk), seat, int(job))
