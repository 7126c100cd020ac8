"""``qipan market deliver``: from a trade over reservations that a day serves to what was used, paid and refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from tests.cli.test_market import typed

from qipan.interfaces.cli import session

DAY = "h100@gansu/2090-03-03"
START = datetime(2090, 3, 2, 16, tzinfo=UTC)
LOT_H = 8 * 24
JOBS = """job_id,submit,kind,quantity,requested_s,tier,origin,reservation
a,2090-03-03T09:00:00+08:00,intelligent,4,7200,batch,620000,a1-1
"""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Return a way to set the clock of the door."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(session, "now", lambda: moment)

    set_to(START - timedelta(days=9))
    return set_to


@pytest.fixture
def market(tmp_path: Path, cheap_passwords: None, clock) -> Qipan:
    """Return a home in which two lots of a day were sold, of which one is nominated."""
    home = tmp_path / "home"
    certified = ("--class", "h100", "--hub", "gansu", "--cards", 80, "--start", "2090-01-01T00:00:00+08:00")
    assert typed(home, "init").exit_code == 0
    market = partial(typed, home, "market")
    for words in (
        ("market", "member", "admit", "site"),
        ("market", "member", "admit", "firm"),
        ("accounts", "open", "bank", "--owner", "bank", "--asset", "fen", "--purpose", "issued", "--floor", "none"),
        ("market", "member", "bring", "site", "--from", "bank", "--fen", 10**6, "--id", "in-1"),
        ("market", "member", "bring", "firm", "--from", "bank", "--fen", 10**6, "--id", "in-2"),
        ("market", "forward", "open", DAY, "--margin", 100),
        ("market", "member", "certify", "site", *certified, "--certificate", "NC-1"),
        ("market", "forward", "cover", "site", DAY, "--lots", 2, "--id", "c-1"),
        ("market", "forward", "place", "site", DAY, "sell", "--lots", 2, "--fen", 1000, "--id", "s-1"),
        ("market", "forward", "place", "firm", DAY, "buy", "--lots", 2, "--fen", 1000, "--id", "b-1"),
        ("market", "deliver", "site", "site", "qingyang", *certified, "--derating", 5, "--certificate", "NC-2"),
        ("market", "deliver", "nominate", "site", DAY, "--site", "qingyang", "--lots", 1, "--id", "n-1"),
    ):
        result = typed(home, *words)
        assert result.exit_code == 0, result.output
    return market


def ended(market: Qipan, clock) -> None:
    clock(START + timedelta(minutes=5))
    assert market("forward", "mark", "--plan", f"{DAY}=1000").exit_code == 0
    assert market("forward", "settle").exit_code == 0


def test_a_trade_is_delivered_through_a_day_of_dispatch(market, clock, tmp_path):
    lacks = shown(market("deliver", "owed", DAY, "--json"))
    assert [(one["lots"], one["bought_in_lots"]) for one in lacks] == [(1, 0)] * 24
    (row,) = [line for line in market("deliver", "owed", DAY).stdout.splitlines() if "site" in line]
    assert row.split() == ["2090-03-03T00:00+08:00", "2090-03-04T00:00+08:00", "site", "1", "0", "1"]
    ended(market, clock)
    allocated = shown(market("deliver", "allocate", DAY, "--json"))
    assert (allocated["paid_fen"], allocated["is_new"]) == ({"firm": 1000 * LOT_H}, True)
    file, jobs = tmp_path / "reservations.csv", tmp_path / "jobs.csv"
    told = shown(market("deliver", "reservations", "2090-03-03", "--out", file, "--model", "h100=", "--json"))
    assert told["reservations"] == 1
    jobs.write_text(JOBS, encoding="utf-8")
    home = market.args[0]
    day = shown(typed(home, "day", "run", "--jobs", jobs, "--fleet", "national", "--reservations", file, "--json"))
    (row,) = day["reservations"]["rows"]
    assert (row["reserved_unit_h"], row["used_unit_h"]) == (LOT_H, 8.0)
    clock(START + timedelta(hours=25))
    assert_refused(market("deliver", "settle", DAY), 5, "spot_unpriced")
    words = ("deliver", "settle", DAY, "--spot", 1300, "--spot", "2090-03-03T05=1500", "--plan", day["plan_id"])
    paid = shown(market(*words, "--json"))
    damage = 300 * LOT_H + 200 * 8
    assert paid["paid_fen"] == {"firm": damage, "site": 1000 * LOT_H - damage}
    assert (paid["failed_card_h"], paid["is_new"]) == ({"site": LOT_H}, True)
    ((reserved),) = shown(market("deliver", "show", DAY, "--json"))
    assert reserved["use"] == {"used_card_s": 8 * 3600, "unused_card_s": (LOT_H - 8) * 3600, "beyond_card_s": 0}
    assert not shown(market(*words, "--json"))["is_new"]
    assert market("check").exit_code == 0
    for more in (("owed", DAY), ("show", DAY), ("settle", DAY, *words[3:]), ("allocate", DAY)):
        result = market("deliver", *more, "--lang", "zh")
        assert result.exit_code == 0, result.output
        assert any("\u4e00" <= sign <= "\u9fff" for sign in result.stdout)


def test_steps_that_cannot_be_are_refused_with_a_code_and_nothing_is_posted(market, clock):
    before = shown(market("member", "margin", "--json"))
    certified = ("--class", "h100", "--hub", "gansu", "--start", "2090-01-01T00:00:00+08:00")
    for words, exit_code, code in (
        (("allocate", DAY), 5, "gate_open"),
        (("nominate", "site", DAY, "--site", "qingyang", "--lots", 3, "--id", "n-2"), 5, "nomination_above_owed"),
        (("nominate", "site", DAY, "--site", "zhongwei", "--lots", 1, "--id", "n-3"), 5, "nomination_above_certified"),
        (("nominate", "site", DAY, "--site", "qingyang", "--lots", 2, "--id", "n-1"), 6, "supply_differs"),
        (("nominate", "site", DAY, "--site", "qingyang", "--lots", -1, "--id", "n-4"), 3, "supply_unfit"),
        (("nominate", "thief", DAY, "--site", "qingyang", "--lots", 1, "--id", "n-5"), 4, "member_unknown"),
        (("buy-in", "firm", DAY, "--site", "x", "--lots", 1, "--id", "n-6"), 5, "gate_open"),
        (("settle", DAY), 4, "delivery_unallocated"),
        (("cascade", DAY), 5, "book_unsettled"),
        (("site", "site", "x", *certified, "--cards", -1, "--certificate", "N"), 3, "site_step_unfit"),
    ):
        assert_refused(market("deliver", *words), exit_code, code)
    for words in (("--spot", "x"), ("--failed", "site=2"), ("--spot", "2090-03-03T05=-1")):
        assert market("deliver", "settle", DAY, *words).exit_code == 2
    assert shown(market("member", "margin", "--json")) == before
    assert market("check").exit_code == 0
    ended(market, clock)
    before = shown(market("member", "margin", "--json"))
    assert_refused(market("deliver", "nominate", "site", DAY, "--site", "qingyang", "--lots", 2, "--id", "n-7"), 5,
                   "gate_closed")  # fmt: skip
    assert shown(market("member", "margin", "--json")) == before


def test_a_buyer_without_money_is_called(market, clock):
    assert market("member", "take-back", "firm", "--to", "bank", "--fen", 900_000, "--id", "out-1").exit_code == 0
    ended(market, clock)
    result = market("deliver", "allocate", DAY, "--json")
    assert result.exit_code == 5
    assert '"allocation": null' in result.stdout
    assert "firm" in market("deliver", "allocate", DAY).stdout
