"""``qipan certificates``: files in, every Wh once, refusals end with a code, statements need nothing but a key."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from typer.testing import CliRunner, Result

from qipan.certificates.model.month import Month
from qipan.interfaces.cli.app import app

MONTH = Month.of(datetime.now(UTC)).later(-1)
"""The month before this one: it is over, and its certificates are valid."""

DEVICE = (
    "--source",
    "wind",
    "--adcode",
    "640500",
    "--capacity-kw",
    50000,
    "--commissioned",
    "2020-01-01T00:00:00+08:00",
)


def typed(home: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(home), "LANG": "C.UTF-8"})


def span(number: int) -> str:
    """Return start and end of the so-manieth hour of the month."""
    start = MONTH.start + timedelta(hours=number)
    return f"{start.isoformat()},{(start + timedelta(hours=1)).isoformat()}"


def made(folder: Path, *rows: str) -> Path:
    file = folder / "made.csv"
    file.write_text("\n".join(["start,end,kwh,evidence", *rows, ""]), encoding="utf-8")
    return file


def used(folder: Path, *rows: str) -> Path:
    file = folder / "used.csv"
    file.write_text("\n".join(["usage_id,consumer,start,end,kwh", *rows, ""]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def with_device(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home with a wind farm that was issued 2,300.5 kWh, and use of 1,100 and 700 kWh."""
    folder = tmp_path_factory.mktemp("certificates")
    home = folder / "home"
    production = made(folder, f"{span(0)},1400.5009,m", f"{span(1)},900,m", f"{span(2)},0,m")
    use = used(folder, f"u-0,east,{span(0)},1100", f"u-9,east,{span(9)},700")
    for words in (
        ("init",),
        ("certificates", "device", "wind-1", "--owner", "west", *DEVICE),
        ("certificates", "issue", "wind-1", production, "--id", "i-1"),
        ("certificates", "usage", use),
    ):
        result = typed(home, *words)
        assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def registry(with_device: Path, tmp_path: Path) -> Qipan:
    """Return a way to type commands in such a home of the test's own."""
    home = Path(shutil.copytree(with_device, tmp_path / "home"))
    return partial(typed, home, "certificates")


def held(registry: Qipan, *words: object) -> dict[tuple[str, str, str], int]:
    told = shown(registry("supply", *words, "--json"))
    return {(one["holder"], one["state"], one["bundle"]): one["wh"] for one in told}


def test_certificates_go_from_the_meter_to_the_use_they_cover(registry, tmp_path):
    month = ("--month", MONTH.name)
    assert shown(registry("bundle", "wind-1", *month, "--id", "g", "--json"))["count"] == 2
    assert held(registry) == {
        ("west", "held", ""): 300_500,
        ("west", "held", "g/1"): 1_000_000,
        ("west", "held", "g/2"): 1_000_000,
    }
    sold = shown(registry("transfer", "west", "east", "--bundle", "g/1", "--bundle", "g/2", "--id", "t", "--json"))
    assert (sold["wh"], sold["is_new"], sold["kind"]) == (2_000_000, True, "transfer")
    again = shown(registry("transfer", "west", "east", "--bundle", "g/1", "--bundle", "g/2", "--id", "t", "--json"))
    assert (again["wh"], again["is_new"]) == (2_000_000, False)
    assert "as since" in registry("transfer", "west", "east", "--bundle", "g/1", "--bundle", "g/2", "--id", "t").stderr
    assert shown(registry("allocate", "east", *month, "--id", "a", "--json"))["wh"] == 1_100_000
    assert shown(registry("release", "a", "--id", "x", "--json"))["wh"] == 1_100_000
    assert shown(registry("allocate", "east", *month, "--by", "month", "--id", "b", "--json"))["wh"] == 1_800_000
    planned = shown(registry("match", "east", "--planned", "--json"))
    assert (planned["hourly_wh"], planned["monthly_wh"]) == (1_100_000, 1_800_000)
    assert shown(registry("match", "east", *month, "--json"))["made_wh"] == 0
    assert shown(registry("retire", "east", "--allocation", "b", "--id", "r", "--json"))["wh"] == 1_800_000
    assert shown(registry("retire", "east", "--for", "maker", "--wh", 5, "--id", "s", "--json"))["wh"] == 5
    assert held(registry, "--holder", "maker", *month) == {("maker", "retired", "g/2"): 5}
    score = shown(registry("match", "east", *month, "--grid-share", 0.5, "--json"))
    assert score["hourly_share"] == pytest.approx(1100 / 1800)
    assert score["carbon_free_share"] == pytest.approx((1100 + 350) / 1800)
    assert shown(registry("expire", "--json"))["wh"] == 0
    assert shown(registry("check", "--json")) == {"findings": []}
    assert shown(registry("usage", used(tmp_path, f"u-0,east,{span(0)},1100"), "--json")) == {"rows": 1, "new": 0}
    for words in (("supply",), ("match", "east"), ("devices",), ("check",)):
        in_chinese = registry(*words, "--lang", "zh")
        assert in_chinese.exit_code == 0, in_chinese.output
        assert any("\u4e00" <= sign <= "\u9fff" for sign in in_chinese.stdout)


