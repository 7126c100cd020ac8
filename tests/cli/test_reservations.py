"""Reservations from the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

HEAD = "reservation_id,holder,site,kind,card_model,from,to,units,price_yuan_per_unit_h"
TIMES = "2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00"
JOBS = """job_id,submit,kind,quantity,requested_s,tier,origin,reservation
a,2026-06-01T09:00:00+08:00,intelligent,4,7200,batch,440000,r1
b,2026-06-01T10:00:00+08:00,intelligent,4,7200,batch,440000,r1
c,2026-06-01T10:00:00+08:00,intelligent,2,3600,batch,440000,
d,2026-06-01T10:00:00+08:00,intelligent,2,3600,batch,440000,other
"""


@pytest.fixture
def contracts(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of reservations."""

    def write(*rows: str) -> Path:
        path = tmp_path / "reservations.csv"
        path.write_text("\n".join([HEAD, *rows]))
        return path

    return write


def test_a_day_with_reservations_serves_them_and_settles(
    qipan: Qipan, trace: Callable[..., Path], contracts: Callable[..., Path]
) -> None:
    file = contracts(f"r1,lab,qingyang,intelligent,,{TIMES},5,9.5", f"r2,lab,qingyang,intelligent,,{TIMES},0,1")
    words = ("day", "run", "--jobs", trace(JOBS.encode()), "--fleet", "national", "--reservations", file)
    told = shown(qipan(*words, "--json"))
    (row,) = told["reservations"]["rows"]
    assert (row["reserved_unit_h"], row["used_unit_h"], row["unused_unit_h"]) == pytest.approx((120.0, 8.0, 112.0))
    assert row["contract_fen"] == pytest.approx(120.0 * 950.0)
    assert row["net_fen"] == pytest.approx(row["lmp_fen"] - row["covered_fen"] - row["contract_fen"])
    assert told["reservations"]["nominations"] == {
        "covered": 1, "reservation_unknown": 1, "reservation_used_up": 1,
    }  # fmt: skip
    (seller,) = told["reservations"]["sellers"]
    assert seller["net_fen"] == pytest.approx(seller["revenue_fen"] - row["lmp_fen"] + row["contract_fen"])
    placed = {job["job_id"]: job for job in shown(qipan("day", "jobs", told["plan_id"], "--json"))["rows"]}
    assert (placed["a"]["site_id"], placed["a"]["wait_h"], placed["a"]["reason"]) == ("qingyang", 0.0, "covered")
    assert "reservation r1" in placed["a"]["why_en"]
    text = qipan("day", "show", told["plan_id"], "--lang", "en").output
    assert "Reservations, in the day itself" in text
    assert "covered 1, no such reservation 1, used up 1" in " ".join(text.split())
    found = shown(qipan("jobs", "findings", str(told["reservations"]["import_sequence"]), "--json"))
    assert "units_not_positive" in str(found)
    assert_refused(qipan(*words, "--strict"), 3, "rows_bad")
    assert shown(qipan("dispatch", "flexibility", told["plan_id"], "--json"))["rows"]


def test_a_day_refuses_reservations_that_cannot_all_be_served(
    qipan: Qipan, trace: Callable[..., Path], contracts: Callable[..., Path]
) -> None:
    file = contracts(f"r1,lab,qingyang,intelligent,,{TIMES},1000000,1", f"r2,lab,nowhere,general,,{TIMES},1,1")
    words = ("day", "run", "--jobs", trace(JOBS.encode()), "--fleet", "national", "--reservations", file)
    assert_refused(qipan(*words), 3, "reservations_unmet", "2026-06-01T00:00+08:00")


def test_a_day_refuses_reservations_with_every_fault_of_the_file(
    qipan: Qipan, trace: Callable[..., Path], contracts: Callable[..., Path]
) -> None:
    file = contracts(f"r1,lab,nowhere,intelligent,,{TIMES},5,9.5", f"r2,lab,qingyang,intelligent,,{TIMES},-2,1")
    words = ("day", "run", "--jobs", trace(JOBS.encode()), "--fleet", "national", "--reservations", file)
    assert_refused(qipan(*words), 3, "reservations_unmet", "nowhere", "units must be above zero, was '-2'")


def test_rolling_operation_keeps_what_is_reserved_and_settles(
    qipan: Qipan, trace: Callable[..., Path], contracts: Callable[..., Path]
) -> None:
    file = contracts(f"r1,lab,qingyang,intelligent,,{TIMES},5,9.5", f"r2,lab,qingyang,intelligent,,{TIMES},0,1")
    words = ("dispatch", "roll", "--jobs", trace(JOBS.encode()), "--from", "2026-06-01", "--days", "1", "--every", "1h")
    words = (*words, "--reservations", file)
    told = shown(qipan(*words, "--reserve", "--json"))
    assert told["keeps_reserve"]
    (run,) = told["runs"]
    assert (run["served"], run["unserved"]) == (4, 0)
    (row,) = run["reservations"]["rows"]
    # Kept free for the holder to the last: what its job left is sold to nobody and paid to nobody.
    assert [row[f"{part}_unit_h"] for part in ("reserved", "used", "unused", "sold")] == pytest.approx([120, 8, 112, 0])
    assert row["net_fen"] == pytest.approx(row["lmp_fen"] - row["covered_fen"] - row["contract_fen"])
    assert (row["lmp_fen"], row["contract_fen"]) == pytest.approx((row["covered_fen"], 120 * 950))
    assert run["reservations"]["nominations"] == {"covered": 1, "reservation_unknown": 1, "reservation_used_up": 1}
    assert (run["reservations"]["rows_read"], run["reservations"]["rows_quarantined"]) == (2, 1)
    result = qipan(*words, "--notice", "30m", "--lang", "en")
    text = " ".join(result.stdout.split())
    assert "yuan for what was used or sold" in text
    assert "Rows of reservations set aside: 1 of 2." in text
    phases = "run without forecast errors", "run without forecast errors: offline bound"
    told = [re.sub(r" in \d+(\.\d+)? s$", "", line) for line in result.stderr.splitlines()]
    assert told == [line for phase in phases for line in (phase, f"{phase}: 100%")]
    assert "Qingyang" in result.stdout
    chinese = qipan(*words, "--lang", "zh")
    phases = "无预测误差的运行", "无预测误差的运行：离线下界"
    told = [re.sub(r"，\d+(\.\d+)? 秒$", "", line) for line in chinese.stderr.splitlines()]
    assert told == [line for phase in phases for line in (phase, f"{phase}：100%")]


def test_rolling_operation_refuses_reservations_that_cannot_all_be_served(
    qipan: Qipan, trace: Callable[..., Path], contracts: Callable[..., Path]
) -> None:
    words = ("dispatch", "roll", "--jobs", trace(JOBS.encode()), "--from", "2026-06-01", "--days", "1")
    file = contracts(f"r1,lab,qingyang,intelligent,,{TIMES},1000000,1")
    assert_refused(qipan(*words, "--reservations", file), 3, "reservations_unmet", "2026-06-01T00:00+08:00")
    assert_refused(qipan(*words, "--notice", "30s"), 3, "option_out_of_range", "must be whole minutes, was 30s")
    assert_refused(qipan(*words, "--notice", "-1h"), 3, "option_out_of_range", "must be 0h to 24h, was -1h")
