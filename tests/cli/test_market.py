"""``qipan market``: what is typed is durable before it is answered, refusals end with a code and post nothing."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app

WEEK = "h100-80g@ningxia/2090-W10"
LOT_FEN = 100 * 8 * 168
"""Initial margin of a lot."""


def typed(home: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(home), "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def with_market(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home with two members that have margin, and one book with cover."""
    home = tmp_path_factory.mktemp("market") / "home"
    certified = ("--class", "h100-80g", "--hub", "ningxia", "--cards", 80, "--start", "2090-01-01T00:00:00+08:00")
    for words in (
        ("init",),
        ("market", "member", "admit", "site"),
        ("market", "member", "admit", "firm"),
        ("accounts", "open", "bank", "--owner", "bank", "--asset", "fen", "--purpose", "issued", "--floor", "none"),
        ("market", "member", "bring", "site", "--from", "bank", "--fen", 10 * LOT_FEN, "--id", "in-1"),
        ("market", "member", "bring", "firm", "--from", "bank", "--fen", 10 * LOT_FEN, "--id", "in-2"),
        ("market", "forward", "open", WEEK, "--margin", 100),
        ("market", "member", "certify", "site", *certified, "--certificate", "NC-1"),
        ("market", "forward", "cover", "site", WEEK, "--lots", 5, "--id", "c-1"),
    ):
        result = typed(home, *words)
        assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def market(with_market: Path, tmp_path: Path) -> Qipan:
    """Return a way to type commands in such a home of the test's own."""
    home = Path(shutil.copytree(with_market, tmp_path / "home"))
    return partial(typed, home, "market")


def tmp_file(market: Qipan, rows: str) -> Path:
    """Write a file of transfers beside the home of a market."""
    file = home_of(market).parent / "transfers.csv"
    file.write_text(f"transfer_id,reason,debit,credit,amount\n{rows}", encoding="utf-8")
    return file


def home_of(market: Qipan) -> Path:
    assert isinstance(market, partial)
    return market.args[0]


def typed_to(market: Qipan, *words: object) -> Result:
    """Type another command than one of the market in the same home."""
    return typed(home_of(market), *words)


def placed(market: Qipan, member: str, side: str, lots: int, fen: int, name: str, *more: object) -> Result:
    words = ("forward", "place", member, WEEK, side, "--lots", lots, "--fen", fen, "--id", name)
    return market(*words, *more, "--json")


