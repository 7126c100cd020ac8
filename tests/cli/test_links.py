"""Links from the command line: they hold work back, job by job, and price what moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

FLEET = """
fleet: three
name_en: Three places
zone: Asia/Shanghai
sites:
  - {site_id: coast, name_en: Coast, adcode: 310000, macro: east, lon_deg: 121.5, lat_deg: 31.2, pue: 1.25,
     price_yuan_per_kwh: 0.9, pools: [{kind: intelligent, quantity: 40, it_kw_per_unit: 1}]}
  - {site_id: plateau, name_en: Plateau, adcode: 640000, macro: west, lon_deg: 105.2, lat_deg: 37.5, pue: 1.2,
     price_yuan_per_kwh: 0.1, pools: [{kind: intelligent, quantity: 200, it_kw_per_unit: 1}]}
"""
JOBS = """job_id,submit,kind,quantity,requested_s,tier,origin,data_class,data_gb,start_by
one,2026-06-01T08:00:00+08:00,intelligent,16,7200,batch,coast,free,10,2026-06-01T08:00:00+08:00
two,2026-06-01T08:00:00+08:00,intelligent,16,7200,batch,coast,free,10,2026-06-01T08:00:00+08:00
"""
HEADER = "link,from,to,gb_per_h\n"


@pytest.fixture
def run(qipan: Qipan, trace: Callable[..., Path], tmp_path: Path) -> Callable[[str], object]:
    """Run the day of two jobs with a table of links, or without."""
    fleet, table = tmp_path / "three.yaml", tmp_path / "links.csv"
    fleet.write_text(FLEET)
    assert qipan("ledger", "import", "sites", fleet).exit_code == 0

    def ran(rows: str) -> object:
        table.write_text(HEADER + rows)
        words = ("--links", table) if rows else ()
        return qipan("day", "run", "--jobs", trace(JOBS.encode()), "--fleet", "three", *words, "--json")

    return ran


def test_a_link_lets_one_of_two_jobs_through(run, qipan: Qipan) -> None:
    def sites(told: dict) -> list[str]:
        rows = shown(qipan("day", "jobs", told["plan_id"], "--json"))["rows"]
        return sorted(row["site_id"] for row in rows)

    def given(told: dict) -> tuple[int, ...]:
        links = told["links_given"]
        assert links["file"] == "links.csv"
        return links["rows"], links["limited"], links["carrying"], links["full"]

    free = shown(run(""))
    assert sites(free) == ["plateau", "plateau"]
    assert free["links_given"] is None
    # Each moves 5 GB an hour: the link carries one of them, or both.
    one = shown(run("wire,coast,plateau,9\n"))
    assert (sites(one), given(one)) == (["coast", "plateau"], (1, 1, 1, 1))
    told = " ".join(qipan("day", "show", one["plan_id"], "--lang", "en").stdout.split())
    assert "Table of links links.csv: 1 links, 1 with a limit; of these the plan moves data over 1, and 1 are" in told
    both = shown(run("a,coast,x,\nb,plateau,x,11\n"))
    assert (sites(both), given(both)) == (["plateau", "plateau"], (2, 1, 1, 0))
    none = shown(run("a,coast,x,0\nb,plateau,x,10\n"))
    assert (sites(none), given(none)) == (["coast", "coast"], (2, 2, 0, 0))


def test_a_table_of_links_that_is_wrong_or_joins_nothing_is_refused(run) -> None:
    assert_refused(run("wire,coast,coast,many\n"), 3, "links_unreadable", "gb_per_h", '"file": "links.csv"')
    assert_refused(run("wire,coast,nowhere,9\n"), 3, "links_unconnected", '"file": "links.csv"')


def test_links_writes_a_table_that_joins_all_places_of_a_fleet(qipan: Qipan, run, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    assert qipan("day", "links", "--fleet", "three", "--out", out).exit_code == 0
    rows = out.read_text().splitlines()
    assert rows[0] == "link,from,to,gb_per_h,km"
    told = shown(run("".join(f"{row.rsplit(',', 1)[0]}\n" for row in rows[1:])))
    assert (told["links_given"]["rows"], told["links_given"]["limited"]) == (len(rows) - 1, 0)


@pytest.mark.slow
def test_links_of_the_national_fleet_join_every_province_with_every_hub(qipan: Qipan, trace, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    written = qipan("day", "links", "--fleet", "national", "--out", out)
    assert f"({len(out.read_text().splitlines()) - 1} links)" in written.stderr
    jobs = trace(JOBS.replace("coast", "110000").encode())
    told = shown(qipan("day", "run", "--jobs", jobs, "--fleet", "national", "--links", out, "--json"))
    assert told["links_given"]["limited"] == 0
    one = "\n".join(out.read_text().splitlines()[:2])
    out.write_text(one + "\n")
    refused = qipan("day", "run", "--jobs", jobs, "--fleet", "national", "--links", out)
    assert_refused(refused, 3, "links_unconnected", "of the fleet, left out were 30.", "and 10 more of 30 findings")
