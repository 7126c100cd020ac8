"""``/certificates``: devices, metered use, requests to the registry; who holds what, how green use was, proofs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.bootstrap.services import Services, log_signer
from qipan.certificates.balance import residual_kg_per_kwh
from qipan.certificates.issue import is_tradable
from qipan.certificates.model.certificate import Granularity, Production, State, Usage
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import (
    Allocate,
    Answer,
    Bundling,
    Issue,
    Release,
    Retire,
    Selection,
    Transfer,
    Withdraw,
)
from qipan.certificates.model.request import Request as Asked
from qipan.certificates.record import told as told_request
from qipan.certificates.statement import document
from qipan.interfaces.api.party import (
    ROWS_MOST,
    USERS,
    Body,
    Count,
    MaybeName,
    Moment,
    MonthName,
    Name,
    RequestId,
    User,
    act_for,
    has,
    is_entered,
    look_at,
    now,
    sight,
)
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import Caller, services_of
from qipan.kernel.errors import BadInputError
from qipan.workflows.wares import adcode_of

router = APIRouter(prefix="/certificates", tags=["certificates"])

WH_PER_KWH = 1000

Registry = Annotated[Caller, has(Duty.REGISTRY)]
READERS = has(Duty.REGISTRY, reads=True)
OnlyMonth = Annotated[MonthName | None, Query(description="Only of this month of UTC+8, as 2026-03.")]
OptionalMonth = Annotated[MonthName | None, Field(description="Only of this month of UTC+8, as 2026-03.")]


class DeviceBody(Body):
    """A plant behind one meter."""

    device_id: Name
    owner: Name = Field(description="Who is issued its certificates.")
    source: Source
    adcode: Name = Field(description="Region that it stands in.")
    capacity_w: Count = Field(description="Rated power.")
    commissioned: Moment = Field(description="From when on it is issued.")
    is_self_used: bool = Field(default=False, description="Used behind the meter: issued, and not traded.")


class UsageBody(Body):
    """A row of metered use."""

    usage_id: Name
    consumer: Name
    start: Moment
    end: Moment
    wh: Count


class UsagesBody(Body):
    """Rows of metered use that are all entered, or none."""

    usages: list[UsageBody] = Field(min_length=1, max_length=ROWS_MOST)


class ProductionBody(Body):
    """What a device made in an hour, or in a month of UTC+8."""

    start: Moment
    end: Moment
    wh: Count
    evidence: Name = Field(description="A reading, or the digest of a meter's file.")


class IssueBody(Body):
    """Issue what a device made."""

    request_id: RequestId
    device_id: Name
    productions: list[ProductionBody] = Field(min_length=1, max_length=ROWS_MOST)


class BundleBody(Body):
    """Make national certificates of 1,000 kWh of what was made until the end of a month."""

    request_id: RequestId
    device_id: Name
    month: MonthName


class _Selected(Body):
    request_id: RequestId
    holder: Name
    wh: Count | None = Field(default=None, description="How many, the oldest first; null for all.")
    month: OptionalMonth = None
    device_id: MaybeName = Field(default="", description="Only of this device.")
    bundle_ids: list[Name] = Field(default=[], max_length=ROWS_MOST, description="These, whole, and nothing else.")

    def selection(self) -> Selection:
        """Return which Wh are meant."""
        return Selection(self.wh, self.month or "", self.device_id, tuple(self.bundle_ids))


class TransferBody(_Selected):
    """Hand certificates over."""

    to: Name = Field(description="Who gets them.")


class AllocateBody(Body):
    """Set certificates apart for what their holder used in a month."""

    request_id: RequestId
    consumer: Name
    month: MonthName
    by: Granularity = Field(default=Granularity.HOUR, description="How near in time made and used must lie.")
    usage_ids: list[Name] = Field(default=[], max_length=ROWS_MOST, description="Only these rows; else all.")


class ReleaseBody(Body):
    """Undo an allocation that is not retired yet."""

    request_id: RequestId
    allocation_id: Name = Field(description="Id of the request that allocated.")


class RetireBody(_Selected):
    """Retire an allocation, or what is selected for a named beneficiary; it never moves again."""

    beneficiary: MaybeName = Field(default="", description="Else the holder.")
    allocation_id: MaybeName = Field(default="", description="Then nothing else selects.")


class WithdrawBody(Body):
    """Take back what was issued by mistake, while its owner still has all of it."""

    request_id: RequestId
    issue_id: Name = Field(description="Id of the request that issued.")


class StatementBody(Body):
    """Of whom, and of which month."""

    consumer: Name
    month: OptionalMonth = None


@router.post("/devices", operation_id="certificates.device", status_code=201)
def device(request: Request, response: Response, caller: Registry, body: DeviceBody) -> dict[str, Any]:
    """Enter a device; it is never changed. Needs the duty registry."""
    services = services_of(request)
    made = Device(**body.model_dump() | {"adcode": adcode_of(body.adcode, services.catalog)})
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.registry.enter_device(unit, made, now())
    return {"device": asdict(made), "is_new": is_entered(response, is_new=is_new)}


@router.get("/devices", operation_id="certificates.devices", dependencies=[USERS])
def devices(request: Request) -> list[dict[str, Any]]:
    """Return the devices, and whether their certificates are traded."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.registry.devices(unit).values()
    return [{"device": asdict(one), "is_tradable": is_tradable(one)} for one in found]