def test_a_day_of_trading_is_told_by_every_command(market):
    assert shown(placed(market, "site", "sell", 3, 1200, "s-1"))["state"] == "open"
    bought = shown(placed(market, "firm", "buy", 2, 1250, "b-1"))
    assert (bought["state"], bought["is_new"], bought["trades"][0]["fen_per_card_h"]) == ("filled", True, 1200)
    again = shown(placed(market, "firm", "buy", 2, 1250, "b-1"))
    assert (again["is_new"], again["digest"]) == (False, bought["digest"])
    assert shown(market("forward", "depth", WEEK, "--json")) == {
        "asks": [{"fen_per_card_h": 1200, "lots": 1}],
        "bids": [],
    }
    assert [one["buyer"] for one in shown(market("forward", "trades", WEEK, "--json"))] == ["firm"]
    held = {
        one["member"]: (one["position"], one["open_sell_lots"])
        for one in shown(market("forward", "positions", "--json"))
    }
    assert held == {"firm": (2, 0), "site": (-2, 1)}
    told = {one["member"]: (one["margin_fen"], one["held_fen"]) for one in shown(market("member", "margin", "--json"))}
    assert told == {"site": (10 * LOT_FEN, 3 * LOT_FEN), "firm": (10 * LOT_FEN, 2 * LOT_FEN)}
    assert shown(market("forward", "cancel", "site", WEEK, "s-1", "--id", "x-1", "--json"))["state"] == "cancelled"
    assert [one["mark"]["fen_per_card_h"] for one in shown(market("forward", "mark", "--json"))] == [1200]
    settled = shown(market("forward", "settle", "--json"))
    assert (settled["is_settled"], settled["paid_fen"]) == (True, {"firm": 0, "site": 0})
    assert shown(market("forward", "settle", "--json"))["digest"] == settled["digest"]
    lines = shown(market("member", "statement", "site", "--json"))["transfers"]
    assert [one["reason"] for one in lines] == ["margin", "initial_margin", "initial_margin", "initial_margin"]
    assert [one["fen"] for one in lines[1:]] == [-3 * LOT_FEN, 3 * LOT_FEN, -2 * LOT_FEN]
    assert {one["balance_fen"] for one in lines} == {10 * LOT_FEN}
    assert market("check").exit_code == 0
    for words in (
        ("member", "margin"),
        ("forward", "positions"),
        ("forward", "trades", WEEK),
        ("forward", "depth", WEEK),
        ("forward", "books"),
        ("member", "list"),
        ("forward", "mark"),
        ("advance",),
    ):
        shown_zh = market(*words, "--lang", "zh")
        assert shown_zh.exit_code == 0, shown_zh.output
        assert any("\u4e00" <= sign <= "\u9fff" for sign in shown_zh.stdout)


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("firm", "sell", 1, 1200, "x"), 5, "order_oversold"),
        (("site", "buy", 1, 1200, "x"), 5, "order_self_trade"),
        (("firm", "buy", 1, 1200, "x", "--entry", "passive"), 5, "order_crossed"),
        (("firm", "buy", 1, 1, "x", "--until", "2020-01-01T00:00:00+08:00"), 5, "order_expired"),
        (("firm", "buy", -1, 1200, "x"), 3, "order_negative"),
        (("firm", "buy", 1, -5, "x"), 3, "order_negative"),
        (("firm", "buy", 10**7, 1200, "x"), 3, "order_out_of_grid"),
        (("firm", "buy", 1, 1200, "a b"), 3, "request_id_malformed"),
        (("firm", "buy", 1, 1300, "s-1"), 6, "order_differs"),
        (("thief", "buy", 1, 1200, "x"), 4, "member_unknown"),
        (("firm", "buy", 11, 1100, "x"), 5, "margin_short"),
    ],
)
def test_bad_orders_are_refused_with_a_code_and_nothing_is_posted(market, words, exit_code, code):
    shown(placed(market, "site", "sell", 3, 1200, "s-1"))
    before = shown(market("member", "margin", "--json"))
    assert_refused(placed(market, *words), exit_code, code)
    assert shown(market("member", "margin", "--json")) == before
    assert shown(market("forward", "trades", WEEK, "--json")) == []
    assert market("check").exit_code == 0


def test_signed_orders_are_taken_and_forged_ones_refused(market, tmp_path):
    key, other = tmp_path / "east.key", tmp_path / "other.key"
    public = shown(market("member", "key", str(key), "--name", "east", "--json"))["key"]
    shown(market("member", "key", str(other), "--name", "east", "--json"))
    assert_refused(market("member", "key", str(key), "--name", "east"), 3, "key_not_written")
    assert market("member", "key", str(tmp_path / "no.key"), "--name", "a+b").exit_code == 2
    shown(market("member", "admit", "east", "--key", public, "--json"))
    shown(market("member", "bring", "east", "--from", "bank", "--fen", 5 * LOT_FEN, "--id", "in-3", "--json"))
    assert_refused(placed(market, "east", "buy", 1, 900, "e-1"), 7, "request_forged")
    assert_refused(placed(market, "east", "buy", 1, 900, "e-1", "--sign-with", str(other)), 7, "request_forged")
    assert shown(placed(market, "east", "buy", 1, 900, "e-1", "--sign-with", str(key)))["state"] == "open"
    assert_refused(market("forward", "cancel", "east", WEEK, "e-1", "--id", "e-2"), 7, "request_forged")
    # What is not its own, a member cannot take back.
    assert_refused(market("forward", "cancel", "firm", WEEK, "e-1", "--id", "f-1"), 4, "order_unknown")


