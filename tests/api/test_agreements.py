"""Agreements over REST: files in, signed by who acts for a party, paid by clearing once, seen by their parties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from tests.api.house import FORBIDDEN, House, code
from tests.cli.test_agreements import CENTRE, block

from qipan.interfaces.api import agreements

DUE_FEN = 576_000 * 1_155
"""What January owes: four fifths of the volume, at half a per cent above the base price."""
JANUARY = {"month": "2027-01", "taken_card_h": 500_000, "index": "101.5"}
BOND = {"pledge_id": "bond-1", "holder": "trustee", "share": "0.6", "first": "2027-01", "until": "2028-01"}
DEAL = "agreements/sh-nx"


def upload(house: House, who: str, path: str, names: dict[str, str], **form: Any) -> Response:
    """Send files that the page of agreements shows."""
    files = {field: (name, block(name)) for field, name in names.items()}
    return house.client.post(f"/api/v1/{path}", files=files, data=form, headers=house.headers[who])


def sign(house: House, who: str, party: str) -> Response:
    return upload(house, who, "agreements/signatures", {"file": "sh-nx.toml"}, party=party)


@pytest.fixture(autouse=True)
def february_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock to when February can be billed."""
    monkeypatch.setattr(agreements, "now", lambda: max(datetime.now(UTC), datetime(2027, 3, 1, tzinfo=UTC)))


@pytest.fixture(scope="module")
def agreed(house: House) -> House:
    """Return a house with an agreement that both have signed, and money of the buyer, of rent and of the park."""
    proposed, again = sign(house, "shanghai", "310000"), sign(house, "shanghai", "310000")
    assert (proposed.status_code, again.status_code) == (201, 200), proposed.text
    assert proposed.json()["is_in_force"] is False
    assert code(house.send("clearing", f"{DEAL}/bills", **JANUARY)) == (422, "agreement_unsigned")
    signed = sign(house, "ningxia", "640000").json()
    assert (signed["is_in_force"], signed["text"], set(signed["signed"])) == (True, 1, {"310000", "640000"})
    for name, owner, purpose in (
        ("bank", "bank", "issued"),
        ("market/rent", "market", "rent"),
        ("park", "park", "park"),
    ):
        floor = None if name == "bank" else 0
        opened = {"account_id": name, "owner": owner, "asset_id": "fen", "purpose": purpose, "floor": floor}
        house.new("clearing", "accounts", **opened)
    money = [
        {
            "transfer_id": f"m-{account}".replace("/", "-"),
            "debit": "bank",
            "credit": account,
            "amount": 10**10,
            "reason": "opening",
        }
        for account in ("agreements/310000", "market/rent", "park")
    ]
    house.new("clearing", "accounts/transfers", transfers=money)
    return house


def test_what_an_agreement_would_bring_is_told_and_nothing_kept(house: House) -> None:
    before = house.leaves()
    names = {"file": "sh-nx.toml", "scenarios": "courses.csv"}
    told = upload(house, "nobody", "agreements/simulate", names).json()
    assert (told["agreement"], told["is_rational"]) == ("sh-nx", True)
    for gain in told["gains"]:
        assert gain["expected_fen"] == pytest.approx(sum(gain["expected"].values()))
        assert gain["worst"]["fen"] == sum(gain["scenarios"][gain["worst"]["scenario"]].values())
    prices = told["base_price_fen_per_card_h"]["in_expectation"]
    assert prices["least"] <= prices["most"]
    swapped = {"file": "courses.csv", "scenarios": "sh-nx.toml"}
    refused = upload(house, "nobody", "agreements/simulate", swapped)
    assert (refused.status_code, refused.json()["file"]) == (400, "courses.csv")
    assert house.leaves() == before


