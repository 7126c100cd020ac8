"""``/accounts/disputes``: what was posted is disputed, answered, decided and corrected; all of it with proofs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.accounts.evidence import document
from qipan.accounts.model.dispute import Answer, Decision, Opening, Withdrawal
from qipan.bootstrap.services import log_signer
from qipan.interfaces.api.party import Body, Count, Moment, Name, Text, User, has, is_entered, now
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import services_of
from qipan.interfaces.hearing import disputes_seen, evidence_parties, seen
from qipan.interfaces.report.disputes import line, told, watched

router = APIRouter(tags=["disputes"])

READERS = has(Duty.CLEARING, reads=True)
MONTH = timedelta(days=31)


class OpenBody(Body):
    """What is disputed, and why."""

    dispute_id: Name = Field(description="Chosen by who asks; the same again changes nothing.")
    party: Name
    transfers: list[Name] = Field(min_length=1, max_length=1000, description="Ids of transfers of the party.")
    ground: Text
    cites: Text = Field(default="", description="A flag of the market's monitor.")


class AnswerBody(Body):
    """What a party says."""

    party: Name
    words: Text


class WordsBody(Body):
    """Why."""

    words: Text


class DecisionBody(WordsBody):
    """How it is decided, and why."""

    amounts: dict[str, Count] = Field(
        default={}, max_length=1000, description="How much of which transfer goes back; nothing dismisses the dispute."
    )


@router.post("/accounts/disputes", operation_id="accounts.dispute.open", status_code=201)
def open_dispute(request: Request, response: Response, caller: User, body: OpenBody) -> dict[str, Any]:
    """Open a dispute of posted transfers; for a trader or site of a party to each of them."""
    made = Opening(
        dispute_id=body.dispute_id,
        party=body.party,
        by=caller.name,
        transfer_ids=tuple(body.transfers),
        ground=body.ground,
        cites=body.cites,
    )
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.disputes.open(unit, made, now())
    return {**line(found), "is_new": is_entered(response, is_new=is_new)}


@router.get("/accounts/disputes", operation_id="accounts.dispute.list")
def list_disputes(
    request: Request,
    caller: User,
    open_only: Annotated[bool, Query(description="Only those that are not over.")] = False,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Return disputes in the order in which they were opened: those of one's parties, all for clearing and auditor."""
    services = services_of(request)
    with services.books.read() as unit:
        found = disputes_seen(services, unit, caller, open_only=open_only)
    rows = [line(one) for one in found[(page - 1) * size : page * size]]
    return {"rows": rows, "total": len(found), "page": page, "size": size}


@router.get("/accounts/disputes/check", operation_id="accounts.dispute.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Follow every dispute anew and make its correction from the decision; nothing when all is well."""
    services = services_of(request)
    with services.books.read() as unit:
        return [FindingOut(**asdict(one)) for one in services.disputes.check(unit)]


@router.get("/accounts/disputes/{dispute_id}", operation_id="accounts.dispute.show")
def show(request: Request, caller: User, dispute_id: str) -> dict[str, Any]:
    """Return a dispute with its steps and transfers; parties see their own of what is linked."""
    services = services_of(request)
    with services.books.read() as unit:
        return told(seen(services, unit, caller, dispute_id))


@router.post("/accounts/disputes/{dispute_id}/answers", operation_id="accounts.dispute.answer", status_code=201)
def answer(request: Request, response: Response, caller: User, dispute_id: str, body: AnswerBody) -> dict[str, Any]:
    """Answer, for a trader or site of a party to what is disputed or linked with it."""
    made = Answer(dispute_id=dispute_id, party=body.party, by=caller.name, words=body.words)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.disputes.answer(unit, made, now())
    return {**line(found), "is_new": is_entered(response, is_new=is_new)}


@router.post("/accounts/disputes/{dispute_id}/withdrawal", operation_id="accounts.dispute.withdraw", status_code=201)
def withdraw(request: Request, response: Response, caller: User, dispute_id: str, body: WordsBody) -> dict[str, Any]:
    """Give a dispute up; for a trader or site of the party that opened it."""
    made = Withdrawal(dispute_id=dispute_id, by=caller.name, words=body.words)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.disputes.withdraw(unit, made, now())
    return {**line(found), "is_new": is_entered(response, is_new=is_new)}


@router.post("/accounts/disputes/{dispute_id}/decision", operation_id="accounts.dispute.decide", status_code=201)
def decide(request: Request, response: Response, caller: User, dispute_id: str, body: DecisionBody) -> dict[str, Any]:
    """Decide a dispute and post its correction, all or nothing. Needs the duty auditor or clearing."""
    made = Decision(dispute_id=dispute_id, by=caller.name, words=body.words, amounts=body.amounts)
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.disputes.decide(unit, made, now())
    return {**line(found), "is_new": is_entered(response, is_new=is_new)}


@router.post("/accounts/disputes/{dispute_id}/evidence", operation_id="accounts.dispute.evidence")
def evidence(request: Request, caller: User, dispute_id: str) -> dict[str, Any]:
    """Sign the log, and return all that speaks to a dispute, each piece with its proof.

    ``evidence`` is what ``qipan accounts dispute verify`` verifies with nothing but ``key``.
    """
    services = services_of(request)
    signer = log_signer(services.settings)
    with services.books.begin(caller=str(caller)) as unit:
        seen(services, unit, caller, dispute_id)
        services.log.checkpoint(unit, signer, now())
    with services.books.read() as unit:
        exhibits = services.disputes.evidence(unit, dispute_id, evidence_parties(caller))
    return {"evidence": document(dispute_id, exhibits), "exhibits": len(exhibits), "key": str(signer.verifier)}


@router.get("/market/monitor", operation_id="market.monitor", tags=["market"], dependencies=[READERS])
def monitor(
    request: Request,
    since: Annotated[Moment | None, Query(description="A month before the end, if none is named.")] = None,
    until: Annotated[Moment | None, Query(description="Now, if none is named.")] = None,
) -> dict[str, Any]:
    """Return how the market is shared out, and what is to be looked at; no flag is a verdict. For clearing, auditor."""
    services, end = services_of(request), until or now()
    start: datetime = since or end - MONTH
    with services.books.read() as unit:
        return watched(services.monitoring.watch(unit, start, end))