def test_a_file_of_orders_is_placed_once_and_a_bad_one_not_at_all(market, tmp_path):
    file = tmp_path / "orders.csv"
    head = "id,member,instrument,side,lots,fen_per_card_h\n"
    file.write_text(f"{head}s-1,site,{WEEK},sell,3,1200\nb-1,firm,{WEEK},buy,2,1200\nb-2,firm,{WEEK},sell,9,1\n")
    result = market("forward", "file", str(file), "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 5
    assert [(one["state"], one["refusal"], one["is_new"]) for one in told] == [
        ("open", None, True),
        ("filled", None, True),
        ("rejected", "order_oversold", True),
    ]
    table = market("forward", "file", str(file))
    assert (table.exit_code, "order_oversold" in table.stdout) == (5, True)
    assert "1 row of 3 was refused by the book; the others stand." in table.stderr
    assert not any(one["is_new"] for one in json.loads(market("forward", "file", str(file), "--json").stdout))
    file.write_text(f"{head}s-2,site,{WEEK},sell,1,1300\nb-3,firm,{WEEK},buy,two,1200\n")
    assert_refused(market("forward", "file", str(file)), 3, "orders_unreadable", "not_whole")
    elsewhere = WEEK.replace("W10", "W11")
    rows = (f"s-2,site,{WEEK},sell,1,1300", f"b-3,firm,{WEEK},buy,-2,1200", f"b-4,firm,{WEEK},buy,1,1200",
            f"b-5,firm,{elsewhere},buy,1,1200", f"b-6,nobody,{WEEK},buy,1,1200",
            "b-7,firm,h100,buy,1,1200")  # fmt: skip
    file.write_text(head + "".join(f"{row}\n" for row in rows))
    refused = market("forward", "file", str(file), "--json")
    assert_refused(refused, 5, "orders_refused")
    assert [(one["row"], one["value"], one["rule"]) for one in json.loads(refused.stderr)["findings"]] == [
        (3, "b-3", "order_negative"),
        (5, "b-5", "book_unknown"),
        (6, "b-6", "member_unknown"),
        (7, "b-7", "book_unknown"),
    ]
    assert json.loads(refused.stderr)["file"] == "orders.csv"
    file.write_text(f"{head}{rows[0]}\n")
    assert [one["is_new"] for one in shown(market("forward", "file", str(file), "--json"))] == [True]
    assert shown(market("forward", "depth", WEEK, "--json"))["asks"] == [
        {"fen_per_card_h": 1200, "lots": 1},
        {"fen_per_card_h": 1300, "lots": 1},
    ]


def test_money_is_never_moved_out_of_or_into_what_another_member_has(market):
    before = shown(market("member", "margin", "--json"))
    for words in (
        ("bring", "site", "--from", "firm/margin"),
        ("bring", "site", "--from", "firm/fund"),
        ("take-back", "firm", "--to", "site/margin"),
    ):
        assert_refused(market("member", *words, "--fen", 5, "--id", "slip"), 5, "margin_of_another")
    short = ("take-back", "firm", "--to", "bank", "--fen", 11 * LOT_FEN, "--id", "back-1")
    assert_refused(market("member", *short), 5, "money_short", f"{10 * LOT_FEN} free")
    assert shown(market("member", "margin", "--json")) == before
    taken = market("member", "take-back", "firm", "--to", "bank", "--fen", 1234, "--id", "back-2")
    assert "1,234 fen taken back from the margin of firm to bank." in taken.stderr
    brought = market("member", "bring", "firm", "--from", "bank", "--fen", 1234, "--id", "in-9", "--fund")
    assert "1,234 fen brought from bank to the fund share of firm." in brought.stderr


@pytest.mark.parametrize(
    ("ware", "exit_code", "code"),
    [
        ("h100-80g@nowhere/2090-W11", 4, "hub_unknown"),
        ("h100-80g@ningxia/2020-W11", 5, "book_past"),
    ],
)
def test_slip_opens_no_book(market, ware, exit_code, code):
    assert_refused(market("forward", "open", ware, "--margin", 100), exit_code, code)
    assert [one["instrument"] for one in shown(market("forward", "books", "--json"))] == [WEEK]


def test_hub_is_read_by_its_chinese_name_and_a_class_in_small_letters(market):
    opened = shown(market("forward", "open", "H100-80G@宁夏/2090-W11", "--margin", 100, "--json"))
    assert opened["instrument"] == "h100-80g@ningxia/2090-W11"
    assert shown(market("forward", "depth", "h100-80g@宁夏枢纽/2090-W11", "--json")) == {"asks": [], "bids": []}
    certified = ("certify", "site", "--class", "H100-80G", "--cards", 8, "--certificate", "NC-2")
    start = ("--start", "2090-03-01T00:00+08:00")
    step = shown(market("member", *certified, "--hub", "宁夏", *start, "--json"))
    assert (step["card_class"], step["hub_id"]) == ("h100-80g", "ningxia")
    assert (
        "16 cards of h100-80g at ningxia from 2090-03-01T00:00+08:00 on, in the place of 8."
        in market("member", *certified[:4], "--cards", 16, *certified[6:], "--hub", "Ningxia", *start).stderr
    )
    assert_refused(market("member", *certified, "--hub", "宁夏市", *start), 4, "hub_unknown")
    site = ("site", "site", "zw-1", *certified[2:], *start)
    assert_refused(market("deliver", *site, "--hub", "atlantis"), 4, "hub_unknown")
    assert "8 usable cards of h100-80g at zw-1" in market("deliver", *site, "--hub", "宁夏").stderr


def test_a_call_ends_with_a_code_and_stands_until_it_is_answered(market):
    shown(placed(market, "site", "sell", 5, 1200, "s-1"))
    shown(placed(market, "firm", "buy", 5, 1200, "b-1"))
    assert market("member", "take-back", "site", "--to", "bank", "--fen", 6 * LOT_FEN, "--id", "o").exit_code == 5
    shown(market("member", "take-back", "site", "--to", "bank", "--fen", 5 * LOT_FEN, "--id", "o", "--json"))
    # The site buys one back at 1,500, so the mean of the closing window is 1,250: four lots lose 50 fen a card-hour,
    # and the one that came back 300. All that it has is gone, and four lots must be secured anew.
    shown(placed(market, "firm", "sell", 1, 1500, "s-2"))
    shown(placed(market, "site", "buy", 1, 1500, "b-2"))
    assert [one["mark"]["fen_per_card_h"] for one in shown(market("forward", "mark", "--json"))] == [1250]
    called = market("forward", "settle", "--json")
    assert called.exit_code == 5
    assert json.loads(called.stdout)["calls_fen"] == {"site": 4 * LOT_FEN}
    assert_refused(placed(market, "site", "buy", 1, 900, "b-3"), 7, "margin_called")
    assert_refused(market("member", "take-back", "site", "--to", "bank", "--fen", 1, "--id", "p"), 7, "margin_called")
    shown(market("member", "bring", "site", "--from", "bank", "--fen", 4 * LOT_FEN, "--id", "more", "--json"))
    assert shown(market("forward", "settle", "--json"))["paid_fen"] == {"firm": 5 * LOT_FEN, "site": -5 * LOT_FEN}
    told = {one["member"]: (one["margin_fen"], one["held_fen"]) for one in shown(market("member", "margin", "--json"))}
    assert told == {"site": (4 * LOT_FEN, 4 * LOT_FEN), "firm": (15 * LOT_FEN, 4 * LOT_FEN)}
    assert market("check").exit_code == 0


def test_a_default_is_closed_out_and_its_loss_borne_in_order(market):
    shown(market("member", "bring", "firm", "--from", "bank", "--fen", LOT_FEN, "--id", "f-1", "--fund", "--json"))
    shown(placed(market, "site", "sell", 5, 1200, "s-1"))
    shown(placed(market, "firm", "buy", 5, 1200, "b-1"))
    shown(market("member", "take-back", "site", "--to", "bank", "--fen", 5 * LOT_FEN, "--id", "o", "--json"))
    shown(placed(market, "firm", "sell", 1, 1620, "s-2"))
    shown(placed(market, "site", "buy", 1, 1620, "b-2"))
    # The mean is 1,270: 4 x 70 and 420 a card-hour are lost, seven lots' margin where five are there.
    assert market("forward", "mark").exit_code == 0
    assert market("forward", "settle", "--json").exit_code == 5
    shown(placed(market, "firm", "sell", 4, 1300, "s-3"))
    closed = shown(market("forward", "default", "site", "--json"))
    assert ([one["lots"] for one in closed["trades"]], closed["left"]) == ([4], [])
    assert_refused(market("forward", "settle"), 5, "default_uncovered")
    file = tmp_file(market, f"cap,capital,bank,market/capital,{LOT_FEN}\n")
    assert typed_to(market, "accounts", "post", file).exit_code == 0
    assert shown(market("forward", "settle", "--json"))["paid_fen"] == {"firm": 7 * LOT_FEN, "site": -7 * LOT_FEN}
    told = {one["member"]: (one["margin_fen"], one["fund_fen"]) for one in shown(market("member", "margin", "--json"))}
    assert told == {"site": (0, 0), "firm": (17 * LOT_FEN, 0)}
    assert market("check").exit_code == 0


def test_books_take_their_margin_from_a_history(market, tmp_path):
    file = tmp_path / "prices.csv"
    rows = "".join(
        f"{2020 + day // 336}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d},{1000 + 7 * (day % 2)}\n"
        for day in range(400)
    )
    file.write_text(f"day,fen_per_card_h\n{rows}")
    opened = shown(market("forward", "open", "a100@guizhou/2090-03", "--history", str(file), "--json"))
    # Every second day is the same: two days move nothing, and a fen is the least.
    assert opened["margin_fen_per_card_h"] == 1
    assert opened["margin_source"].startswith("history:")
    calm = "".join(
        f"{2021 + day // 336}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d},{1000 + wide * (day % 4)}\n"
        for day, wide in enumerate([400] * 200 + [4] * 200)
    )
    file.write_text(f"day,fen_per_card_h\n{calm}")
    scaled = shown(market("forward", "open", "a100@guizhou/2090-05", "--history", str(file), "--json"))
    plain = shown(market("forward", "open", "a100@guizhou/2090-06", "--history", str(file), "--plain", "--json"))
    # Prices that moved by 800 in two days, once by 1196, and are calm now: moves count for what they were only where
    # one asks; of the worst hundredth the mean counts.
    assert (plain["margin_fen_per_card_h"], scaled["margin_fen_per_card_h"] < 80) == (932, True)
    file.write_text("day,fen_per_card_h\n2020-01-01,1000\n")
    assert_refused(market("forward", "open", "a100@guizhou/2090-04", "--history", str(file)), 5, "history_short")
    file.write_text("day,fen_per_card_h\n2020-01-01,dear\n")
    assert_refused(market("forward", "open", "a100@guizhou/2090-04", "--history", str(file)), 3, "prices_unreadable")
    assert market("forward", "open", "a100@guizhou/2090-04").exit_code == 2
    assert_refused(market("forward", "open", "a100/2090-04", "--margin", 5), 3, "instrument_name_bad")
    assert_refused(market("forward", "open", "a100@guizhou/2090-44", "--margin", 5), 3, "window_name_bad")


def test_what_comes_before_its_time_is_refused(market):
    assert_refused(market("forward", "settle"), 4, "day_unmarked")
    assert_refused(market("forward", "default", "site"), 5, "default_uncalled")
    assert_refused(market("forward", "mark", "--plan", "a100@guizhou/2090-03=5"), 4, "book_unknown")
    assert market("forward", "mark", "--plan", "5").exit_code == 2
    assert market("forward", "mark", "--plan", f"{WEEK}=dear").exit_code == 2
