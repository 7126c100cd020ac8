"""Rolling operation on a clock that the test holds: nothing is lost, nothing is placed twice, a restart goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qipan.bootstrap.live import live
from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.model.roll import RollTerms
from qipan.kernel.errors import BadInputError, ConflictError
from qipan.ledger.model.power import Medium, Store
from qipan.settings import Settings
from qipan.workflows import live as module
from qipan.workflows.decision import Decision
from qipan.workflows.fleet import national_fleet
from qipan.workflows.live import Live

pytestmark = pytest.mark.slow

FLEET = "eight"
# Midnight in Shanghai.
BEGINS = datetime(2026, 5, 31, 16, tzinfo=UTC)
TERMS = RollTerms(every_s=900.0, gap=1e-3)
HEADER = "job_id,submit,kind,quantity,requested_s,origin,tier,start_by,actual_s"


def at(hours: float) -> datetime:
    return BEGINS + timedelta(hours=hours)


def row(
    job_id: str, submit_h: float, *, cards: int = 8, hours: float = 2.0, start_by_h: float, actual_s: str = ""
) -> str:
    return (
        f"{job_id},{at(submit_h).isoformat()},intelligent,{cards},{hours * 3600:g},440000,batch,"
        f"{at(start_by_h).isoformat()},{actual_s}"
    )


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """Return services with a fleet of one site of eight cards."""
    settings = Settings(home=tmp_path / "home")
    initialise(settings, BEGINS)
    made = build(settings)
    national = national_fleet(made.catalog)
    site = next(one for one in national.sites if one.site_id == "shaoguan")
    pool = replace(site.pools[0], pool_id="eight-cards", quantity=8.0)
    small = replace(site, site_id="eight", pools=(pool,), power_cap_kw=100.0, meters=())
    with made.books.begin() as unit:
        made.ledger.register(unit, replace(national, fleet_id=FLEET, sites=(small,), sources=()), BEGINS)
    return made


@pytest.fixture
def desk(services: Services) -> Live:
    return live(services, FLEET, TERMS)


def finals(*decisions: Decision) -> list[tuple[str, datetime]]:
    return [(one.job_id, one.start) for decision in decisions for one in decision.final]


def test_file_is_taken_in_once(desk: Live) -> None:
    data = csv(row("a", 0, start_by_h=20), row("b", 0, start_by_h=20))
    first, again = desk.take_in(data, "one.csv", at(0)), desk.take_in(data, "two.csv", at(1))
    assert (first.is_new, first.new, again.is_new, again.new) == (True, 2, False, 0)
    # A job that comes in another file again is the same job.
    third = desk.take_in(csv(row("b", 0, start_by_h=20), row("c", 0, start_by_h=20)), "three.csv", at(1))
    assert (third.new, third.passed_over) == (1, 1)
    assert desk.standing(at(1))[0] == 3


def test_one_after_the_other_where_there_is_room_for_one(desk: Live) -> None:
    desk.take_in(csv(row("a", 0, start_by_h=0), row("b", 0, start_by_h=2)), "a.csv", at(0))
    decisions = [desk.replan(at(quarter / 4)) for quarter in range(10)]
    assert finals(*decisions) == [("a", at(0)), ("b", at(2))]
    assert all(not one.lost for one in decisions)
    assert decisions[-1].waiting == 0


def test_room_of_a_job_that_ended_early_is_used(desk: Live) -> None:
    desk.take_in(csv(row("a", 0, hours=10, start_by_h=0), row("b", 0, start_by_h=0.5)), "a.csv", at(0))
    first = desk.replan(at(0))
    assert finals(first) == [("a", at(0))]
    told = desk.take_in(csv(row("a", 0, hours=10, start_by_h=0, actual_s="1200")), "ended.csv", at(0.4))
    assert (told.new, told.ended, told.passed_over) == (0, 1, 0)
    assert finals(desk.replan(at(0.5))) == [("b", at(0.5))]


def test_the_only_site_takes_nothing_where_a_reserve_for_it_is_kept(services: Services) -> None:
    desk = live(services, FLEET, TERMS, keeps_reserve=True)
    desk.take_in(csv(row("a", 0, start_by_h=0)), "a.csv", at(0))
    assert desk.replan(at(0)).placed == []
    assert desk.replan(at(0.25)).lost == ["a"]


def test_job_runs_on_what_the_table_of_substitutes_names(services: Services) -> None:
    table = b"kind,card_model,by_kind,by_card_model,units\ngeneral,,intelligent,,2\n"
    desk = live(services, FLEET, TERMS, substitutes=table)
    data = csv(row("a", 0, cards=4, start_by_h=0), row("b", 0.1, cards=1, start_by_h=0.1))
    desk.take_in(data.replace(b"intelligent", b"general"), "a.csv", at(0))
    # Four of its kind hold eight cards: whoever comes then finds none.
    assert finals(desk.replan(at(0))) == [("a", at(0))]
    assert [desk.replan(at(quarter / 4)).lost for quarter in (1, 2)] == [["b"], []]


def test_row_that_names_a_reservation_is_set_aside_alone(services: Services, desk: Live) -> None:
    head = b"job_id,submit,kind,quantity,requested_s,origin,reservation\n"
    rows = "".join(f"{job},{at(0).isoformat()},intelligent,1,3600,440000,{held}\n" for job, held in ("a ", "br", "c "))
    told = desk.take_in(head + rows.encode(), "a.csv", at(0))
    assert (told.rows_read, told.new, told.quarantined) == (3, 2, 1)
    with services.books.read() as unit:
        (batch,) = services.observations.batches(unit, kind=module.JOBS)
    assert batch.rows == 3
    assert services.observations.data(batch) == head + rows.encode()
    assert live(services, FLEET, TERMS).standing(at(0))[0] == 2


def test_fleet_with_a_store_is_refused(services: Services) -> None:
    with services.books.begin() as unit:
        fleet = services.ledger.fleet(unit, FLEET)
        stored = replace(fleet.sites[0], store=Store(Medium.BATTERY, 4.0, 1.0, 0.9))
        services.ledger.register(unit, replace(fleet, fleet_id="stored", sites=(stored,)), BEGINS)
    with pytest.raises(BadInputError) as caught:
        live(services, "stored", TERMS)
    assert caught.value.code == "energy_not_rolling"


def test_job_whose_window_closes_without_a_seat_is_lost_once(desk: Live) -> None:
    desk.take_in(csv(row("a", 0, hours=10, start_by_h=0), row("b", 0, start_by_h=1)), "a.csv", at(0))
    decisions = [desk.replan(at(quarter / 4)) for quarter in range(8)]
    assert [job_id for one in decisions for job_id in one.lost] == ["b"]
    assert desk.standing(at(2))[2] == {"b"}


def test_arriving_job_is_seated_between_replans(desk: Live) -> None:
    desk.replan(at(0))
    desk.take_in(csv(row("a", 0.1, start_by_h=0.1)), "a.csv", at(0.1))
    decision = desk.place_new(at(0.1))
    assert not decision.is_replan
    assert finals(decision) == [("a", at(0.1))]
    assert finals(desk.replan(at(0.25))) == []


def test_job_that_arrives_past_midnight_while_another_runs_is_planned(services: Services) -> None:
    desk = live(services, FLEET, replace(TERMS, every_s=420.0))
    desk.take_in(csv(row("a", 20, cards=2, hours=10, start_by_h=20)), "a.csv", at(20))
    assert finals(desk.replan(at(20))) == [("a", at(20))]
    desk.replan(at(23.95))
    desk.take_in(csv(row("b", 24.02, cards=2, hours=1, start_by_h=24.02)), "b.csv", at(24.02))
    decision = desk.place_new(at(24.02))
    assert decision.is_replan
    assert finals(decision) == [("b", at(24.02))]


def test_restart_at_every_step_decides_the_same(services: Services, tmp_path: Path) -> None:
    files = {
        0: csv(row("a", 0, start_by_h=1), row("b", 0, cards=4, start_by_h=5)),
        3: csv(row("c", 0.7, cards=4, start_by_h=5)),
    }
    settings = Settings(home=tmp_path / "other")
    initialise(settings, BEGINS)
    other = build(settings)
    with services.books.read() as unit, other.books.begin() as theirs:
        other.ledger.register(theirs, services.ledger.fleet(unit, FLEET), BEGINS)
    one, found, expected = live(other, FLEET, TERMS), [], []
    for quarter in range(21):
        fresh = live(services, FLEET, TERMS)
        for desk in (one, fresh):
            if quarter in files:
                desk.take_in(files[quarter], "jobs.csv", at(quarter / 4))
        expected += finals(one.replan(at(quarter / 4)))
        found += finals(fresh.replan(at(quarter / 4)))
    assert found == expected
    assert sorted(job_id for job_id, _ in found) == ["a", "b", "c"]
    other.books.close()


def test_day_after_takes_up_what_still_waits(desk: Live) -> None:
    desk.take_in(csv(row("a", 20, hours=8, start_by_h=20), row("b", 21, start_by_h=30)), "a.csv", at(20))
    decisions = [desk.replan(at(hour)) for hour in (20, 21, 22, 23, 24, 25, 26, 27, 27.75, 28, 28.25)]
    assert finals(*decisions) == [("a", at(20)), ("b", at(28))]


def test_two_processes_do_not_both_decide(services: Services, desk: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take_in(csv(row("a", 0, start_by_h=5)), "a.csv", at(0))
    other = live(services, FLEET, TERMS)
    prepare = module.prepare

    def meanwhile(*given: object) -> object:
        monkeypatch.setattr(module, "prepare", prepare)
        other.replan(at(0))
        return prepare(*given)

    monkeypatch.setattr(module, "prepare", meanwhile)
    with pytest.raises(ConflictError) as refused:
        desk.replan(at(0))
    assert refused.value.code == "live_twice"
    # Who lost reads what the other has decided, and goes on.
    placed = [desk.replan(at(quarter / 4)) for quarter in range(1, 24)]
    with services.books.read() as unit:
        kept = services.observations.batches(unit, kind=module.DECISION)
    assert len(kept) == 1 + len(placed)
    assert len(desk.standing(at(6))[1]) == 1
