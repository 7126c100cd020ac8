"""Plans are carried out on two real clusters; one is killed half-way, or whoever follows: none is lost or doubled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from tests.engines.slurm.conftest import PATIENCE_S, until

from qipan.bootstrap.files import read_engines
from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.attempts.reconcile import reconcile
from qipan.dispatch.engines.slurm import Slurm
from qipan.dispatch.model.submission import Attempt, Order, State
from qipan.dispatch.store.submission import attempts_of
from qipan.kernel.time import Interval
from qipan.ledger.model.figure import Group
from qipan.settings import Settings
from qipan.workflows.model import Followed, FollowedSite
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.engine

CARDS = 10
SITES = ("east", "west")
FLEET = """
fleet: pair
name_en: Two clusters
zone: UTC
sites:
"""
SITE = """
  - site_id: {name}
    name_en: {name}
    macro: here
    lon_deg: {lon}
    lat_deg: 40
    pue: 1.2
    price_yuan_per_kwh: 0.5
    location_kg_per_kwh: 0.5
    pools: [{{ pool_id: {name}/cards, kind: intelligent, quantity: {cards}, it_kw_per_unit: 1 }}]
    meters:
      - {{ meter_id: {name}/given, measure: allocated_unit_s, pool_id: {name}/cards, source_id: {name} }}
      - {{ meter_id: {name}/waited, measure: queued_unit_s, pool_id: {name}/cards, source_id: {name} }}
"""
MAP = """
zone: UTC
period_s: 10
pools:
  - {{ cluster: {cluster}, resource: gres/gpu, allocated: {name}/given, queued: {name}/waited }}
"""
ENGINE = """
[sites.{name}]
engine = "slurm"
conf = "{conf}"
folder = "{folder}"
timeout_s = 8
patience_s = {patience_s}
resources = {{ intelligent = "gres/gpu" }}
source = "{name}"
map = "{name}.yaml"
"""


@pytest.fixture
def clusters(slurm, request: pytest.FixtureRequest):
    """Start clusters that no other test has used; what they said last is shown where the test fails."""
    sign = sha256(request.node.name.encode()).hexdigest()[:4]
    made = {name: slurm.cluster(f"{name}{sign}", cards=CARDS, cpus=CARDS) for name in SITES}
    yield made
    for one in made.values():
        sys.stdout.write(one.describe())
        one.kill()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, datetime.now(UTC))
    made = build(settings)
    sources = ", ".join(f"{{ source_id: {name}, name_en: {name}, cadence_s: 10 }}" for name in SITES)
    sites = "".join(SITE.format(name=name, lon=100 + 10 * at, cards=CARDS) for at, name in enumerate(SITES))
    with made.books.begin() as unit:
        text = f"{FLEET}{sites}sources: [{sources}]\n"
        made.ledger.import_sites(unit, text.encode(), datetime.now(UTC) - timedelta(days=1))
    yield made
    made.books.close()


def plan(services: Services, count: int, *, requested_s: int = 10) -> str:
    """Plan so many jobs of one card, half of them from beside each site."""
    now = datetime.now(UTC)
    submit, by = now.isoformat(), (now + timedelta(hours=1)).isoformat()
    rows = [f"job-{i},{submit},intelligent,1,{requested_s},{SITES[i % 2]},batch,{by}" for i in range(count)]
    text = "job_id,submit,kind,quantity,requested_s,origin,tier,start_by\n" + "\n".join(rows)
    report = services.day.run(DayRequest(text.encode(), "jobs.csv", "generic", fleet_id="pair"), now)
    assert report.account.placed == count, report.account
    return report.plan_id


def engines_file(folder: Path, clusters, *, patience_s: dict[str, int], before: str = "") -> Path:
    """Write how the clusters are reached; each job leaves a line when it ends, ``before`` stands before its work."""
    ends = folder / "ends"
    ends.mkdir()
    command = f"{before}sleep 1; echo $QIPAN_ATTEMPT >> {ends}/{{job_id}}"
    told = f"command = '{command}'\nearly = true\nsilence_s = 20\n"
    for name, cluster in clusters.items():
        (folder / f"{name}.yaml").write_text(MAP.format(name=name, cluster=cluster.name))
        told += ENGINE.format(name=name, conf=cluster.conf, folder=cluster.shared, patience_s=patience_s[name])
    file = folder / "engines.toml"
    file.write_text(told)
    return file


def ends_of(folder: Path) -> Counter[str]:
    """Count the lines that each job left."""
    return Counter({path.name: len(path.read_text().splitlines()) for path in (folder / "ends").iterdir()})


def now() -> datetime:
    return datetime.now(UTC)


def at_site(told: Followed, site_id: str) -> FollowedSite:
    return next(site for site in told.sites if site.site_id == site_id)


def follow_until(services: Services, plan_id: str, is_so: Callable[[Followed], bool]) -> Followed:
    """Go round until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so(told := services.following.follow(plan_id, now)):
        assert time.monotonic() < deadline, told
        time.sleep(0.3)
    return told


