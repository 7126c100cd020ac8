from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tests.cli.conftest import GOOD, Qipan, assert_refused, csv, shown

ISLAND = """
fleet: {name}
name_en: {name}
zone: Asia/Shanghai
sites:
  - {{site_id: near, name_en: Near, lon_deg: 116.4, lat_deg: 39.9, pue: 1.2, power_cap_mw: {power_cap_mw},
     price_yuan_per_kwh: 0.5, location_kg_per_kwh: 0.5,
     pools: [{{kind: intelligent, quantity: 8, it_kw_per_unit: 0.7}}]}}
origins:
  - {{origin_id: near, name_en: Near, lon_deg: 116.4, lat_deg: 39.9, weight: 1}}
  - {{origin_id: far, name_en: Far, lon_deg: -46.6, lat_deg: -23.5, weight: 1}}
"""


def test_run_prints_accounts_comparison_bound_sites_and_the_three_numbers(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    result = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2025-01-06")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    for words in (
        "12 = 12 accepted + 0 quarantined + 0 out of scope",
        "Home region first",
        "Greenest site",
        "location",
        "market",
        "Gap to the bound",
        "Prices are final",
        "Zhongwei",
        "assumed",
        "Cost: ¥",
        "Carbon, location-based: ",
        "Carbon, market-based: ",
    ):
        assert words in result.stdout


