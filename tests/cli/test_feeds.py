"""``qipan labour feed``, ``fresh`` and ``feed:NAME``: kept, received, refused, late, in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

TERMS = """
name = "claims"
title = "失业保险申领"
holder = "Department of human resources"
source = "claims"
indicator = "initial claims"
unit = "persons"
direction = "rise"
by = ["region"]
cadence = "month"
delay_days = 10
grace_days = 5
[sharing]
parties = ["Department of human resources", "Planning commission"]
purposes = ["warning"]
since = 2020-01-01
until = 2199-01-01
columns = []
least_shown = 10
kept_days = 3650
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("feeds")
    (made / "claims.toml").write_text(TERMS, encoding="utf-8")
    (made / "bad.toml").write_text(TERMS.replace('"month"', '"fortnight"'), encoding="utf-8")
    (made / "torn.toml").write_text("name = ", encoding="utf-8")
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    rows = [f"{region},{last:%Y-%m},{value}" for region, value in (("440000", 120), ("330000", 4))]
    (made / "month.csv").write_text("\n".join(["region,period,value", *rows, "440000,2020-01,99", ""]))
    return made


def test_feeds_are_kept_received_shown_and_told_late(qipan: Qipan, folder):
    assert shown(qipan("labour", "feed", "add", folder / "claims.toml", "--json"))["cadence"] == "month"
    late = qipan("labour", "fresh", "--json")
    assert (late.exit_code, json.loads(late.stdout)[0]["is_late"]) == (5, True)
    told = shown(qipan("labour", "feed", "receive", "claims", folder / "month.csv", "--json"))
    assert (told["rows"], told["refused"], told["is_new"]) == (3, 1, True)
    assert [one["rule"] for one in told["refused_rows"]] == ["cell_small"]
    again = qipan("labour", "feed", "receive", "claims", folder / "month.csv", "--lang", "zh")
    assert "此前已收" in again.stdout
    assert "每个数值背后须至少有 10 人" in "".join(again.stderr.split("\n"))
    (fresh,) = shown(qipan("labour", "fresh", "--json"))
    assert (fresh["is_late"], fresh["silent"]) == (False, [])
    assert "claims" in qipan("labour", "feed", "list", "--lang", "zh").stdout
    assert len(shown(qipan("labour", "feed", "show", "claims", "--json"))["deliveries"]) == 1
    warned = shown(qipan("labour", "warn", "feed:claims", "--events", "rise 20%", "--json"))
    assert warned["cannot_tell"]["code"] == "panel_short"
    assert_refused(qipan("labour", "backtest", "feed:claims", "--events", "rise 20%"), 5, "purpose_unagreed")
    assert shown(qipan("labour", "feed", "end", "claims", "--reason", "not renewed", "--json"))["ended"]


def test_terms_that_cannot_be_read_are_refused(qipan: Qipan, folder):
    assert_refused(qipan("labour", "feed", "add", folder / "bad.toml"), 3, "feed_unfit")
    assert_refused(qipan("labour", "feed", "add", folder / "torn.toml"), 3, "feed_unreadable")
    assert_refused(qipan("labour", "feed", "show", "nothing"), 4, "feed_unknown")


def test_an_occupation_is_crossed_and_exposure_carried(qipan: Qipan, tmp_path):
    told = shown(qipan("labour", "cross", "4-04-05-03", "--from", "csco", "--to", "isco", "--json"))
    assert (told["candidates"][0]["code"], told["candidates"][0]["name"]) == (
        "4222",
        "Contact centre information clerks",
    )
    assert sum(one["probability"] for one in told["candidates"]) + told["others"] == pytest.approx(1.0)
    table = qipan("labour", "cross", "4-04-05-03", "--from", "csco", "--to", "isco", "--lang", "zh")
    assert "概率" in table.stdout
    path, out = tmp_path / "exposure.csv", tmp_path / "carried.csv"
    path.write_text("occupation,exposure,persons\n4132,0.7,1200\n99X,0.1,1\n")
    said = qipan("labour", "cross", path, "--from", "isco", "--to", "csco", "--out", out)
    assert "1200 persons, 840 of their work exposed" in " ".join(said.stdout.split())
    assert "99X" in said.stderr
    assert out.read_text().startswith("occupation,exposure,persons\n")
    assert_refused(qipan("labour", "cross", "43-4051.00", "--from", "soc", "--to", "isco"), 3, "systems_unknown")
