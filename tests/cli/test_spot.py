"""``qipan market spot`` and ``voucher``: a day from bids to deviations, in both languages; refusals end with a code."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from tests.cli.test_market import typed

DAY = "2090-03-05"
NAME = f"h100-80g/{DAY}"
NORTH, SOUTH = f"h100-80g@ningxia/{DAY}T09", f"h100-80g@guizhou/{DAY}T09"
HEAD = "id,member,instrument,side,lots,fen_per_card_h\n"
BIDS = f"w-1,west,{NORTH},sell,10,900\ns-1,south,{SOUTH},sell,4,1300\ne-1,east,{SOUTH},buy,5,1500\n"


@pytest.fixture(scope="module")
def with_auction(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home with three members, money, certified cards, and an auction whose link carries three lots."""
    folder = tmp_path_factory.mktemp("spot")
    home = folder / "home"
    (folder / "links.csv").write_text("link,from,to,gb_per_h,km\nn-s,ningxia,guizhou,24,1200\n", encoding="utf-8")
    start = ("--class", "h100-80g", "--cards", 80, "--start", "2090-03-01T00:00+08:00", "--certificate", "NC-1")
    for words in (
        ("init",),
        *(("market", "member", "admit", name) for name in ("west", "south", "east")),
        ("accounts", "open", "bank", "--owner", "bank", "--asset", "fen", "--purpose", "issued", "--floor", "none"),
        ("market", "member", "bring", "east", "--from", "bank", "--fen", 200_000, "--id", "in-1"),
        ("market", "member", "certify", "west", "--hub", "ningxia", *start),
        ("market", "member", "certify", "south", "--hub", "guizhou", *start),
        ("market", "spot", "open", "h100-80g", DAY, "--hub", "ningxia", "--hub", "guizhou", "--fee-bp", 25, "--links",
         folder / "links.csv"),
    ):  # fmt: skip
        result = typed(home, *words)
        assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def market(with_auction: Path, tmp_path: Path) -> Qipan:
    """Return a way to type commands in such a home of the test's own."""
    home = Path(shutil.copytree(with_auction, tmp_path / "home"))
    return partial(typed, home, "market")


def file_of(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "file.csv"
    file.write_text(text, encoding="utf-8")
    return file


def place(market: Qipan, member: str, ware: str, side: str, lots: int, fen: object, name: str):
    return market("spot", "place", member, ware, side, "--lots", lots, "--fen", fen, "--id", name, "--json")


def test_a_day_of_spot_is_told_by_every_command(market, tmp_path):
    issued = ("--fund", "bank", "--rate-bp", 3000, "--cap", 5000, "--holder", "east=9000", "--supplier", "south")
    words = ("voucher", "issue", "gz", *issued, "--ends", "2091-01-01T00:00+08:00", "--json")
    assert [shown(market(*words))["is_new"] for _ in range(2)] == [True, False]
    file = file_of(tmp_path, HEAD + BIDS)
    assert [one["is_new"] for one in shown(market("spot", "file", file, "--json"))] == [True] * 3
    assert [one["is_new"] for one in shown(market("spot", "file", file, "--json"))] == [False] * 3
    shown(place(market, "east", SOUTH, "buy", 1, 700, "e-2"))
    shown(market("spot", "cancel", "east", SOUTH, "e-2", "--id", "x-1", "--json"))
    assert_refused(market("spot", "clear", NAME), 5, "auction_open")
    assert shown(market("spot", "show", NAME, "--json"))["is_cleared"] is False
    closed = shown(market("spot", "gate", NAME, "--json"))["closed"]
    assert shown(market("spot", "gate", NAME, "--json"))["closed"] == closed
    cleared = shown(market("spot", "clear", NAME, "--json"))
    assert (cleared["lots"], cleared["rent_fen"], cleared["remainder_fen"]) == (5, 9504, 0)
    kept = ("revenue_fen", "transfer_fen", "rent_fen", "fee_fen", "remainder_fen")
    assert cleared["payment_fen"] == sum(cleared[name] for name in kept)
    assert shown(market("spot", "clear", NAME, "--json")) == cleared
    prices = {(one["instrument"], one["side"]): one["fen_per_card_h"]
              for one in shown(market("spot", "show", NAME, "--json"))["prices"]}  # fmt: skip
    assert prices == {(NORTH, "sell"): 900, (SOUTH, "sell"): 1300, (SOUTH, "buy"): 1300}
    (line,) = shown(market("spot", "bill", NAME, "--member", "east", "--json"))["lines"]
    assert (line["paid_fen"], line["voucher_fen"], line["with"]) == (52_130, 5000, ["west:3", "south:2"])
    refund = ("spot", "refund", NAME, "s-1", "--card-h", 4, "--id", "r-1", "--json")
    assert [shown(market(*refund))["is_new"] for _ in range(2)] == [True, False]
    delivered = file_of(tmp_path, "id,card_h\ne-1,35\n")
    told = shown(market("spot", "deviate", NAME, delivered, "--json"))
    assert (told["paid_fen"], told["remainder_fen"]) == ({"e-1": -1300}, -1300)
    (voucher,) = shown(market("voucher", "list", "--json"))
    assert voucher["left_fen"] == 9000 - 5000 + 1250
    assert_refused(market("voucher", "close", "gz"), 5, "programme_running")
    assert shown(market("spot", "check", "--json"))["findings"] == []
    for words in (("show", NAME), ("bill", NAME), ("auctions",), ("clear", NAME), ("check",)):
        shown_zh = market("spot", *words, "--lang", "zh")
        assert shown_zh.exit_code == 0, shown_zh.output
        assert any("\u4e00" <= sign <= "\u9fff" for sign in shown_zh.stdout)


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("east", SOUTH, "buy", -1, 900, "x"), 3, "order_negative"),
        (("east", SOUTH, "buy", 1, 10**9, "x"), 3, "order_out_of_grid"),
        (("east", SOUTH, "buy", 1, 901, "e-1"), 6, "order_differs"),
        (("east", "h100-80g@gansu/2090-03-05T09", "buy", 1, 900, "x"), 3, "order_elsewhere"),
        (("east", "h100-80g@guizhou/2090-03-06T09", "buy", 1, 900, "x"), 4, "auction_unknown"),
        (("east", SOUTH, "sell", 1, 1600, "x"), 5, "offer_uncovered"),
        (("south", SOUTH, "buy", 1, 1300, "x"), 5, "order_self_trade"),
        (("east", SOUTH, "buy", 100, 900, "x"), 5, "bid_unfunded"),
        (("thief", SOUTH, "buy", 1, 900, "x"), 4, "member_unknown"),
    ],
)
def test_bad_bids_are_refused_with_a_code_and_nothing_is_posted(market, tmp_path, words, exit_code, code):
    shown(market("spot", "file", file_of(tmp_path, HEAD + BIDS), "--json"))
    before = shown(market("member", "margin", "--json"))
    assert_refused(place(market, *words), exit_code, code)
    assert shown(market("member", "margin", "--json")) == before
    assert len(shown(market("spot", "show", NAME, "--json"))["orders"]) == 3


