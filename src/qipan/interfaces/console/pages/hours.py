"""``/plan``: the day hour by hour, with its prices."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import require
from qipan.interfaces.report import charts, day, page

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/plan")
def hours(request: Request) -> Response:
    """Show use, LMP and electricity by hour."""
    document, said = plan_of(request), words_of(request)
    return render(
        request,
        "hours.html",
        document=document,
        title=day.title(document, said),
        particulars=day.particulars(document, said),
        tables=page.all_tables(document, said.lang),
        charts={
            "use": charts.use(document, said),
            "lmp": charts.lmp(document, said),
            "electricity": charts.electricity(document, said),
        },
    )
