"""What every page has: its language, who looks at it, where it stands, which plan it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from qipan.access.model import Duty, Role
from qipan.interfaces.console.acting import SEES, SEES_GREEN
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
    """One page of a section, with those that it leads to; a page of a plan keeps the plan that was chosen.

    Where it names duties, it is shown to whoever has one of them.
    """

    path: str
    title: str
    is_of_plan: bool = False
    leads_to: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()

    def is_shown(self, caller: Caller) -> bool:
        """Tell whether the navigation leads a caller there."""
        if not self.duties or caller.may(Role.ADMIN):
            return True
        return any(one.duty in {*self.duties, Duty.AUDITOR} for one in caller.mandates)


@dataclass(frozen=True, slots=True)
class Section:
    """The pages of one kind of work; its first page is where it begins."""

    title: str
    places: tuple[Place, ...]
    is_for_users: bool = False

    def shown(self, caller: Caller) -> list[Place]:
        """Return the pages to which the navigation leads a caller."""
        if self.is_for_users and caller.is_anonymous:
            return []
        return [one for one in self.places if one.is_shown(caller)]


SECTIONS: Final = (
    Section(
        mark("Dispatch"),
        (
            Place("/", mark("Board"), is_of_plan=True),
            Place("/plan", mark("Hours"), is_of_plan=True, leads_to=("/explain",)),
            Place("/power", mark("Power"), is_of_plan=True),
            Place("/jobs", mark("Jobs"), is_of_plan=True),
            Place("/compare", mark("Comparison"), is_of_plan=True),
            Place("/expansions", mark("Expansion")),
            Place("/rolls", mark("Rolling")),
            Place("/days", mark("Days")),
        ),
    ),
    Section(
        mark("Ledger"), (Place("/atlas", mark("Atlas"), leads_to=("/atlas/site",)), Place("/ledger", mark("Sites")))
    ),
    Section(
        mark("Market"),
        (
            Place("/market", mark("Books"), leads_to=("/market/book",)),
            Place("/market/spot", mark("Spot"), leads_to=("/market/spot", "/market/auction")),
            Place("/market/delivery", mark("Delivery"), leads_to=("/market/delivery",)),
            Place("/market/vouchers", mark("Vouchers"), leads_to=("/market/vouchers",), duties=SEES),
            Place("/market/products", mark("Products"), leads_to=("/market/products",), duties=SEES),
            Place("/market/positions", mark("Positions"), duties=SEES),
            Place("/market/clearing", mark("Clearing"), duties=(Duty.CLEARING,)),
            Place("/market/monitor", mark("Monitor"), duties=(Duty.CLEARING,)),
        ),
        is_for_users=True,
    ),
    Section(
        mark("Certificates"),
        (
            Place("/certificates", mark("Registry"), leads_to=("/certificates/holder", "/certificates/one")),
            Place("/certificates/match", mark("Match"), duties=SEES_GREEN),
            Place("/certificates/centres", mark("Centres")),
            Place("/certificates/quota", mark("Quota")),
        ),
        is_for_users=True,
    ),
    Section(
        mark("Agreements"),
        (
            Place("/agreements", mark("Signed"), leads_to=("/agreements/one",)),
            Place("/agreements/simulate", mark("Simulate")),
            Place("/agreements/value", mark("Bonds and REITs")),
        ),
    ),
    Section(
        mark("Accounts"),
        (
            Place("/accounts", mark("Accounts"), leads_to=("/accounts/one",), duties=SEES),
            Place("/accounts/disputes", mark("Disputes"), leads_to=("/accounts/dispute",), duties=SEES),
        ),
        is_for_users=True,
    ),
    Section(
        mark("Jobs at risk"),
        (
            Place("/labour", mark("Warnings"), leads_to=("/labour/cell", "/labour/bulletin")),
            Place("/labour/clusters", mark("Clusters of losses")),
            Place("/labour/attribute", mark("What a change is put down to")),
            Place("/labour/home", mark("Carry home")),
        ),
        is_for_users=True,
    ),
    Section(
        mark("Talent"),
        (Place("/talent", mark("Course plans")), Place("/talent/exchange", mark("Exchange of experts"))),
        is_for_users=True,
    ),
    Section(mark("Facts"), (Place("/facts", mark("Facts")),)),
)
"""The pages by whose work they are, in the order of the navigation."""


def section_of(path: str) -> Section | None:
    """Return the section in which a page stands; ``None`` for those of no section, as the sign-in.

    Examples
    --------
    >>> section_of("/market/book").title, section_of("/sign-in")
    ('Market', None)
    """
    return next((one for one in SECTIONS if any(_is_at(place, path) for place in one.places)), None)


def _is_at(place: Place, path: str) -> bool:
    return path == place.path or any(path == one or path.startswith(f"{one}/") for one in place.leads_to)


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
    caller = _caller(request)
    shared = {
        "request": request,
        "asset": assets.address,
        "caller": caller,
        **_navigation(request.url.path, plan_id, caller, said),
        "http_status": status,
        "in_form": in_form,
        "field_of": field_of,
        "path": request.url.path,
        "here": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        "languages": [(lang, NAMES[lang]) for lang in LANGUAGES if lang != said.lang],
        "operator": Role.OPERATOR,
        "map_approval": services_of(request).settings.map_approval,
    }
    text = environment(said.lang, "console").get_template(template).render(shared | values)
    return HTMLResponse(
        text, status_code=status, headers={"Vary": "Cookie, Accept-Language", "Cache-Control": "no-cache"}
    )


def _navigation(path: str, plan_id: str, caller: Caller, said: Words) -> dict[str, Any]:
    """Return the sections, the pages of the one that is open, and which of them this is."""
    suffix = f"?{urlencode({'plan': plan_id})}" if plan_id else ""
    current = section_of(path)

    def entry(place: Place, title: str) -> tuple[str, str]:
        return place.path + suffix * place.is_of_plan, said.say(title)

    shown = [(one, places) for one in SECTIONS if (places := one.shown(caller))]
    inside = [] if current is None or len(current.places) == 1 else current.shown(caller)
    return {
        "sections": [(*entry(places[0], one.title), one is current) for one, places in shown],
        "section": "" if current is None else said.say(current.title),
        "places": [(*entry(place, place.title), _is_at(place, path)) for place in inside],
    }


def _caller(request: Request) -> Caller:
    try:
        return caller_of(request)
    except NotAllowedError:
        # A page that says a token was refused is still a page.
        return Caller("", None)
