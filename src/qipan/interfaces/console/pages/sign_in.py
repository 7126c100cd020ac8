"""``/sign-in``, ``/sign-out``, ``/language``: who looks, and in which language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import VISITOR
from qipan.interfaces.console.page import LANGUAGE_COOKIE, render
from qipan.interfaces.entry import Attempts, services_of, status_of
from qipan.interfaces.report.words import words
from qipan.kernel.errors import NotAllowedError

LANGUAGE_KEPT_S = 365 * 24 * 3600

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, after: Annotated[str, Query(alias="next")] = "/") -> Response:
    """Show the form."""
    return render(request, "sign_in.html", error=None, name="", after=_own_path(after))


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    after: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Sign a user in, or say why not."""
    services, now = services_of(request), datetime.now(UTC)
    attempts: Attempts = request.app.state.attempts
    address = request.client.host if request.client else ""
    try:
        attempts.check(address, now)
        with services.books.begin(caller=VISITOR) as unit:
            user = services.access.sign_in(unit, name, password, now)
    except NotAllowedError as error:
        attempts.note(address, now)
        if error.code == "sign_in_refused":
            with services.books.begin(caller=VISITOR) as unit:
                services.access.record_refusal(unit, name, now, address=address)
        return render(request, "sign_in.html", status=status_of(error), error=error, name=name, after=_own_path(after))
    request.session.clear()
    request.session["user"] = user.name
    return RedirectResponse(_own_path(after), status_code=303)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Forget who is signed in."""
    request.session.clear()
    return RedirectResponse("/", status_code=303)


@router.post("/language")
def language(lang: Annotated[str, Form()], after: Annotated[str, Form(alias="next")] = "/") -> Response:
    """Keep the chosen language."""
    answer = RedirectResponse(_own_path(after), status_code=303)
    answer.set_cookie(LANGUAGE_COOKIE, words(lang).lang, max_age=LANGUAGE_KEPT_S, samesite="lax", httponly=True)
    return answer


def _own_path(address: str) -> str:
    """Return an address if it lies on this server, else the first page.

    Examples
    --------
    >>> _own_path("/jobs?page=2"), _own_path("//elsewhere.example/"), _own_path("https://elsewhere.example/")
    ('/jobs?page=2', '/', '/')
    """
    parts = urlsplit(address)
    is_own = not parts.scheme and not parts.netloc and address.startswith("/") and "\\" not in address
    return address if is_own and not address.startswith("//") else "/"