def test_run_no_worse_than_a_rule_says_tier_by_tier_whether_it_is_kept(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    asked = ("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2025-01-06", "--no-worse-than", "home_first")
    result = qipan(*asked)
    assert result.exit_code == 0, result.output
    assert "Unserved work by tier" in result.stdout
    assert "No tier is served worse than by Home region first: the plan keeps this by itself." in result.stdout
    assert [tier["is_kept"] for tier in shown(qipan(*asked, "--json"))["upheld"]["tiers"]] == [True] * 4
    assert qipan(*asked[:-1], "nobody").exit_code == 2


def test_run_as_json_prints_json_alone_and_accounts_for_every_job(qipan: Qipan, trace: Callable[..., Path]) -> None:
    document = shown(qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2025-01-06", "--json"))
    account = document["account"]
    assert account["jobs"] == 12 == account["placed"] + account["carried_over"] + account["refused"]
    assert [score["policy"] for score in document["scores"]][1:] == [
        "home_first",
        "cheapest_site",
        "greenest_site",
        "most_available",
        "cheapest_start",
    ]


def test_run_with_a_report_writes_html_that_loads_nothing(
    qipan: Qipan, trace: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "day.html"
    ran = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2025-01-06", "--report", out)
    assert ran.exit_code == 0, ran.output
    page = out.read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert ' src="http' not in page


def test_run_of_several_days_without_a_day_names_the_busiest(qipan: Qipan, trace: Callable[..., Path]) -> None:
    path = trace(csv(*GOOD, GOOD[0].replace("2025-01-06", "2025-01-08").replace("job-00", "later")))
    assert_refused(qipan("day", "run", "--jobs", path), 3, "day_missing", "2025-01-06", "2025-01-08")


def test_run_of_a_day_without_jobs_names_the_busiest(qipan: Qipan, trace: Callable[..., Path]) -> None:
    result = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2024-12-24")
    assert_refused(result, 3, "day_empty", "2025-01-06")


def test_run_with_an_unknown_origin_quarantines_that_row(qipan: Qipan, trace: Callable[..., Path]) -> None:
    stray = GOOD[0].replace("job-00", "stray").replace("110000", "999999")
    path = trace(csv(*GOOD, stray))
    document = shown(qipan("day", "run", "--jobs", path, "--day", "2025-01-06", "--json"))
    assert (document["account"]["rows_read"], document["account"]["rows_quarantined"]) == (13, 1)
    strict = qipan("day", "run", "--jobs", path, "--day", "2025-01-06", "--strict")
    assert_refused(strict, 3, "rows_bad", "origin_unknown")


def test_jobs_say_why_one_is_carried_over_and_what_comes_next(qipan: Qipan, trace: Callable[..., Path]) -> None:
    fleet = trace(ISLAND.format(name="small", power_cap_mw=1).encode(), "fleet.yaml")
    assert qipan("ledger", "import", "sites", fleet).exit_code == 0
    rows = (f"{name},2025-01-06T23:00:00+08:00,intelligent,8,3600,offline,near" for name in ("one", "other"))
    ran = qipan("day", "run", "--jobs", trace(csv(*rows)), "--fleet", "small", "--outlook", 0, "--json")
    account = shown(ran)["account"]
    assert (account["placed"], account["carried_over"]) == (1, 1)
    listed = " ".join(qipan("day", "jobs", "--status", "carried_over").stdout.split())
    assert "No site within its limits has 8 cards" in listed
    assert "It may start after the hours planned, and waits." in listed
    assert "The next day does not take them up by itself" in listed
    assert "继续等待" in qipan("day", "jobs", "--status", "carried_over", "--lang", "zh").stdout
    assert "The next day" not in qipan("day", "jobs", "--status", "placed").stdout


@pytest.mark.parametrize(
    ("name", "power_cap_mw", "row", "reason"),
    [
        ("full", 1, "big,2025-01-06T01:00:00+08:00,intelligent,9,3600,batch,near", "too_large"),
        ("dark", 0, "dim,2025-01-06T01:00:00+08:00,intelligent,1,3600,batch,near", "no_power"),
        ("lone", 1, "far,2025-01-06T01:00:00+08:00,intelligent,1,3600,realtime,far", "too_far"),
    ],
    ids=["larger_than_every_site", "site_without_power", "infeasible_latency"],
)
def test_run_of_a_job_that_no_site_can_take_refuses_it_in_words(
    qipan: Qipan, trace: Callable[..., Path], name: str, power_cap_mw: int, row: str, reason: str
) -> None:
    fleet = trace(ISLAND.format(name=name, power_cap_mw=power_cap_mw).encode(), "fleet.yaml")
    assert qipan("ledger", "import", "sites", fleet).exit_code == 0
    ran = qipan("day", "run", "--jobs", trace(csv(row)), "--fleet", name, "--json")
    document = shown(ran)
    assert document["account"]["refused_by_reason"] == {reason: 1}
    listed = shown(qipan("day", "jobs", document["plan_id"], "--status", "refused", "--json"))
    assert listed["total"] == 1
    assert listed["rows"][0]["why_en"].endswith(".")
    table = qipan("day", "jobs", document["plan_id"]).stdout
    assert listed["rows"][0]["why_en"] in table


@pytest.mark.parametrize(
    "options",
    [("--load", "0"), ("--load", "nan"), ("--carbon-price", "-1"), ("--outlook", "1000")],
    ids=["no_load", "load_nan", "negative_price", "long_outlook"],
)
def test_run_with_an_option_out_of_range_is_refused(
    qipan: Qipan, trace: Callable[..., Path], options: tuple[str, str]
) -> None:
    result = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "2025-01-06", *options)
    assert_refused(result, 3, "option_out_of_range")


def test_run_of_no_file_or_unknown_fleet_is_not_found(qipan: Qipan, trace: Callable[..., Path], tmp_path: Path) -> None:
    assert_refused(qipan("day", "run", "--jobs", tmp_path / "none.csv"), 4, "file_not_found")
    result = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--fleet", "nowhere")
    assert_refused(result, 4, "fleet_unknown", "national")


def test_run_with_a_day_that_is_none_is_a_mistyped_command(qipan: Qipan, trace: Callable[..., Path]) -> None:
    result = qipan("day", "run", "--jobs", trace(csv(*GOOD)), "--day", "9 October")
    assert result.exit_code == 2
    assert "2017-10-09" in result.stderr


def test_list_names_every_run_the_newest_first(qipan: Qipan) -> None:
    listed = shown(qipan("day", "list", "--json"))
    assert listed[-1]["day"] == "2025-01-06"
    assert len({row["plan_id"] for row in listed}) == len(listed)
    assert listed[0]["plan_id"] in qipan("day", "list").stdout


def test_show_of_a_plan_and_of_the_newest_prints_its_report(qipan: Qipan) -> None:
    newest = shown(qipan("day", "list", "--json"))[0]["plan_id"]
    assert shown(qipan("day", "show", "--json"))["plan_id"] == newest
    shown_again = qipan("day", "show", newest, "--lang", "zh")
    assert shown_again.exit_code == 0, shown_again.output
    assert newest in shown_again.stdout
    assert "往返时延" in shown_again.stdout


def test_show_of_an_unknown_plan_is_not_found(qipan: Qipan) -> None:
    assert_refused(qipan("day", "show", "2025-01-06-999"), 4, "plan_unknown", "qipan day list")


def test_show_before_any_run_says_how_to_run_one(qipan: Qipan, tmp_path: Path) -> None:
    assert qipan("init", at=tmp_path / "home").exit_code == 0
    assert_refused(qipan("day", "show", at=tmp_path / "home"), 4, "no_plan_yet", "qipan demo")
    assert "qipan demo" in qipan("day", "list", at=tmp_path / "home").stdout


def test_jobs_are_filtered_sorted_and_paged(qipan: Qipan) -> None:
    plan_id = shown(qipan("day", "list", "--json"))[-1]["plan_id"]
    every = shown(qipan("day", "jobs", plan_id, "--size", "100", "--json"))
    assert every["total"] == 12 == len(every["rows"])
    largest = shown(qipan("day", "jobs", plan_id, "--sort", "quantity", "--descending", "--size", "2", "--json"))
    assert [row["quantity"] for row in largest["rows"]] == [4, 4]
    batch = shown(qipan("day", "jobs", plan_id, "--tier", "batch", "--json"))
    assert {row["tier"] for row in batch["rows"]} == {"batch"}
    assert batch["total"] == 3
    one = shown(qipan("day", "jobs", plan_id, "--text", "job-07", "--json"))
    assert [row["job_id"] for row in one["rows"]] == ["job-07"]
    told = qipan("day", "jobs", plan_id, "--page", "3", "--size", "5", "--lang", "zh")
    assert "job-11" in told.stdout
    assert "北京" in told.stdout
    assert "第 3 / 3 页" in told.stderr


def test_jobs_sorted_by_no_column_name_the_columns(qipan: Qipan) -> None:
    assert_refused(qipan("day", "jobs", "--sort", "colour"), 3, "sort_unknown", "round_trip_ms")


def test_report_is_written_where_asked_and_refused_where_it_cannot(qipan: Qipan, tmp_path: Path) -> None:
    out = tmp_path / "day.html"
    written = qipan("day", "report", "--out", out, "--lang", "zh")
    assert written.exit_code == 0, written.output
    assert 'lang="zh' in out.read_text(encoding="utf-8")[:500]
    assert_refused(qipan("day", "report", "--out", tmp_path / "none" / "day.html"), 3, "file_not_written")


def test_jobs_tell_when_one_stops_and_goes(qipan: Qipan, tmp_path: Path) -> None:
    file = tmp_path / "stops.csv"
    file.write_text(
        "job_id,submit,kind,quantity,requested_s,origin,tier,data_class,preemptible,finish_by\n"
        "stops,2026-06-01T00:10:00+08:00,intelligent,8,36000,440000,offline,free,true,2026-06-02T00:00:00+08:00\n",
        encoding="utf-8",
    )
    plan_id = shown(qipan("day", "run", "--jobs", file, "--fleet", "national", "--json"))["plan_id"]
    (row,) = shown(qipan("day", "jobs", plan_id, "--json"))["rows"]
    parts = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in row["stretches"]]
    assert len(parts) > 1
    assert parts[0][0] == datetime.fromisoformat(row["start"])
    assert all(ended <= began for (_, ended), (began, _) in pairwise(parts))
    assert sum((ended - began).total_seconds() for began, ended in parts) == pytest.approx(36000)
    assert "stops stops and goes" in qipan("day", "jobs", plan_id).stdout
    assert "When it runs" in qipan("dispatch", "explain", plan_id, "--job", "stops").stdout
