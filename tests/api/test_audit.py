"""A lie that is told to the ledger is named through both doors, with its evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from qipan.access.model import Role, Scope
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.cli.app import app
from qipan.interfaces.server import create_app
from qipan.kernel.resources import Kind
from qipan.ledger.model.fleet import Meter, Source
from qipan.ledger.model.reading import Measure
from qipan.ledger.store.reading import DAY, READINGS, READINGS_SCHEMA
from qipan.settings import Settings

OPENS = datetime(2026, 1, 1, 16, tzinfo=UTC)  # the civil day of 2 January
RELEASED = datetime(2026, 1, 3, tzinfo=UTC)
ADDRESS = "/api/v1/ledger/discrepancies"
HOST_J, PDU_J = 40 * 3_600_000, 31 * 3_600_000


@pytest.fixture(scope="module")
def lied(tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = Settings(home=tmp_path_factory.mktemp("audit") / "home")
    initialise(settings, OPENS - timedelta(days=1))
    services = build(settings)
    with services.books.begin() as unit:
        fleet = services.ledger.fleet(unit, "national")
        site = fleet.sites[0]
        meters = (Meter("h", Measure.HOST_ENERGY, "s"), Meter("p", Measure.PDU_ENERGY, "s"))
        sites = (replace(site, meters=meters), *fleet.sites[1:])
        source = Source("s", "S", "源", 3600, 600)
        services.ledger.register(unit, replace(fleet, sites=sites, sources=(*fleet.sources, source)), OPENS)
    rows = [
        {
            DAY: OPENS.date(),
            "source_id": "s",
            "meter_id": meter_id,
            "period_start": OPENS,
            "period_end": OPENS + timedelta(hours=1),
            "released": RELEASED,
            "received": RELEASED,
            "value": value,
            "epoch": 0,
            "quality": "measured",
            "way": "attested",
            "sequence": 1,
        }
        for meter_id, value in (("h", HOST_J), ("p", PDU_J))
    ]
    services.lake.append(READINGS, pa.Table.from_pylist(rows, schema=READINGS_SCHEMA), source="s", sequence=1)
    return services


def test_discrepancies_over_rest_name_the_lie_on_its_day_only(lied: Services) -> None:
    client = TestClient(create_app(lied), base_url="http://127.0.0.1:8750")
    # A visitor is not shown what meters have told.
    assert client.get(ADDRESS, params={"day": "2026-01-02"}).status_code == 401
    with lied.books.begin() as unit:
        user = lied.access.create_user(unit, "viewer", password="four unrelated words", role=Role.VIEWER, now=RELEASED)
        key, _ = lied.access.issue_token(unit, user, name="tests", now=datetime.now(UTC))
    client.headers["Authorization"] = f"Bearer {key}"
    (found,) = client.get(ADDRESS, params={"day": "2026-01-02"}).json()
    assert found["rule"] == "host_above_pdu"
    assert found["evidence"] == {"broken_h": 1, "compared_h": 1, "host_wh": HOST_J / 3600, "pdu_wh": PDU_J / 3600}
    assert client.get(ADDRESS, params={"day": "2026-01-03"}).json() == []
    before = {"day": "2026-01-02", "as_of": (RELEASED - timedelta(seconds=1)).isoformat()}
    assert client.get(ADDRESS, params=before).json() == []


def test_discrepancies_are_told_of_sites_of_the_scope_only_and_never_to_visitors(lied: Services) -> None:
    client = TestClient(create_app(lied), base_url="http://127.0.0.1:8750")
    with lied.books.read() as unit:
        here, there = lied.ledger.fleet(unit, "national").sites[:2]
    told = {}
    for name, site in (("here", here), ("there", there)):
        now = datetime.now(UTC)
        with lied.books.begin() as unit:
            user = lied.access.create_user(unit, name, password="four unrelated words", role=Role.VIEWER, now=now)
            lied.access.change_scope(unit, name, Scope(site_ids=frozenset({site.site_id})), now)
            key, _ = lied.access.issue_token(unit, user, name="tests", now=now)
        answer = client.get(ADDRESS, params={"day": "2026-01-02"}, headers={"Authorization": f"Bearer {key}"})
        told[name] = [found["rule"] for found in answer.json()]
    assert told == {"here": ["host_above_pdu"], "there": []}
    # On a day without a measured reading, too.
    assert client.get(ADDRESS, params={"day": "2026-01-03", "modelled": "true"}).json()["code"] == "sign_in_needed"


def test_discrepancies_on_the_terminal_say_the_same(lied: Services) -> None:
    home: Path = lied.settings.home

    def typed(*words: str) -> str:
        answer = CliRunner().invoke(
            app, ["ledger", "discrepancies", *words], env={"QIPAN_HOME": str(home), "COLUMNS": "200"}
        )
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    (found,) = json.loads(typed("--day", "2026-01-02", "--json"))
    assert (found["rule"], found["false_warning_rate"]) == ("host_above_pdu", 0)
    table = typed("--day", "2026-01-02", "--lang", "en")
    assert "host_above_pdu" in table
    assert "host_wh 40,000" in table
    assert "nothing was compared" in typed("--day", "2026-01-03", "--lang", "en")
    page = home / "bulletin.html"
    written = ["ledger", "bulletin", "--day", "2026-01-02", "--html", str(page), "--lang", "en"]
    assert CliRunner().invoke(app, written, env={"QIPAN_HOME": str(home), "COLUMNS": "200"}).exit_code == 0
    assert "host_above_pdu" in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return a ledger of eight pools over four days; on the last of them the first over-reports its use."""
    settings = Settings(home=tmp_path_factory.mktemp("suspicion") / "home")
    initialise(settings, OPENS - timedelta(days=9))
    services = build(settings)
    rng = np.random.default_rng(3)
    with services.books.begin() as unit:
        fleet = services.ledger.fleet(unit, "national")
        chosen = [site for site in fleet.sites if site.pools[0].kind is Kind.INTELLIGENT][:8]
        metered = {
            site.site_id: replace(
                site,
                meters=tuple(
                    Meter(f"{site.site_id}/{m}", m, "s", site.pools[0].pool_id)
                    for m in (Measure.USED, Measure.CARD_ENERGY)
                ),
            )
            for site in chosen
        }
        sites = tuple(metered.get(site.site_id, site) for site in fleet.sites)
        source = Source("s", "S", "源", 3600, 600)
        made = replace(fleet, sites=sites, sources=(*fleet.sources, source))
        services.ledger.register(unit, made, OPENS - timedelta(days=8))
    rows = []
    for at, site in enumerate(chosen):
        for hour in range(96):
            used = site.pools[0].quantity * rng.uniform(0.3, 0.7) * 3600
            energy = used * 300 * rng.normal(1, 0.01)
            told = used * 1.2 if at == 0 and hour >= 72 else used
            opens = OPENS - timedelta(days=3) + timedelta(hours=hour)
            for measure, value in ((Measure.USED, told), (Measure.CARD_ENERGY, energy)):
                rows.append(
                    {
                        DAY: opens.date(),
                        "source_id": "s",
                        "meter_id": f"{site.site_id}/{measure}",
                        "period_start": opens,
                        "period_end": opens + timedelta(hours=1),
                        "released": RELEASED,
                        "received": RELEASED,
                        "value": round(value),
                        "epoch": 0,
                        "quality": "measured",
                        "way": "attested",
                        "sequence": 1,
                    }
                )
    services.lake.append(READINGS, pa.Table.from_pylist(rows, schema=READINGS_SCHEMA), source="s", sequence=1)
    return services


