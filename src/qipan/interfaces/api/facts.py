"""``/facts``: the shipped numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from qipan.access.model import Role
from qipan.facts.model import Status
from qipan.interfaces.api.model import FactOut, FactsPage, fact_out
from qipan.interfaces.entry import require, services_of

router = APIRouter(prefix="/facts", tags=["facts"], dependencies=[Depends(require(Role.VIEWER))])


@router.get("", operation_id="facts.search")
def search(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words, in either language; empty for all.")] = "",
    status: Annotated[Status | None, Query(description="Only facts of this status.")] = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> FactsPage:
    """Search the shipped numbers and words."""
    found = [fact for fact in services_of(request).catalog.search(q) if status in (None, fact.status)]
    rows = [fact_out(fact) for fact in found[(page - 1) * size : page * size]]
    return FactsPage(rows=rows, total=len(found), page=page, size=size)


@router.get("/{fact_id:path}", operation_id="facts.show")
def show(request: Request, fact_id: str) -> FactOut:
    """Return one fact by its name, for example grid/location_factor/640000/2022."""
    return fact_out(services_of(request).catalog.fact(fact_id))
