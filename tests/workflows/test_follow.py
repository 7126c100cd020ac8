"""A plan is followed whatever its sites do and whenever the follower ends; the sites are made of a list here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.model.submission import Engines, Known, Order, Reached, State, prefix_of
from qipan.kernel.errors import ConflictError, EngineError, NotFoundError, QipanError, RuleBrokenError
from qipan.settings import Settings
from qipan.workflows.follow import Following
from qipan.workflows.request import DayRequest

NOW = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
SITE = """
  - site_id: {name}
    name_en: {name}
    macro: here
    lon_deg: {lon}
    lat_deg: 40
    pue: 1.2
    price_yuan_per_kwh: 0.5
    location_kg_per_kwh: 0.5
    pools: [{{ pool_id: {name}/cards, kind: intelligent, quantity: 40, it_kw_per_unit: 1 }}]
"""
SITES = ("east", "west")
COUNT = 20
ENGINES = Engines(
    tuple(Reached(name, "made", {"intelligent": "card"}, patience_s=600.0) for name in SITES), "run {job_id}"
)


class Made:
    """A site that keeps what it is given; it can fall silent, lose a reply, or refuse."""

    def __init__(self, site_id: str) -> None:
        self.site_id = site_id
        self.jobs: dict[str, Known] = {}
        self.log: list[str] = []
        self.is_silent = self.accounts_are_silent = False
        self.replies_left = 10**6
        self.refuses = ""

    def _answer(self) -> None:
        if self.is_silent:
            raise EngineError("silent", code="engine_silent", hint="")

    def known(self, plan_id: str, _since: datetime) -> Sequence[Known]:
        self._answer()
        if self.accounts_are_silent:
            raise EngineError("silent", code="accounting_silent", hint="")
        return [one for one in self.jobs.values() if one.name.startswith(prefix_of(plan_id))]

    def ended(self, _plan_id: str, _since: datetime) -> Sequence[Known]:
        if self.accounts_are_silent:
            raise EngineError("silent", code="engine_silent", hint="")
        return [one for one in self.jobs.values() if one.state not in (State.WAITING, State.RUNNING)]

    def submit(self, order: Order) -> str:
        self._answer()
        name = order.attempt.name
        if self.refuses:
            raise EngineError(self.refuses, code="engine_failed", hint="")
        assert name not in self.jobs, "given twice"
        self.log.append(f"submit {name}")
        self.jobs[name] = Known(name, str(len(self.jobs)), State.WAITING)
        self.replies_left -= 1
        if self.replies_left < 0:
            # The site took it, and whoever asked ended before the reply.
            raise KeyboardInterrupt
        return self.jobs[name].engine_id

    def cancel(self, engine_ids: Sequence[str]) -> None:
        self._answer()
        for name, one in self.jobs.items():
            if one.engine_id in engine_ids:
                self.log.append(f"cancel {name}")
                self.jobs[name] = replace(one, state=State.CANCELLED)

    def accounting(self, _since: datetime) -> bytes:
        raise AssertionError

    def run(self, count: int = 10**6, state: State = State.FINISHED) -> None:
        """Let so many waiting jobs end."""
        waiting = [one for one in self.jobs.values() if one.state is State.WAITING]
        for one in waiting[:count]:
            self.jobs[one.name] = replace(one, state=state, reason="" if state is State.FINISHED else "exit_1_0")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    made = build(settings)
    text = "fleet: pair\nname_en: Pair\nzone: UTC\nsites:\n"
    text += "".join(SITE.format(name=name, lon=100 + 10 * at) for at, name in enumerate(SITES))
    with made.books.begin() as unit:
        made.ledger.import_sites(unit, text.encode(), NOW - timedelta(days=1))
    yield made
    made.books.close()


@pytest.fixture
def sites() -> dict[str, Made]:
    return {name: Made(name) for name in SITES}


@pytest.fixture
def following(services: Services, sites: dict[str, Made]) -> Following:
    return Following(
        boards=services.boards,
        books=services.books,
        ledger=services.ledger,
        dispatch=services.dispatch,
        collection=services.collection,
        engine=lambda site: sites[site.site_id],
    )


@pytest.fixture
def plan_id(services: Services) -> str:
    by = (NOW + timedelta(hours=1)).isoformat()
    rows = [f"job-{i},{NOW.isoformat()},intelligent,1,600,{SITES[i % 2]},batch,{by}" for i in range(COUNT)]
    text = "job_id,submit,kind,quantity,requested_s,origin,tier,start_by\n" + "\n".join(rows)
    return services.day.run(DayRequest(text.encode(), "jobs.csv", "generic", fleet_id="pair"), NOW).plan_id


def at(minutes: float):
    return lambda: NOW + timedelta(minutes=minutes)


def test_a_plan_is_given_once_and_followed_to_its_end(following, sites, plan_id) -> None:
    told = following.submit(plan_id, ENGINES, NOW)
    assert (told.jobs, told.open, told.attempts) == (COUNT, COUNT, 0)
    assert following.follow(plan_id, at(1)).waiting == COUNT
    assert following.follow(plan_id, at(2)).waiting == COUNT
    assert sum(len(site.log) for site in sites.values()) == COUNT
    sites["east"].run()
    sites["west"].run(3, State.FAILED)
    sites["west"].run()
    told = following.follow(plan_id, at(3))
    assert (told.finished, told.failed, told.open, told.is_over) == (COUNT - 3, 3, 0, True)
    with pytest.raises(ConflictError, match="once"):
        following.submit(plan_id, ENGINES, NOW)


def test_a_follower_that_ends_before_the_reply_asks_before_it_gives_again(following, sites, plan_id) -> None:
    following.submit(plan_id, ENGINES, NOW)
    for replies in (0, 3, 1):
        sites["east"].replies_left = replies
        with pytest.raises(KeyboardInterrupt):
            following.follow(plan_id, at(1))
    assert len(sites["east"].jobs) == 1 + 4 + 2
    sites["east"].replies_left = 10**6
    assert following.follow(plan_id, at(2)).waiting == COUNT
    assert sum(len(site.log) for site in sites.values()) == COUNT


def test_the_work_of_a_silent_site_moves_when_its_lease_is_over_and_not_before(following, sites, plan_id) -> None:
    # The lease is then counted from now, and not from where the plan has put each job.
    following.submit(plan_id, replace(ENGINES, is_early=True), NOW)
    following.follow(plan_id, at(0))
    west = sites["west"]
    west.run(4)
    following.follow(plan_id, at(1))
    west.run(2)
    west.is_silent = True
    assert next(s for s in following.follow(plan_id, at(20)).sites if s.site_id == "west").lost == 0
    told = following.follow(plan_id, at(21))
    at_west = next(one for one in told.sites if one.site_id == "west")
    assert (at_west.finished, at_west.lost, at_west.is_answering) == (6, COUNT // 2 - 6, False)
    assert told.unplaced == 0
    sites["east"].run()
    # When it comes back, what it still holds is cancelled before it is given anything.
    west.is_silent = False
    told = following.follow(plan_id, at(22))
    assert (told.finished, told.twice, told.is_over) == (COUNT, 0, True)
    assert [line.split()[0] for line in west.log[COUNT // 2 :]] == ["cancel"] * 4


def test_a_late_end_is_found_and_ends_the_job(following, sites, plan_id) -> None:
    following.submit(plan_id, ENGINES, NOW)
    following.follow(plan_id, at(0))
    west = sites["west"]
    west.is_silent = west.accounts_are_silent = True
    following.follow(plan_id, at(25))
    # One of those that moved has run at the new site, the others wait there; at the old site, two had ended unseen.
    west.is_silent = west.accounts_are_silent = False
    west.run(2)
    moved = [name for name in sites["east"].jobs if name.startswith(f"{prefix_of(plan_id)}2-")]
    first = next(one.name for one in west.jobs.values() if one.state is State.FINISHED)
    second = f"{prefix_of(plan_id)}2-{first[-16:]}"
    assert second in moved
    sites["east"].jobs[second] = replace(sites["east"].jobs[second], state=State.FINISHED)
    told = following.follow(plan_id, at(26))
    assert (told.late, told.twice) == (2, 1)
    told = following.follow(plan_id, at(27))
    # It went back to where it had come from, and what had ended late is not run again.
    assert told.twice == 1
    for site in sites.values():
        site.run()
    told = following.follow(plan_id, at(28))
    assert (told.finished, told.twice, told.is_over) == (COUNT, 1, True)


def test_a_fenced_site_gives_its_work_up_at_once_and_gets_none(following, sites, plan_id) -> None:
    following.submit(plan_id, ENGINES, NOW)
    following.follow(plan_id, at(0))
    sites["west"].is_silent = True
    following.fence("west", NOW)
    told = following.follow(plan_id, at(1))
    assert next(one for one in told.sites if one.site_id == "west").lost == COUNT // 2
    assert len(sites["east"].jobs) == COUNT
    following.fence("west", NOW, lift=True)
    assert following.account(plan_id).sites[1].fenced is None
    with pytest.raises(NotFoundError, match="site"):
        following.fence("nowhere", NOW)


def test_accounts_that_are_silent_give_nothing_up(following, sites, plan_id) -> None:
    following.submit(plan_id, ENGINES, NOW)
    following.follow(plan_id, at(0))
    sites["west"].accounts_are_silent = True
    sites["west"].run()
    sites["east"].run()
    told = following.follow(plan_id, at(600))
    assert (told.open, told.finished, told.unplaced) == (COUNT // 2, COUNT // 2, 0)
    sites["west"].accounts_are_silent = False
    assert following.follow(plan_id, at(601)).is_over


def test_a_job_that_every_site_refuses_fails_in_the_end(following, sites, plan_id) -> None:
    following.submit(plan_id, replace(ENGINES, attempts_max=2), NOW)
    for site in sites.values():
        site.refuses = "No such partition."
    for minute in range(4):
        told = following.follow(plan_id, at(minute))
    assert (told.failed, told.open, told.is_over) == (COUNT, 0, True)


def test_two_followers_at_once_are_one_too_many(following, sites, plan_id) -> None:
    following.submit(plan_id, ENGINES, NOW)
    honest = sites["west"].submit

    def meddle(order: Order) -> str:
        sites["west"].submit = honest  # type: ignore[method-assign]
        following.follow(plan_id, at(1))
        # Nothing runs twice for it: the site's claims see to that.
        sites["west"].jobs.clear()
        return honest(order)

    sites["west"].submit = meddle  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="one process"):
        following.follow(plan_id, at(1))


@pytest.mark.parametrize(
    ("engines", "now", "code"),
    [
        (replace(ENGINES, command=""), NOW, "orders_incomplete"),
        (replace(ENGINES, sites=ENGINES.sites[:1]), NOW, "orders_incomplete"),
        (ENGINES, NOW + timedelta(days=3), "plan_over"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(following, plan_id, engines, now, code) -> None:
    with pytest.raises(QipanError) as refused:
        following.submit(plan_id, engines, now)
    assert refused.value.code == code
    with pytest.raises(NotFoundError, match="submitted"):
        following.follow(plan_id, at(0))
    assert issubclass(RuleBrokenError, QipanError)