def test_a_statement_is_verified_with_nothing_but_a_key(registry, tmp_path):
    file = tmp_path / "statement.json"
    shown(registry("transfer", "west", "east", "--wh", 1_200_000, "--id", "t", "--json"))
    shown(registry("allocate", "east", "--month", MONTH.name, "--id", "a", "--json"))
    shown(registry("retire", "east", "--allocation", "a", "--id", "r", "--json"))
    written = shown(registry("statement", "east", file, "--json"))
    sums = {"retired_wh": 1_100_000, "covering_wh": 1_100_000, "used_wh": 1_800_000, "residual_wh": 700_000}
    assert written["months"] == [{"month": MONTH.name, **sums}]
    nowhere = partial(typed, tmp_path / "none", "certificates")
    verified = nowhere("verify-statement", file, "--key", written["key"])
    assert (verified.exit_code, "each once" in verified.stdout) == (0, True)
    told = json.loads(file.read_text())
    told["months"][0]["retired_wh"] += 1
    file.write_text(json.dumps(told))
    changed = nowhere("verify-statement", file, "--key", written["key"], "--json")
    assert changed.exit_code == 5
    assert [one["rule"] for one in json.loads(changed.stdout)["findings"]] == ["total_differs"]
    assert "total_differs" in nowhere("verify-statement", file, "--key", written["key"]).stdout
    for text in ("{", "[]"):
        file.write_text(text)
        assert_refused(nowhere("verify-statement", file, "--key", written["key"]), 3, "statement_malformed")


def test_sellers_and_buyers_add_up(registry):
    shown(registry("transfer", "west", "east", "--wh", 1_200_000, "--id", "t", "--json"))
    shown(registry("allocate", "east", "--month", MONTH.name, "--id", "a", "--json"))
    shown(registry("retire", "east", "--allocation", "a", "--id", "r", "--json"))
    told = shown(registry("balance", "--month", MONTH.name, "--grid-kwh", 2900, "--grid-kg", 900, "--json"))
    east, west = told["shares"]
    assert (west["made_wh"], west["sold_wh"], west["open_wh"]) == (2_300_500, 1_200_000, 1_100_500)
    assert (east["bought_wh"], east["open_wh"], east["residual_wh"]) == (1_200_000, 100_000, 700_000)
    assert told["residual_kg_per_kwh"] == 0.5
    table = registry("balance", "--grid-kwh", 2900, "--grid-kg", 900, "--lang", "zh").stdout
    assert "剩余用电" in table
    assert table.splitlines()[-1].split()[0] == "合计"
    assert_refused(registry("balance", "--grid-kwh", 10, "--grid-kg", 900), 3, "grid_too_small")
    assert registry("balance", "--grid-kg", 900).exit_code == 2


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("transfer", "west", "east", "--wh", 2_300_501, "--id", "x"), 5, "certificates_short"),
        (("transfer", "west", "east", "--wh", -1, "--id", "x"), 3, "selection_unfit"),
        (("transfer", "west", "east", "--bundle", "none/1", "--id", "x"), 5, "bundle_not_whole"),
        (("transfer", "west", "west", "--id", "x"), 5, "transfer_to_itself"),
        (("transfer", "west", "East", "--id", "x"), 3, "holder_unfit"),
        (("transfer", "west", "east", "--id", "a b"), 3, "request_id_malformed"),
        (("transfer", "west", "east", "--month", "May", "--id", "x"), 3, "month_unreadable"),
        (("transfer", "west", "east", "--wh", 1, "--id", "i-1"), 6, "certificate_request_differs"),
        (("allocate", "east", "--month", MONTH.name, "--id", "x"), 5, "match_none"),
        (("allocate", "east", "--month", MONTH.name, "--usage", "none", "--id", "x"), 4, "usage_unknown"),
        (("release", "i-1", "--id", "x"), 4, "allocation_unknown"),
        (("retire", "east", "--id", "x"), 5, "certificates_short"),
        (("retire", "east", "--allocation", "none", "--id", "x"), 4, "allocation_unknown"),
        (("withdraw", "none", "--id", "x"), 4, "issue_unknown"),
        (("bundle", "none", "--month", MONTH.name, "--id", "x"), 4, "device_unknown"),
        (("bundle", "wind-1", "--month", MONTH.later(1).name, "--id", "x"), 5, "month_not_over"),
        (("match", "nobody"), 3, "usage_none"),
        (("match", "east", "--grid-share", 2), 3, "grid_share_outside"),
        (("device", "wind-1", "--owner", "other", *DEVICE), 6, "device_taken"),
        (("device", "w 1", "--owner", "west", *DEVICE), 3, "device_unfit"),
    ],
)
def test_what_is_refused_ends_with_a_code_and_nothing_is_left(registry, words, exit_code, code):
    before = held(registry)
    assert_refused(registry(*words), exit_code, code)
    assert held(registry) == before
    assert registry("check").exit_code == 0