@router.post("/usages", operation_id="certificates.usage", status_code=201)
def usage(request: Request, response: Response, caller: Registry, body: UsagesBody) -> dict[str, int]:
    """Enter rows of metered use, whole or not at all. Needs the duty registry."""
    services = services_of(request)
    rows = [Usage(**one.model_dump()) for one in body.usages]
    with services.books.begin(caller=str(caller)) as unit:
        new = services.registry.enter_usages(unit, rows, now())
    is_entered(response, is_new=new > 0)
    return {"rows": len(rows), "new": new}


@router.post("/issues", operation_id="certificates.issue", status_code=201)
def issue(request: Request, response: Response, caller: Registry, body: IssueBody) -> dict[str, Any]:
    """Issue what a device made, an hour or a month a row; each moment once. Needs the duty registry."""
    made = tuple(Production(**one.model_dump()) for one in body.productions)
    return _send(request, response, caller, Issue(body.request_id, body.device_id, made))


@router.post("/bundles", operation_id="certificates.bundle", status_code=201)
def bundle(request: Request, response: Response, caller: Registry, body: BundleBody) -> dict[str, Any]:
    """Make national certificates of 1,000 kWh; the rest is carried on. Needs the duty registry."""
    return _send(request, response, caller, Bundling(body.request_id, body.device_id, body.month))


@router.post("/transfers", operation_id="certificates.transfer", status_code=201)
def transfer(request: Request, response: Response, caller: User, body: TransferBody) -> dict[str, Any]:
    """Hand certificates over: Wh that are in no bundle, or bundles whole; for the holder's trader or site."""
    act_for(caller, body.holder)
    asked = Transfer(body.request_id, body.holder, body.to, body.selection())
    return _send(request, response, caller, asked)


@router.post("/allocations", operation_id="certificates.allocate", status_code=201)
def allocate(request: Request, response: Response, caller: User, body: AllocateBody) -> dict[str, Any]:
    """Set certificates apart for what their holder used in a month; for the consumer's trader or site."""
    act_for(caller, body.consumer)
    asked = Allocate(body.request_id, body.consumer, body.month, body.by, tuple(body.usage_ids))
    return _send(request, response, caller, asked)


@router.post("/releases", operation_id="certificates.release", status_code=201)
def release(request: Request, response: Response, caller: User, body: ReleaseBody) -> dict[str, Any]:
    """Undo an allocation that is not retired yet; for its consumer's trader or site, and the registry."""
    services = services_of(request)
    if not caller.has_duty(Duty.REGISTRY):
        act_for(caller, party_of(services, body.allocation_id), Duty.REGISTRY)
    return _send(request, response, caller, Release(body.request_id, body.allocation_id))


@router.post("/retirements", operation_id="certificates.retire", status_code=201)
def retire(request: Request, response: Response, caller: User, body: RetireBody) -> dict[str, Any]:
    """Retire an allocation, or what is selected; it never moves again; for the holder's trader or site."""
    act_for(caller, body.holder)
    if body.allocation_id and body.selection() != Selection():
        raise BadInputError(
            f"A retirement must name an allocation or a selection, was with both: {body.request_id}.",
            code="retirement_of_two",
            hint="Leave out wh, month, device_id and bundle_ids, or the allocation.",
            field="allocation_id",
        )
    beneficiary = body.beneficiary or body.holder
    asked = Retire(body.request_id, body.holder, beneficiary, body.selection(), body.allocation_id)
    return _send(request, response, caller, asked)


@router.post("/withdrawals", operation_id="certificates.withdraw", status_code=201)
def withdraw(request: Request, response: Response, caller: Registry, body: WithdrawBody) -> dict[str, Any]:
    """Take back what a request has issued by mistake; then issue it right. Needs the duty registry."""
    return _send(request, response, caller, Withdraw(body.request_id, body.issue_id))


