"""``/compare``: the plan beside simple rules, and how exactly its prices add up."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import require
from qipan.interfaces.report import day, tables, upheld

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/compare")
def compare(request: Request) -> Response:
    """Show every policy on the same jobs."""
    document, said = plan_of(request), words_of(request)
    return render(
        request,
        "compare.html",
        document=document,
        title=day.title(document, said),
        particulars=day.particulars(document, said),
        headlines=day.headlines(document, said),
        same_work=day.same_work(document, said),
        policies=tables.policies(document, said),
        good=tables.good(said),
        bound=tables.bound(document, said),
        upheld_of_bound=upheld.of_bound(said) if document.get("upheld") else "",
    )
