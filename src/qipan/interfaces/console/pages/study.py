"""``/expansions`` and ``/rolls``: ask a long question, see how far it is, read its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.files import example_expansion
from qipan.bootstrap.services import Services
from qipan.interfaces.console import studies
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.forms import read_epoch, read_field, read_file, read_tables
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, require, services_of, status_of
from qipan.interfaces.report import expansion as expansion_report
from qipan.interfaces.report import roll as roll_report
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.workflows.fleet import NATIONAL
from qipan.workflows.request import RollRequest
from qipan.workflows.study import StudyKind

router = APIRouter()
StudyNumber = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("/expansions", dependencies=[Depends(require(Role.VIEWER))])
def expansions(request: Request, study: StudyNumber = None) -> Response:
    """Show a plan of expansion, the newest one if none is named, and the form to ask for another."""
    return _page(request, StudyKind.EXPANSION, study)


@router.post("/expansions")
def expand(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile | str | None, File()] = None,
    example: Annotated[str, Form()] = "",
    gap: Annotated[str, Form()] = "0.001",
    seconds: Annotated[str, Form()] = "120",
) -> Response:
    """Ask what to build, and lead to where the answer will stand, or say why it cannot be asked."""

    def ask(services: Services) -> int:
        data, name = read_file(file)
        if example:
            data, name = example_expansion(), "expansion.json"
        return services.studies.ask_expansion(
            data,
            name,
            gap=read_field(gap, float, "gap", "Write a share such as 0.001."),
            seconds=read_field(seconds, float, "seconds", "Write a number such as 120."),
            now=datetime.now(UTC),
            caller=str(caller),
        )

    return _begin(request, StudyKind.EXPANSION, ask, {"gap": gap, "seconds": seconds, "example": example})


@router.get("/rolls", dependencies=[Depends(require(Role.VIEWER))])
def rolls(request: Request, study: StudyNumber = None) -> Response:
    """Show a run of rolling operation, the newest one if none is named, and the form to ask for another."""
    return _page(request, StudyKind.ROLL, study)


@router.post("/rolls")
def roll(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile | str | None, File()] = None,
    trace_format: Annotated[str, Form(alias="format")] = "generic",
    first_day: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "7",
    every_min: Annotated[str, Form()] = "15",
    demand: Annotated[str, Form()] = "0",
    price: Annotated[str, Form()] = "0",
    renewable: Annotated[str, Form()] = "0",
    plants_share: Annotated[str, Form()] = "0",
    load: Annotated[str, Form()] = "1",
    seed: Annotated[str, Form()] = "0",
    epoch: Annotated[str, Form()] = "",
    zone_name: Annotated[str, Form()] = "",
    fleet_id: Annotated[str, Form()] = "",
    reservations: Annotated[UploadFile | str | None, File()] = None,
    notice_min: Annotated[str, Form()] = "0",
    keeps_reserve: Annotated[str, Form()] = "",
    substitutes: Annotated[UploadFile | str | None, File()] = None,
    links: Annotated[UploadFile | str | None, File()] = None,
    seconds: Annotated[str, Form()] = "300",
) -> Response:
    """Ask what not knowing the future would have cost, and lead to where the answer will stand."""
    number, whole = "Write a number such as 0.2.", "Write a whole number."
    sizes = {"demand": demand, "price": price, "renewable": renewable}

    def ask(services: Services) -> int:
        data, name = read_file(file)
        tables, names = read_tables(reservations=reservations, substitutes=substitutes, links=links)
        wanted = RollRequest(
            data=data,
            name=name,
            format=trace_format,
            first_day=read_field(first_day, date.fromisoformat, "first_day", "Write for example 2017-10-09."),
            days=read_field(days, int, "days", whole),
            every_s=60.0 * read_field(every_min, float, "every_min", "Write whole minutes."),
            errors={name: read_field(size, float, name, number) for name, size in sizes.items()},
            load=read_field(load, float, "load", "Write a number such as 1 or 2.5."),
            seed=read_field(seed, int, "seed", whole),
            epoch=read_epoch(epoch),
            zone_name=zone_name.strip() or None,
            plants_share=read_field(plants_share, float, "plants_share", number),
            fleet_id=fleet_id or NATIONAL,
            notice_s=60.0 * read_field(notice_min, float, "notice_min", "Write whole minutes."),
            keeps_reserve=bool(keeps_reserve),
            file_names=names,
            reservations=tables.get("reservations"),
            substitutes=tables.get("substitutes"),
            links=tables.get("links"),
        )
        bound = read_field(seconds, float, "seconds", "Write a number such as 300.")
        return services.studies.ask_roll(wanted, seconds=bound, now=datetime.now(UTC), caller=str(caller))

    given = {"format": trace_format, "first_day": first_day, "days": days, "every_min": every_min}
    given |= sizes | {"plants_share": plants_share, "load": load, "seed": seed, "epoch": epoch, "zone_name": zone_name}
    given |= {"fleet_id": fleet_id, "seconds": seconds, "notice_min": notice_min, "keeps_reserve": keeps_reserve}
    return _begin(request, StudyKind.ROLL, ask, given)


def _begin(request: Request, kind: StudyKind, ask: Callable[[Services], int], given: Mapping[str, str]) -> Response:
    try:
        return studies.start(request, kind, ask)
    except QipanError as error:
        return _page(request, kind, None, error, given)


def _page(
    request: Request,
    kind: StudyKind,
    study_id: int | None,
    error: QipanError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:
    services, said = services_of(request), words_of(request)
    listed = studies.listed(request, kind)
    if study_id is None and listed:
        study_id = next((one["study_id"] for one in listed if one["state"] == "done"), listed[0]["study_id"])
    study = None if study_id is None else studies.study_of(request, kind, study_id)
    result = None if study is None else study["result"]
    if kind is StudyKind.EXPANSION:
        told = {} if result is None else _expansion(request, result, said)
    else:
        with services.books.read() as unit:
            fleets = services.ledger.fleets(unit)
        named = {one.fleet_id: said.name({"name_en": one.name_en, "name_zh": one.name_zh}) for one in fleets}
        told = {} if result is None else _roll(result, {one.fleet_id: one.zone_name for one in fleets}, named, said)
        told |= {"formats": services.dispatch.formats, "fleets": list(named.items())}
    answer = render(
        request,
        f"{kind}s.html",
        status=200 if error is None else status_of(error),
        error=error,
        given=given or {},
        **studies.shown(request, kind, study, listed, error),
        **({"charts": {}} | told),
    )
    return studies.refreshed(request, answer, study)


def _expansion(request: Request, told: Mapping[str, Any], said: Words) -> dict[str, Any]:
    assets: Assets = request.app.state.assets
    return {
        "sentence": expansion_report.sentence(told, said),
        "tables": {
            "costs": expansion_report.costs(told, said),
            "builds": expansion_report.builds(told, said),
            "places": expansion_report.places(told, said),
        },
        "charts": {
            "map": expansion_report.build_map(told, services_of(request).catalog, said),
            "geometry": assets.address(GEOMETRY),
        },
    }


def _roll(told: Mapping[str, Any], zones: Mapping[str, str], fleets: Mapping[str, str], said: Words) -> dict[str, Any]:
    zone_name = zones.get(told["fleet_id"], BOARD_ZONE)
    return {
        "sentence": roll_report.sentence(told, said),
        "unfinished": roll_report.unfinished(told, said),
        "settings": roll_report.settings(told, fleets.get(told["fleet_id"], told["fleet_id"]), said),
        "runs": roll_report.runs(told, said),
        "terms": roll_report.terms(said),
        "regret": roll_report.regret_table(told, said),
        "power": [roll_report.power(one, zone_name, said) for one in told["runs"]],
        "spikes": [roll_report.spikes(one, zone_name, said) for one in told["runs"]],
        "reservations": [
            (roll_report.reservations_sentence(one, said), roll_report.reservations(one, said))
            for one in told["runs"]
            if one.get("reservations")
        ],
        "charts": {"regret": roll_report.regret_by_day(told, said)},
    }