def test_a_party_is_signed_for_by_its_trader_alone(agreed: House) -> None:
    before = agreed.leaves()
    for who in ("nobody", "ningxia", "clearing", "auditor", "east"):
        assert code(sign(agreed, who, "310000")) == (403, "duty_missing")
    assert code(sign(agreed, "visitor", "310000")) == (401, "sign_in_needed")
    assert code(sign(agreed, "east", "east")) == (422, "party_foreign")
    assert agreed.leaves() == before


def test_agreements_are_seen_by_their_parties_and_by_who_keeps_or_audits(agreed: House) -> None:
    for who in ("shanghai", "ningxia", "clearing", "auditor"):
        assert [one["agreement"] for one in agreed.get(who, "agreements")] == ["sh-nx"]
        assert agreed.get(who, DEAL)["digest"] == agreed.get(who, "agreements")[0]["digest"]
    assert agreed.get("east", "agreements") == []
    assert agreed.refusals("GET", "agreements", "nobody") == FORBIDDEN
    assert agreed.refusals("GET", DEAL, "nobody", "east", "registry") == FORBIDDEN
    assert agreed.refusals("GET", "agreements/none", "auditor") == {(404, "agreement_unknown")}


def test_only_clearing_bills_shares_and_splits(agreed: House) -> None:
    before = agreed.leaves()
    names = ("nobody", "shanghai", "ningxia", "registry", "auditor")
    for path, body in (
        ("bills", JANUARY),
        ("shares", {"pool": "rent", "month": "2027-01", "fen": 1, "source": "market/rent"}),
        ("events", {"event_id": "e", "day": "2027-12-31", "source": "park", "amounts": {"tax_fen": 1}}),
    ):
        assert agreed.refusals("POST", f"{DEAL}/{path}", *names, **body) == FORBIDDEN
    assert agreed.refusals("POST", f"{DEAL}/pledges", "nobody", "shanghai", "clearing", **BOND) == FORBIDDEN
    assert agreed.leaves() == before


