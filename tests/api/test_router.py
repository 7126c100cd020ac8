"""One interface, described by itself; its names are those of Python and of the command line."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.testclient import TestClient

NAMES = {
    "facts.search",
    "facts.show",
    "jobs.import",
    "jobs.findings",
    "ledger.fleets",
    "ledger.import_sites",
    "ledger.use",
    "ledger.send",
    "ledger.batches",
    "ledger.disputes",
    "ledger.resolve",
    "ledger.utilisation",
    "ledger.idle",
    "ledger.energy",
    "ledger.complete",
    "ledger.sources",
    "ledger.checkpoint",
    "ledger.discrepancies",
    "ledger.suspicions",
    "ledger.findings",
    "day.ran",
    "day.run",
    "day.runs",
    "day.reports",
    "day.report",
    "day.jobs",
    "day.report_html",
    "access.trail",
    "access.mandates",
    "access.grant",
    "access.withdraw",
    "dispatch.volumes",
    "dispatch.stand_alone",
    "dispatch.expand",
    "dispatch.expansion",
    "dispatch.expansions",
    "dispatch.explain_job",
    "dispatch.roll",
    "dispatch.rolled",
    "dispatch.rolls",
    "dispatch.explain_price",
    "dispatch.power",
    "dispatch.call",
    "dispatch.flexibility",
}
OBLIGATIONS = {
    "accounts": (
        "asset check claims expire open post show statement transfers "
        "dispute.answer dispute.check dispute.decide dispute.evidence dispute.list dispute.open dispute.show "
        "dispute.withdraw"
    ),
    "agreements": "bill check list pledge release share show sign simulate split value",
    "certificates": (
        "allocate balance bundle centre_attest centre_audit centre_criteria centre_list "
        "centre_revoke check device devices expire issue match quota_budget quota_declare "
        "quota_match quota_rule quota_sell quota_show quota_surrender release retire statement "
        "supply transfer usage withdraw"
    ),
    "market": (
        "admit bring books calls certify check default depth margin mark members open positions "
        "send settle statement take_back trades monitor "
        "marks voucher_close voucher_issue voucher_list voucher_redemptions "
        "insure_claim insure_pool insure_sell insure_show lease_agree lease_pay lease_repossess lease_show "
        "bank_credits bank_deposit bank_deposits bank_draw bank_draws bank_join "
        "spot_auctions spot_bill spot_check spot_clear spot_deviate spot_deviations spot_gate spot_open spot_orders "
        "spot_prices spot_refund spot_refunds spot_send "
        "deliver_allocate deliver_allocations deliver_buy_in deliver_cascade deliver_nominate deliver_nominations "
        "deliver_outturn deliver_owed deliver_reservations deliver_settle deliver_show deliver_site deliver_sites"
    ),
}


def test_openapi_names_every_operation(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    of_obligations = {f"{tag}.{name}" for tag, names in OBLIGATIONS.items() for name in names.split()}
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert {one["operationId"] for one in operations} == NAMES | of_obligations
    assert all(one["description"] for one in operations)
    assert all(path.startswith("/api/v1/") for path in described["paths"])


def test_every_operation_promises_problems(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    for methods in described["paths"].values():
        for one in methods.values():
            assert one["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_every_address_of_obligations_is_on_its_page(client: TestClient) -> None:
    page = (Path(__file__).parents[2] / "docs/rest.md").read_text("utf-8")
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path in paths:
        tag, _, rest = path.removeprefix("/api/v1/").partition("/")
        last = re.sub(r"\{\w+\}", "", rest.removeprefix("centres/").removeprefix("quota/")).strip("/").split("/")[-1]
        assert tag not in OBLIGATIONS or last in page, path