@pytest.mark.parametrize(
    ("rows", "exit_code", "code"),
    [
        ((f"{span(5)},one,m",), 3, "production_unreadable"),
        ((f"{span(5)},-1,m",), 3, "production_unfit"),
        ((f"{span(5)},55000.001,m",), 5, "production_beyond_capacity"),
        ((f"{span(5)},5,m", f"{span(0)},5,m"), 5, "issued_already"),
        ((f"{span(24 * 62)},5,m",), 5, "production_outside"),
        (("2021-01-01T00:00:00+08:00,2021-01-01T01:00:00+08:00,5,m",), 5, "certificate_expired"),
    ],
)
def test_production_that_cannot_be_issued_is_refused_whole(registry, tmp_path, rows, exit_code, code):
    before = held(registry)
    file = made(tmp_path, f"{span(7)},5,m", *rows)
    assert_refused(registry("issue", "wind-1", file, "--id", "x"), exit_code, code)
    assert held(registry) == before


def test_what_was_issued_by_mistake_is_withdrawn_and_issued_right(registry, tmp_path):
    assert shown(registry("withdraw", "i-1", "--id", "w", "--json"))["wh"] == 2_300_500
    told = registry("issue", "wind-1", made(tmp_path, f"{span(0)},14,m"), "--id", "i-2")
    assert (told.exit_code, told.stderr) == (0, "issue i-2: 14,000 Wh, 1 issuance.\n")
    assert held(registry) == {("west", "withdrawn", ""): 2_300_500, ("west", "held", ""): 14_000}


def test_bad_use_is_refused_whole(registry, tmp_path):
    for row, exit_code, code in (
        (f"u-1,east,{span(0)},a lot", 3, "usage_unreadable"),
        (f"u-1,east,{span(0)},0", 3, "usage_unfit"),
        (f"u-0,east,{span(0)},1", 6, "usage_taken"),
    ):
        file = used(tmp_path, f"u-7,east,{span(3)},1", row)
        assert_refused(registry("usage", file), exit_code, code)
    assert shown(registry("usage", used(tmp_path, f"u-7,east,{span(3)},1"), "--json")) == {"rows": 1, "new": 1}


def test_a_centre_is_certified_until_its_certification_ends(registry):
    period = ("--first", MONTH.later(-11).name, "--last", MONTH.name)
    told = shown(registry("centre", "criteria", "--json"))
    assert [name for name, _ in told["grades"]] == ["a", "b", "c"]
    assert_refused(registry("centre", "audit", "east", "--auditor", "judge", *period, "--id", "c"), 5, "grade_none")
    shown(registry("transfer", "west", "east", "--id", "t", "--json"))
    shown(registry("allocate", "east", "--month", MONTH.name, "--by", "month", "--id", "a", "--json"))
    shown(registry("retire", "east", "--allocation", "a", "--id", "r", "--json"))
    paper = ("centre", "attest", "east", "--pue", 1.22, *period, "--document", "report", "--id", "e")
    assert shown(registry(*paper, "--json"))["is_new"]
    assert not shown(registry(*paper, "--json"))["is_new"]
    audit = ("centre", "audit", "east", "--auditor", "judge", *period, "--evidence", "e", "--id", "c")
    found = shown(registry(*audit, "--json"))
    assert (found["grade"], found["found_ppm"]["hourly_share"], found["is_valid"]) == ("a", 611_111, True)
    assert shown(registry(*audit, "--json")) == found
    assert_refused(
        registry("centre", "audit", "east", "--auditor", "east", *period, "--id", "d"), 7, "audit_not_independent"
    )
    revoke = ("centre", "revoke", "c", "--auditor", "judge", "--reason", "PUE was wrong", "--id", "x")
    assert not shown(registry(*revoke, "--json"))["is_valid"]
    assert [one["reason"] for one in shown(registry("centre", "list", "--json"))] == ["PUE was wrong"]
    for words in (("criteria",), ("list", "--site", "east")):
        assert "等级" in registry("centre", *words, "--lang", "zh").stdout
    assert registry("check").exit_code == 0


def test_an_allocation_is_retired_whole(registry):
    result = registry("retire", "east", "--allocation", "a", "--wh", 5, "--id", "x")
    assert (result.exit_code, "--allocation must stand alone" in result.stderr) == (2, True)