def test_a_month_is_billed_once_and_its_pledge_paid(agreed: House) -> None:
    told = agreed.new("ningxia", f"{DEAL}/pledges", **BOND)
    assert (told["holder"], told["share"], told["is_new"]) == ("trustee", 0.6, True)
    billed = agreed.new("clearing", f"{DEAL}/bills", **JANUARY)
    assert (billed["due_fen"], billed["untaken_card_h"]) == (DUE_FEN, 76_000)

    for who, account, fen in (
        ("trustee", "agreements/trustee", DUE_FEN * 6 // 10),
        ("ningxia", "agreements/640000", DUE_FEN - DUE_FEN * 6 // 10),
    ):
        held = {row["account_id"]: row["periods"] for row in agreed.get(who, "accounts", asset_id="fen")["rows"]}
        assert [one["posted"] for one in held[account]] == [fen]
    before = agreed.leaves()
    other = agreed.send("clearing", f"{DEAL}/bills", **JANUARY | {"index": "102"})
    assert code(other) == (409, "posting_taken")
    assert agreed.leaves() == before
    shown = agreed.get("shanghai", DEAL)
    assert ([one["due_fen"] for one in shown["bills"]], [one["pledge"] for one in shown["pledges"]]) == (
        [DUE_FEN],
        ["bond-1"],
    )


def test_rent_and_events_are_split_once_by_region(agreed: House) -> None:
    rent = {"pool": "rent", "month": "2027-01", "fen": 9_000_000, "source": "market/rent"}
    assert agreed.new("clearing", f"{DEAL}/shares", **rent)["parts_fen"] == {"640000": 6_300_000, "310000": 2_700_000}
    amounts = {"tax_fen": 1_000_001, "memo_fen": 9}
    event = {"event_id": "park-2027", "day": "2027-12-31", "source": "park", "amounts": amounts}
    told = agreed.new("clearing", f"{DEAL}/events", **event)
    assert told["parts"]["640000"] == {"tax_fen": 550_001, "memo_fen": 5}
    shown = agreed.get("auditor", DEAL)
    assert (len(shown["shares"]), len(shown["events"])) == (1, 1)
    assert agreed.get("auditor", "agreements/check") == []
    assert agreed.refusals("GET", "agreements/check", "nobody", "shanghai") == FORBIDDEN


def test_pledge_is_released_by_who_holds_it(agreed: House) -> None:
    second = BOND | {"pledge_id": "reit-1", "holder": "reit", "share": "0.5", "first": "2027-06", "until": "2027-09"}
    assert code(agreed.send("ningxia", f"{DEAL}/pledges", **second)) == (422, "revenue_pledged")
    path = f"/api/v1/{DEAL}/pledges/bond-1"

    def release(who: str) -> Response:
        return agreed.client.delete(path, headers=agreed.headers[who])

    for who in ("nobody", "ningxia", "shanghai", "auditor"):
        assert code(release(who)) == (403, "duty_missing")
    assert [release("trustee").json()["is_new"] for _ in range(2)] == [True, False]
    none = agreed.client.delete(f"/api/v1/{DEAL}/pledges/none", headers=agreed.headers["trustee"])
    assert code(none) == (404, "pledge_unknown")
    assert agreed.new("ningxia", f"{DEAL}/pledges", **second)["pledge"] == "reit-1"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("bills", {"month": "2027-02", "taken_card_h": 1}, (400, "index_missing")),
        ("bills", {"month": "2020-01", "taken_card_h": 1, "index": "101"}, (422, "month_outside")),
        ("bills", {"month": "2027-02", "taken_card_h": -1, "index": "101"}, (400, "use_unfit")),
        ("bills", {"month": "2027-2", "taken_card_h": 1, "index": "101"}, (422, "request_malformed")),
        ("bills", {"month": "2027-02", "taken_card_h": 10**9, "index": "101"}, (422, "use_above_volume")),
        ("shares", {"pool": "rent", "month": "2027-02", "fen": 0, "source": "market/rent"}, (400, "share_unfit")),
        ("shares", {"pool": "rent", "month": "2027-02", "fen": 1, "source": "no"}, (422, "transfers_refused")),
        ("shares", {"pool": "rent", "month": "2027-12", "fen": 1, "source": "market/rent"}, (422, "month_not_over")),
        ("events", {"event_id": "o", "day": "2027-12-31", "amounts": {"tax_fen": 1}}, (400, "source_missing")),
        ("events", {"event_id": "o", "day": "2027-12-31", "amounts": {"tax_yuan": 1}}, (422, "request_malformed")),
    ],
)
def test_what_clearing_asks_amiss_leaves_nothing(agreed: House, path: str, body: dict, expected: tuple) -> None:
    before = agreed.leaves()
    assert code(agreed.send("clearing", f"{DEAL}/{path}", **body)) == expected
    assert agreed.leaves() == before


def test_a_site_is_valued_and_nothing_kept(house: House) -> None:
    before = house.leaves()
    text = CENTRE.read_text(encoding="utf-8").split(":caption: centre.toml\n\n")[1].split("```")[0]
    answer = house.client.post(
        "/api/v1/agreements/value",
        files={"file": ("centre.toml", text)},
        data={"worth_fen": 100_000_000_000},
        headers=house.headers["nobody"],
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["inputs"]["units_per_year"] == {"value": 70_080_000, "source": "8,000 cards x 8,760 hours"}
    assert told["required"] == {"value_fen": 100_000_000_000, "fen_per_unit": 593}
    assert told["sensitivity"]["fen_per_unit"]["down_fen"] < told["value_fen"]
    assert len(told["by_rate_and_occupancy"]["value_fen"]) == 5
    refused = house.client.post(
        "/api/v1/agreements/value", files={"file": ("x.toml", b"?")}, headers=house.headers["nobody"]
    )
    assert (refused.status_code, refused.json()["file"]) == (400, "x.toml")
    assert house.leaves() == before