SUSPICIONS = "/api/v1/ledger/suspicions"


def test_suspicions_name_who_left_its_energy_through_both_doors_and_within_the_scope(left: Services) -> None:
    client = TestClient(create_app(left), base_url="http://127.0.0.1:8750")
    asked = {"day": "2026-01-02", "days": 1, "before": 3}
    assert client.get(SUSPICIONS, params=asked).json()["code"] == "sign_in_needed"
    with left.books.read() as unit:
        liar, honest = [site for site in left.ledger.fleet(unit, "national").sites if site.meters][:2]
    told = {}
    for name, scope in (("all", Scope(is_country=True)), ("honest", Scope(site_ids=frozenset({honest.site_id})))):
        now = datetime.now(UTC)
        with left.books.begin() as unit:
            user = left.access.create_user(unit, name, password="four unrelated words", role=Role.VIEWER, now=now)
            left.access.change_scope(unit, name, scope, now)
            key, _ = left.access.issue_token(unit, user, name="tests", now=now)
        told[name] = client.get(SUSPICIONS, params=asked, headers={"Authorization": f"Bearer {key}"}).json()
    assert told["honest"] == []
    rules = {one["rule"]: one for one in told["all"] if one["subject"] == liar.pools[0].pool_id}
    assert rules["energy_left_use"]["false_warning_rate"] == 0.01
    assert rules["energy_left_use"]["size"] == pytest.approx(1 / 6, abs=0.03)
    assert "over-reported" in rules["energy_left_use"]["message"]
    assert {one["subject"] for one in told["all"]} == {liar.pools[0].pool_id}
    words = ["ledger", "suspicions", "--day", "2026-01-02", "--days", "1", "--before", "3", "--json"]
    typed = CliRunner().invoke(app, words, env={"QIPAN_HOME": str(left.settings.home)})
    assert [(one["subject"], one["size"]) for one in json.loads(typed.stdout)] == [
        (one["subject"], one["size"]) for one in told["all"]
    ]
    strange = CliRunner().invoke(app, [*words, "--rate", "2"], env={"QIPAN_HOME": str(left.settings.home)})
    assert strange.exit_code != 0
    assert "rate_out_of_range" in strange.stdout + strange.stderr


