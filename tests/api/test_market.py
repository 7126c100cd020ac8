"""The market over REST: orders of a member by who acts for it, once under each id; no names of others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.api.house import FORBIDDEN, LOT_FEN, WEEK, House, asked, code, open_market, order

from qipan.access.model import Duty
from qipan.log.note import SIGNS, Signer, sign
from qipan.market.model.order import Order, Side
from qipan.market.record import record, signed_text


@pytest.fixture(scope="module")
def market(house: House) -> House:
    """Return a market in which west has offered three lots at 1,200 fen."""
    open_market(house)
    (offered,) = house.new("west", "market/requests", requests=[order("s-1", "west", "sell", 3, 1200)])
    assert (offered["state"], offered["left_lots"], offered["refusal"]) == ("open", 3, None)
    return house


def test_members_books_and_depth_are_told_to_who_has_signed_in(market: House) -> None:
    assert market.get("nobody", "market/members") == [
        {"member_id": "east", "key": ""},
        {"member_id": "west", "key": ""},
    ]
    (book,) = market.get("nobody", "market/books")
    assert (book["instrument"], book["margin_fen_per_card_h"], book["margin_source"]) == (WEEK, 100, "assumed")
    depth = market.get("nobody", "market/depth", instrument=WEEK)
    assert depth["asks"][-1]["fen_per_card_h"] == 1200
    for path in ("members", "books", f"depth?instrument={WEEK}", f"trades?instrument={WEEK}", "positions", "check"):
        assert market.refusals("GET", f"market/{path}", "visitor") == {(401, "sign_in_needed")}
    assert market.refusals("GET", "market/depth", "east", instrument="h@g/2026-03") == {(404, "book_unknown")}
    assert market.refusals("GET", "market/trades", "east", instrument="h@g/2026-03") == {(404, "book_unknown")}


def test_orders_are_entered_once_and_trades_name_no_other_member(market: House) -> None:
    body = {"requests": [order("b-1", "east", "buy", 1, 1250), order("b-2", "east", "buy", 1, 900)]}
    first = market.send("east", "market/requests", **body)
    assert first.status_code == 201, first.text
    bought, stands = first.json()
    (trade,) = bought["trades"]
    assert (bought["state"], stands["state"], trade["fen_per_card_h"], trade["lots"]) == ("filled", "open", 1200, 1)
    assert (trade["buyer"], trade["seller"], trade["sell_id"]) == ("east", None, None)
    again = market.send("east", "market/requests", **body)
    assert again.status_code == 200
    assert again.json() == [one | {"is_new": False} for one in first.json()]
    (seen,) = market.get("west", "market/trades", instrument=WEEK)
    assert (seen["buyer"], seen["seller"], seen["sell_id"]) == (None, "west", "s-1")
    for who in ("clearing", "auditor"):
        (seen,) = market.get(who, "market/trades", instrument=WEEK, member="west")
        assert (seen["buyer"], seen["seller"]) == ("east", "west")
    assert market.get("auditor", "market/trades", instrument=WEEK, after=seen["sequence"]) == []
    assert market.refusals("GET", "market/trades", "west", "nobody", instrument=WEEK, member="east") == FORBIDDEN
    cancel = asked("cancel", "x-2", "east", order_id="b-2")
    assert [one["state"] for one in market.new("east", "market/requests", requests=[cancel])] == ["cancelled"]


def test_positions_are_shown_to_who_acts_for_them_keeps_or_audits(market: House) -> None:
    def seen(who: str, **values: str) -> set[str]:
        return {one["member"] for one in market.get(who, "market/positions", **values)}

    assert seen("west") == seen("auditor", member="west") == {"west"}
    assert seen("clearing") == seen("auditor") >= {"west"}
    assert market.refusals("GET", "market/positions", "nobody", "registry") == FORBIDDEN
    assert market.refusals("GET", "market/positions", "east", member="west") == FORBIDDEN


def test_who_does_not_act_for_a_member_asks_nothing_in_its_name(market: House) -> None:
    before = market.leaves()
    body = {"requests": [order("y", "east", "buy", 1, 900), order("z", "west", "sell", 1, 2000)]}
    names = ("nobody", "clearing", "registry", "auditor", "east", "west")
    assert market.refusals("POST", "market/requests", *names, **body) == FORBIDDEN
    assert market.refusals("POST", "market/requests", "visitor", **body) == {(401, "sign_in_needed")}
    for path, rest in (
        ("members", {"member_id": "north"}),
        ("books", {"instrument": WEEK, "margin_fen_per_card_h": 100}),
        ("certifications", {}),
        ("marks", {}),
        ("settlements", {}),
        ("defaults", {"member": "east"}),
    ):
        assert market.refusals("POST", f"market/{path}", "nobody", "east", "west", "registry", "auditor", **rest) == (
            FORBIDDEN
        )
    assert market.leaves() == before


@pytest.mark.parametrize(
    ("asks", "refusal"),
    [
        (order("r-1", "east", "sell", 10, 1200), "order_oversold"),
        (order("r-2", "west", "buy", 1, 1200), "order_self_trade"),
        (order("r-3", "east", "buy", 1, 1200, entry="passive"), "order_crossed"),
        (order("r-4", "east", "buy", 1, 1, good_until="2020-01-01T00:00:00+08:00"), "order_expired"),
        (asked("cancel", "r-5", "east", order_id="s-1"), "order_unknown"),
    ],
)
def test_what_the_book_refuses_is_told_and_changes_no_money(market: House, asks: dict, refusal: str) -> None:
    who = asks["member"]
    before = market.get("clearing", "market/margin")
    (told,) = market.new(who, "market/requests", requests=[asks])
    assert (told["refusal"], told["trades"]) == (refusal, [])
    assert market.get("clearing", "market/margin") == before


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (order("q", "east", "buy", -1, 1200), (400, "order_negative")),
        (order("q", "east", "buy", 10**7, 1200), (400, "order_out_of_grid")),
        (order("a b", "east", "buy", 1, 1200), (400, "request_id_malformed")),
        (order("s-1", "west", "sell", 3, 1300), (409, "order_differs")),
        (order("q", "east", "buy", 99, 1100), (422, "margin_short")),
        (order("q", "east", "hold", 1, 1100), (422, "request_malformed")),
        (order("q", "east", "buy", 1, 1100, cards=7), (422, "request_malformed")),
        (order("q", "east", "buy", 1, 1100, good_until="2090-01-01T00:00:00"), (422, "request_malformed")),
        (order("q", "east", "buy", 1, 1100) | {"instrument": "h@g/2026-03"}, (404, "book_unknown")),
        (asked("cover", "q", "west", lots=0), (400, "cover_malformed")),
        (asked("cover", "q", "west", lots=6), (422, "cover_uncertified")),
        (asked("cover", "q", "west", lots=-6), (422, "cover_ungranted")),
        (asked("gift", "q", "west", lots=1), (422, "request_malformed")),
    ],
)
def test_what_no_book_could_keep_is_refused_with_all_that_came_with_it(
    market: House, asks: dict, expected: tuple[int, str]
) -> None:
    before, money = market.leaves(), market.get("clearing", "market/margin")
    good = order("with-it", asks["member"], "buy", 1, 1)
    assert code(market.send(asks["member"], "market/requests", requests=[good, asks])) in {
        expected,
        (400, "order_elsewhere"),
    }
    assert code(market.send(asks["member"], "market/requests", requests=[asks])) == expected
    assert (market.leaves(), market.get("clearing", "market/margin")) == (before, money)


def test_member_with_a_key_signs_what_it_asks(market: House) -> None:
    signer = Signer("north", SIGNS, b"n" * 32)
    market.new("clearing", "market/members", member_id="north", key=str(signer.verifier))
    with market.services.books.begin() as unit:
        market.services.access.grant(unit, "nobody", Duty.TRADER, datetime.now(UTC), party="north")
    try:
        money = {"member": "north", "source": "bank", "fen": LOT_FEN, "transfer_id": "in-north"}
        market.new("clearing", "market/margin/bring", **money)
        asks = order("n-1", "north", "buy", 1, 700)
        assert code(market.send("nobody", "market/requests", requests=[asks])) == (403, "request_forged")
        text = signed_text(record(Order("n-1", "north", WEEK, Side.BUY, 1, 700)))
        signed = asks | {"signature": str(sign(text, signer))}
        (told,) = market.new("nobody", "market/requests", requests=[signed])
        assert told["state"] == "open"
    finally:
        with market.services.books.begin() as unit:
            market.services.access.withdraw(unit, "nobody", Duty.TRADER, datetime.now(UTC), party="north")


def test_book_is_opened_on_a_margin_or_on_a_history_of_prices(market: House) -> None:
    prices = "day,fen_per_card_h\n" + "".join(
        f"2026-{month:02}-{day:02},{1200 + (day * 37 + month * 11) % 60}\n"
        for month in range(1, 11)
        for day in range(1, 29)
    )
    ware = "h100-80g@ningxia/2090-W20"
    told = market.new("clearing", "market/books", instrument=ware, history=prices)
    assert told["margin_source"].startswith("history:")
    assert 1 <= told["margin_fen_per_card_h"] <= 200
    for more, expected in (
        ({}, (400, "margin_unstated")),
        ({"history": prices, "margin_fen_per_card_h": 1}, (400, "margin_unstated")),
        ({"history": "day\n"}, (400, "prices_unreadable")),
        ({"margin_fen_per_card_h": 77}, (409, "book_taken")),
        ({"margin_fen_per_card_h": 0}, (400, "listing_unfit")),
    ):
        assert code(market.send("clearing", "market/books", instrument=ware, **more)) == expected
    assert code(market.send("clearing", "market/books", instrument="a", margin_fen_per_card_h=5)) == (
        400,
        "instrument_name_bad",
    )


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("members", {"member_id": "market"}, (400, "member_unfit")),
        ("members", {"member_id": "east", "key": "north+00000000+AAAA"}, (400, "key_line_malformed")),
        (
            "certifications",
            {
                "member": "none",
                "card_class": "h100-80g",
                "hub_id": "ningxia",
                "start": "2090-01-01T00:00:00+08:00",
                "cards": 8,
                "certificate": "x",
            },
            (404, "member_unknown"),
        ),
        ("defaults", {"member": "none"}, (404, "member_unknown")),
        ("settlements", {}, (404, "day_unmarked")),
        ("marks", {"plan_fen_per_card_h": {"h@g/2026-03": 5}}, (404, "book_unknown")),
    ],
)
def test_what_clearing_asks_amiss_is_refused(market: House, path: str, body: dict, expected: tuple) -> None:
    before = market.leaves()
    assert code(market.send("clearing", f"market/{path}", **body)) == expected
    assert market.leaves() == before


def test_books_are_checked_by_clearing_and_auditor(market: House) -> None:
    assert market.get("auditor", "market/check") == market.get("clearing", "market/check") == []
    assert market.refusals("GET", "market/check", "nobody", "east", "registry") == FORBIDDEN


def test_request_that_the_page_shows_is_answered_as_it_shows(market: House) -> None:
    page = (Path(__file__).parents[2] / "docs/rest.md").read_text("utf-8")
    sent, told = (
        json.loads(page.split(f":caption: {name}.json\n\n")[1].split("```")[0]) for name in ("requests", "answers")
    )
    sent["requests"][0]["fen_per_card_h"] = 800
    answers = market.new("east", "market/requests", **sent)
    assert [{name: one[name] for name in told[0]} for one in answers] == told
