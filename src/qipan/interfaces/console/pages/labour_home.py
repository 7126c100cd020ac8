"""``/labour/home``: warnings carried home to the regions that the people come from, and what they need there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.home import carry, read_tables
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.forms import read_file
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, require_user, services_of, status_of
from qipan.interfaces.report.home import (
    ASSUMED,
    TITLES,
    home_map,
    homes_table,
    part_table,
    seen_home,
    summary,
    uncounted,
)
from qipan.interfaces.report.labour import told_outlook
from qipan.interfaces.report.labour_pages import names_of
from qipan.kernel.errors import QipanError

router = APIRouter()

Reader = Annotated[Caller, Depends(require_user(Role.VIEWER))]
PanelName = Annotated[str, Form(max_length=32)]
Upload = Annotated[UploadFile | None, File()]


@router.get("/labour/home", dependencies=[Depends(require_user(Role.VIEWER))])
def ask(request: Request, panel: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Ask which panel's warnings are carried home, and for the tables to do so by."""
    return _page(request, panel)


@router.post("/labour/home")
def show(
    request: Request,
    caller: Reader,
    *,
    panel: PanelName,
    origins: Upload = None,
    bridge: Upload = None,
    jobs: Upload = None,
) -> Response:
    """Show people and needs by home region; nothing is kept."""
    services, said = services_of(request), words_of(request)
    try:
        with services.books.read() as unit:
            newest = services.warnings.newest(unit, panel)
        data, crossing, counted = (read_file(one)[0] for one in (origins, bridge, jobs))
        tables = read_tables(services.catalog, data, crossing or None, counted or None)
        told = seen_home(carry(told_outlook(newest, caller.scope), tables, services.catalog), caller.scope)
    except QipanError as error:
        return _page(request, panel, error=error)
    names = names_of(services.catalog.regions(), said)
    drawn = home_map(told, said)
    assets: Assets = request.app.state.assets
    return _page(
        request,
        panel,
        told=told,
        summary=summary(told, said),
        homes=homes_table(told, names, said),
        parts=[(name, one) for name in TITLES if (one := part_table(told, name, names, said))],
        uncounted=uncounted(told, said),
        assumed=[said.say(ASSUMED[key]) for key in told["assumed"]],
        charts=drawn and {"board": drawn, "geometry": assets.address(GEOMETRY)},
    )


def _page(request: Request, panel: str, *, error: QipanError | None = None, **shown: object) -> Response:
    services = services_of(request)
    with services.books.read() as unit:
        panels = services.warnings.panels(unit)
    status = 200 if error is None else status_of(error)
    asked = {"panel": panel, "panels": panels, "error": error, "told": None, "charts": None, "uncounted": ()}
    return render(request, "labour_home.html", status=status, **{**asked, **shown})
