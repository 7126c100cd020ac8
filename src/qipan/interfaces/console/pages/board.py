"""``/``: the three numbers, the map, the accounts."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import require, services_of
from qipan.interfaces.report import charts, day, labels, reservations, stand_alone, substitutes, tables, upheld, volumes
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import Finding, NotFoundError

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
        carried_over=day.carried_over(said),
        assumptions=[replace(part, title=label(labels.COLUMN, part.key, said)) for part in day.assumptions(document)],
        out_of_scope=tables.out_of_scope(document),
        basis=day.basis(document, said),
        sites=tables.site_use(document, said),
        origins=tables.origins(document, said),
        flows=tables.flows(document, said),
        tiers=tables.tiers(document, said),
        substitutes=substitutes.substitutes(document, said),
        told_of_tables=substitutes.told_of_tables(document, said),
        volumes=volumes.volumes(document, said) if "volumes" in document else None,
        volumes_sentence=volumes.sentence(document.get("volumes", ()), said),
        stand_alone=stand_alone.stand_alone(document, said) if "stand_alone" in document else None,
        stand_alone_sentence=stand_alone.sentence(document.get("stand_alone", ()), said),
        reservations=reservations.reservations(document, said) if reserved else None,
        reservations_sentence=reservations.sentence(reserved, said) if reserved else "",
        reservations_apart=reservations.rows_apart(reserved, said) if reserved else "",
        upheld=upheld.upheld(document, said) if document.get("upheld") else None,
        upheld_sentence=upheld.sentence(document["upheld"], said) if document.get("upheld") else "",
        set_aside=_set_aside(request, document, said),
        charts={"map": charts.board_map(document, said), "geometry": assets.address(GEOMETRY)},
    )


def _set_aside(request: Request, document: day.Document, said: Words) -> list[tuple[str, tuple[Finding, ...]]]:
    """Return what is wrong with the rows that were set aside, file by file, each under its title."""
    account, reserved = document["account"], reservations.told_of(document)
    read = [(said.say("What is wrong with rows of %(file)s", file=document["jobs_name"]), account)]
    if reserved:
        read.append((said.say("What is wrong with rows of reservations"), reserved))
    asked = services_of(request).day
    return [
        (title, asked.findings(one["import_sequence"]))
        for title, one in read
        if one["rows_quarantined"] and one.get("import_sequence") is not None
    ]
