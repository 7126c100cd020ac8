"""``/plan``: the day hour by hour, with its prices."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

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
    shown, lmp = page.all_tables(document, said.lang), charts.lmp(document, said)
    if "terms" in document:
        shown["lmp"] = page.lmp_hours(document, said, leads=partial(_address, document["plan_id"]))
        lmp["leads"] = [_address(document["plan_id"], site["site_id"]) for site in document["sites"]]
    return render(
        request,
        "hours.html",
        document=document,
        title=day.title(document, said),
        drawn=day.drawn(document, said),
        particulars=day.particulars(document, said),
        tables=shown,
        charts={
            "use": charts.use(document, said),
            "lmp": lmp,
            "electricity": charts.electricity(document, said),
        },
    )


def _address(plan_id: str, site_id: str, slot: int | None = None) -> str:
    """Return where a price is explained; the slot may be added later."""
    asked = {"plan": plan_id, "site": site_id}
    return "/explain?" + urlencode(asked if slot is None else asked | {"slot": slot})
