"""What the pages of long questions share: a question is started, followed while it is carried out, and listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.bootstrap.services import Services
from qipan.interfaces.console.page import words_of
from qipan.interfaces.entry import aside_of, services_of
from qipan.interfaces.report import labels
from qipan.interfaces.report.errors import part
from qipan.interfaces.report.numbers import moment
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import BadInputError, Finding, QipanError, RuleBrokenError
from qipan.kernel.time import BOARD_ZONE
from qipan.workflows.study import StudyKind

ADDRESS: Final[Mapping[StudyKind, str]] = {
    StudyKind.DAY: "/days",
    StudyKind.EXPANSION: "/expansions",
    StudyKind.ROLL: "/rolls",
}


def start(request: Request, kind: StudyKind, ask: Callable[[Services], int]) -> Response:
    """Carry out aside what is asked, and lead to where it is followed.

    Raises
    ------
    RuleBrokenError
        ``run_in_progress``.
    QipanError
        What is refused when it is asked.
    """
    services = services_of(request)
    study_id = aside_of(request, kind).start(services.settings, lambda: ask(services))
    return RedirectResponse(f"{ADDRESS[kind]}?study={study_id}", status_code=303)


def listed(request: Request, kind: StudyKind) -> list[dict[str, Any]]:
    """Return the newest studies of a kind with their state, the newest first."""
    return [_stated(request, one) for one in services_of(request).studies.studies(kind)]


def study_of(request: Request, kind: StudyKind, study_id: int) -> dict[str, Any]:
    """Return a study with its state and its answer.

    Raises
    ------
    NotFoundError
        ``study_unknown``.
    """
    return _stated(request, services_of(request).studies.study(study_id, kind))


def shown(
    request: Request,
    kind: StudyKind,
    study: Mapping[str, Any] | None,
    studies: list[dict[str, Any]],
    error: QipanError | None,
) -> dict[str, Any]:
    """Return what every page of long questions shows: the study, how far it is or why it failed, and all others.

    Parameters
    ----------
    error
        Why another study was not started; if one is running, the page leads there.
    """
    failed = None if study is None else study["error"]
    return {
        "study": study,
        "failure": None if failed is None else _failure(failed),
        "progress": "" if study is None else progress(kind, study["progress"], words_of(request)),
        "running": None if error is None else _running(request, kind),
        "studies": [_row(one) for one in studies],
        "address": ADDRESS[kind],
    }


def refreshed(request: Request, answer: Response, study: Mapping[str, Any] | None) -> Response:
    """Have the whole page drawn anew where what it polls is over."""
    if "hx-request" in request.headers and (study is None or study["state"] != "running"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _stated(request: Request, study: dict[str, Any]) -> dict[str, Any]:
    return aside_of(request, StudyKind(study["kind"])).state(study)


def progress(kind: StudyKind, told: str, said: Words) -> str:
    """Say how far a study is: the step of a day, or what another study tells."""
    if kind is StudyKind.DAY:
        return said.say(labels.STEP[told]) if told else ""
    return part(told, said.lang)


def _running(request: Request, kind: StudyKind) -> tuple[int, str] | None:
    """Return the number of the study that holds up another one of a kind, and where it is seen."""
    number, studies = aside_of(request, kind).running, services_of(request).studies
    if number is None:
        return None
    for one in StudyKind:
        if any(study["study_id"] == number for study in studies.studies(one)):
            return number, f"{ADDRESS[one]}?study={number}"
    return None


def _failure(told: Mapping[str, Any]) -> QipanError:
    findings = [Finding(**one) for one in told["findings"]]
    kind = BadInputError if findings else RuleBrokenError
    error = kind(told["message"], code=told["code"], hint=told["hint"], field=told["field"], findings=findings)
    error.file = told.get("file", "")
    return error


def _row(study: Mapping[str, Any]) -> dict[str, Any]:
    return {**study, "asked_at": moment(study["asked"], BOARD_ZONE), "ended_at": moment(study["ended"], BOARD_ZONE)}
