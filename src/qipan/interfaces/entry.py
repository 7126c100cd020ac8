"""What both web doors ask first: which services, who asks and in which role, and whose turn it is to plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from fastapi import Request, UploadFile

from qipan.access.allow import has_duty, require_duty
from qipan.access.model import VISITOR, Duty, Mandate, Role, Scope, User, caller_of_user
from qipan.bootstrap.services import Services
from qipan.interfaces.aside import Aside
from qipan.kernel.errors import (
    BadInputError,
    ConflictError,
    EngineError,
    NotAllowedError,
    NotFoundError,
    QipanError,
    RuleBrokenError,
)
from qipan.workflows.study import StudyKind

FAILURES_MAX: Final = 10
"""Failed sign-ins that one address may have within `FAILURES_WINDOW`."""

FAILURES_WINDOW: Final = timedelta(minutes=5)

STATUS: Final[dict[type[QipanError], int]] = {
    BadInputError: 400,
    NotAllowedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    RuleBrokenError: 422,
    EngineError: 503,
}
"""Class of error to HTTP status."""

STATUS_BY_CODE: Final = {
    "sign_in_needed": 401,
    "sign_in_refused": 401,
    "token_malformed": 401,
    "token_refused": 401,
    "run_in_progress": 409,
    "sign_in_too_often": 429,
}
"""Codes for which HTTP has a closer word than for their class."""


def status_of(error: QipanError) -> int:
    """Return the HTTP status of an error.

    Examples
    --------
    >>> status_of(NotFoundError("…", code="plan_unknown", hint="…"))
    404
    """
    by_class = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return STATUS_BY_CODE.get(error.code, by_class)


def names_of(**files: UploadFile | None) -> dict[str, str]:
    """Return how uploaded files are called, by the fields that they came in; a form without a file sends no name."""
    return {field: file.filename for field, file in files.items() if file is not None and file.filename}


COUNTRY: Final = Scope(is_country=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, what sites they see and what duties they have.

    ``role`` is ``None`` for a visitor who may do nothing, ``user`` for every visitor.
    """

    name: str
    role: Role | None
    scope: Scope = COUNTRY
    token_id: int | None = None
    user: User | None = None
    mandates: tuple[Mandate, ...] = ()

    def __str__(self) -> str:
        return VISITOR if self.is_anonymous else caller_of_user(self.name, self.token_id)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody signed in."""
        return not self.name

    def may(self, role: Role) -> bool:
        """Tell whether the caller may do what a role may."""
        return self.role is not None and self.role.includes(role)

    def has_duty(self, *duties: Duty, party: str = "", reads: bool = False) -> bool:
        """Tell whether the caller has one of some duties; the party counts for those that have one.

        An admin has every duty, an auditor has each where the caller only reads.
        """
        return self.user is not None and any(
            has_duty(self.user, self.mandates, duty, party if duty.is_of_party else "", reads=reads) for duty in duties
        )

    def require_duty(self, duty: Duty, *others: Duty, party: str = "", reads: bool = False) -> None:
        """Refuse a caller who has none of some duties; the first one is named.

        Raises
        ------
        NotAllowedError
            ``sign_in_needed`` for a visitor; ``duty_missing``.
        """
        if self.user is None:
            raise NotAllowedError(
                f"This needs the duty {duty}, was asked without signing in.",
                code="sign_in_needed",
                hint="Sign in, or send a token.",
            )
        if not self.has_duty(*others, party=party, reads=reads):
            require_duty(self.user, self.mandates, duty, party if duty.is_of_party else "", reads=reads)


class Attempts:
    """Failed sign-ins by address, so that passwords cannot be tried one after another."""

    def __init__(self) -> None:
        self._failed: dict[str, list[datetime]] = {}
        self._lock = Lock()

    def check(self, address: str, now: datetime) -> None:
        """Refuse an address that failed too often of late.

        Raises
        ------
        NotAllowedError
            ``sign_in_too_often``.
        """
        with self._lock:
            self._failed = {
                one: recent
                for one, moments in self._failed.items()
                if (recent := [moment for moment in moments if now - moment < FAILURES_WINDOW])
            }
            count = len(self._failed.get(address, ()))
        if count >= FAILURES_MAX:
            raise NotAllowedError(
                f"An address may fail to sign in {FAILURES_MAX} times in five minutes, was {count} times.",
                code="sign_in_too_often",
                hint="Wait five minutes, then try again.",
            )

    def note(self, address: str, now: datetime) -> None:
        """Note a failed sign-in."""
        with self._lock:
            self._failed.setdefault(address, []).append(now)


def services_of(request: Request) -> Services:
    """Return the services behind the application."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


