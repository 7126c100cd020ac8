"""Rolling operation on a real clock: jobs are taken in as they come, re-plans are kept, a restart goes on from there.

What is known of a fleet's operation stands in two chains of batches: files of jobs, and what was decided. A file is
acknowledged by its receipt, so it is taken in once however often it is given. A seat that begins before the next
re-plan is *final*: it is kept in the commit of the decision, before anyone is told, and no later decision moves it. So
what is killed at any moment loses no job and places none twice: whoever starts anew reads both chains and plans again.

A row of a job that is known already and has an ``actual_s`` says that it has ended; any other such row is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from qipan.dispatch.jobs.assume import complete, quarantine_origins
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Intake, Jobs
from qipan.dispatch.model.roll import Case, Errors, RollTerms
from qipan.dispatch.placement.choose import Prices, empty_seat
from qipan.dispatch.placement.timeline import TICK_S
from qipan.dispatch.rolling.foresee import draw_drifts
from qipan.dispatch.rolling.roll import Desk, State, arrive, pin_if_due, prepare, replan, resume
from qipan.dispatch.rolling.watch import find_spikes, residual_supply
from qipan.dispatch.service import Dispatch, Reading
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import ConflictError, of_file
from qipan.kernel.time import zone
from qipan.kernel.units import S_PER_DAY
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.service.register import Ledger
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import Books, UnitOfWork
from qipan.storage.trail import record_action
from qipan.workflows.board import Boards
from qipan.workflows.choose import day_starts_s, quarantine_reservations
from qipan.workflows.decision import Decision, Placed, TakenIn
from qipan.workflows.energy import refuse_to_roll
from qipan.workflows.fleet import assumption_rule, rules_of, set_up

AHEAD_H: Final = 48
"""Hours after the present day in which seats are sought."""
SEED: Final = 0
JOBS: Final = "live_jobs"
DECISION: Final = "live_decision"


@dataclass(slots=True)
class Known:
    """What the chains say of a fleet.

    Attributes
    ----------
    rows
        New jobs of each batch, completed.
    actual_s
        How long jobs ran that have ended.
    seats
        Final seats by job, and the tentative ones of the last decision.
    lost
        Jobs that were given up.
    """

    rows: list[Jobs] = field(default_factory=list)
    job_ids: set[str] = field(default_factory=set)
    actual_s: dict[str, float] = field(default_factory=dict)
    final: dict[str, Placed] = field(default_factory=dict)
    tentative: dict[str, Placed] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    lmp: list[Floats] = field(default_factory=list)
    last_jobs: int = 0
    last_decision: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """All jobs by submission, beside the board that they run on, and where they stand, ``(jobs of the run,)``."""

    case: Case
    pool: Ints
    start_s: Floats
    is_final: Bools
    is_lost: Bools


class Live:
    """Operates one fleet on a real clock; the clock is the caller's.

    Parameters
    ----------
    terms
        How re-plans go; ``every_s`` says how far ahead seats become final.
    keeps_reserve
        Whether as much of each kind and model is kept free as the largest site has (N-1).
    substitutes, links
        Files of what else work may run on, and of links that limit what moves.

    Raises
    ------
    BadInputError
        ``energy_not_rolling``.
    """

    def __init__(
        self,
        fleet_id: str,
        terms: RollTerms,
        *,
        catalog: Catalog,
        books: Books,
        observations: Observations,
        ledger: Ledger,
        dispatch: Dispatch,
        boards: Boards,
        keeps_reserve: bool = False,
        substitutes: bytes | None = None,
        links: bytes | None = None,
        file_names: Mapping[str, str] | None = None,
    ) -> None:
        self._terms = terms
        self._catalog = catalog
        self._books = books
        self._observations = observations
        self._dispatch = dispatch
        with books.read() as unit:
            self._fleet: Fleet = ledger.fleet(unit, fleet_id)
        refuse_to_roll(self._fleet)
        self._rules = replace(rules_of(catalog), keeps_reserve=keeps_reserve)
        self._boards = boards
        self._substitutes, self._links, self._file_names = substitutes, links, file_names or {}
        self._known = Known()
        self._priced: tuple[Board, Prices] | None = None

    def take_in(self, data: bytes, name: str, now: datetime) -> TakenIn:
        """Take in a file of jobs in the generic form; one that was taken in before changes nothing.

        Raises
        ------
        BadInputError
            What the adapter refuses; nothing of the file is kept then. Rows of unknown origins, or that name a
            reservation (``reservations_not_live``), are set aside.
        """
        board = self._board(now, now)
        with of_file(name):
            intake = self._intake(data, board)
        with self._books.begin() as unit:
            self._read(unit, now)
            receipt = self._observations.receive(
                unit, source=self._fleet.fleet_id, kind=JOBS, data=data, now=now, rows=intake.rows_read,
                findings=intake.findings,
            )  # fmt: skip
            if receipt.is_new:
                record_action(unit, "jobs_received", receipt.sequence, now, source=f"{JOBS}:{self._fleet.fleet_id}")
            before = set(self._known.job_ids), set(self._known.actual_s)
        rows = [str(one) for one in intake.jobs.job_id]
        new = [one for one in rows if one not in before[0]] if receipt.is_new else []
        with self._books.read() as unit:
            self._read(unit, now)
        ended = set(self._known.actual_s) - before[1] - set(new)
        return TakenIn(
            name=name,
            sequence=receipt.sequence,
            is_new=receipt.is_new,
            rows_read=intake.rows_read,
            new=len(new),
            ended=len(ended),
            passed_over=len(rows) - len(new) - len(ended),
            quarantined=len({one.row for one in intake.findings if one.row > 0}),
        )

    def replan(self, now: datetime) -> Decision:
        """Plan anew for all that wait, keep what was decided, and return it.

        Raises
        ------
        ConflictError
            ``live_twice`` when another process decides for the fleet.
        """
        table = self._table(now)
        desk = prepare(table.case, self._terms)
        state = resume(desk, table.pool, table.start_s, table.is_final, table.is_lost)
        instance, found = replan(desk, state, now.timestamp())
        board = instance.board
        self._priced = table.case.board, state.prices
        lmp = found.plan.lmp_fen_per_unit_h[:, 0]
        supply = residual_supply(table.case.board, instance, found.plan, now.timestamp())[:, 0]
        past = [one for one in self._known.lmp if len(one) == len(lmp)]
        spikes = find_spikes(board, [*past, lmp], now.timestamp(), self._terms)
        decision = replace(
            self._decided(table, desk, state, now, is_replan=True),
            gap=float(found.gap),
            pivotal=[site.site_id for site, index in zip(board.sites, supply.tolist(), strict=True) if index < 1.0],
            spikes=[one.site_id for one in spikes],
            lmp_fen_per_unit_h=lmp.tolist(),
        )
        return self._keep(decision, now)

    def place_new(self, now: datetime) -> Decision:
        """Give jobs that have come since the last decision the cheapest seats at the last prices; keep and return it.

        Without prices of these hours, as after a start or past midnight, it is a re-plan.

        Raises
        ------
        ConflictError
            ``live_twice``.
        """
        table = self._table(now)
        board = table.case.board
        priced = None if self._priced is None else (self._priced[0].start_s, self._priced[0].end_s)
        if self._priced is None or priced != (board.start_s, board.end_s):
            return self.replan(now)
        desk = prepare(table.case, self._terms)
        state = resume(desk, table.pool, table.start_s, table.is_final, table.is_lost)
        state.prices.step[0] = self._priced[1].step[0]
        if state.prices.rents is not None and self._priced[1].rents is not None:
            state.prices.rents[:] = self._priced[1].rents
        state.now_s = now.timestamp()
        seat, tick = empty_seat(board.slot_count), (state.now_s - board.start_s) / TICK_S
        waiting, state.waiting = state.waiting, []
        tentative = self._known.tentative
        for job in waiting:
            if str(desk.jobs.job_id[job]) not in tentative and state.seats.pool[job] < 0:
                desk.ask.start[job] = max(desk.ask.start[job], tick)
                arrive(desk, state, seat, job)
                pin_if_due(desk, state, job)
            else:
                state.waiting.append(job)
        return self._keep(self._decided(table, desk, state, now, is_replan=False), now)

    def standing(self, now: datetime) -> tuple[int, dict[str, Placed], frozenset[str]]:
        """Return how many jobs were ever taken in, all final seats, and the jobs that were given up."""
        with self._books.read() as unit:
            self._read(unit, now)
        return len(self._known.job_ids), dict(self._known.final), frozenset(self._known.lost)

    def _decided(self, table: Table, desk: Desk, state: State, now: datetime, *, is_replan: bool) -> Decision:
        board, waits = table.case.board, set(state.waiting)
        placed, lost = [], []
        for job in np.flatnonzero(~table.is_final & ~table.is_lost).tolist():
            name, pool = str(desk.jobs.job_id[job]), int(state.seats.pool[job])
            if pool >= 0:
                begin_s = board.start_s + float(state.seats.begin[state.seats.first[job]]) * TICK_S
                site = board.sites[board.pools[pool].site]
                placed.append(
                    Placed(
                        job_id=name,
                        site_id=site.site_id,
                        pool_id=board.pools[pool].pool_id,
                        start=datetime.fromtimestamp(begin_s, tz=UTC),
                        is_final=job not in waits,
                    )
                )
            elif job not in waits:
                lost.append(name)
        return Decision(moment=now, is_replan=is_replan, placed=placed, lost=lost, waiting=len(waits))

    def _keep(self, decision: Decision, now: datetime) -> Decision:
        written = {one.name: getattr(decision, one.name) for one in fields(decision)} | {
            "moment": decision.moment.isoformat(),
            "placed": [[p.job_id, p.site_id, p.pool_id, p.start.isoformat(), p.is_final] for p in decision.placed],
            "follows": self._known.last_decision,
        }
        data = json.dumps(written, sort_keys=True).encode()
        with self._books.begin() as unit:
            unit.lock("live")
            newest = self._chain(unit, DECISION, self._known.last_decision)
            if newest:
                raise ConflictError(
                    f"One process must decide for fleet {self._fleet.fleet_id}, was another one since "
                    f"decision {self._known.last_decision}.",
                    code="live_twice",
                    hint="Stop the other `qipan dispatch roll --live`, then start this one again.",
                )
            self._observations.receive(
                unit, source=self._fleet.fleet_id, kind=DECISION, data=data, now=now, rows=len(decision.placed)
            )
        with self._books.read() as unit:
            self._read(unit, now)
        return decision

    def _chain(self, unit: UnitOfWork, kind: str, after: int) -> list[Receipt]:
        found = self._observations.batches(unit, kind=kind, after=after)
        return [one for one in found if one.source == self._fleet.fleet_id]

    def _read(self, unit: UnitOfWork, now: datetime) -> None:
        """Bring what is known up to what the chains say."""
        known = self._known
        for receipt in self._chain(unit, JOBS, known.last_jobs):
            self._read_jobs(receipt, now)
            known.last_jobs = receipt.sequence
        for receipt in self._chain(unit, DECISION, known.last_decision):
            told = json.loads(self._observations.data(receipt))
            known.tentative = {}
            for job_id, site_id, pool_id, start, is_final in told["placed"]:
                one = Placed(job_id, site_id, pool_id, datetime.fromisoformat(start), is_final)
                if is_final:
                    # Of two the first one stands.
                    known.final.setdefault(job_id, one)
                else:
                    known.tentative[job_id] = one
            known.lost.update(told["lost"])
            if told["lmp_fen_per_unit_h"]:
                known.lmp.append(np.array(told["lmp_fen_per_unit_h"]))
            known.last_decision = receipt.sequence

    def _intake(self, data: bytes, board: Board) -> Intake:
        how = Reading(epoch=None, zone_name=self._fleet.zone_name)
        intake = self._dispatch.read_jobs(data, form="generic", how=how)
        return quarantine_reservations(quarantine_origins(intake, board.origins))

    def _read_jobs(self, receipt: Receipt, now: datetime) -> None:
        known, board = self._known, self._board(now, now)
        rows = self._intake(self._observations.data(receipt), board).jobs
        is_new = np.array([str(one) not in known.job_ids for one in rows.job_id], dtype=bool)
        for job_id, actual_s in zip(rows.job_id[~is_new], rows.actual_s[~is_new], strict=True):
            if np.isfinite(actual_s):
                known.actual_s.setdefault(str(job_id), float(actual_s))
        # The draws are those of the batch, so whoever reads it again assumes the same.
        rng = np.random.default_rng([SEED, receipt.sequence])
        made = complete(rows.take(is_new), board, self._rules, assumption_rule(self._catalog, self._fleet), rng)
        known.rows.append(made)
        known.job_ids.update(str(one) for one in made.job_id)

    def _table(self, now: datetime) -> Table:
        """Lay out all jobs that count today, over a board from the day of the earliest that still waits or runs."""
        with self._books.read() as unit:
            self._read(unit, now)
        known, now_s = self._known, now.timestamp()
        jobs = _joined(known.rows, self._dispatch, self._fleet)
        ids = [str(one) for one in jobs.job_id]
        actual_s = np.array([known.actual_s.get(one, np.nan) for one in ids])
        start_s = np.array([known.final[one].start.timestamp() if one in known.final else np.nan for one in ids])
        lasts_s = np.where(np.isfinite(actual_s), np.minimum(actual_s, jobs.requested_s), jobs.requested_s)
        is_lost = np.array([one in known.lost for one in ids], dtype=bool)
        is_over = is_lost | (np.isfinite(start_s) & (start_s + lasts_s <= now_s))
        earliest_s = float(jobs.submit_s[~is_over].min(initial=now_s))
        board = self._board(now, datetime.fromtimestamp(min(earliest_s, now_s), tz=UTC))
        counts = jobs.submit_s >= board.start_s - self._terms.days_back * S_PER_DAY
        order = np.flatnonzero(counts)[np.argsort(jobs.submit_s[counts], kind="stable")]
        case = Case(
            known=replace(jobs, actual_s=actual_s).take(order),
            board=board,
            foreseen=board,
            drifts=draw_drifts(Errors(), len(board.sites), board.slot_count, np.random.default_rng(SEED)),
            rules=self._rules,
            day_starts_s=day_starts_s(board, self._fleet.zone_name),
        )
        mine = order[case.first :]
        pools = {(board.sites[one.site].site_id, one.pool_id): index for index, one in enumerate(board.pools)}
        seats = [known.final.get(ids[job]) or known.tentative.get(ids[job]) for job in mine.tolist()]
        return Table(
            case=case,
            pool=np.array([-1 if one is None else _position(one, pools) for one in seats], dtype=np.int64),
            start_s=np.array([np.nan if one is None else one.start.timestamp() for one in seats]),
            is_final=np.array([ids[job] in known.final for job in mine.tolist()], dtype=bool),
            is_lost=is_lost[mine],
        )

    def _board(self, now: datetime, since: datetime) -> Board:
        """Return a board from the civil day of a moment to some hours after the present day."""
        here = zone(self._fleet.zone_name)
        first, today = since.astimezone(here).date(), now.astimezone(here).date()
        hours = AHEAD_H + round((today - first) / timedelta(hours=1))
        board = set_up(self._fleet, self._catalog, first, outlook_h=hours).board
        tables = {"substitutes": self._substitutes, "links": self._links}
        board = self._boards.with_tables(board, **tables, names=self._file_names)
        return replace(board, day_slots=board.slot_count)


def _position(seat: Placed, pools: Mapping[tuple[str, str], int]) -> int:
    """Return the position of the pool that a seat is in."""
    if (seat.site_id, seat.pool_id) not in pools:
        raise ConflictError(
            f"A fleet that is operated must keep the pools that jobs sit in, was without {seat.pool_id} "
            f"of {seat.site_id}, where {seat.job_id} is.",
            code="pool_gone",
            hint="Register the pool again, until its jobs have ended.",
        )
    return pools[seat.site_id, seat.pool_id]


def _joined(rows: Sequence[Jobs], dispatch: Dispatch, fleet: Fleet) -> Jobs:
    """Return the jobs of several batches as one table."""
    if not rows:
        none = b"job_id,submit,kind,quantity,requested_s\n"
        rows = [dispatch.read_jobs(none, form="generic", how=Reading(epoch=None, zone_name=fleet.zone_name)).jobs]
    return Jobs(**{one.name: np.concatenate([getattr(part, one.name) for part in rows]) for one in fields(Jobs)})
