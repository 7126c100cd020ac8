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
    "labour.act",
    "labour.home",
    "labour.cross",
    "labour.feed.add",
    "labour.feed.end",
    "labour.feed.list",
    "labour.feed.receive",
    "labour.feed.show",
    "labour.fresh",
    "labour.bulletin",
    "labour.attribute",
    "labour.clusters",
    "labour.outlook",
    "labour.panels",
    "labour.subscribe",
    "labour.subscriptions",
    "labour.unsubscribe",
    "labour.warning",
    "labour.warnings",
    "talent.assess",
    "talent.exchange",
    "talent.plan",
}
OBLIGATIONS = {
    "accounts": (
        "asset check claims expire open post show statement transfers "
        "dispute.answer dispute.check dispute.decide dispute.evidence dispute.list dispute.open "
        "dispute.show dispute.withdraw "
    ),
    "agreements": ("bill check list pledge release share show sign simulate split value "),
    "certificates": (
        "allocate balance bundle check device devices expire issue match release retire statement supply "
        "transfer usage withdraw "
        "centre.attest centre.audit centre.criteria centre.list centre.revoke "
        "quota.budget quota.declare quota.match quota.rule quota.sell quota.show quota.surrender "
    ),
    "market": (
        "check monitor "
        "bank.credits bank.deposit bank.deposits bank.draw bank.draws bank.join "
        "deliver.allocate deliver.allocations deliver.buy_in deliver.cascade deliver.nominate "
        "deliver.nominations deliver.outturn deliver.owed deliver.reservations deliver.settle "
        "deliver.show deliver.site deliver.sites "
        "forward.books forward.default forward.depth forward.mark forward.marks forward.open "
        "forward.positions forward.send forward.settle forward.trades "
        "insure.claim insure.pool insure.sell insure.show "
        "lease.agree lease.pay lease.repossess lease.show "
        "member.admit member.bring member.calls member.certify member.list member.margin "
        "member.statement member.take_back "
        "spot.auctions spot.bill spot.check spot.clear spot.deviate spot.deviations spot.gate spot.open "
        "spot.orders spot.prices spot.refund spot.refunds spot.send "
        "voucher.close voucher.issue voucher.list voucher.redemptions "
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
