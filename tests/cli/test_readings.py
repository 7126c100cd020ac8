"""From a file of readings to figures, on the command line: sealed, signed, sent, disputed, resolved, told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

FLEET = """
fleet: metered
name_en: Metered
zone: Asia/Shanghai
sites:
  - site_id: yinchuan
    name_en: Yinchuan
    name_zh: 银川
    adcode: 640000
    lon_deg: 106.2
    lat_deg: 38.5
    pue: 1.2
    pools: [{{ pool_id: yinchuan/cards, kind: intelligent, quantity: 8, it_kw_per_unit: 0.7 }}]
    meters:
      - {{ meter_id: used, measure: used_unit_s, pool_id: yinchuan/cards, source_id: yinchuan }}
      - {{ meter_id: pdu, measure: pdu_j, source_id: yinchuan }}
      - {{ meter_id: grid, measure: grid_j, source_id: yinchuan }}
sources:
  - source_id: yinchuan
    name_en: Yinchuan
    cadence_s: 3600
    keys: [{{ key_id: k, public_key: "{public}", start: "2026-01-01T00:00:00Z" }}]
"""
ROWS = {
    "used": "2026-01-05T08:00:00+08:00,2026-01-05T09:00:00+08:00,14400",
    "pdu": "2026-01-05T08:00:00+08:00,2026-01-05T09:00:00+08:00,18000000",
    "grid": "2026-01-05T08:00:00+08:00,2026-01-05T09:00:00+08:00,21600000",
}
SACCT = """JobIDRaw|Cluster|Partition|Eligible|Start|End|ReqTRES|AllocTRES
7|alpha|main|2026-01-05T00:00:00|2026-01-05T00:30:00|2026-01-05T01:30:00|gres/gpu=2|cpu=4,gres/gpu=2
"""
DAY = ("--day", "2026-01-05", "--fleet", "metered", "--json")


@pytest.fixture
def typed(qipan: Qipan, tmp_path: Path) -> Qipan:
    """Return a way to type a command in a home of the test's own."""
    there = partial(qipan, at=tmp_path / "home")
    assert there("init").exit_code == 0
    return there


@pytest.fixture
def signed(typed: Qipan, tmp_path: Path) -> Path:
    """Register a site that signs; return the folder with its key and its readings."""
    public = shown(typed("ledger", "key", str(tmp_path / "key"), "--json"))["public_key"]
    (tmp_path / "fleet.yaml").write_text(FLEET.format(public=public), encoding="utf-8")
    (tmp_path / "readings.csv").write_text(csv(ROWS), encoding="utf-8")
    assert typed("ledger", "import", "sites", str(tmp_path / "fleet.yaml")).exit_code == 0
    return tmp_path


def csv(rows: dict[str, str]) -> str:
    return "meter_id,start,end,value\n" + "".join(f"{meter},{row}\n" for meter, row in rows.items())


def seal(typed: Qipan, folder: Path, number: int) -> Path:
    batch = folder / f"batch-{number}"
    words = ("--key", str(folder / "key"), "--key-id", "k", "--number", str(number), "--released")
    moment = "2026-01-05T09:00:00+08:00"
    done = typed("ledger", "seal", folder / "readings.csv", batch, "--source", "yinchuan", *words, moment)
    assert done.exit_code == 0, done.output
    return batch


