"""``/``: the three numbers, the map, the accounts."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import require
from qipan.interfaces.report import charts, day, labels, reservations, stand_alone, substitutes, tables, upheld, volumes
from qipan.interfaces.report.labels import label
from qipan.kernel.errors import NotFoundError

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/")
def board(request: Request) -> Response:
    """Show the board of a day, or how to run the first one."""
    try:
        document = plan_of(request)
    except NotFoundError as error:
        if error.code != "no_plan_yet":
            raise
        return render(request, "first.html")
    said = words_of(request)
    reserved = reservations.told_of(document)
    assets: Assets = request.app.state.assets
    return render(
        request,
        "board.html",
        document=document,
        title=day.title(document, said),
        particulars=day.particulars(document, said),
        headlines=day.headlines(document, said),
        same_work=day.same_work(document, said),
        drawn=day.drawn(document, said),
        accounts=day.accounts(document, said),
        reasons=day.reasons(document, said),
        assumptions=[replace(part, title=label(labels.COLUMN, part.key, said)) for part in day.assumptions(document)],
        out_of_scope=tables.out_of_scope(document),
        basis=day.basis(document, said),
        sites=tables.site_use(document, said),
        origins=tables.origins(document, said),
        flows=tables.flows(document, said),
        tiers=tables.tiers(document, said),
        substitutes=substitutes.substitutes(document, said),
        volumes=volumes.volumes(document, said) if "volumes" in document else None,
        volumes_sentence=volumes.sentence(document.get("volumes", ()), said),
        stand_alone=stand_alone.stand_alone(document, said) if "stand_alone" in document else None,
        stand_alone_sentence=stand_alone.sentence(document.get("stand_alone", ()), said),
        reservations=reservations.reservations(document, said) if reserved else None,
        reservations_sentence=reservations.sentence(reserved, said) if reserved else "",
        reservations_apart=reservations.rows_apart(reserved, said) if reserved else "",
        upheld=upheld.upheld(document, said) if document.get("upheld") else None,
        upheld_sentence=upheld.sentence(document["upheld"], said) if document.get("upheld") else "",
        charts={"map": charts.board_map(document, said), "geometry": assets.address(GEOMETRY)},
    )
