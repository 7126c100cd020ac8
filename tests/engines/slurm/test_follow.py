"""Plans are carried out on two real clusters; one is killed half-way, or whoever follows: none is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qipan.bootstrap import Services, build, initialise, read_engines
from qipan.dispatch.engines.slurm import Slurm
from qipan.dispatch.model.submission import Attempt, Order, State
from qipan.kernel.time import Interval
from qipan.ledger.model.figure import Group
from qipan.settings import Settings
from qipan.workflows.model import DayRequest

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
  - {{ cluster: {name}, resource: gres/gpu, allocated: {name}/given, queued: {name}/waited }}
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


@pytest.fixture(scope="module")
def clusters(slurm):
    return {name: slurm.cluster(name, cards=CARDS, cpus=CARDS) for name in SITES}


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


def plan(services: Services, count: int) -> str:
    """Plan so many jobs of one card, half of them from beside each site."""
    now = datetime.now(UTC)
    submit, by = now.isoformat(), (now + timedelta(hours=1)).isoformat()
    rows = [f"job-{i},{submit},intelligent,1,10,{SITES[i % 2]},batch,{by}" for i in range(count)]
    text = "job_id,submit,kind,quantity,requested_s,origin,tier,start_by\n" + "\n".join(rows)
    report = services.day.run(DayRequest(text.encode(), "jobs.csv", "generic", fleet_id="pair"), now)
    assert report.account.placed == count, report.account
    return report.plan_id


def engines_file(folder: Path, clusters, *, patience_s: dict[str, int]) -> Path:
    """Write how the clusters are reached; each job leaves a line when it ends."""
    ends = folder / "ends"
    ends.mkdir()
    command = f"sleep 1; echo $QIPAN_ATTEMPT >> {ends}/{{job_id}}"
    told = f"command = '{command}'\nearly = true\nsilence_s = 20\n"
    for name, cluster in clusters.items():
        (folder / f"{name}.yaml").write_text(MAP.format(name=name))
        told += ENGINE.format(name=name, conf=cluster.conf, folder=cluster.shared, patience_s=patience_s[name])
    file = folder / "engines.toml"
    file.write_text(told)
    return file


def ends_of(folder: Path) -> Counter[str]:
    """Count the lines that each job left."""
    return Counter({path.name: len(path.read_text().splitlines()) for path in (folder / "ends").iterdir()})


def now() -> datetime:
    return datetime.now(UTC)


def completed(clusters, plan_id: str) -> Counter[str]:
    """Count, by the name of their job, what the clusters' accounting says ended well."""
    asked = ("sacct", "-X", "-n", "-P", "--allusers", "--starttime=now-1hour", "--format=Comment,JobName,State")
    rows = [row.split("|") for cluster in clusters.values() for row in cluster.ask(*asked).splitlines()]
    names = [name for _, name, state in rows if state == "COMPLETED" and name.startswith(f"qipan-{plan_id}-")]
    # The name of an attempt ends in a digest of its job's.
    return Counter(name.rpartition("-")[2] for name in names)


def card_seconds(cluster) -> int:
    """Return the card-seconds that a cluster's accounting holds."""
    asked = ("sacct", "-X", "-n", "-P", "--allusers", "--starttime=now-1hour", "--format=ElapsedRaw,AllocTRES")
    rows = [row.split("|") for row in cluster.ask(*asked).splitlines()]
    return sum(int(elapsed) * ("gres/gpu=1" in given.split(",")) for elapsed, given in rows)


def given_card_seconds(services: Services, since: datetime) -> dict[str, float]:
    """Return the card-seconds that the ledger holds of each site."""
    first = since.replace(minute=0, second=0, microsecond=0)
    with services.books.read() as unit:
        metered = services.figures.of(unit, Interval(first, first + timedelta(hours=2)), now(), fleet_ids=("pair",))
    return {one.group: round((one.allocated_unit_h or 0) * 3600, 6) for one in metered.supply(by=Group.SITE)}


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
        assert time.monotonic() - began < 240
        told = services.following.follow(plan_id, now)
        at_west = next(site for site in told.sites if site.site_id == "west")
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
    counts = completed(clusters, plan_id)
    assert len(counts) == 200
    assert set(counts.values()) == {1}
    # A job that ended within the blink before the kill left its line, and no cluster knows.
    ends = ends_of(tmp_path)
    assert len(ends) == 200
    assert sum(ends.values()) - 200 <= CARDS
    held = given_card_seconds(services, since)
    assert held == {name: card_seconds(cluster) for name, cluster in clusters.items()}
    measured = {
        "seconds": round(time.monotonic() - began),
        "lost": at_west.lost,
        "unseen_ends": sum(ends.values()) - 200,
    }
    record_property("measured", measured)


def test_who_follows_is_killed_and_a_site_is_fenced(services: Services, clusters, tmp_path: Path) -> None:
    plan_id = plan(services, 40)
    file = engines_file(tmp_path, clusters, patience_s=dict.fromkeys(SITES, 3600))
    command = [str(Path(sys.executable).parent / "qipan"), "dispatch"]
    environment = os.environ | {"QIPAN_HOME": str(services.settings.home)}

    def call(*words: str) -> str:
        done = subprocess.run(
            [*command, *words], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call("submit", plan_id, "--engines", str(file))
    words = [*command, "follow", plan_id, "--every", "0.1"]
    for seconds in (4.0, 5.0, 5.5, 6.0):
        child = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        child.wait()
    deadline = time.monotonic() + 120
    while services.following.follow(plan_id, now).attempts < 40:
        assert time.monotonic() < deadline
    clusters["west"].kill()
    still = services.following.follow(plan_id, now)
    assert next(site for site in still.sites if site.site_id == "west").lost == 0
    call("fence", "west")
    deadline = time.monotonic() + 120
    while (told := services.following.follow(plan_id, now)).finished < 40:
        assert time.monotonic() < deadline, told
        time.sleep(0.3)
    clusters["west"].start()
    deadline = time.monotonic() + 120
    while not (told := services.following.follow(plan_id, now)).is_over:
        assert time.monotonic() < deadline, told
        time.sleep(0.3)
    assert f"{told.finished} finished" in call("follow", plan_id, "--once")
    call("fence", "west", "--lift")
    counts = completed(clusters, plan_id)
    assert len(counts) == 40
    assert set(counts.values()) == {1}
    assert len(ends_of(tmp_path)) == 40


def test_an_order_that_is_given_twice_runs_once(clusters, tmp_path: Path) -> None:
    engine = Slurm("east", conf=str(clusters["east"].conf), folder=str(clusters["east"].shared))
    start = now().replace(microsecond=0)
    attempt = Attempt("2026-01-01-1", str(tmp_path), 1, "east", start, State.OFFERED, start + timedelta(minutes=5))
    wanted = Order(attempt, f"echo ran >> {tmp_path}/ran", 1.0, 10.0, "gres/gpu:sim")
    assert engine.submit(wanted) != engine.submit(wanted)
    deadline = time.monotonic() + 60
    known = engine.known(attempt.plan_id, start)
    while not known or known[0].state is not State.FINISHED or known[0].twins:
        assert time.monotonic() < deadline
        time.sleep(0.3)
        known = engine.known(attempt.plan_id, start)
    asked = ("sacct", "-X", "-n", "-P", f"--name={attempt.name}", "--format=ExitCode")
    while len(codes := clusters["east"].ask(*asked).split()) < 2 or "75:0" not in codes:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert (tmp_path / "ran").read_text() == "ran\n"
