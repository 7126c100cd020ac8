"""A real Prometheus scrapes a real node exporter and cards with DCGM's names; what it holds becomes readings."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from qipan.bootstrap.services import build, initialise
from qipan.kernel.errors import EngineError
from qipan.kernel.time import Interval
from qipan.ledger.model.figure import Group
from qipan.settings import Settings

pytestmark = pytest.mark.engine

PERIOD_S = 10
STEP_MJ = 5000
RESET_AT = 14
MAP = f"""
period_s: {PERIOD_S}
step_s: 1
entries:
  - {{ expression: DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION, kind: counter, factor: 0.001, meter_id: "{{site}}/cards" }}
  - {{ expression: DCGM_FI_DEV_GPU_UTIL, kind: gauge, factor: 0.01, meter_id: "{{site}}/used" }}
  - {{ expression: 'sum by (site) (node_cpu_seconds_total)', kind: counter, meter_id: "{{site}}/cores" }}
"""
FLEET = """
fleet: real
name_en: Real
zone: Asia/Shanghai
sites:
  - site_id: here
    name_en: Here
    adcode: 640000
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools:
      - { pool_id: here/cards, kind: intelligent, quantity: 2, it_kw_per_unit: 1 }
      - { pool_id: here/cores, kind: general, quantity: 64, it_kw_per_unit: 0.01 }
    meters:
      - { meter_id: here/cards, measure: card_j, pool_id: here/cards, source_id: here }
      - { meter_id: here/used, measure: used_unit_s, pool_id: here/cards, source_id: here }
      - { meter_id: here/cores, measure: used_unit_s, pool_id: here/cores, source_id: here }
sources: [{ source_id: here, name_en: Here, cadence_s: 60 }]
"""


class Cards(BaseHTTPRequestHandler):
    """Two cards, each 5 J further at every scrape, busy to 50 and 75 per cent; after some scrapes they are rebooted."""

    scrapes = 0

    def do_GET(self) -> None:
        """Answer a scrape."""
        type(self).scrapes += 1
        count = self.scrapes if self.scrapes < RESET_AT else self.scrapes - RESET_AT + 1
        lines = []
        for card, busy in ((0, 50), (1, 75)):
            labels = f'{{gpu="{card}",UUID="GPU-{card}",Hostname="n1"}}'
            lines += [
                f"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{labels} {STEP_MJ * count}",
                f"DCGM_FI_DEV_GPU_UTIL{labels} {busy}",
            ]
        body = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def absent(program: str) -> None:
    """Skip where a program is not installed; on the build machine that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{program} must be installed on the build machine.")
    pytest.skip(f"{program} is not installed")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start Prometheus and what it scrapes, and let it scrape for a while; return its address."""
    for program in ("prometheus", "prometheus-node-exporter"):
        if shutil.which(program) is None:
            absent(program)
    folder, port, node_port = tmp_path_factory.mktemp("prometheus"), free_port(), free_port()
    with ExitStack() as stack:
        cards = ThreadingHTTPServer(("127.0.0.1", 0), Cards)
        stack.callback(cards.server_close)
        stack.callback(cards.shutdown)
        threading.Thread(target=cards.serve_forever, daemon=True).start()
        (folder / "prometheus.yml").write_text(
            f"""
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: cards
    static_configs: [{{ targets: ["127.0.0.1:{cards.server_address[1]}"], labels: {{ site: here }} }}]
  - job_name: node
    static_configs: [{{ targets: ["127.0.0.1:{node_port}"], labels: {{ site: here }} }}]
"""
        )
        start(stack, folder, "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node_port}")
        start(
            stack,
            folder,
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        deadline = time.monotonic() + 60
        while Cards.scrapes < 3 * PERIOD_S + 8 and time.monotonic() < deadline:
            time.sleep(0.5)
        yield address


def start(stack: ExitStack, folder: Path, program: str, *words: str) -> None:
    log = stack.enter_context((folder / f"{program}.log").open("wb"))
    child = subprocess.Popen([program, *words], stdout=log, stderr=log, cwd=folder)
    stack.callback(child.wait, 20)
    stack.callback(child.terminate)


def wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/-/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail("Prometheus did not become ready.")


def test_real_prometheus_becomes_readings(prometheus: str, tmp_path: Path) -> None:
    settings, now = Settings(home=tmp_path / "home"), datetime.now(UTC)
    initialise(settings, now)
    services = build(settings)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, FLEET.encode(), now)
    how = {"source_id": "here", "until": now, "now": now, "margin": timedelta(seconds=2)}
    told = services.collection.prometheus(prometheus, MAP.encode(), since=now - timedelta(seconds=90), **how)
    assert told is not None
    assert (told.quarantined, told.disputed) == (0, 0)

    rows = services.lake.table("reading").to_pyarrow().to_pylist()
    by_meter: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: row["period_start"]):
        assert (row["period_end"] - row["period_start"]).total_seconds() == PERIOD_S
        by_meter.setdefault(row["meter_id"], []).append(row["value"])
    # 5 J a card and scrape, about one scrape a second, over a reset of the counter.
    assert len(by_meter["here/cards"]) >= 2
    for value in by_meter["here/cards"]:
        assert value % (2 * STEP_MJ // 1000) == 0
        assert 2 * 5 * (PERIOD_S - 2) <= value <= 2 * 5 * (PERIOD_S + 2)
    assert Cards.scrapes > RESET_AT
    # 0.5 + 0.75 of a card for ten seconds: 12.5 card-seconds, rounded down.
    assert set(by_meter["here/used"]) == {12}
    # All modes of all cores together pass about as many seconds as there are cores.
    assert all(value > PERIOD_S // 2 for value in by_meter["here/cores"])

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with services.books.read() as unit:
        later = datetime.now(UTC)
        whole = Interval(hour - timedelta(hours=1), hour + timedelta(hours=1))
        metered = services.figures.of(unit, whole, later, fleet_ids=["real"])
    (cards,) = (one for one in metered.supply(by=Group.MACRO3) if one.kind == "intelligent")
    assert cards.group == "west"
    assert cards.used_share == pytest.approx(0.6, abs=0.01)  # 12 of 20 card-seconds

    again = services.collection.prometheus(prometheus, MAP.encode(), since=None, **how)
    assert again is None  # nothing is over that was not told
    services.books.close()


def test_expression_that_prometheus_refuses_is_told(prometheus: str, tmp_path: Path) -> None:
    settings, now = Settings(home=tmp_path / "home"), datetime.now(UTC)
    initialise(settings, now)
    services = build(settings)
    how = {"source_id": "x", "until": now, "now": now, "margin": timedelta(0), "since": now - timedelta(minutes=2)}
    wrong = MAP.replace("DCGM_FI_DEV_GPU_UTIL", '"sum("')
    with pytest.raises(EngineError) as caught:
        services.collection.prometheus(prometheus, wrong.encode(), **how)
    assert caught.value.code == "prometheus_refused"
    with pytest.raises(EngineError) as caught:
        services.collection.prometheus(f"http://127.0.0.1:{free_port()}", MAP.encode(), **how)
    assert caught.value.code == "prometheus_unreachable"
    services.books.close()