def test_signed_readings_are_told_by_every_figure(typed: Qipan, signed: Path) -> None:
    batch = seal(typed, signed, 1)
    (told,) = shown(typed("ledger", "send", str(batch), "--json"))
    assert (told["accepted"], told["quarantined"], told["is_new"]) == (3, 0, True)
    (again,) = shown(typed("ledger", "send", str(batch), "--json"))
    assert again == told | {"is_new": False}
    (supply,) = shown(typed("ledger", "utilisation", *DAY, "--by", "macro3"))
    assert (supply["group"], supply["used_share"], supply["told_share"]) == ("west", 0.5, 1 / 24)
    (burn,) = shown(typed("ledger", "energy", *DAY))
    assert burn["pue"] == 1.2
    assert [row["idle_unit_h"] for row in shown(typed("ledger", "idle", *DAY))] == [4.0]
    assert {row["told_share"] for row in shown(typed("ledger", "complete", *DAY))} == {1 / 24}
    assert shown(typed("ledger", "contrast", *DAY))["burn"][0]["group"] == "west"
    assert "yinchuan" in {row["source_id"] for row in shown(typed("ledger", "sources", "--json"))}
    (row,) = [row for row in shown(typed("ledger", "batches", "--json")) if row["source_id"] == "yinchuan"]
    assert (row["way"], row["number"]) == ("attested", 1)
    for words in (("utilisation",), ("energy",), ("idle",), ("contrast",), ("complete",)):
        printed = typed("ledger", *words, *DAY[:-1], "--lang", "zh")
        assert printed.exit_code == 0
        assert "银川" in printed.stdout or "西部" in printed.stdout or "used" in printed.stdout
    assert "silent (UTC)" in typed("ledger", "complete", *DAY[:-1], "--lang", "en").stdout
    # 6 kWh at the grid are little, but not nothing.
    assert "0.0060" in typed("ledger", "energy", *DAY[:-1], "--lang", "en").stdout


def test_rows_in_quarantine_are_told_with_their_reason(typed: Qipan, signed: Path) -> None:
    bad = ROWS | {"nosuch": ROWS["used"]}
    unread = "pdu,yesterday,today,5\n"
    (signed / "readings.csv").write_text(csv(bad) + unread, encoding="utf-8")
    sent = typed("ledger", "send", str(seal(typed, signed, 1)), "--lang", "en")
    (row,) = [row for row in shown(typed("ledger", "batches", "--json")) if row["source_id"] == "yinchuan"]
    number = str(row["sequence"])
    assert f"qipan ledger findings {number}" in sent.stdout + sent.stderr
    found = shown(typed("ledger", "findings", number, "--json"))
    assert [(one["row"], one["column"], one["rule"]) for one in found] == [
        (5, "meter_id", "meter_unknown"),
        (6, "end", "time_unreadable"),
        (6, "start", "time_unreadable"),
    ]
    assert "meter_unknown" in typed("ledger", "findings", number).stdout
    assert "quarantined" in typed("ledger", "batches", "--lang", "en").stdout
    assert_refused(typed("ledger", "findings", "999"), 4, "batch_unknown")


def test_dispute_is_listed_and_resolved(typed: Qipan, signed: Path) -> None:
    assert typed("ledger", "disputes").stdout == "There is no dispute.\n"
    typed("ledger", "send", str(seal(typed, signed, 1)))
    (signed / "readings.csv").write_text(csv(ROWS | {"used": ROWS["used"] + "0"}), encoding="utf-8")
    (told,) = shown(typed("ledger", "send", str(seal(typed, signed, 2)), "--json"))
    assert (told["disputed"], told["repeated"]) == (1, 2)
    assert "144000" in typed("ledger", "disputes").stdout
    (dispute,) = shown(typed("ledger", "disputes", "--open", "--json"))
    number = str(dispute["dispute_id"])
    assert shown(typed("ledger", "resolve", number, "--as", "upheld", "--json"))["resolution"] == "upheld"
    assert shown(typed("ledger", "disputes", "--open", "--json")) == []
    assert_refused(typed("ledger", "resolve", number, "--as", "upheld"), 6, "dispute_resolved")


