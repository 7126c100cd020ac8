"""The pages of agreements: who gains before signing, signing, bills, sharing, pledges, and what income is worth."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened

from qipan.access.model import Duty
from qipan.accounts.model.posting import Account, Balance, Draft
from qipan.bootstrap.services import Services
from qipan.interfaces.console.pages import agreements
from qipan.interfaces.server import create_app

DOCS = Path(__file__).parents[2] / "docs"


def block(page: str, caption: str) -> str:
    """Return a file that a page of the docs shows."""
    found = re.search(rf":caption: {caption}\n\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


AGREEMENT, COURSES = block("agreements.md", "sh-nx.toml"), block("agreements.md", "courses.csv")


class Later(datetime):
    """A clock that shows when January can be billed."""

    @classmethod
    def now(cls, tz=None):
        return max(datetime.now(tz), datetime(2027, 2, 1, tzinfo=tz))


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Services, TestClient]:
    """Return a home with money, and who signs for both regions and clears."""
    monkeypatch.setattr(agreements, "datetime", Later)
    made, now = opened(tmp_path / "home"), datetime.now(UTC)
    with made.books.begin() as unit:
        for party in ("310000", "640000"):
            made.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
        made.access.grant(unit, "visitor", Duty.TRADER, now, party="440000")
    return made, signed_in(made, "li.wei")


def signed_in(services: Services, name: str) -> TestClient:
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "en"}
    assert client.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
    return client


def sign_both(client: TestClient) -> None:
    for party in ("310000", "640000"):
        answer = client.post("/agreements/sign", data={"party": party, "agreement": AGREEMENT})
        assert answer.headers["location"] == "/agreements/one?agreement=sh-nx"


def test_anybody_sees_who_gains_before_anybody_signs(signer: tuple[Services, TestClient]) -> None:
    services, _ = signer
    visitor = TestClient(create_app(services), base_url="http://127.0.0.1:8750")
    visitor.headers |= {"Origin": str(visitor.base_url), "Accept-Language": "en"}
    text = visitor.post("/agreements/simulate", data={"agreement": AGREEMENT, "scenarios": COURSES}).text
    assert text.count('data-rational="yes"') == 2
    assert "better off by 5.31 million yuan in expectation" in text
    assert "9.77 yuan a card-hour or more" in text
    assert "none: at every base price somebody loses" in text
    assert 'id="scenarios-table"' in text
    assert "Sign this text" not in text


def test_who_is_worse_off_is_told_why(signer: tuple[Services, TestClient]) -> None:
    _, client = signer
    dear = AGREEMENT.replace("base_fen_per_card_h = 1_150", "base_fen_per_card_h = 2_900").replace(
        "cap_fen_per_card_h = 1_400", "cap_fen_per_card_h = 3_000"
    )
    answer = client.post(
        "/agreements/simulate",
        data={"scenarios": COURSES},
        files={"file": ("dear.toml", dear.encode(), "application/toml")},
    )
    assert 'data-rational="no"' in answer.text
    assert "should not sign" in answer.text
    assert "compute at the base price" in answer.text
    assert "Somebody is worse off by it" in answer.text


def test_file_that_cannot_be_read_is_told_by_its_name(signer: tuple[Services, TestClient]) -> None:
    _, client = signer
    answer = client.post(
        "/agreements/simulate", data={"scenarios": COURSES}, files={"file": ("bad.toml", b"id = ", "text/plain")}
    )
    assert answer.status_code == 400
    assert "bad.toml" in answer.text


@pytest.mark.parametrize(
    ("page", "field"),
    [("/agreements/simulate", "file"), ("/agreements/simulate", "courses"), ("/agreements/value", "file")],
)
def test_file_that_is_not_utf8_is_refused_and_none_of_it_is_offered_for_signing(
    signer: tuple[Services, TestClient], page: str, field: str
) -> None:
    _, client = signer
    chinese = AGREEMENT.replace('buyer = "', '# 买方\nbuyer = "') if field == "file" else COURSES + "# 情景\n"
    answer = client.post(
        page,
        data={"agreement": AGREEMENT, "scenarios": COURSES},
        files={field: ("gbk.txt", chinese.encode("gb18030"), "text/plain")},
    )
    assert answer.status_code == 400
    assert "file_not_utf8" in answer.text
    assert "gbk.txt" in answer.text
    assert "\N{REPLACEMENT CHARACTER}" not in answer.text
    assert "Sign this text" not in answer.text


def test_signing_twice_signs_once_and_both_bring_it_into_force(signer: tuple[Services, TestClient]) -> None:
    services, client = signer
    shown = client.post("/agreements/simulate", data={"agreement": AGREEMENT, "scenarios": COURSES}).text
    assert "Sign this text" in shown
    for _ in range(2):
        client.post("/agreements/sign", data={"party": "310000", "agreement": AGREEMENT})
    assert "waits for a signature" in client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    sign_both(client)
    with services.books.read() as unit:
        signed = services.signing.newest(unit, "sh-nx")
    assert (signed.number, signed.is_in_force) == (1, True)
    page = client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    assert signed.digest in page
    assert "Shanghai" in page
    other = signed_in(services, "visitor")
    assert other.get("/agreements/one", params={"agreement": "sh-nx"}).status_code == 403
    assert "sh-nx" not in other.get("/agreements").text
    assert other.post("/agreements/sign", data={"party": "310000", "agreement": AGREEMENT}).status_code == 403


def test_bills_shares_and_pledges_are_posted_once(signer: tuple[Services, TestClient]) -> None:
    services, client = signer
    sign_both(client)
    now = datetime.now(UTC)
    with services.books.begin() as unit:
        services.accounts.open_account(unit, Account("bank", "bank", "fen", "issued", None), now)
        services.accounts.open_account(unit, Account("market/rent", "market", "fen", "rent"), now)
        drafts = [
            Draft(transfer_id="in-1", debit="bank", credit="agreements/310000", amount=2_000_000_000, reason="deposit"),
            Draft(transfer_id="in-2", debit="bank", credit="market/rent", amount=9_000_000, reason="deposit"),
        ]
        services.accounts.post_whole(unit, drafts, now)
    pledge = {"agreement": "sh-nx", "form_id": "pledge-1", "holder": "trustee", "share": "0.6"}
    months = {"start": "2027-01", "until": "2028-01"}
    bill = {"agreement": "sh-nx", "month": "2027-01", "taken": "500000", "index": "101.5"}
    rent = {"agreement": "sh-nx", "pool": "rent", "month": "2027-01", "yuan": "90000", "source": "market/rent"}
    for _ in range(2):
        for address, sent in (("pledge", pledge | months), ("bill", bill), ("share", rent)):
            assert client.post(f"/agreements/{address}", data=sent).status_code == 303, address
    with services.books.read() as unit:
        held = services.accounts.balances(unit, ["agreements/trustee", "agreements/640000", "agreements/310000"])
    posted = {name: held.get((name, None), Balance()).posted for name in ("agreements/trustee", "agreements/640000")}
    assert posted["agreements/trustee"] == 399_168_000
    assert posted["agreements/640000"] == 665_280_000 - 399_168_000 + 6_300_000
    page = client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    assert "6,652,800.00" in page
    assert "trustee" in page
    taken = client.post("/agreements/pledge", data=pledge | months | {"form_id": "pledge-2", "start": "2027-02"})
    assert (taken.status_code, "revenue_pledged" in taken.text) == (422, True)
    strange = client.post("/agreements/share", data=rent | {"pool": "gold"})
    assert (strange.status_code, "field_unreadable" in strange.text) == (400, True)
    other = client.post("/agreements/bill", data=bill | {"taken": "1"})
    assert "posting_taken" in other.text


def test_pledge_is_released_by_its_holder_and_an_event_is_split_once(signer: tuple[Services, TestClient]) -> None:
    services, client = signer
    sign_both(client)
    pledge = {"agreement": "sh-nx", "form_id": "pledge-1", "holder": "440000", "share": "0.6"}
    assert client.post("/agreements/pledge", data=pledge | {"start": "2027-01", "until": "2028-01"}).status_code == 303
    asked = {"agreement": "sh-nx", "pledge_id": "pledge-1"}
    with services.books.begin() as unit:
        services.access.withdraw(unit, "li.wei", Duty.CLEARING, datetime.now(UTC))
    page = client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    assert 'action="/agreements/release"' not in page
    assert client.post("/agreements/release", data=asked).status_code == 403
    event = {"agreement": "sh-nx", "event_id": "e-1", "day": "2027-06-30", "item": ["memo_fen", "land_m2"],
             "amount": ["1000.5", "7"]}  # fmt: skip
    assert client.post("/agreements/split", data=event).status_code == 403
    holder = signed_in(services, "visitor")
    for _ in range(2):
        assert holder.post("/agreements/release", data=asked).status_code == 303
    with services.books.begin() as unit:
        assert services.pledging.pledges(unit, "sh-nx") == ()
        services.access.grant(unit, "li.wei", Duty.CLEARING, datetime.now(UTC))
    unknown = client.post("/agreements/release", data=asked | {"pledge_id": "none"})
    assert (unknown.status_code, "pledge_unknown" in unknown.text) == (404, True)
    assert 'action="/agreements/split"' in client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    for given, code in (
        ({"amount": ["1.005", "7"]}, "field_unreadable"),
        ({"amount": ["-1", "7"]}, "event_unfit"),
        ({"amount": ["", ""]}, "event_unfit"),
        ({"item": ["gold", "land_m2"]}, "field_unreadable"),
        ({"day": "soon"}, "field_unreadable"),
        ({"item": ["tax_fen", "land_m2"]}, "source_missing"),
    ):
        answer = client.post("/agreements/split", data=event | given)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (400, True), given
    for _ in range(2):
        assert client.post("/agreements/split", data=event).status_code == 303
    with services.books.read() as unit:
        (split,) = services.settling.events(unit, "sh-nx")
    assert {str(item): count for item, count in split.amounts.items()} == {"memo_fen": 100_050, "land_m2": 7}
    assert "1,000.50" in client.get("/agreements/one", params={"agreement": "sh-nx"}).text
    other = client.post("/agreements/split", data=event | {"amount": ["1", "7"]})
    assert (other.status_code, "posting_taken" in other.text) == (409, True)


def test_prospectus_is_valued_with_what_the_value_rests_on(signer: tuple[Services, TestClient]) -> None:
    _, client = signer
    text = client.post("/agreements/value", data={"prospectus": block("finance.md", "centre.toml")}).text
    assert 'data-chart="grid"' in text
    assert 'id="grid-table"' in text
    assert 'id="moved"' in text
    assert "Net present value" in text
    assert client.post("/agreements/value", data={"prospectus": "name = "}).status_code == 400
