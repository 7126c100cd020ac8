"""``/certificates``: compute centres are certified by dated criteria; carbon quota for what they deliver."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.certificates.model.certification import PPM, Certification, Evidence, Measure
from qipan.certificates.model.quota import Backing, Declaration, Delivery
from qipan.certificates.model.request import Answer, Budget, Sell, Surrender
from qipan.interfaces.api.certificates import Registry, party_of
from qipan.interfaces.api.party import (
    USERS,
    Body,
    Count,
    Moment,
    MonthName,
    Name,
    RequestId,
    Text,
    User,
    Year,
    act_for,
    is_entered,
    now,
    plain,
    sight,
)
from qipan.interfaces.entry import services_of

router = APIRouter(prefix="/certificates", tags=["certificates"])


class AttestBody(Body):
    """What a document says of a site's power usage effectiveness over some months."""

    request_id: RequestId
    site: Name
    pue: float = Field(ge=0, le=1000)
    first: MonthName
    last: MonthName
    document: Text = Field(description="What says so: a report, or the digest of a file.")


class AuditBody(Body):
    """Certify a site by the criteria in force."""

    request_id: RequestId
    site: Name
    auditor: Name = Field(description="Who audits; never the site itself.")
    first: MonthName
    last: MonthName
    evidence_ids: list[Name] = Field(default=[], max_length=1000, description="What was attested.")


class RevokeBody(Body):
    """End a certification before its time."""

    request_id: RequestId
    certification_id: Name = Field(description="Id of its audit.")
    auditor: Name
    reason: Text


class BudgetBody(Body):
    """Quota of a year that becomes available for allotment."""

    request_id: RequestId
    year: Year
    kg: Count


class DeliveryBody(Body):
    """Compute that a certified site delivered, to be matched once."""

    request_id: RequestId
    delivery_id: Name
    site: Name
    buyer: Name
    start: Moment
    end: Moment
    card_h: Count = Field(description="As metered.")
    backing: Backing = Field(default=Backing.QUOTA, description="Quota of the budget, or the site's certificates.")


class DeclareBody(Body):
    """What somebody emitted in a year, after retired certificates."""

    request_id: RequestId
    holder: Name
    year: Year
    kg: Count


class SurrenderBody(Body):
    """Quota that is given up for declared emissions."""

    request_id: RequestId
    declaration_id: Name
    year: Year
    kg: Count


class SellBody(Body):
    """Quota that is handed over to the carbon market."""

    request_id: RequestId
    holder: Name
    year: Year
    kg: Count


@router.get("/centres/criteria", operation_id="certificates.centre.criteria", dependencies=[USERS])
def criteria(request: Request) -> dict[str, Any]:
    """Return the criteria in force: the best grade all of whose criteria are met is given."""
    told: dict[str, Any] = plain(services_of(request).certifications.criteria(now()))
    return told


@router.post("/centres/evidence", operation_id="certificates.centre.attest", status_code=201)
def attest(request: Request, response: Response, caller: User, body: AttestBody) -> dict[str, Any]:
    """Say what a document tells of a site; green shares come from the registry; for its site, and the registry."""
    act_for(caller, body.site, Duty.REGISTRY)
    ppm = round(body.pue * PPM)
    evidence = Evidence(body.request_id, body.site, Measure.PUE, body.first, body.last, ppm, body.document)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.certifications.attest(unit, evidence, now())
    return {"evidence": plain(evidence), "is_new": is_entered(response, is_new=answer.is_new)}


@router.post("/centres/audits", operation_id="certificates.centre.audit", status_code=201)
def audit(request: Request, caller: Registry, body: AuditBody) -> dict[str, Any]:
    """Certify a site, or be told what is missing; the same again is told the same. Needs the duty registry."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found = services.certifications.audit(
            unit,
            body.request_id,
            now(),
            site=body.site,
            auditor=body.auditor,
            period=(body.first, body.last),
            evidence_ids=tuple(body.evidence_ids),
        )
    return _certified(found)


@router.post("/centres/revocations", operation_id="certificates.centre.revoke", status_code=201)
def revoke(request: Request, caller: Registry, body: RevokeBody) -> dict[str, Any]:
    """End a certification before its time; who audited it can. Needs the duty registry."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found = services.certifications.revoke(
            unit, body.request_id, body.certification_id, now(), auditor=body.auditor, reason=body.reason
        )
    return _certified(found)


