"""``/labour/attribute``: what a change in a panel is put down to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.labour import attribute_file
from qipan.interfaces.console.forms import day, read_field, read_file
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import require_user, services_of, status_of
from qipan.interfaces.report import attribution as pages
from qipan.interfaces.report.labour_pages import cell_name, names_of
from qipan.kernel.errors import NotFoundError, QipanError

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Field = Annotated[str, Form(max_length=200)]


@router.get("/labour/attribute")
def ask(request: Request) -> Response:
    """Show the form."""
    return render(request, "attribution.html", given={"years": "1"}, told=None, charts=None, error=None)


@router.post("/labour/attribute")
def attribute(
    request: Request,
    since: Field = "",
    years: Field = "1",
    cell: Field = "",
    levels: Field = "",
    file: Annotated[UploadFile | str | None, File()] = None,
    exposures: Annotated[list[UploadFile | str] | None, File()] = None,
) -> Response:
    """Show what a change is put down to; nothing is kept."""
    given = {"since": since, "years": years, "cell": cell, "levels": levels}
    try:
        data, name = read_file(file)
        tables = [read_file(one) for one in exposures or ()]
        told = attribute_file(
            (name, data),
            [(called, table) for table, called in tables],
            services_of(request).catalog,
            day(since, "since"),
            years=read_field(years, _years, "years", "Write a number from 0.05 to 20."),
            is_level=bool(levels),
        )
        shown = _chosen(told, cell.strip())
    except QipanError as error:
        return render(
            request, "attribution.html", status=status_of(error), given=given, told=None, charts=None, error=error
        )
    said = words_of(request)
    names = names_of(services_of(request).catalog.regions(), said)
    placebo_chart, placebo = pages.placebo(told, said)
    parts_chart, parts = pages.parts(shown, told, names, said)
    return render(
        request,
        "attribution.html",
        given=given,
        told=told,
        verdicts=pages.verdicts(told, said),
        placebo=placebo,
        parts_table=parts,
        cell=cell_name(shown["about"], names),
        cells=pages.cells(told, names, said),
        charts={"placebo": placebo_chart, "parts": parts_chart},
        error=None,
    )


def _chosen(told: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the cell of a name, or the one that machines took most from."""
    if not name:
        return pages.by_machines(told)[0]
    for one in told["parts"]:
        if one["cell"] == name:
            return dict(one)
    raise NotFoundError(
        f"A cell must be in the panel and have an exposure, was not: {name}.",
        code="cell_unexplained",
        hint="Write it as region/industry/occupation, or leave the field empty.",
    )


def _years(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 20.0:
        raise ValueError(text)
    return value
