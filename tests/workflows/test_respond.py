"""A day on a board with meters, from file to answers, on the terms it was planned with."""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.settings import Settings
from qipan.workflows.request import DayRequest
from qipan.workflows.respond import CallRequest

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
TIERS = ("realtime", "interactive", "batch", "offline")
ORIGINS = ("640000", "110000", "310000", "510000")
HEADER = "job_id,submit,kind,quantity,requested_s,origin,tier,data_class\n"
JOBS = HEADER + "".join(
    f"j{i:02d},2026-06-01T{i % 24:02d}:10:00+08:00,intelligent,{10 + i % 8},7200,{ORIGINS[i % 4]},{TIERS[i % 4]},free\n"
    for i in range(40)
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = Settings(home=tmp_path_factory.mktemp("respond") / "home")
    initialise(settings, NOW)
    opened = build(settings)
    yield opened
    opened.books.close()


def run(services: Services, **options: Any) -> dict[str, Any]:
    request = DayRequest(JOBS.encode(), "jobs.csv", "generic", **options)
    return services.day.run(request, NOW).document()


@pytest.fixture(scope="module")
def plain(services: Services) -> dict[str, Any]:
    return run(services)


@pytest.fixture(scope="module")
def powered(services: Services) -> dict[str, Any]:
    return run(services, models_power=True)


def test_the_default_day_knows_of_no_power(plain: dict[str, Any], services: Services) -> None:
    assert (plain["areas"], plain["power"]) == ([], None)
    with pytest.raises(NotFoundError) as caught:
        services.responding.power(plain["plan_id"])
    assert caught.value.code == "power_unknown"


def test_a_modelled_day_tells_peaks_and_uptake(powered: dict[str, Any], services: Services) -> None:
    told = services.responding.power(powered["plan_id"])
    assert len(told["areas"]) == 10
    ningxia = next(one for one in told["areas"] if one["area_id"] == "640000")
    assert (ningxia["name_en"], ningxia["site_ids"]) == ("Ningxia", ["zhongwei"])
    for area in told["areas"]:
        assert set(area["peaks_kw"]) == {"others", "qipan", "blind", "home_first"}
        assert min(area["peaks_kw"].values()) == area["peaks_kw"]["others"]
        assert len(area["sites_kw"]) == len(told["slots"])
    for one in told["uptake"]:
        assert 0 <= one["taken_kwh"]["qipan"] <= one["available_kwh"] + 1e-6
    ours = powered["scores"][0]
    assert sum(one["taken_kwh"]["qipan"] for one in told["uptake"]) == pytest.approx(ours["renewable_kwh"], rel=1e-6)


def test_a_call_is_answered_on_the_plans_own_board(powered: dict[str, Any], services: Services) -> None:
    hour = max(range(24), key=lambda slot: sum(site["energy_kwh"][slot] for site in powered["sites"]))
    site = max(powered["sites"], key=lambda one: one["energy_kwh"][hour])["site_id"]
    told = services.responding.call(CallRequest(site, 0.001, f"{hour:02d}:00", 1.0), powered["plan_id"])
    assert (told["first_slot"], told["end_slot"], told["reduce_kw"]) == (hour, hour + 1, 1.0)
    assert told["site_ids"] == [site]
    assert told["is_met"] == (told["short_kw"] == [0.0])
    by_moment = CallRequest(site, 0.001, told["slots"][hour], 1.0)
    assert services.responding.call(by_moment, powered["plan_id"])["delivered_kw"] == told["delivered_kw"]


def test_a_call_of_a_region_works_on_a_plan_without_meters(plain: dict[str, Any], services: Services) -> None:
    told = services.responding.call(CallRequest("640000", 0.0001, "10:00", 2.0), plain["plan_id"])
    assert (told["name_en"], told["site_ids"]) == ("Ningxia", ["zhongwei"])
    assert told["store_kwh"] == told["renewable_kwh"] == 0.0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (CallRequest("atlantis", 1.0, "10:00", 1.0), "place_unknown"),
        (CallRequest("640000", 1.0, "10:30", 1.0), "call_out_of_range"),
        (CallRequest("640000", 1.0, "10:00", 99.0), "call_out_of_range"),
        (CallRequest("640000", 0.0, "10:00", 1.0), "call_out_of_range"),
        (CallRequest("640000", 1e300, "10:00", 1.0), "call_out_of_range"),
        (CallRequest("640000", 1.0, "noon", 1.0), "call_out_of_range"),
        (CallRequest("640000", 1.0, "10:00", 0.0), "call_out_of_range"),
        (CallRequest("640000", 1.0, "10:00", math.nan), "call_out_of_range"),
        (CallRequest("640000", 1.0, "10:00", math.inf), "call_out_of_range"),
        (CallRequest("640000", 1.0, "0001-01-01T00:00:00+08:00", 1.0), "call_out_of_range"),
        (CallRequest("640000", 1.0, "2026-06-01T10:00:00", 1.0), "time_naive"),
        (CallRequest("640000", 1.0, "10:00", 1.0, -1.0), "call_out_of_range"),
    ],
)
def test_a_call_that_does_not_fit_is_refused_in_words(
    plain: dict[str, Any], services: Services, asked: CallRequest, code: str
) -> None:
    with pytest.raises((BadInputError, NotFoundError)) as caught:
        services.responding.call(asked, plain["plan_id"])
    assert caught.value.code == code


def test_flexibility_is_told_for_every_tier_and_realtime_cannot_wait(plain: dict[str, Any], services: Services) -> None:
    rows = {one["tier"]: one for one in services.responding.flexibility(plain["plan_id"])["rows"]}
    assert list(rows) == list(TIERS)
    assert rows["realtime"]["wait_fen"] == 0.0
    assert rows["batch"]["wait_fen"] > 0.0
    assert all(one["leave_region_fen"] >= one["leave_macro_fen"] - 1e-6 >= -1e-6 for one in rows.values())


@pytest.mark.slow
def test_the_real_file_of_load_is_kept_with_the_plan_and_drives_its_areas(services: Services) -> None:
    path = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "compute/province_load_hourly.csv.gz"
    if not path.is_file():
        words = f"real data are not at {path}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    data = path.read_bytes()
    told = run(services, models_power=True, grid_load=data, grid_load_scale=1.0)
    rows = [line.split(",") for line in gzip.decompress(data).decode("utf-8-sig").splitlines()]
    column = rows[0].index("NX")
    # The first of June is day 152 of a common year.
    expected = [float(rows[1 + 151 * 24 + hour][column]) * 1000.0 / 100.0 for hour in range(24)]
    at = [area["area_id"] for area in told["areas"]].index("640000")
    assert told["power"]["areas"][at]["others_kw"][:24] == pytest.approx(expected, rel=1e-6)
    again = services.responding.call(CallRequest("zhongwei", 0.0001, "10:00", 1.0), told["plan_id"])
    assert len(again["before_kw"]) == len(told["slots"])


def test_a_broken_file_of_load_is_refused_before_anything_is_planned(services: Services) -> None:
    with pytest.raises(BadInputError) as caught:
        run(services, models_power=True, grid_load=b"hour,NX\n1,2\n")
    assert caught.value.code == "grid_load_unreadable"


def test_a_call_for_less_than_nothing_is_told_of_that_alone(plain: dict[str, Any], services: Services) -> None:
    with pytest.raises(BadInputError) as caught:
        services.responding.call(CallRequest("640000", -1.0, "10:00", 1.0), plain["plan_id"])
    assert caught.value.message == "A call must fit its plan, was not: it must ask for more than 0 MW."