@contextmanager
def follower(services: Services) -> Iterator[subprocess.Popen[str]]:
    """Start a process that has imported everything and waits for its words: it begins when it is told to."""
    wait = (
        "import sys, qipan.bootstrap.services; from qipan.interfaces.cli.app import main; "
        "sys.argv[1:] = input().split(); main()"
    )
    environment = os.environ | {"QIPAN_HOME": str(services.settings.home)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", wait], env=environment, stdin=pipe, stdout=pipe, text=True) as child:
        yield child
        child.kill()


def tell(child: subprocess.Popen[str], *words: str) -> None:
    assert child.stdin is not None
    child.stdin.write(" ".join(words) + "\n")
    child.stdin.flush()


def taken(clusters) -> int:
    """Count the jobs that the clusters took, ended ones among them."""
    return sum(len(set(cluster.jobs("all"))) for cluster in clusters.values())


def accounts(clusters, plan_id: str, *states: str) -> set[str]:
    """Return the attempts that the clusters' accounting holds in some state."""
    asked = ("sacct", "-X", "-n", "-P", "--duplicates", "--allusers", "--starttime=now-1hour", "--format=JobName,State")
    rows = [row.split("|") for cluster in clusters for row in cluster.ask(*asked).splitlines()]
    return {name for name, state in rows if state in states and name.startswith(f"qipan-{plan_id}-")}


def by_job(attempts: set[str]) -> Counter[str]:
    """Count attempts by job: their names end in a digest of its own."""
    return Counter(name.rpartition("-")[2] for name in attempts)


def card_seconds(cluster) -> list[tuple[str, int]]:
    """Return the attempts that a cluster's accounting holds, and the card-seconds of each."""
    asked = ("sacct", "-X", "-n", "-P", "--duplicates", "--allusers", "--starttime=now-1hour")
    rows = [row.split("|") for row in cluster.ask(*asked, "--format=JobName,ElapsedRaw,AllocTRES").splitlines()]
    return [(name, int(elapsed) * ("gres/gpu=1" in given.split(","))) for name, elapsed, given in rows]


def given_card_seconds(services: Services, since: datetime) -> dict[str, float]:
    """Return the card-seconds that the ledger holds of each site."""
    first = since.replace(minute=0, second=0, microsecond=0)
    with services.books.read() as unit:
        metered = services.figures.of(unit, Interval(first, first + timedelta(hours=2)), now(), fleet_ids=("pair",))
    return {one.group: round((one.allocated_unit_h or 0) * 3600, 6) for one in metered.supply(by=Group.SITE)}


def expect_ledger_holds_accounting(services: Services, clusters, plan_id: str, since: datetime) -> None:
    """Hold the ledger against the accounting: of an account that a controller wrote over either may be."""
    with services.books.read() as unit:
        attempts = [one for one in attempts_of(unit, plan_id) if one.state is State.FINISHED]
    read = {one.name: (one.ended - one.began).total_seconds() for one in attempts if one.began and one.ended}
    held = given_card_seconds(services, since)
    assert held.keys() == clusters.keys()
    for site, cluster in clusters.items():
        told = [(seconds, read.get(name, seconds)) for name, seconds in card_seconds(cluster)]
        assert sum(map(min, told)) <= held[site] <= sum(map(max, told))


def test_two_hundred_jobs_outlive_the_death_of_a_cluster(
    services: Services, clusters, tmp_path: Path, record_property
) -> None:
    since, began = now(), time.monotonic()
    plan_id = plan(services, 200)
    file = engines_file(tmp_path, clusters, patience_s={"east": 600, "west": 40})
    told = services.following.submit(plan_id, read_engines(file, file.read_bytes()), now())
    assert {site.site_id: site.open for site in told.sites} == {"east": 100, "west": 100}
    west, is_dead, is_back = clusters["west"], False, False
    while not (told.is_over and all(site.is_answering for site in told.sites)):
        assert time.monotonic() - began < 2 * PATIENCE_S, told
        told = services.following.follow(plan_id, now)
        at_west = at_site(told, "west")
        if not is_dead and len(ends_of(tmp_path)) >= 100:
            west.kill()
            is_dead = True
        elif is_dead and not is_back and at_west.lost and not at_west.open:
            west.start()
            is_back = True
        time.sleep(0.3)
    assert is_dead
    assert is_back
    assert at_west.lost >= 20
    assert (told.jobs, told.finished, told.failed, told.unplaced, told.twice) == (200, 200, 0, 0, 0)
    # What west was running, as it remembers, its node does not know any more: it writes over the account of their end.
    counts = by_job(accounts(clusters.values(), plan_id, "COMPLETED"))
    forgotten = by_job(accounts([west], plan_id, "NODE_FAIL"))
    assert len(counts | forgotten) == 200
    assert set(counts.values()) == {1}
    assert len(forgotten) <= CARDS
    # A job that ended within the blink before the kill left its line, and no cluster knows.
    ends = ends_of(tmp_path)
    assert len(ends) == 200
    assert sum(ends.values()) - 200 <= CARDS
    expect_ledger_holds_accounting(services, clusters, plan_id, since)
    measured = {
        "seconds": round(time.monotonic() - began),
        "lost": at_west.lost,
        "unseen_ends": sum(ends.values()) - 200,
        "forgotten_ends": 200 - len(counts),
    }
    record_property("measured", measured)


def test_who_follows_is_killed_and_a_site_is_fenced(services: Services, clusters, tmp_path: Path) -> None:
    since, west = now(), clusters["west"]
    gate = tmp_path / "gate"
    # Nothing ends at west while the gate is shut, so all that it was given is lost when it is fenced.
    shut = f"[ $SLURM_CLUSTER_NAME != {west.name} ] || until [ -e {gate} ]; do sleep 0.2; done"
    with ExitStack() as stack:
        followers = [stack.enter_context(follower(services)) for _ in range(4)]
        plan_id = plan(services, 40, requested_s=1200)
        file = engines_file(tmp_path, clusters, patience_s=dict.fromkeys(SITES, 3600), before=f"{shut}; ")
        services.following.submit(plan_id, read_engines(file, file.read_bytes()), now())
        last = followers.pop()
        for given, child in zip((5, 15, 25), followers, strict=True):
            tell(child, "dispatch", "follow", plan_id, "--every", "0.1")
            until(lambda child=child, given=given: child.poll() is not None or taken(clusters) >= given, "Giving")
            child.kill()
            assert child.wait() == -signal.SIGKILL
        follow_until(services, plan_id, lambda told: told.waiting + told.running + told.finished == 40)
        until(lambda: len(west.jobs("running")) == CARDS, "A full site")
        west.remember()
        west.kill()
        assert at_site(services.following.follow(plan_id, now), "west").lost == 0
        services.following.fence("west", now())
        told = follow_until(services, plan_id, lambda told: told.finished == 40)
        assert (at_site(told, "east").finished, at_site(told, "west").lost) == (40, 20)
        # It comes back without its node; what it still holds is cancelled before it could start.
        west.start_controller()
        assert len(west.jobs("pending,running")) == 20
        follow_until(services, plan_id, lambda _: not west.jobs("pending,running"))
        west.start_node()
        gate.touch()
        told = follow_until(services, plan_id, lambda told: told.is_over)
        tell(last, "dispatch", "follow", plan_id, "--once")
        out, _ = last.communicate(timeout=PATIENCE_S)
    assert last.returncode == 0
    assert "40 finished" in out
    assert services.following.fence("west", now(), lift=True).fenced is None
    assert (told.jobs, told.failed, told.unplaced, told.late, told.twice) == (40, 0, 0, 0, 0)
    counts = by_job(accounts(clusters.values(), plan_id, "COMPLETED"))
    assert len(counts) == 40
    assert set(counts.values()) == {1}
    assert ends_of(tmp_path) == {f"job-{i}": 1 for i in range(40)}
    expect_ledger_holds_accounting(services, clusters, plan_id, since)


def test_what_a_controller_forgot_is_not_waited_for(slurm, tmp_path: Path) -> None:
    cluster = slurm.cluster("forgetful", is_open=False)
    engine = Slurm("east", conf=str(cluster.conf), folder=str(cluster.shared))
    start = now().replace(microsecond=0)

    def give(job_id: str) -> Attempt:
        attempt = Attempt("2026-01-01-1", job_id, 1, "east", start, State.OFFERED, start + timedelta(hours=1))
        given = Order(attempt, f"echo ran >> {tmp_path}/{job_id}; sleep 600", 1.0, 1200.0, "gres/gpu:sim")
        return replace(attempt, state=State.WAITING, engine_id=engine.submit(given))

    remembered = give("remembered")
    cluster.remember()
    shutil.copytree(cluster.at / "state", tmp_path / "state")
    cluster.start_node()
    forgotten = give("forgotten")
    until(lambda: (tmp_path / "remembered").exists() and (tmp_path / "forgotten").exists(), "Two jobs")
    until(lambda: [one.state for one in engine.ended(remembered.plan_id, start)] == [State.RUNNING] * 2, "Accounting")
    cluster.kill()
    shutil.rmtree(cluster.at / "state")
    shutil.copytree(tmp_path / "state", cluster.at / "state")
    cluster.start()
    # The one runs again and finds its claim; the other is running for ever, as the accounting has it.
    until(lambda: [one.reason for one in engine.known(remembered.plan_id, start)] == ["claimed"], "A claim")
    (one,) = engine.known(remembered.plan_id, start)
    assert (one.name, one.state, one.is_active) == (remembered.name, State.RUNNING, False)
    assert {one.name for one in engine.ended(remembered.plan_id, start)} == {remembered.name, forgotten.name}
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == {
        "remembered": "ran\n",
        "forgotten": "ran\n",
    }
    given, lost = [remembered, forgotten], [replace(o, state=State.LOST) for o in (remembered, forgotten)]
    known = {one.name: one}
    # Neither is given up before its lease is over; where both are, nothing of them is left to wait for or to cancel.
    assert all(after.is_open for after in reconcile(given, known, now()).attempts)
    changes = reconcile(lost, known, now())
    assert changes.cancel == ()
    assert [after.ended is not None for after in changes.attempts] == [True, True]
    cluster.kill()


def test_an_order_that_is_given_twice_runs_once(clusters, tmp_path: Path) -> None:
    east, gate = clusters["east"], tmp_path / "gate"
    engine = Slurm("east", conf=str(east.conf), folder=str(east.shared))
    start = now().replace(microsecond=0)
    attempt = Attempt("2026-01-01-1", str(tmp_path), 1, "east", start, State.OFFERED, start + timedelta(hours=1))
    command = f"until [ -e {gate} ]; do sleep 0.2; done; echo ran >> {tmp_path}/ran"
    wanted = Order(attempt, command, 1.0, 600.0, "gres/gpu:sim")

    def known() -> list[tuple[State, tuple[str, ...]]]:
        return [(one.state, one.twins) for one in engine.known(attempt.plan_id, start)]

    def codes() -> list[str]:
        return east.ask("sacct", "-X", "-n", "-P", f"--name={attempt.name}", "--format=ExitCode").split()

    assert engine.submit(wanted) != engine.submit(wanted)
    until(lambda: "75:0" in codes(), "The end of the second")
    assert known() == [(State.RUNNING, ())]
    gate.touch()
    until(lambda: known() == [(State.FINISHED, ())], "The end of the first")
    # A third one, when all is over, is told how it ended.
    engine.submit(wanted)
    until(lambda: sorted(codes()) == ["0:0", "0:0", "75:0"] and known() == [(State.FINISHED, ())], "The third")
    assert (tmp_path / "ran").read_text() == "ran\n"