@router.post("/expire", operation_id="certificates.expire")
def expire(request: Request, caller: Registry) -> dict[str, Any]:
    """Let all expire that is over: 24 months, the month of production counted. Needs the duty registry."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.registry.expire(unit, now())
    return {"wh": 0, "count": 0, "is_new": False} if answer is None else told(answer)


@router.get("/supply", operation_id="certificates.supply")
def supply(
    request: Request,
    caller: User,
    holder: Annotated[str | None, Query(max_length=100, description="Only of this holder.")] = None,
    month: OnlyMonth = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Return who holds how many Wh of which month and device, in which state and bundle; of whom one may read."""
    services, is_seen = services_of(request), sight(caller, holder, Duty.REGISTRY)
    with services.books.read() as unit:
        found = services.registry.holdings(unit, holder=holder)
    sums: dict[tuple[str, str, str, str, str], int] = {}
    for one in found:
        if month in {None, one.month.name} and is_seen(one.holder):
            key = (one.month.name, one.holder, one.state.value, one.device_id, one.bundle_id)
            sums[key] = sums.get(key, 0) + one.wh
    names = ("month", "holder", "state", "device", "bundle")
    rows = [{**dict(zip(names, key, strict=True)), "wh": wh} for key, wh in sorted(sums.items())]
    return {"rows": rows[(page - 1) * size : page * size], "total": len(rows), "page": page, "size": size}


@router.get("/match", operation_id="certificates.match")
def match(
    request: Request,
    caller: User,
    consumer: Annotated[str, Query(max_length=100)],
    month: OnlyMonth = None,
    grid_share: Annotated[float, Query(description="Carbon-free share of what the grid delivers, 0 to 1.")] = 0.0,
    planned: Annotated[bool, Query(description="Count what is held and allocated, too.")] = False,
) -> dict[str, Any]:
    """Return how green a consumer's use was: by the hour, by the month, and around the clock with the grid's share."""
    look_at(caller, consumer, Duty.REGISTRY)
    states = (State.RETIRED, State.ALLOCATED, State.HELD) if planned else (State.RETIRED,)
    services = services_of(request)
    with services.books.read() as unit:
        return asdict(services.registry.score(unit, consumer, _month(month), states=states, grid_share=grid_share))


@router.get("/balance", operation_id="certificates.balance", dependencies=[READERS])
def balance(
    request: Request,
    month: OnlyMonth = None,
    grid_kwh: Annotated[int | None, Query(gt=0, le=10**15, description="What the whole grid delivered.")] = None,
    grid_kg: Annotated[int | None, Query(ge=0, le=10**15, description="What it emitted, kg of CO2.")] = None,
) -> dict[str, Any]:
    """Return what each holder made, sold, bought and may claim, and its residual use. Needs the duty registry."""
    services = services_of(request)
    with services.books.read() as unit:
        shares = services.registry.balance(unit, _month(month))
    factor = None
    if grid_kwh is not None and grid_kg is not None:
        factor = residual_kg_per_kwh(shares, grid_wh=grid_kwh * WH_PER_KWH, grid_kg=grid_kg)
    rows = [{**asdict(one), "residual_wh": one.residual_wh} for one in shares]
    return {"shares": rows, "residual_kg_per_kwh": None if factor is None else float(factor)}


@router.post("/statements", operation_id="certificates.statement")
def statement(request: Request, caller: User, body: StatementBody) -> dict[str, Any]:
    """Sign the log, and return what a consumer used and what is retired for it, with proofs from the meter on.

    ``statement`` is what ``qipan certificates verify-statement`` verifies with nothing but ``key``. For the consumer's
    trader or site, registry and auditor.
    """
    look_at(caller, body.consumer, Duty.REGISTRY)
    services = services_of(request)
    signer = log_signer(services.settings)
    with services.books.begin(caller=str(caller)) as unit:
        services.log.checkpoint(unit, signer, now())
    with services.books.read() as unit:
        made = document(services.registry.statement(unit, body.consumer, _month(body.month)))
    return {"statement": made, "months": made["months"], "key": str(signer.verifier)}


@router.get("/check", operation_id="certificates.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Hold claims, transfers, requests and the log against each other; nothing when all is well."""
    services = services_of(request)
    with services.books.read() as unit:
        found = (
            *services.registry.check(unit),
            *services.certifications.check(unit),
            *services.quotas.check(unit),
        )
    return [FindingOut(**asdict(one)) for one in found]


def told(answer: Answer) -> dict[str, Any]:
    """Return a request as it stands, without its record, and whether it is new."""
    entered = {name: value for name, value in asdict(answer.entered).items() if name != "record"}
    return {**entered, "is_new": answer.is_new}


def party_of(services: Services, request_id: str) -> str:
    """Return whose an allocation or a declaration is; nobody's where there is none."""
    with services.books.read() as unit:
        found = [told_request(one) for one in services.registry.requests(unit) if one.request_id == request_id]
    return next((str(one.get("consumer") or one.get("declaration", {}).get("holder", "")) for one in found), "")


def _send(request: Request, response: Response, caller: Caller, asked: Asked) -> dict[str, Any]:
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        answer = services.registry.send(unit, asked, now())
    is_entered(response, is_new=answer.is_new)
    return told(answer)


def _month(name: str | None) -> Month | None:
    return None if name is None else Month.named(name)
