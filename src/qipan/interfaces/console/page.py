"""What every page has: its language, who looks at it, where it stands, which plan it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from qipan.access.model import Role
from qipan.interfaces.console.assets import Assets
from qipan.interfaces.console.fields import field_of, in_form
from qipan.interfaces.entry import Caller, caller_of, services_of
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.render import environment
from qipan.interfaces.report.words import LANGUAGES, NAMES, Words, mark, words
from qipan.kernel.errors import NotAllowedError

LANGUAGE_COOKIE: Final = "qipan_lang"


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; a page of a plan keeps the plan that was chosen."""

    path: str
    title: str
    is_of_plan: bool = False


PLACES: Final = (
    Place("/", mark("Board"), is_of_plan=True),
    Place("/plan", mark("Hours"), is_of_plan=True),
    Place("/power", mark("Power"), is_of_plan=True),
    Place("/jobs", mark("Jobs"), is_of_plan=True),
    Place("/compare", mark("Comparison"), is_of_plan=True),
    Place("/expansions", mark("Expansion")),
    Place("/rolls", mark("Rolling")),
    Place("/atlas", mark("Atlas")),
    Place("/ledger", mark("Ledger")),
    Place("/facts", mark("Facts")),
    Place("/days", mark("Days")),
)
"""The pages, in the order of the navigation."""


def language_of(request: Request) -> str:
    """Return the language that was chosen, else the first one of ours that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for wish in request.headers.get("accept-language", "").split(","):
        lang = wish.split(";")[0].strip().split("-")[0].lower()
        if lang in LANGUAGES:
            return lang
    return LANGUAGES[0]


def words_of(request: Request) -> Words:
    """Return the words of the page's language."""
    return words(language_of(request))


def plan_of(request: Request) -> Document:
    """Return the document of the plan that the page is asked for, the newest one without a name.

    Raises
    ------
    NotFoundError
        ``plan_unknown``, ``no_plan_yet``.
    """
    return services_of(request).day.report(request.query_params.get("plan") or None)


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page or a part of one in the language of the request."""
    said = words_of(request)
    assets: Assets = request.app.state.assets
    plan_id = request.query_params.get("plan", "")
    suffix = f"?{urlencode({'plan': plan_id})}" if plan_id else ""
    shared = {
        "request": request,
        "asset": assets.address,
        "caller": _caller(request),
        "places": [(place.path + suffix * place.is_of_plan, place.path, said.say(place.title)) for place in PLACES],
        "path": request.url.path,
        "http_status": status,
        "in_form": in_form,
        "field_of": field_of,
        "here": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        "languages": [(lang, NAMES[lang]) for lang in LANGUAGES if lang != said.lang],
        "operator": Role.OPERATOR,
        "map_approval": services_of(request).settings.map_approval,
    }
    text = environment(said.lang, "console").get_template(template).render(shared | values)
    return HTMLResponse(
        text, status_code=status, headers={"Vary": "Cookie, Accept-Language", "Cache-Control": "no-cache"}
    )


def _caller(request: Request) -> Caller:
    try:
        return caller_of(request)
    except NotAllowedError:
        # A page that says a token was refused is still a page.
        return Caller("", None)