def aside_of(request: Request, kind: StudyKind) -> Aside:
    """Return what carries studies of a kind out beside the application."""
    found = request.app.state.asides[kind]
    assert isinstance(found, Aside)
    return found


def caller_of(request: Request) -> Caller:
    """Return who asks: by bearer token, else by the signed cookie, else a visitor.

    Raises
    ------
    NotAllowedError
        ``token_refused`` when a token is given and is not valid; ``token_malformed``.
    """
    services = services_of(request)
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise NotAllowedError(
                f"A token must be given as Bearer, was {scheme[:20]!r}.",
                code="token_malformed",
                hint="Send the header Authorization: Bearer KEY, or none.",
            )
        with services.books.read() as unit:
            user, token = services.access.user_of_token(unit, key.strip(), datetime.now(UTC))
            scope, mandates = services.access.scope(unit, user), services.access.mandates(unit, user)
            return Caller(user.name, user.role, scope, token.token_id, user, mandates)
    name = request.session.get("user")
    if isinstance(name, str):
        with services.books.read() as unit:
            try:
                user = services.access.user(unit, name)
            except NotFoundError:
                return _visitor(services)
            scope, mandates = services.access.scope(unit, user), services.access.mandates(unit, user)
        if not user.is_disabled:
            return Caller(user.name, user.role, scope, user=user, mandates=mandates)
    return _visitor(services)


def require(role: Role) -> Callable[[Request], Caller]:
    """Make a dependency that lets pass who may do what a role may.

    The dependency raises ``sign_in_needed`` for a visitor and ``role_too_low`` for a user.
    """

    def dependency(request: Request) -> Caller:
        caller = caller_of(request)
        if caller.may(role):
            return caller
        if caller.is_anonymous:
            raise NotAllowedError(
                f"This needs the role {role}, was asked without signing in.",
                code="sign_in_needed",
                hint="Sign in, or send a token.",
            )
        raise NotAllowedError(
            f"This needs the role {role}, was {caller.role} for {caller.name}.",
            code="role_too_low",
            hint=f"Ask an admin for the role {role}.",
        )

    return dependency


def require_user(role: Role) -> Callable[[Request], Caller]:
    """Make a dependency that lets pass who has signed in and may do what a role may.

    The dependency raises ``sign_in_needed`` for every visitor, else as `require`.
    """
    required = require(role)

    def dependency(request: Request) -> Caller:
        caller = required(request)
        if caller.is_anonymous:
            raise NotAllowedError(
                "This is for users, was asked without signing in.",
                code="sign_in_needed",
                hint="Sign in, or send a token.",
            )
        return caller

    return dependency


@contextmanager
def planning_turn(request: Request) -> Iterator[None]:
    """Hold the one turn of answers for the grid, calls and flexibility; each solves the day's programme several times.

    Raises
    ------
    RuleBrokenError
        ``run_in_progress`` when another answer is being worked out.
    """
    turn: Lock = request.app.state.turn
    if not turn.acquire(blocking=False):
        raise RuleBrokenError(
            "One call or worth of flexibility is worked out at a time, was another one running.",
            code="run_in_progress",
            hint="Wait until it is done, then send the request again.",
        )
    try:
        yield
    finally:
        turn.release()


def _visitor(services: Services) -> Caller:
    return Caller("", Role.VIEWER if services.settings.anonymous_role == "viewer" else None)