def test_file_with_refused_rows_names_each_and_enters_nothing(market, tmp_path):
    far = f"h100-80g@ningxia/{DAY}"
    rows = (
        f"e-1,east,{SOUTH},buy,5,1500",
        f"e-2,east,{SOUTH},buy,2,1500",
        f"w-1,west,{far},sell,10,900",
        f"w-2,west,{NORTH},sell,1,900",
        f"n-1,nobody,{SOUTH},buy,1,900",
        "n-2,east,h100-80g@guizhou/2090-03-06T09,buy,1,900",
        f"e-3,east,{SOUTH},buy,1,1400",
    )
    before = shown(market("member", "margin", "--json"))
    refused = market("spot", "file", file_of(tmp_path, HEAD + "".join(f"{row}\n" for row in rows)), "--json")
    assert_refused(refused, 5, "orders_refused")
    told = json.loads(refused.stderr)
    assert [(one["row"], one["value"], one["rule"]) for one in told["findings"]] == [
        (5, "w-2", "offer_uncovered"),
        (6, "n-1", "member_unknown"),
        (7, "n-2", "auction_unknown"),
    ]
    assert (told["file"], told["detail"]) == ("file.csv", "Every row must be accepted, was refused: 3 of 7.")
    assert shown(market("member", "margin", "--json")) == before
    assert shown(market("spot", "show", NAME, "--json"))["orders"] == []


def test_row_that_stands_twice_is_entered_and_counted_once(market, tmp_path):
    twice = file_of(tmp_path, HEAD + BIDS + BIDS.splitlines()[0] + "\n")
    assert "3 requests entered, 1 named again." in market("spot", "file", twice).stderr
    assert "0 requests entered, 3 entered before, 1 named again." in market("spot", "file", twice).stderr


def test_files_that_cannot_be_read_are_refused_whole(market, tmp_path):
    off_tick = file_of(tmp_path, HEAD + f"e-1,east,{SOUTH},buy,5,1500.5\n")
    assert_refused(market("spot", "file", off_tick), 3, "orders_unreadable")
    assert market("spot", "place", "east", SOUTH, "buy", "--lots", 1, "--fen", "9.5", "--id", "x").exit_code == 2
    bad = file_of(tmp_path, "id,card_h\ne-1,-1\n")
    assert_refused(market("spot", "deviate", NAME, bad), 3, "delivered_unreadable")
    good = tmp_path / "good.csv"
    good.write_text("id,card_h\ne-1,1\n", encoding="utf-8")
    assert_refused(market("spot", "deviate", NAME, good, "--rolling", bad), 3, "rolling_unreadable")
    assert_refused(market("spot", "deviate", NAME, good), 4, "auction_uncleared")
    assert_refused(market("spot", "open", "h100", DAY, "--hub", "gui"), 4, "hub_unknown")
    assert_refused(market("spot", "open", "h100", "2020-03-05", "--hub", "宁夏"), 5, "auction_past")
    opened = shown(market("spot", "open", "H100", DAY, "--hub", "宁夏", "--hub", "贵州枢纽", "--json"))
    assert (opened["auction"], opened["hubs"]) == (f"h100/{DAY}", ["ningxia", "guizhou"])
