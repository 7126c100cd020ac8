"""``/explain``: why a job is here and not there, what made a price."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import require, services_of
from qipan.interfaces.report import explanation
from qipan.interfaces.report.numbers import clock

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/explain")
def explain(
    request: Request,
    job: Annotated[str, Query(max_length=200)] = "",
    site: Annotated[str, Query(max_length=64)] = "",
    slot: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    plan: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show the explanation of a job or of a price; asked for neither, say how to ask."""
    services, said = services_of(request), words_of(request)
    if not job and not site:
        return render(
            request,
            "explain.html",
            document=services.day.report(plan or None),
            heading=said.say("What should be explained?"),
            sentence="",
            tables=[],
            excluded=[],
            is_open=True,
        )
    with services.books.read() as unit:
        document = services.day.report(plan or None)
        if job:
            told = services.dispatch.explain_job(unit, document["plan_id"], job)
        else:
            told = services.dispatch.explain_price(unit, document["plan_id"], site, slot)
    if job:
        return render(
            request,
            "explain.html",
            document=document,
            heading=said.say("Why here: job %(job)s", job=told["job_id"]),
            sentence=explanation.job_sentence(told, said),
            tables=[
                (table, "") for table in (explanation.options(told, said), explanation.stretches(told, said)) if table
            ],
            excluded=explanation.excluded(told, said),
        )
    start = clock(told["start"], told["zone_name"], told["day"])
    return render(
        request,
        "explain.html",
        document=document,
        heading=said.say("Price: %(site)s, %(start)s", site=said.name(told, "site"), start=start),
        sentence="",
        tables=[(explanation.price_parts(price, said), said.name(price, "why")) for price in told["rows"]],
        excluded=[],
    )
