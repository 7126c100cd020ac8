"""The pages of disputes: from a line of a statement to the correction; what is shown to whom; the monitor's page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, open_market, opened

from qipan.access.model import Duty, Role
from qipan.accounts.evidence import check_evidence
from qipan.accounts.model.posting import Draft
from qipan.bootstrap.services import Services, log_signer
from qipan.interfaces.server import create_app

ORIGIN = "http://127.0.0.1:8750"


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return a traded market with a judge who acts for nobody."""
    made = opened(tmp_path_factory.mktemp("console") / "court")
    now = datetime.now(UTC)
    open_market(made, now)
    with made.books.begin() as unit:
        made.access.create_user(unit, "judge", password=PASSWORD, role=Role.VIEWER, now=now)
        made.access.grant(unit, "judge", Duty.AUDITOR, now)
    return made


def signed_in(court: Services, name: str) -> TestClient:
    client = TestClient(create_app(court), base_url=ORIGIN, follow_redirects=False)
    client.headers["Origin"] = ORIGIN
    assert client.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def party(court: Services) -> TestClient:
    return signed_in(court, "visitor")


@pytest.fixture
def judge(court: Services) -> TestClient:
    return signed_in(court, "judge")


def form_id(page: str) -> str:
    return re.findall(r'name="form_id" value="([^"]+)"', page)[0]


def test_a_line_of_a_statement_leads_to_a_dispute_and_its_correction(party, judge, court) -> None:
    statement = party.get("/accounts/one", params={"account": "east-1/margin"}).text
    address = "/accounts/disputes?transfer=deposit-east-1&amp;party=east-1"
    assert address in statement
    assert "/accounts/disputes?transfer" not in judge.get("/accounts/one", params={"account": "east-1/margin"}).text
    page = party.get(address.replace("&amp;", "&")).text
    assert 'value="deposit-east-1"' in page
    asked = {"form_id": form_id(page), "party": "east-1", "transfers": "deposit-east-1", "ground": "Too much came."}
    for _ in range(2):
        made = party.post("/accounts/disputes", data=asked)
        assert made.status_code == 303, made.text
    where = made.headers["location"]
    assert "Too much came." in party.get(where).text
    assert "Decide and post" not in party.get(where).text
    name = asked["form_id"]
    answer = {"dispute": name, "party": "east-1", "words": "See the bank's slip."}
    assert party.post("/accounts/dispute/answer", data=answer).status_code == 303
    heard = judge.get(where).text
    assert "Decide and post" in heard
    decided = {"dispute": name, "transfer": ["deposit-east-1"], "amount": ["x"], "words": "So it is."}
    assert "field_unreadable" in judge.post("/accounts/dispute/decide", data=decided).text
    refused = judge.post("/accounts/dispute/decide", data={**decided, "amount": ["900000000000"]})
    assert (refused.status_code, "correction_unfit" in refused.text) == (400, True)
    assert judge.post("/accounts/dispute/decide", data={**decided, "amount": ["100"]}).status_code == 303
    after = party.get(where).text
    for text in ("upheld", f"dispute/{name}/1", "So it is.", "1.00"):
        assert text in after
    file = party.post("/accounts/dispute/evidence", data={"dispute": name})
    assert file.headers["content-disposition"] == 'attachment; filename="evidence.json"'
    assert check_evidence(json.loads(file.text), log=log_signer(court.settings).verifier) == ()


def test_a_dispute_is_withdrawn_and_what_is_wrong_is_told_in_the_form(party) -> None:
    page = party.get("/accounts/disputes").text
    asked = {"form_id": form_id(page), "party": "east-1", "transfers": "nothing", "ground": "Why?"}
    refused = party.post("/accounts/disputes", data=asked)
    assert (refused.status_code, "dispute_stranger" in refused.text) == (403, True)
    assert 'value="nothing"' in refused.text
    assert party.post("/accounts/disputes", data={**asked, "transfers": "deposit-east-1"}).status_code == 303
    gone = party.post("/accounts/dispute/withdraw", data={"dispute": asked["form_id"], "words": "I see."})
    assert "withdrawn" in party.get(gone.headers["location"]).text


def test_disputes_are_shown_in_chinese(party) -> None:
    text = party.get("/accounts/disputes", headers={"Accept-Language": "zh"}).text
    assert "提出争议" in text


def test_disputes_are_not_for_visitors_nor_for_who_has_no_part(court) -> None:
    visitor = TestClient(create_app(court), base_url=ORIGIN, follow_redirects=False)
    assert visitor.get("/accounts/disputes").headers["location"] == "/sign-in?next=/accounts/disputes"
    other = signed_in(court, "zhang")
    assert other.get("/accounts/disputes").status_code == 403
    assert other.get("/market/monitor").status_code == 403
    forged = {"form_id": "web-1", "party": "east-1", "transfers": "deposit-east-1", "ground": "Mine."}
    assert other.post("/accounts/disputes", data=forged).status_code == 403


def test_the_monitor_tells_what_is_concentrated_and_that_it_proves_nothing(judge) -> None:
    text = judge.get("/market/monitor").text
    assert "it proves nothing" in text
    assert "h100-80g@ningxia" in text
    assert "concentration/" in text
    assert "集中度" in judge.get("/market/monitor", headers={"Accept-Language": "zh"}).text


def test_the_clearing_house_does_not_decide_what_it_is_a_party_to(court, party, judge) -> None:
    now = datetime.now(UTC)
    fee = Draft(transfer_id="fee-1", debit="east-1/margin", credit="market/capital", amount=1, reason="fee")
    with court.books.begin() as unit:
        court.access.create_user(unit, "clerk", password=PASSWORD, role=Role.VIEWER, now=now)
        court.access.grant(unit, "clerk", Duty.CLEARING, now)
        court.accounts.post_whole(unit, [fee], now)
    asked = {"party": "east-1", "ground": "What for?"}
    for name, transfer in (("own", "fee-1"), ("other", "deposit-east-1")):
        party.post("/accounts/disputes", data={**asked, "form_id": name, "transfers": transfer})
    clerk = signed_in(court, "clerk")
    for who, name, decides in ((clerk, "own", False), (clerk, "other", True), (judge, "own", True)):
        page = who.get("/accounts/dispute", params={"dispute": name}).text
        assert ("Decide and post" in page) is decides
    refused = clerk.post("/accounts/dispute/decide", data={"dispute": "own", "words": "It was due."})
    assert (refused.status_code, "dispute_own" in refused.text) == (403, True)
