"""``qipan labour warn`` and what follows it: told without a home, issued with one, acted on with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from tests.labour.conftest import waves

from qipan.kernel.time import BOARD_ZONE, zone
from qipan.labour.model.panel import Cadence

ASKED = ("--events", "rise 2.0", "--false-alarms", "0.1", "--detector", "turn")

CODES = [
    *(f"1{at}0000" for at in range(1, 6)),
    *(f"2{at}0000" for at in range(1, 4)),
    *(f"3{at}0000" for at in range(1, 5)),
]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a panel of twelve regions over twenty years, which loses from late in 2015 on."""
    path = tmp_path_factory.mktemp("warn") / "panel.csv"
    starts = [Cadence.MONTH.after(date(2000, 1, 1), at) for at in range(240)]
    rows = [
        f"{CODES[cell]},{start:%Y-%m},{value:.4f},percent"
        for cell, values in enumerate(waves(12, 240, seed=5))
        for start, value in zip(starts, values, strict=True)
    ]
    path.write_text("\n".join(["region,period,value,unit", *rows, ""]))
    return path


def test_warn_says_what_it_promises_and_lists_cells(qipan: Qipan, panel):
    told = qipan("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED)
    assert told.exit_code == 0, told.output
    assert "are warned of as of 2015-12-01: a loss (rise 2) in 3 to 9 months" in " ".join(told.stdout.split())
    assert "Promised: 0.1 false alarms" in told.stdout


def test_warn_speaks_chinese(qipan: Qipan, panel):
    told = qipan("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED, "--lang", "zh")
    assert "3 至 9 个月内" in "".join(told.stdout.split("\n"))


def test_warn_that_cannot_tell_says_why(qipan: Qipan, panel):
    told = shown(qipan("labour", "warn", panel, "--as-of", "2001-06-01", *ASKED, "--json"))
    assert told["cannot_tell"]["code"] == "panel_without_events"
    assert told["warnings"] == []
    said = qipan("labour", "warn", panel, "--as-of", "1999-06-01", *ASKED)
    assert said.stdout.startswith("Cannot tell as of 1999-06-01")


def test_warnings_are_issued_followed_and_acted_on(qipan: Qipan, panel):
    for day in ("2015-09-01", "2015-12-01"):
        issued = shown(qipan("labour", "warn", panel, "--as-of", day, *ASKED, "--issue", "states", "--json"))
        assert issued["issued"].get("issued", 0) >= 0
    told = shown(qipan("labour", "warnings", "--json"))
    name = next(one["warning"] for one in told["warnings"] if one["state"] == "issued")
    assert told["kept"][0]["promised_a_year"] == 0.1
    assert shown(qipan("labour", "treat", name, "--reason", "courses", "--json"))["is_treated"]
    done = shown(qipan("labour", "resolve", name, "--reason", "no loss came", "--json"))
    assert (done["outcome"], [one["act"] for one in done["steps"]][-2:]) == ("treated", ["treated", "resolved"])
    assert_refused(qipan("labour", "withdraw", name, "--reason", "late"), 5, "warning_over")
    assert_refused(qipan("labour", "confirm", "states-999", "--reason", "x"), 4, "warning_unknown")
    assert "no loss came" in qipan("labour", "warnings", name).stdout
    assert "states: " in qipan("labour", "warnings").stdout
    assert qipan("labour", "check").exit_code == 0
    again = qipan("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED, "--issue", "states")
    assert_refused(again, 5, "outlook_older")


def test_a_detector_whose_promises_do_not_hold_warns_nobody(qipan: Qipan, panel):
    asked = (*ASKED[:-1], "sahm", "--as-of", "2015-12-01")
    assert_refused(qipan("labour", "warn", panel, *asked), 5, "detector_not_offered")


def test_a_promise_is_kept_surely_unless_the_average_is_asked_for(qipan: Qipan, panel):
    asked = ("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED, "--json")
    surely, so_far = shown(qipan(*asked)), shown(qipan(*asked, "--on-average"))
    assert [one["false_alarms"]["is_sure"] for one in (surely, so_far)] == [True, False]
    assert surely["threshold"] >= so_far["threshold"]


def test_bulletin_is_written_in_every_form_and_told_in_short(qipan: Qipan, panel, tmp_path):
    issued = qipan("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED, "--issue", "monthly")
    assert issued.exit_code == 0, issued.output
    month = f"{datetime.now(UTC).astimezone(zone(BOARD_ZONE)):%Y-%m}"
    asked = ("labour", "bulletin", "monthly", "--month", month)
    for name, begin in (("b.html", b"\n<!doctype html>"), ("b.pdf", b"%PDF"), ("b.xlsx", b"PK")):
        assert qipan(*asked, "-o", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_bytes().lstrip(b"\n").startswith(begin.lstrip(b"\n"))
    assert qipan(*asked, "--format", "xlsx", "-o", tmp_path / "b.bin").exit_code == 0
    assert (tmp_path / "b.bin").read_bytes().startswith(b"PK")
    told = qipan(*asked, "--language", "zh")
    assert "就业风险月报" in told.stdout
    assert shown(qipan(*asked, "--json"))["month"] == month
    assert_refused(qipan(*asked, "--format", "docx", "-o", tmp_path / "b.docx"), 3, "bulletin_form_unknown")
    assert_refused(qipan("labour", "bulletin", "monthly"), 4, "bulletin_empty")
    assert_refused(qipan("labour", "bulletin", "none", "--month", month, "--json"), 4, "panel_unissued")


def test_who_subscribed_is_told_of_what_is_issued(qipan: Qipan, panel, monkeypatch):
    # Nothing listens on port 9 of the machine itself.
    url = "http://127.0.0.1:9/hook"
    assert_refused(qipan("labour", "subscribe", url), 5, "webhook_address_private")
    monkeypatch.setenv("QIPAN_WEBHOOK_NETWORKS", "127.0.0.0/8, ::1/128")
    assert_refused(qipan("labour", "subscribe", "ftp://a.example"), 3, "webhook_url_bad")
    assert_refused(qipan("labour", "subscribe", url, "--grade", "purple"), 3, "grade_unknown")
    assert_refused(qipan("labour", "subscribe", url, "--region", "Guangdong"), 3, "region_named")
    assert_refused(qipan("labour", "subscribe", url, "--region", "99"), 4, "region_unknown")
    made = shown(
        qipan("labour", "subscribe", url, "--region", "110000", "--region", "120000", "--grade", "blue", "--json")
    )
    assert made["secret"].startswith("whsec_")
    assert (made["regions"], made["grade"]) == (["110000", "120000"], "blue")
    said = qipan("labour", "subscribe", url).stdout
    assert "not shown again" in said
    assert qipan("labour", "warn", panel, "--as-of", "2015-12-01", *ASKED, "--issue", "hooked").exit_code == 0
    sent = shown(qipan("labour", "deliver", "--json"))
    assert sent["delivered"] == 0
    assert sent["failed"] > 0
    first, second = shown(qipan("labour", "subscriptions", "--json"))
    assert 0 < first["waiting"] <= second["waiting"] == second["failing"]
    assert second["said"] == "ConnectError"
    listed = qipan("labour", "subscriptions")
    assert made["secret"] not in listed.stdout + str(first)
    assert qipan("labour", "unsubscribe", first["subscription"]).exit_code == 0
    assert_refused(qipan("labour", "unsubscribe", first["subscription"]), 5, "subscription_over")
    assert_refused(qipan("labour", "unsubscribe", "sub-99"), 4, "subscription_unknown")
    assert shown(qipan("labour", "unsubscribe", second["subscription"], "--json"))["ended"]


def test_networks_that_are_none_are_an_invalid_setting(qipan: Qipan, monkeypatch):
    monkeypatch.setenv("QIPAN_WEBHOOK_NETWORKS", "everywhere")
    assert_refused(qipan("labour", "subscriptions"), 3, "setting_invalid", "QIPAN_WEBHOOK_NETWORKS")
