"""The pages of accounts: owners, holdings, a statement with its proofs, and files that verify alone."""

from __future__ import annotations

import json

from fastapi.testclient import TestClient
from tests.console.conftest import BOOK, PASSWORD

from qipan.accounts.statement import check_statement
from qipan.bootstrap.services import Services, log_signer
from qipan.interfaces.server import create_app
from qipan.log.proof import check_proof, proof_of


def test_owners_lead_to_their_accounts(trader: TestClient) -> None:
    text = trader.get("/accounts").text
    for owner, called in (("bank", "bank"), ("east-1", "east-1"), ("market", "clearing house"), ("west-1", "west-1")):
        assert f'<a href="/accounts?owner={owner}">{called}</a>' in text
    held = trader.get("/accounts", params={"owner": "west-1"}).text
    assert "/accounts/one?account=west-1%2Fmargin" in held
    assert "2,000,000.00" in held


def test_accounts_are_not_for_visitors(traded: Services) -> None:
    visitor = TestClient(create_app(traded), base_url="http://127.0.0.1:8750", follow_redirects=False)
    assert visitor.get("/accounts").headers["location"] == "/sign-in?next=/accounts"
    assert visitor.get("/accounts/one", params={"account": "west-1/margin"}).status_code == 303


def test_statement_downloads_and_verifies_with_the_key_that_the_page_tells(
    trader: TestClient, traded: Services
) -> None:
    key = log_signer(traded.settings).verifier
    file = trader.post("/accounts/statement", data={"account": "west-1/margin"})
    assert file.headers["content-disposition"] == 'attachment; filename="statement.json"'
    told = json.loads(file.text)
    assert told["lines"]
    assert check_statement(told, log=key) == ()
    told["lines"].pop(0)
    assert check_statement(told, log=key)
    page = trader.get("/accounts/one", params={"account": "west-1/margin"}).text
    assert f"qipan accounts verify-statement statement.json --key {str(key).replace('+', '&#43;')}" in page or (
        f"--key {key}" in page
    )


def test_each_line_leads_to_its_proof(trader: TestClient, traded: Services) -> None:
    trader.post("/accounts/statement", data={"account": "west-1/margin"})
    page = trader.get("/accounts/one", params={"account": "west-1/margin"}).text
    assert "transfer=deposit-west-1" in page
    answer = trader.get("/accounts/proof", params={"account": "west-1/margin", "transfer": "deposit-west-1"})
    assert check_proof(proof_of(answer.text), None, log=log_signer(traded.settings).verifier) == ()
    unknown = trader.get("/accounts/proof", params={"account": "west-1/margin", "transfer": "nothing"})
    assert unknown.status_code == 404
    assert "transfer_unknown" in unknown.text


def test_balance_runs_over_what_is_posted_and_reserved_shows_as_such(trader: TestClient) -> None:
    page = trader.get("/accounts/one", params={"account": "west-1/margin"}).text
    assert "reserved" in page
    assert "2,000,000.00" in page


def test_every_account_is_recomputed_on_request(trader: TestClient) -> None:
    text = trader.post("/accounts/check").text
    assert "Every account follows from its transfers" in text


def test_trader_sees_the_accounts_of_its_party_alone(traded: Services) -> None:
    client = TestClient(create_app(traded), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "en"}
    client.post("/sign-in", data={"name": "visitor", "password": PASSWORD})
    text = client.get("/accounts").text
    assert "/accounts?owner=east-1" in text
    assert "west-1" not in text
    for path, params in (
        ("/accounts", {"owner": "west-1"}),
        ("/accounts/one", {"account": "west-1/margin"}),
        ("/accounts/proof", {"account": "west-1/margin", "transfer": "deposit-west-1"}),
        ("/market/clearing", {}),
    ):
        answer = client.get(path, params=params)
        assert (answer.status_code, "duty_missing" in answer.text) == (403, True), path
    assert client.post("/accounts/check").status_code == 403
    assert client.post("/accounts/statement", data={"account": "west-1/margin"}).status_code == 403
    assert client.get("/accounts/one", params={"account": "east-1/margin"}).status_code == 200
    assert "Positions: east-1" in client.get("/market/positions", params={"member": "west-1"}).text
    foreign = {"form_id": "web-77", "member": "east-1", "account": "west-1/margin", "yuan": "1", "to": "margin"}
    assert client.post("/market/margin", data=foreign).status_code == 403
    order = {"form_id": "web-78", "instrument": BOOK, "member": "west-1", "side": "buy", "lots": "1", "yuan": "1"}
    assert client.post("/market/orders", data=order).status_code == 403
    assert client.post("/market/mark").status_code == 403