def test_what_is_forged_or_incomplete_is_refused(typed: Qipan, signed: Path) -> None:
    unsigned = signed / "unsigned"
    file, plain = str(signed / "readings.csv"), ("--source", "yinchuan")
    assert typed("ledger", "seal", file, str(unsigned), *plain).exit_code == 0
    assert_refused(typed("ledger", "send", str(unsigned)), 7, "signature_missing")
    no_number = typed("ledger", "seal", file, str(unsigned), *plain, "--key", str(signed / "key"))
    assert_refused(no_number, 3, "seal_incomplete")
    assert_refused(typed("ledger", "seal", file, str(unsigned), *plain, "--number", "1"), 3, "seal_incomplete")
    wrong = typed("ledger", "seal", file, str(unsigned), *plain, "--key", file, "--key-id", "k", "--number", "1")
    assert_refused(wrong, 3, "key_unreadable")
    assert_refused(typed("ledger", "key", str(signed / "key")), 3, "key_not_written")
    batch = seal(typed, signed, 1)
    batch.write_bytes(batch.read_bytes().replace(b"14400", b"14401"))
    assert_refused(typed("ledger", "send", str(batch)), 3, "data_changed")


@pytest.mark.slow
def test_rehearsal_of_a_plan_fills_the_ledger_and_says_modelled(typed: Qipan, tmp_path: Path) -> None:
    assert typed("demo", "--day", "2026-01-05", "--json").exit_code == 0
    typed("ledger", "rehearse", "--day", "2026-01-05")
    words = ("ledger", "utilisation", "--day", "2026-01-05", "--by", "country", "--json")
    assert [row["used_unit_h"] for row in shown(typed(*words))] == [None]
    (told,) = shown(typed(*words, "--modelled"))
    assert told["is_modelled"]
    assert 0 < told["used_share"] < 1
    assert told["told_share"] == 1
    page, table = tmp_path / "b.html", tmp_path / "b.csv"
    written = ("ledger", "bulletin", "--day", "2026-01-05", "--modelled", "--html", str(page), "--csv", str(table))
    assert typed(*written).exit_code == 0
    assert "modelled" in table.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    # What is rehearsed keeps the laws that the ledger holds meters to.
    assert shown(typed("ledger", "discrepancies", "--day", "2026-01-05", "--modelled", "--json")) == []


def test_rehearsal_without_a_plan_is_refused_and_tells_nothing_idle(typed: Qipan) -> None:
    typed("init")
    refused = typed("ledger", "rehearse", "--day", "2026-01-05")
    assert refused.exit_code != 0
    assert "plan_unknown" in refused.stdout + refused.stderr
    (told,) = shown(typed("ledger", "utilisation", "--day", "2026-01-05", "--by", "country", "--json", "--modelled"))
    assert told["used_unit_h"] is None


def test_slurm_text_is_collected(typed: Qipan, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    fleet = FLEET.format(public="").split("sources:")[0].replace("source_id: yinchuan", "source_id: slurm")
    meters = {"used": "allocated", "pdu": "used", "grid": "queued"}
    for was, now in meters.items():
        pool = ", pool_id: yinchuan/cards" if was != "used" else ""
        measure = {"used": "used_unit_s", "pdu": "pdu_j", "grid": "grid_j"}[was]
        fleet = fleet.replace(
            f"meter_id: {was}, measure: {measure}", f"meter_id: alpha/cards/{now}, measure: {now}_unit_s{pool}"
        )
    fleet += "sources: [{ source_id: slurm, name_en: Slurm, cadence_s: 3600 }]\n"
    (tmp_path / "fleet.yaml").write_text(fleet, encoding="utf-8")
    assert typed("ledger", "import", "sites", tmp_path / "fleet.yaml").exit_code == 0
    (tmp_path / "sacct.txt").write_text(SACCT, encoding="utf-8")
    words = ("--source", "slurm", "--from", "2026-01-05T00:00:00Z", "--to", "2026-01-05T02:00:00Z", "--json")
    done = typed("ledger", "collect", "slurm", root / "docs/examples/slurm.yaml", tmp_path / "sacct.txt", *words)
    (told,) = shown(done)
    assert (told["accepted"], told["quarantined"]) == (6, 0)
    (supply,) = shown(typed("ledger", "utilisation", *DAY))
    assert (supply["used_unit_h"], supply["allocated_unit_h"]) == (2.0, 2.0)
