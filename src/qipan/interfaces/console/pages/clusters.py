"""``/labour/clusters``: adjoining regions that lose work at once, of a panel that is issued or of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.labour import scan_file
from qipan.bootstrap.panels import adjacency, known_neighbours
from qipan.facts.catalog import Catalog
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.forms import read_field, read_file
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, require_user, services_of, status_of
from qipan.interfaces.report import clusters as pages
from qipan.interfaces.report.labour import is_seen
from qipan.interfaces.report.labour_pages import names_of
from qipan.kernel.errors import QipanError
from qipan.labour.model.event import EventRule
from qipan.labour.tell_clusters import panel_of_outlook, tell_clusters

router = APIRouter()

Reader = Annotated[Caller, Depends(require_user(Role.VIEWER))]
PanelName = Annotated[str, Query(max_length=32)]
Field = Annotated[str, Form(max_length=40)]
Upload = Annotated[UploadFile | str | None, File()]


@router.get("/labour/clusters")
def show(
    request: Request,
    caller: Reader,
    panel: PanelName = "",
    promised: Annotated[float, Query(alias="false", ge=0.01, le=100.0)] = 1.0,
) -> Response:
    """Show the clusters of a panel of which warnings are issued, the newest without a name."""
    services = services_of(request)
    with services.books.read() as unit:
        known = services.warnings.panels(unit)
        chosen = panel or next(iter(known), "")
        newest = services.warnings.newest(unit, chosen) if chosen else None
    given: dict[str, Any] = {"panels": known, "panel": chosen, "promised": promised}
    if newest is None:
        return _page(request, caller, given)
    try:
        told = _scanned(_Asked(newest.digest, promised, newest.told, services.catalog))
    except QipanError as error:
        return _page(request, caller, given, untold=error)
    return _page(request, caller, given, told=told, regions=sorted({one["region"] for one in newest.told["cells"]}))


@router.post("/labour/clusters")
def scan(
    request: Request,
    caller: Reader,
    events: Field = "",
    promised: Annotated[Field, Form(alias="false")] = "1",
    file: Upload = None,
    neighbours: Upload = None,
) -> Response:
    """Show the clusters of a panel in a file; nothing is kept."""
    services = services_of(request)
    given = {"events": events, "promised": promised}
    try:
        data, name = read_file(file)
        beside, called = read_file(neighbours)
        told = scan_file(
            (name, data),
            (called, beside) if called else None,
            services.catalog,
            EventRule.read(events),
            false_a_year=read_field(promised, _promised, "false_clusters", "Write a number from 0.01 to 100."),
        )
    except QipanError as error:
        return _page(request, caller, given, error=error)
    return _page(request, caller, given, told=told, is_own=True, regions=told["region_names"])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of an outlook; those with the same digest have the same answer."""

    digest: str
    promised: float
    told: Mapping[str, Any] = field(compare=False)
    catalog: Catalog = field(compare=False)


@lru_cache(maxsize=32)
def _scanned(asked: _Asked) -> dict[str, Any]:
    """Return the clusters of an outlook; kept, since what was issued never changes."""
    panel, rule = panel_of_outlook(asked.told), EventRule.read(asked.told["events_rule"])
    neighbours = known_neighbours((one.region for one in panel.cells), asked.catalog)
    return tell_clusters(panel, rule, adjacency(neighbours, asked.catalog), asked.promised)


def _page(
    request: Request,
    caller: Caller,
    given: Mapping[str, Any],
    *,
    told: dict[str, Any] | None = None,
    regions: list[str] | None = None,
    is_own: bool = False,
    untold: QipanError | None = None,
    error: QipanError | None = None,
) -> Response:
    """Render the page; of a panel of the house only what the caller may see, of the caller's own file everything."""
    services, said = services_of(request), words_of(request)
    names = names_of(services.catalog.regions(), said)
    assets: Assets = request.app.state.assets
    table, charts = None, None
    if told is not None:
        seen = told if is_own else pages.seen_clusters(told, caller.scope)
        shown = [one for one in regions or () if is_own or is_seen(one, caller.scope)]
        table, drawn = pages.cluster_list(seen, names, said), pages.cluster_map(seen, shown, names, said)
        charts = drawn and {"clusters": drawn, "geometry": assets.address(GEOMETRY)}
    return render(
        request,
        "clusters.html",
        status=200 if error is None else status_of(error),
        given=given,
        told=told,
        table=table,
        charts=charts,
        untold=untold,
        error=error,
    )


def _promised(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 100.0:
        raise ValueError(text)
    return value