@router.get("/centres", operation_id="certificates.centre.list", dependencies=[USERS])
def centres(
    request: Request,
    site: Annotated[str | None, Query(max_length=100, description="Only of this site.")] = None,
) -> list[dict[str, Any]]:
    """Return certifications, what each rests on, and whether it is valid now."""
    services = services_of(request)
    with services.books.read() as unit:
        return [_certified(one) for one in services.certifications.certifications(unit, site).values()]


@router.get("/quota/rule", operation_id="certificates.quota.rule", dependencies=[USERS])
def rule(request: Request) -> dict[str, Any]:
    """Return what a card-hour is matched with, by the rule in force."""
    return asdict(services_of(request).quotas.rule(now()))


@router.post("/quota/budgets", operation_id="certificates.quota.budget", status_code=201)
def budget(request: Request, response: Response, caller: Registry, body: BudgetBody) -> dict[str, Any]:
    """Make quota of a year available for allotment. Needs the duty registry."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.quotas.budget(unit, Budget(body.request_id, body.year, body.kg), now())
    return _told(response, answer)


@router.post("/quota/matches", operation_id="certificates.quota.match", status_code=201)
def match_delivery(request: Request, response: Response, caller: Registry, body: DeliveryBody) -> dict[str, Any]:
    """Match delivered compute with quota or certificates, once, by the rule of its day. Needs the duty registry."""
    made = Delivery(body.delivery_id, body.site, body.buyer, body.start, body.end, body.card_h)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.quotas.match(unit, body.request_id, made, body.backing, now())
    return _told(response, answer)


@router.post("/quota/declarations", operation_id="certificates.quota.declare", status_code=201)
def declare(request: Request, response: Response, caller: User, body: DeclareBody) -> dict[str, Any]:
    """Declare what was emitted in a year, after retired certificates; for the holder's trader or site, and registry."""
    act_for(caller, body.holder, Duty.REGISTRY)
    services = services_of(request)
    declaration = Declaration(body.request_id, body.holder, body.year, body.kg)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.quotas.declare(unit, declaration, now())
    return _told(response, answer)


@router.post("/quota/surrenders", operation_id="certificates.quota.surrender", status_code=201)
def surrender(request: Request, response: Response, caller: User, body: SurrenderBody) -> dict[str, Any]:
    """Give up quota of the declarer for its emissions, for good; for its trader or site, and registry."""
    services = services_of(request)
    if not caller.has_duty(Duty.REGISTRY):
        act_for(caller, party_of(services, body.declaration_id), Duty.REGISTRY)
    asked = Surrender(body.request_id, body.declaration_id, body.year, body.kg)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.quotas.surrender(unit, asked, now())
    return _told(response, answer)


@router.post("/quota/sales", operation_id="certificates.quota.sell", status_code=201)
def sell(request: Request, response: Response, caller: User, body: SellBody) -> dict[str, Any]:
    """Hand quota over to the carbon market, for good; for the holder's trader or site."""
    act_for(caller, body.holder)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.quotas.sell(unit, Sell(body.request_id, body.holder, body.year, body.kg), now())
    return _told(response, answer)


@router.get("/quota", operation_id="certificates.quota.show")
def show(request: Request, caller: User) -> list[dict[str, Any]]:
    """Return how many kg of which year stand on which account; of the parties that one may read."""
    services, is_seen = services_of(request), sight(caller, None, Duty.REGISTRY)
    with services.books.read() as unit:
        owners = {name: one.owner for name, one in services.accounts.accounts(unit).items()}
        found = sorted(services.quotas.balances(unit).items())
    return [{"account": name, "year": year, "kg": kg} for (name, year), kg in found if is_seen(owners[name])]


def _certified(one: Certification) -> dict[str, Any]:
    return {**plain(one), "is_valid": one.is_valid(now())}


def _told(response: Response, answer: Answer) -> dict[str, Any]:
    one = answer.entered
    told = {"request_id": one.request_id, "kind": one.kind, "kg": one.count, "wh": one.wh}
    return {**told, "is_new": is_entered(response, is_new=answer.is_new)}
