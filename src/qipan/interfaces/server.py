"""The web server: REST, console and files under one address, behind one guard."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.services import Services, build
from qipan.interfaces.api import problem
from qipan.interfaces.api.router import PREFIX
from qipan.interfaces.api.router import router as api_router
from qipan.interfaces.aside import asides
from qipan.interfaces.console import errors as console_errors
from qipan.interfaces.console.assets import Assets
from qipan.interfaces.console.router import router as console_router
from qipan.interfaces.entry import Attempts, Caller, require
from qipan.interfaces.guard import LOOPBACK, Guard
from qipan.interfaces.meter import Meter, Metered
from qipan.interfaces.report.feeds import gauges
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.settings import Settings

BODY_BYTES_MAX: Final = 1 << 30
"""The largest upload: a gibibyte of jobs."""

SIGNED_IN_S: Final = 12 * 3600
"""How long a sign-in lasts."""

COOKIE: Final = "qipan"
"""Name of the signed cookie."""


def app() -> FastAPI:
    """Make the application from the environment, for a server that takes a factory.

    Raises
    ------
    NotFoundError
        ``not_initialised`` before ``qipan init``.
    """
    services = build(Settings())
    services.make_all()
    return create_app(services)


def create_app(services: Services) -> FastAPI:
    """Make the application over some services."""
    made = FastAPI(
        title="Qipan",
        version="1",
        summary="One board for a country's compute and work.",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
    )
    made.state.services = services
    made.state.turn = Lock()
    made.state.asides = asides()
    made.state.attempts = Attempts()
    made.state.meter = Meter()
    made.state.assets = Assets(geometry=services.settings.geometry)
    made.include_router(api_router)
    made.include_router(console_router)
    made.add_api_route("/healthz", healthz, include_in_schema=False)
    made.add_api_route("/metrics", metrics, include_in_schema=False)
    made.add_exception_handler(QipanError, _refused)
    made.add_exception_handler(RequestValidationError, _malformed)
    made.add_exception_handler(HTTPException, _http)
    made.add_exception_handler(Exception, _broken)
    _add_middleware(made, services.settings)
    return made


def healthz(request: Request) -> PlainTextResponse:
    """Say that the books can be read."""
    services: Services = request.app.state.services
    services.books.revision()
    return PlainTextResponse("ok\n")


def metrics(request: Request, _: Annotated[Caller, Depends(require(Role.VIEWER))]) -> PlainTextResponse:
    """Return the request counters, and how late feeds of labour are, as Prometheus reads them."""
    meter: Meter = request.app.state.meter
    services: Services = request.app.state.services
    with services.books.read() as unit:
        late = services.feeds.late(unit, datetime.now(ZoneInfo(BOARD_ZONE)).date())
    return PlainTextResponse(meter.text() + gauges(late), media_type="text/plain; version=0.0.4")


def _add_middleware(made: FastAPI, settings: Settings) -> None:
    """Add what stands before every route; the last one added meets a request first."""
    made.add_middleware(
        SessionMiddleware,
        secret_key=settings.secret.get_secret_value(),
        session_cookie=COOKIE,
        max_age=SIGNED_IN_S,
        same_site="lax",
    )
    made.add_middleware(GZipMiddleware, minimum_size=1024)
    made.add_middleware(RequestBodyLimitMiddleware, max_body_size=BODY_BYTES_MAX)
    made.add_middleware(Guard, hosts=LOOPBACK if settings.host in LOOPBACK else ())
    made.add_middleware(Metered, meter=made.state.meter)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, QipanError)
    return problem.problem(error) if problem.wants_problem(request) else console_errors.page(request, error)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if problem.wants_problem(request):
        return problem.malformed(error)
    return console_errors.plain_page(request, 422)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if problem.wants_problem(request):
        return problem.plain(error.status_code, error.detail)
    return console_errors.plain_page(request, error.status_code)


def _broken(request: Request, error: Exception) -> Response:
    del error  # The server writes it to its log with its trace.
    if problem.wants_problem(request):
        return problem.plain(500, "The server failed.")
    return console_errors.plain_page(request, 500)