@pytest.fixture(scope="module")
def narrowed(left: Services) -> TestClient:
    """Return a client of a viewer who sees only the site that lies."""
    now = datetime.now(UTC)
    with left.books.begin() as unit:
        site = next(site for site in left.ledger.fleet(unit, "national").sites if site.meters)
        user = left.access.create_user(unit, "own", password="four unrelated words", role=Role.VIEWER, now=now)
        left.access.change_scope(unit, "own", Scope(site_ids=frozenset({site.site_id})), now)
        key, _ = left.access.issue_token(unit, user, name="tests", now=now)
    client = TestClient(create_app(left), base_url="http://127.0.0.1:8750")
    client.headers["Authorization"] = f"Bearer {key}"
    return client


TRIED = {"day": "2026-01-02", "days": 1, "before": 3}


def test_suspicions_tell_a_narrowed_user_whole_percents_and_nothing_of_peers(narrowed: TestClient) -> None:
    found = narrowed.get(SUSPICIONS, params=TRIED).json()
    assert "energy_left_use" in {one["rule"] for one in found}
    for one in found:
        assert one["size"] == round(one["size"], 2)
        assert one["evidence"] == {}
        assert f"over-reported by about {one['size']:.0%}, or" in one["message"]


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ({"fleet": "national"}, "peers_not_chosen"),
        ({"as_of": "2026-01-05T00:00:00Z"}, "peers_not_chosen"),
        ({"rate": 0.999999}, "rate_not_offered"),
        ({"rate": 0.06}, "rate_not_offered"),
        # By trying rates in between, the chance would be found as exactly as one likes.
        ({"rate": 0.0123}, "rate_not_offered"),
    ],
)
def test_suspicions_let_a_narrowed_user_choose_neither_peers_nor_any_rate(
    narrowed: TestClient, asks: dict[str, str], code: str
) -> None:
    answer = narrowed.get(SUSPICIONS, params=TRIED | asks)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert narrowed.get(SUSPICIONS, params=TRIED | {"rate": 0.05}).status_code == 200


def test_suspicions_of_a_pool_elsewhere_are_not_told_under_a_name_taken_from_it(left: Services) -> None:
    client = TestClient(create_app(left), base_url="http://127.0.0.1:8750")
    now = datetime.now(UTC)
    with left.books.begin() as unit:
        fleet = left.ledger.fleet(unit, "national")
        liar = next(site for site in fleet.sites if site.meters)
        (pool,) = liar.pools[:1]
        # The pool's name is now that of its site and its own, and that of the other pool is the same.
        thief = replace(
            liar,
            site_id="thief",
            meters=(),
            pools=(pool, replace(pool, pool_id=f"{liar.site_id}/{pool.pool_id}")),
        )
        made = replace(fleet, fleet_id="thieves", sites=(thief,), sources=(), round_trip_ms={}, links=())
        left.ledger.register(unit, replace(made, data_resources=(), exchange_points=()), now)
        user = left.access.create_user(unit, "thief", password="four unrelated words", role=Role.VIEWER, now=now)
        left.access.change_scope(unit, "thief", Scope(site_ids=frozenset({"thief"})), now)
        key, _ = left.access.issue_token(unit, user, name="tests", now=now)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get(SUSPICIONS, params=TRIED, headers=headers).json() == []
