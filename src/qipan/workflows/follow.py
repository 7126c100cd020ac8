"""Follow a plan: offer its jobs to the engines of its sites, ask what became of them, move what a lost site held.

All of it stands in the books before it is done, so a kill at any moment is followed by asking, never by guessing: what
was offered and is not known at the site is offered again under the same name and lease; what is known is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from qipan.dispatch.attempts.count import by_job, superseded, unplaced
from qipan.dispatch.attempts.order import check_models, check_orders, offer, order
from qipan.dispatch.attempts.reconcile import Changes, give_up, is_over, reconcile
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.submission import (
    GIVEN,
    Attempt,
    Engine,
    Engines,
    Order,
    Reached,
    SiteState,
    State,
)
from qipan.dispatch.service import Dispatch
from qipan.dispatch.store import submission as store
from qipan.kernel.errors import ConflictError, EngineError, NotFoundError, RuleBrokenError
from qipan.kernel.time import zone
from qipan.ledger.service.register import Ledger
from qipan.storage.books import Books
from qipan.storage.trail import record_action
from qipan.workflows.board import Boards
from qipan.workflows.collect import Collection as Collecting
from qipan.workflows.model import Followed
from qipan.workflows.replan import busy_of, replan
from qipan.workflows.tally import Held, last_end, tally

OFFERED_AT_ONCE: Final = 25
"""Attempts of one site that are offered between two commits."""

Clock = Callable[[], datetime]


class Following:
    """Submits plans and follows them; every change is one unit of work of the books."""

    def __init__(
        self,
        *,
        boards: Boards,
        books: Books,
        ledger: Ledger,
        dispatch: Dispatch,
        collection: Collecting,
        engine: Callable[[Reached], Engine],
    ) -> None:
        self._boards = boards
        self._books = books
        self._ledger = ledger
        self._dispatch = dispatch
        self._collection = collection
        self._engine = engine

    def submit(self, plan_id: str | None, engines: Engines, now: datetime) -> Followed:
        """Enter an attempt at every placed job of a plan; `follow` offers them to the sites.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_instance_missing``.
        ConflictError
            ``plan_submitted`` when it was before.
        RuleBrokenError
            ``plan_over`` when its horizon has ended; ``substitutes_held`` as `orders`.
        BadInputError
            ``orders_incomplete``; ``engine_not_carried_out`` for a site whose engine takes rendered files only.
        """
        orders, document = self.orders(plan_id, engines)
        name = str(document["plan_id"])
        ends = datetime.fromisoformat(document["slots"][-1]) + timedelta(seconds=document["slot_s"])
        if now >= ends:
            raise RuleBrokenError(
                f"A plan must not be over when it is submitted, was at {ends.isoformat()}: {name}.",
                code="plan_over",
                hint="Plan the jobs of today with `qipan day run`.",
            )
        for site in engines.sites:
            self._engine(site)
        with self._books.begin() as unit:
            if store.engines_of(unit, name) is not None:
                raise ConflictError(
                    f"A plan must be submitted once, was before: {name}.",
                    code="plan_submitted",
                    hint=f"Follow it with `qipan dispatch follow {name}`.",
                )
            store.insert_engines(unit, name, engines, now)
            store.insert_attempts(unit, [one.attempt for one in orders])
            known = store.site_states(unit)
            for site in engines.sites:
                store.set_site(unit, known.get(site.site_id, SiteState(site.site_id)))
            record_action(unit, "plan_submitted", name, now, jobs=len(orders))
        return self.account(name)

    def orders(self, plan_id: str | None, engines: Engines) -> tuple[list[Order], dict[str, Any]]:
        """Return an order for every placed job of a plan, and the plan's report.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_instance_missing``.
        BadInputError
            ``orders_incomplete``.
        RuleBrokenError
            ``substitutes_held`` when jobs run on something else than they ask for.
        """
        with self._books.read() as unit:
            document = self._dispatch.report(unit, plan_id)
            name = str(document["plan_id"])
            jobs, _ = self._dispatch.instance(unit, name)
        placed = self._dispatch.places(name)
        position = {str(job_id): index for index, job_id in enumerate(jobs.job_id)}
        index = [position[one.job_id] for one in placed]
        check_orders(jobs.take(np.array(index, dtype=np.int64)), [one.site_id for one in placed], engines)
        check_models([one.job_id for one in placed if one.on_substitute])
        orders = []
        for at, one in zip(index, placed, strict=True):
            site = engines.site(one.site_id)
            if site is not None:
                attempt = Attempt(name, one.job_id, 1, one.site_id, one.start)
                made = order(attempt, jobs, at, site, engines.command)
                orders.append(replace(made, stretches=one.stretches))
        return orders, document

    def fence(self, site_id: str, now: datetime, *, lift: bool = False) -> SiteState:
        """Note that nothing of ours runs at a site, so that its work goes elsewhere at once; or that it may take work.

        Raises
        ------
        NotFoundError
            ``site_unknown`` when no submitted plan ever had that site.
        """
        with self._books.begin() as unit:
            known = store.site_states(unit).get(site_id)
            if known is None:
                raise NotFoundError(
                    f"A site must be one that a submitted plan names, was {site_id!r}.",
                    code="site_unknown",
                    hint="`qipan dispatch show` lists the sites of a plan.",
                )
            state = replace(known, fenced=None if lift else now)
            store.set_site(unit, state)
            record_action(unit, "site_admitted" if lift else "site_fenced", site_id, now)
        return state

    def account(self, plan_id: str | None) -> Followed:
        """Return how far a plan is carried out, as the books know it.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_not_submitted``.
        """
        return tally(self._read(plan_id))

    def follow(self, plan_id: str | None, clock: Clock) -> Followed:
        """Go once round all sites of a plan: ask, enter, cancel, plan again what was lost, offer, collect.

        Repeat it until ``is_over``. Whatever a round was killed at, the next one goes on from there.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_not_submitted``, ``plan_instance_missing``.
        ConflictError
            ``plan_followed_twice`` when another process follows it at the same time.
        EngineError
            ``engine_missing``, ``engine_failed``, what a store says; a site that is silent is no error.
        """
        read = self._read(plan_id)
        name = read.plan_id
        answering = {site.site_id for site in read.engines.sites if self._ask(name, site, clock)}
        read = self._read(name)
        self._enter(read, [replace(one, state=State.LOST, reason="late") for one in superseded(by_job(read.attempts))])
        may_take = {one for one in answering if read.site(one).fenced is None}
        self._move(name, may_take, clock())
        read = self._read(name)
        with self._books.read() as unit:
            jobs, _ = self._dispatch.instance(unit, name)
        for site in read.engines.sites:
            if site.site_id in may_take:
                self._offer(read, site, jobs, clock)
        for site in read.engines.sites:
            if site.site_id in answering:
                self._collect(self._read(name), site, clock)
        return tally(self._read(name), answering)

    def _ask(self, plan_id: str, site: Reached, clock: Clock) -> bool:
        """Ask one site what it knows, enter it, and end what must not go on; return whether it answered."""
        now, read, engine = clock(), self._read(plan_id), self._engine(site)
        mine = read.at(site.site_id)
        is_fenced = read.site(site.site_id).fenced is not None
        since = read.submitted - timedelta(minutes=1)
        try:
            known = {one.name: one for one in engine.known(plan_id, since)}
        except EngineError as error:
            if error.code == "accounting_silent":
                # The site is there; what has ended on it will be told later, so nothing is given up.
                return False
            if error.code != "engine_silent":
                raise
            self._enter(read, self._gone(read, engine, mine, site.site_id, since, now).attempts)
            return False
        changes = reconcile(mine, known, now, is_fenced=is_fenced)
        self._enter(read, changes.attempts)
        self._note(site.site_id, now, is_answer=True)
        return not changes.cancel or _answers(lambda: engine.cancel(changes.cancel))

    def _note(self, site_id: str, now: datetime, *, is_answer: bool) -> SiteState:
        """Note whether a site answered."""
        with self._books.begin() as unit:
            state = store.site_states(unit).get(site_id, SiteState(site_id))
            told = {"answered": now, "silent_since": None} if is_answer else {"silent_since": state.silent_since or now}
            state = replace(state, **told)
            store.set_site(unit, state)
        return state

    def _gone(
        self, read: Held, engine: Engine, mine: Sequence[Attempt], site_id: str, since: datetime, now: datetime
    ) -> Changes:
        """Return what changed at a site that did not answer."""
        state = self._note(site_id, now, is_answer=False)
        quiet = now - (state.silent_since or now) > timedelta(seconds=read.engines.silence_s)
        is_fenced = state.fenced is not None
        given = [one for one in mine if one.state in GIVEN]
        ended = {}
        if given and (is_fenced or any(is_over(one, now) for one in given)):
            # The database of accounting may be up where the controller is down: it says what has ended.
            try:
                ended = {one.name: one for one in engine.ended(read.plan_id, since)}
            except EngineError:
                ended = {}
        return give_up(mine, ended, now, is_fenced=is_fenced, is_quiet=quiet)

    def _move(self, plan_id: str, may_take: Collection[str], now: datetime) -> None:
        """Plan jobs without a place again, and enter attempts at them."""
        read = self._read(plan_id)
        jobs_of = by_job(read.attempts)
        homeless = unplaced(jobs_of)
        tired = [jobs_of[job_id][-1] for job_id in homeless if len(jobs_of[job_id]) >= read.engines.attempts_max]
        self._enter(read, [replace(one, state=State.FAILED, reason="attempts_over") for one in tired])
        wanted = [job_id for job_id in homeless if len(jobs_of[job_id]) < read.engines.attempts_max]
        if not wanted or not may_take:
            return
        with self._books.read() as unit:
            jobs, terms = self._dispatch.instance(unit, plan_id)
            fleet = self._ledger.fleet(unit, str(self._dispatch.report(unit, plan_id)["fleet_id"]))
            today = now.astimezone(zone(fleet.zone_name)).date()
            # Orders tell an engine what a job asks for, so what is moved runs on that as well.
            board = replace(self._boards.set_up(unit, fleet, today, terms).board, substitutes=())
        position = {str(job_id): index for index, job_id in enumerate(jobs.job_id)}
        found = replan(
            board,
            self._boards.rules(terms),
            jobs=jobs,
            lost=[position[job_id] for job_id in wanted],
            busy=busy_of(read.attempts, jobs, position),
            sites=may_take,
            patience_s=max(site.patience_s for site in read.engines.sites if site.site_id in may_take),
            now=now,
        )
        attempts = []
        for one in found:
            job_id = str(jobs.job_id[one.index])
            start = datetime.fromtimestamp(one.start_s, tz=UTC)
            attempts.append(Attempt(plan_id, job_id, len(jobs_of[job_id]) + 1, one.site_id, start))
        if not attempts:
            return
        with self._books.begin() as unit:
            store.insert_attempts(unit, attempts)
            record_action(unit, "work_moved", plan_id, now, jobs=len(attempts), unplaced=len(wanted) - len(attempts))

    def _offer(self, read: Held, site: Reached, jobs: Jobs, clock: Clock) -> None:
        """Give a site what is meant for it, and what was offered and is not known there; stop when it falls silent."""
        position = {str(job_id): index for index, job_id in enumerate(jobs.job_id)}
        engine = self._engine(site)
        new = [one for one in read.attempts if one.site_id == site.site_id and one.state is State.MEANT]
        again = [one for one in read.attempts if one.site_id == site.site_id and one.state is State.OFFERED]
        for first in range(0, len(again), OFFERED_AT_ONCE):
            if not self._give(read, engine, again[first : first + OFFERED_AT_ONCE], site, jobs, position):
                return
        for first in range(0, len(new), OFFERED_AT_ONCE):
            offered = []
            for one in new[first : first + OFFERED_AT_ONCE]:
                index = position[one.job_id]
                submit = datetime.fromtimestamp(float(jobs.submit_s[index]), tz=UTC)
                wanted_s = float(jobs.requested_s[index])
                earliest = submit if read.engines.is_early else one.start
                offered.append(offer(one, site.patience_s, clock(), requested_s=wanted_s, earliest=earliest))
            self._enter(read, offered)
            if not self._give(read, engine, offered, site, jobs, position):
                return

    def _give(
        self,
        read: Held,
        engine: Engine,
        offered: Sequence[Attempt],
        site: Reached,
        jobs: Jobs,
        position: Mapping[str, int],
    ) -> bool:
        """Submit attempts whose offer is in the books; return whether the site answered."""
        given: list[Attempt] = []

        def give() -> None:
            for one in offered:
                wanted = order(one, jobs, position[one.job_id], site, read.engines.command)
                try:
                    given.append(replace(one, state=State.WAITING, engine_id=engine.submit(wanted)))
                except EngineError as error:
                    if error.code != "engine_failed":
                        raise
                    # The site refuses this one job; another may take it.
                    given.append(replace(one, state=State.LOST, reason=error.message))

        answered = _answers(give)
        self._enter(read, given, were=State.OFFERED)
        return answered

    def _collect(self, read: Held, site: Reached, clock: Clock) -> None:
        """Bring a site's accounting into the ledger once all that it was given has ended and the period is over."""
        mine = [one for one in read.attempts if one.site_id == site.site_id and one.lease_ends is not None]
        last = last_end(mine)
        told = read.told_until.get(site.site_id)
        if not site.source_id or last is None or any(one.is_open for one in mine) or (told and told >= last):
            return
        now, plan = clock(), site.map_text.encode()
        period_s = self._collection.slurm_period_s(plan)
        until = datetime.fromtimestamp(now.timestamp() // period_s * period_s, tz=UTC)
        if until < last:
            return
        since = read.submitted.replace(minute=0, second=0, microsecond=0)
        texts: list[bytes] = []
        engine = self._engine(site)
        if _answers(lambda: texts.append(engine.accounting(since))):
            self._collection.slurm(texts[0], plan, source_id=site.source_id, since=since, until=until, now=clock())
            with self._books.begin() as unit:
                store.set_told_until(unit, read.plan_id, site.site_id, until)

    def _enter(self, read: Held, attempts: Sequence[Attempt], *, were: State | None = None) -> None:
        """Enter what became of attempts, unless somebody else entered something since they were read.

        Parameters
        ----------
        were
            What they stood as, where that is not what was read.
        """
        if not attempts:
            return
        before = {(one.job_id, one.number): one.state for one in read.attempts}
        stood = [were or before[one.job_id, one.number] for one in attempts]
        with self._books.begin() as unit:
            if not store.update_attempts(unit, attempts, stood):
                raise ConflictError(
                    f"A plan must be followed by one process, was by another too: {read.plan_id}.",
                    code="plan_followed_twice",
                    hint="Stop one of them, and go on with the other.",
                )

    def _read(self, plan_id: str | None) -> Held:
        with self._books.read() as unit:
            name = str(self._dispatch.report(unit, plan_id)["plan_id"])
            found = store.engines_of(unit, name)
            if found is None:
                raise NotFoundError(
                    f"A plan must be submitted before it is followed, was not: {name}.",
                    code="plan_not_submitted",
                    hint=f"Submit it with `qipan dispatch submit {name} --engines FILE`.",
                )
            submitted, engines = found
            attempts, sites = store.attempts_of(unit, name), store.site_states(unit)
            return Held(name, submitted, engines, attempts, sites, store.told_until(unit, name))


def _answers(ask: Callable[[], object]) -> bool:
    """Ask a site something and return whether it answered."""
    try:
        ask()
    except EngineError as error:
        if error.code != "engine_silent":
            raise
        return False
    return True
