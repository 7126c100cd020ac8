"""``/facts``: the shipped numbers, searched in both languages."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.facts.catalog import written
from qipan.facts.model import Status
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import require, services_of
from qipan.interfaces.report.numbers import grouped

SIZE: Final = 40
"""Rows of a page."""

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/facts")
def facts(
    request: Request,
    q: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show one page of the facts that hold every word of a query."""
    catalog, said = services_of(request).catalog, words_of(request)
    found = [fact for fact in catalog.search(q) if status in ("", fact.status)]
    pages = max(1, ceil(len(found) / SIZE))
    rows = []
    for fact in found[(page - 1) * SIZE : page * SIZE]:
        unit, source = catalog.unit(fact.unit), catalog.source(fact.source)
        rows.append(
            {
                "fact": fact,
                "title": fact.label_zh if said.lang == "zh" else fact.label_en,
                "value": f"{fact.bound} {written(fact.value)}".strip(),
                "is_number": unit.is_number,
                "unit": unit.label_zh if said.lang == "zh" else unit.label_en,
                "source": source,
            }
        )

    def address(number: int) -> str:
        named = {"q": q, "status": status, "page": number}
        return "/facts?" + urlencode({name: value for name, value in named.items() if value})

    return render(
        request,
        "facts.html",
        q=q,
        status_=status,
        statuses=list(Status),
        rows=rows,
        total=grouped(len(found)),
        page=page,
        pages=pages,
        address=address,
    )
