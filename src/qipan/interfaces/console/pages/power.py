"""``/power``: compute and grid, a form for calls of the grid, and what flexibility is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import planning_turn, require, services_of, status_of
from qipan.interfaces.report import day, power
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import BadInputError, NotFoundError, QipanError
from qipan.workflows.respond import CallRequest

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/power")
def show(
    request: Request,
    place: Annotated[str, Query(max_length=64)] = "",
    mw: Annotated[str, Query(max_length=20)] = "",
    start: Annotated[str, Query(alias="from", max_length=40)] = "",
    hours: Annotated[str, Query(max_length=20)] = "2",
    worth: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Show how a plan meets the grid; with a place also what it answers to a call, or what flexibility is worth."""
    document, said = plan_of(request), words_of(request)
    error, call, flexibility = None, None, None
    try:
        if place or worth:
            require(Role.OPERATOR)(request)
            with planning_turn(request):
                if worth:
                    flexibility = services_of(request).responding.flexibility(document["plan_id"])
                else:
                    wanted = CallRequest(place, _number(mw, "mw"), start, _number(hours, "hours"))
                    call = services_of(request).responding.call(wanted, document["plan_id"])
    except QipanError as refused:
        error = refused
    told = _met(request, document)
    return render(
        request,
        "power.html",
        status=200 if error is None else status_of(error),
        document=document,
        title=day.title(document, said),
        particulars=day.particulars(document, said),
        error=error,
        given={"place": place, "mw": mw, "from": start, "hours": hours},
        places_asked=_places(document, said),
        **({} if told is None else _of_power(told, said)),
        **({} if call is None else _of_call(call, said)),
        worth=None if flexibility is None else power.flexibility(flexibility, said),
        charts=({} if told is None or not told["areas"] else {"areas": power.power_chart(told, said)})
        | ({} if call is None else {"call": power.call_chart(call, said)}),
    )


def _of_power(told: Mapping[str, Any], said: Words) -> dict[str, Any]:
    tables = {"areas": power.areas(told, said), "area_hours": power.area_hours(told, said)}
    return {
        "sentence": power.power_sentence(told, said),
        **({name: table if told["areas"] else None for name, table in tables.items()}),
        "uptake": power.uptake(told, said) if told["uptake"] else None,
    }


def _of_call(call: Mapping[str, Any], said: Words) -> dict[str, Any]:
    return {
        "call_sentence": power.call_sentence(call, said),
        "call_hours": power.call_hours(call, said, is_whole=True),
        "shifted": power.shifted(call, said),
    }


def _met(request: Request, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the plan meets the grid; nothing where it knows of none."""
    try:
        return services_of(request).responding.power(document["plan_id"])
    except NotFoundError as error:
        if error.code != "power_unknown":
            raise
        return None


def _places(document: Mapping[str, Any], said: Words) -> list[tuple[str, str]]:
    """Return what may be called: areas of the grid, then sites."""
    areas = [(area["area_id"], said.name(area)) for area in document.get("areas", ())]
    return areas + [(site["site_id"], said.name(site)) for site in document["sites"]]


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadInputError(
            f"The field {field} must be a number, was {text!r}.",
            code="field_unreadable",
            hint="Write a number such as 0.5.",
            field=field,
        ) from error
