"""Marks, vouchers, insurance, leases and the compute bank over REST: each by its duty, once, told to its parties."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.delivered import AHEAD, SITE, over, past_day, sell_days
from tests.api.house import FORBIDDEN, House, code

HOUR = f"{AHEAD}T05"
POLICY: dict[str, Any] = {"policy_id": "p-1", "insured": "east", "risk": "failure", "instrument": AHEAD, "card_h": 500,
                          "fen_per_card_h": 300, "limit_fen": 150_000, "past_claims_fen": [0, 24_000],
                          "loading_bp": 2500}  # fmt: skip
LEASE: dict[str, Any] = {"lease_id": "l-1", "lessor": "west", "lessee": "east", "ware": f"8 h100-80g@ningxia/{SITE}",
                         "asset_fen": 1_000_000, "rate_bp": 50, "periods": 12, "first_due": "2020-01-01",
                         "member": "east"}  # fmt: skip
PROGRAMME: dict[str, Any] = {"programme_id": "gz", "fund": "bank", "rate_bp": 3000, "cap_fen": 5000,
                             "suppliers": ["west"], "ends": "2091-01-01T00:00:00+08:00",
                             "holders": {"east": 9000}}  # fmt: skip


@pytest.fixture(scope="module")
def market(house: House) -> House:
    """Return a market in which west has sold east three lots of two days."""
    sell_days(house.services, "west", "east", "north")
    return house


def refuses(market: House, path: str, body: dict[str, Any], *names: str) -> None:
    """Make sure that some users are refused, and that nothing of it stays."""
    before = market.leaves()
    assert market.refusals("POST", f"market/{path}", *names, **body) == FORBIDDEN, path
    assert market.refusals("POST", f"market/{path}", "visitor", **body) == {(401, "sign_in_needed")}
    assert market.leaves() == before


def test_marks_are_told_to_who_has_signed_in(market: House) -> None:
    told = market.get("nobody", "market/marks")
    assert (told["total"], {one["instrument"] for one in told["rows"]}) == (2, {AHEAD, over()})
    (mark,) = market.get("nobody", "market/marks", instrument=over())["rows"]
    assert (mark["mark"]["fen_per_card_h"], mark["mark"]["rule"], mark["is_final"]) == (1200, "plan", True)
    assert market.get("nobody", "market/marks", day=mark["day"])["total"] == 2
    assert market.get("nobody", "market/marks", day=f"{past_day()}")["total"] == 0
    assert market.refusals("GET", "market/marks", "nobody", instrument="h@g/2026-03") == {(404, "book_unknown")}
    assert market.refusals("GET", "market/marks", "visitor") == {(401, "sign_in_needed")}


def test_vouchers_are_issued_once_and_told_to_their_holders(market: House) -> None:
    refuses(market, "vouchers", PROGRAMME, "nobody", "east", "west", "registry", "auditor")
    for change, expected in (
        ({"rate_bp": -1}, (400, "programme_unfit")),
        ({"holders": {"none": 1}}, (404, "member_unknown")),
        ({"starts": "2020-01-01T00:00:00+08:00"}, (422, "programme_late")),
        ({"fund": "none"}, (422, "transfers_refused")),
        ({"colour": "red"}, (422, "request_malformed")),
    ):
        assert code(market.send("clearing", "market/vouchers", **PROGRAMME | change)) == expected, change
    assert market.new("clearing", "market/vouchers", **PROGRAMME)["fen"] == 9000
    assert code(market.send("clearing", "market/vouchers", **PROGRAMME | {"cap_fen": 1})) == (409, "programme_taken")
    (voucher,) = market.get("east", "market/vouchers")["rows"]
    assert (voucher["left_fen"], voucher["suppliers"], voucher["is_closed"]) == (9000, ["west"], False)
    assert market.get("west", "market/vouchers")["rows"] == []
    assert market.refusals("GET", "market/vouchers", "nobody") == FORBIDDEN
    assert market.get("east", "market/vouchers/redemptions", programme_id="gz")["rows"] == []
    assert market.refusals("GET", "market/vouchers/redemptions", "east", programme_id="x") == {
        (404, "programme_unknown")
    }
    refuses(market, "vouchers/closings", {"programme_id": "gz"}, "nobody", "east")
    assert code(market.send("clearing", "market/vouchers/closings", programme_id="gz")) == (422, "programme_running")


def test_policies_are_sold_and_claimed_once(market: House) -> None:
    pool = {"source": "bank", "fen": 500_000, "transfer_id": "sponsor-1"}
    assert code(market.send("clearing", "market/insurance/policies", **POLICY)) == (422, "pool_short")
    refuses(market, "insurance/pool", pool, "nobody", "east", "registry", "auditor")
    market.new("clearing", "market/insurance/pool", **pool)
    refuses(market, "insurance/policies", POLICY, "nobody", "east", "west", "auditor")
    for change, expected in (
        ({"card_h": 0}, (400, "policy_unfit")),
        ({"past_claims_fen": []}, (422, "history_short")),
        ({"insured": "none"}, (404, "member_unknown")),
        ({"instrument": over()}, (422, "policy_late")),
        ({"risk": "fire"}, (422, "request_malformed")),
    ):
        assert code(market.send("clearing", "market/insurance/policies", **POLICY | change)) == expected, change
    assert market.new("clearing", "market/insurance/policies", **POLICY)["premium_fen"] == 15_000
    assert code(market.send("clearing", "market/insurance/policies", **POLICY | {"card_h": 9})) == (
        409,
        "policy_differs",
    )
    (policy,) = market.get("east", "market/insurance/policies")["rows"]
    assert (policy["policy_id"], policy["claim_fen"]) == ("p-1", None)
    assert market.get("west", "market/insurance/policies")["rows"] == []
    claim = {"policy_id": "p-1"}
    refuses(market, "insurance/claims", claim, "nobody", "west", "auditor")
    assert code(market.send("east", "market/insurance/claims", **claim)) == (404, "delivery_unallocated")
    assert code(market.send("clearing", "market/insurance/claims", policy_id="x")) == (404, "policy_unknown")
    price = POLICY | {"policy_id": "p-2", "risk": "price_above", "fen_per_card_h": 1100}
    market.new("clearing", "market/insurance/policies", **price)
    assert code(market.send("east", "market/insurance/claims", policy_id="p-2")) == (422, "book_unsettled")


def test_leases_are_agreed_paid_and_repossessed(market: House) -> None:
    refuses(market, "leases", LEASE, "nobody", "west", "registry", "auditor")
    for change, expected in (
        ({"periods": 601}, (400, "lease_unfit")),
        ({"periods": 2**53 - 1}, (400, "lease_unfit")),
        ({"periods": 0}, (400, "lease_bad")),
        ({"lessor": "east"}, (400, "lease_unfit")),
        ({"lessor": "none"}, (404, "member_unknown")),
    ):
        assert code(market.send("east", "market/leases", **LEASE | change)) == expected, change
    market.new("east", "market/leases", **LEASE)
    assert code(market.send("east", "market/leases", **LEASE | {"rate_bp": 1})) == (409, "lease_differs")
    # The lessee alone binds nobody, and speaks for nobody else.
    west = LEASE | {"member": "west"}
    refuses(market, "leases", west, "nobody", "east", "registry", "auditor")
    (lease,) = market.get("west", "market/leases")["rows"]
    assert lease["standing"] == "proposed"
    assert code(market.send("east", "market/leases/instalments", lease_id="l-1", number=1)) == (422, "lease_proposed")
    assert market.new("west", "market/leases", **west)["is_agreed"]
    first = {"lease_id": "l-1", "number": 1}
    refuses(market, "leases/instalments", first, "nobody", "west", "auditor")
    assert code(market.send("east", "market/leases/instalments", lease_id="l-1", number=2)) == (
        422,
        "instalment_out_of_order",
    )
    assert market.new("east", "market/leases/instalments", **first)["is_new"]
    (lease,) = market.get("west", "market/leases")["rows"]
    assert (lease["instalment_fen"], lease["paid"], lease["standing"]) == (86_066, 1, "default")
    assert market.refusals("GET", "market/leases", "nobody") == FORBIDDEN
    resale = {"lease_id": "l-1", "resale_fen": 950_000, "source": "bank"}
    refuses(market, "leases/repossessions", resale, "nobody", "east", "west", "auditor")
    told = market.new("clearing", "market/leases/repossessions", **resale)
    assert told["lessor_fen"] + told["lessee_fen"] == 950_000
    assert (told["balance_fen"] + told["overdue_fen"], told["owed_fen"]) == (told["lessor_fen"], 0)
    assert code(market.send("east", "market/leases/instalments", lease_id="l-1", number=2)) == (
        422,
        "lease_repossessed",
    )


def test_idle_hours_are_lent_on_credit_that_sums_to_zero(market: House) -> None:
    given = {"deposit_id": "d-1", "member": "west", "instrument": HOUR, "site_id": SITE, "card_h": 16}
    assert code(market.send("west", "market/bank/deposits", **given)) == (404, "bank_unjoined")
    join = {"member": "west"}
    refuses(market, "bank/members", join, "nobody", "west", "auditor")
    market.new("clearing", "market/bank/members", **join)
    market.new("clearing", "market/bank/members", member="east", limit_fen=20_000)
    refuses(market, "bank/deposits", given, "nobody", "east", "clearing", "auditor")
    for change, expected in (
        ({"card_h": 0}, (400, "deposit_unfit")),
        ({"instrument": AHEAD}, (400, "deposit_unfit")),
        ({"card_h": 400}, (422, "deposit_uncertified")),
        ({"instrument": f"{over()}T05"}, (422, "deposit_late")),
    ):
        assert code(market.send("west", "market/bank/deposits", **given | change)) == expected, change
    market.new("west", "market/bank/deposits", **given)
    drawn = {"draw_id": "w-1", "member": "east", "instrument": HOUR, "card_h": 10, "fen_per_card_h": 900}
    refuses(market, "bank/draws", drawn, "nobody", "east", "west", "auditor")
    assert code(market.send("clearing", "market/bank/draws", **drawn | {"card_h": 17})) == (422, "deposits_short")
    assert market.new("clearing", "market/bank/draws", **drawn)["taken_card_h"] == {"d-1": 10}
    (left,) = market.get("west", "market/bank/deposits")["rows"]
    assert (left["left_card_h"], market.get("east", "market/bank/deposits")["rows"]) == (6, [])
    assert [one["draw_id"] for one in market.get("east", "market/bank/draws")["rows"]] == ["w-1"]
    assert market.get("east", "market/bank/credits") == {"east": -9000}
    assert market.get("auditor", "market/bank/credits") == {"east": -9000, "west": 9000}
    assert market.get("auditor", "market/check") == []
