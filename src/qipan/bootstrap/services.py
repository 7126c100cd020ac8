"""Settings become stores, stores become services: each when it is first asked for, so a command loads its own pillar.

`Pillars` says which services there are and in which room of `compose` each is made.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from pydantic import SecretStr

from qipan.access.service import Access
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import EngineError, NotFoundError
from qipan.log.note import SIGNS, Signer, signer_of
from qipan.settings import Settings
from qipan.storage.books import Books, UnitOfWork

if TYPE_CHECKING:
    from qipan.accounts.service.claims import Claims
    from qipan.accounts.service.disputes import Disputes
    from qipan.accounts.service.posting import Accounts
    from qipan.agreements.service.pledging import Pledging
    from qipan.agreements.service.settling import Settling
    from qipan.agreements.service.signing import Signing
    from qipan.certificates.service.certification import Certifications
    from qipan.certificates.service.quota import Quotas
    from qipan.certificates.service.registry import Registry
    from qipan.dispatch.service import Dispatch
    from qipan.labour.service.budgets import Budgets
    from qipan.labour.service.feeds import Feeds
    from qipan.labour.service.subscriptions import Subscriptions
    from qipan.labour.service.warnings import Warnings
    from qipan.ledger.service.audit import Audit
    from qipan.ledger.service.figures import Figures
    from qipan.ledger.service.metering import Metering
    from qipan.ledger.service.register import FleetForms, Ledger
    from qipan.log.service import Log
    from qipan.market.service.balancing import Balancing
    from qipan.market.service.bank import Bank
    from qipan.market.service.clearing import Clearing
    from qipan.market.service.compute_audit import ComputeAudit
    from qipan.market.service.delivery import Deliveries
    from qipan.market.service.insurance import Insurance
    from qipan.market.service.leasing import Leasing
    from qipan.market.service.margin import Margins
    from qipan.market.service.monitoring import Monitoring
    from qipan.market.service.nomination import Nominating
    from qipan.market.service.spot import Spot
    from qipan.market.service.trading import Trading
    from qipan.market.service.voucher import Vouchers
    from qipan.observations.service import Observations
    from qipan.storage.lake import Lake
    from qipan.workflows.advance import Advancing
    from qipan.workflows.board import Boards
    from qipan.workflows.clear_spot import SpotClearing
    from qipan.workflows.collect import Collection
    from qipan.workflows.day import Day
    from qipan.workflows.deliver import Delivering
    from qipan.workflows.follow import Following
    from qipan.workflows.notify import Notifying
    from qipan.workflows.publish import Publication
    from qipan.workflows.rehearse import Rehearsal
    from qipan.workflows.respond import Responding
    from qipan.workflows.roll import Rolling
    from qipan.workflows.study import Studies

ADMIN: Final = "admin"
Unit = UnitOfWork
"""What a door opens and passes down: all that is written in it stands, or nothing does."""

Service = TypeVar("Service")
Maker = Callable[["Services"], object]
"""Makes one service of those that it stands on."""


class Made(Generic[Service]):
    """A service that is made once, when it is first asked for; what it is made of is loaded only then.

    Parameters
    ----------
    room
        Module of `qipan.bootstrap.compose` that knows how: its ``MAKERS`` by name.
    """

    def __init__(self, room: str) -> None:
        self.room = room

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, services: Services, owner: type | None = None) -> Service:
        # Python looks into `vars` first, so this is asked once. Of two threads, one is given what the other has made.
        with services.turn:
            made = vars(services)
            if self._name not in made:
                room = import_module(f"qipan.bootstrap.compose.{self.room}")
                made[self._name] = room.MAKERS[self._name](services)
            return cast("Service", made[self._name])


class Pillars:
    """Every service, by the room that makes it."""

    log: Made[Log] = Made("accounts")
    accounts: Made[Accounts] = Made("accounts")
    claims: Made[Claims] = Made("accounts")
    disputes: Made[Disputes] = Made("disputes")
    lake: Made[Lake] = Made("observations")
    observations: Made[Observations] = Made("observations")
    ledger: Made[Ledger] = Made("ledger")
    fleet_forms: Made[FleetForms] = Made("ledger")
    metering: Made[Metering] = Made("ledger")
    figures: Made[Figures] = Made("ledger")
    audit: Made[Audit] = Made("audit")
    rehearsal: Made[Rehearsal] = Made("ledger")
    collection: Made[Collection] = Made("collection")
    publication: Made[Publication] = Made("ledger")
    trading: Made[Trading] = Made("market")
    margins: Made[Margins] = Made("market")
    clearing: Made[Clearing] = Made("market")
    vouchers: Made[Vouchers] = Made("market")
    spot: Made[Spot] = Made("market")
    balancing: Made[Balancing] = Made("market")
    nominating: Made[Nominating] = Made("market")
    deliveries: Made[Deliveries] = Made("market")
    compute_audit: Made[ComputeAudit] = Made("market")
    insurance: Made[Insurance] = Made("market")
    leasing: Made[Leasing] = Made("market")
    bank: Made[Bank] = Made("market")
    monitoring: Made[Monitoring] = Made("market")
    registry: Made[Registry] = Made("certificates")
    certifications: Made[Certifications] = Made("certificates")
    quotas: Made[Quotas] = Made("certificates")
    signing: Made[Signing] = Made("agreements")
    settling: Made[Settling] = Made("agreements")
    pledging: Made[Pledging] = Made("agreements")
    warnings: Made[Warnings] = Made("labour")
    budgets: Made[Budgets] = Made("feeds")
    feeds: Made[Feeds] = Made("feeds")
    subscriptions: Made[Subscriptions] = Made("webhooks")
    notifying: Made[Notifying] = Made("webhooks")
    dispatch: Made[Dispatch] = Made("dispatch")
    boards: Made[Boards] = Made("days")
    day: Made[Day] = Made("days")
    following: Made[Following] = Made("runs")
    rolling: Made[Rolling] = Made("runs")
    responding: Made[Responding] = Made("runs")
    studies: Made[Studies] = Made("runs")
    delivering: Made[Delivering] = Made("clearings")
    spot_clearing: Made[SpotClearing] = Made("clearings")
    advancing: Made[Advancing] = Made("clearings")


@dataclass(frozen=True)
class Services(Pillars):
    """Everything that a door can ask."""

    settings: Settings
    catalog: Catalog
    books: Books
    access: Access = field(default_factory=Access)
    turn: RLock = field(default_factory=RLock, init=False, repr=False, compare=False)

    @property
    def adcodes(self) -> frozenset[str]:
        """Codes of the regions that the facts know."""
        return frozenset(region.adcode for region in self.catalog.regions())

    def make_all(self) -> None:
        """Make every service now, as a server does before its first request."""
        for name in Pillars.__annotations__:
            getattr(self, name)

    def create_lake(self) -> None:
        """Create the lake's tables where they lack."""
        for made in (self.observations, self.dispatch, self.metering):
            made.create()

    def fill_lake(self) -> int:
        """Bring what was acknowledged and is not in the lake yet into it, from the archive; return how many batches.

        Raises
        ------
        EngineError
            ``lake_ahead``, ``lake_failed``, or what the archive says.
        """
        filled = 0
        for project in (
            self.dispatch.project,
            self.metering.project,
            self.feeds.project,
            self.ledger.record_use,
        ):
            # Books that were read before the lake may lack what is in it.
            with self.books.read() as unit:
                found = project(unit)
            filled += found if isinstance(found, int) else len(found)
        return filled


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What `initialise` did; the password is shown once and None when the admin was there already."""

    admin_name: str
    admin_password: str | None
    created: bool


def initialise(settings: Settings, now: datetime, *, caller: str = "") -> FirstRun:
    """Create stores, key, admin and the national fleet; what is there already stays as it is.

    Parameters
    ----------
    caller
        Who asks, as the trail is to name them.

    Raises
    ------
    EngineError
        ``home_unwritable``, or what a store says.
    """
    created = not settings.home.exists()
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        key = settings.key_file
        if not key.exists():
            key.touch(mode=0o600)
            key.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        log_key = _log_key_file(settings)
        if not log_key.exists():
            log_key.touch(mode=0o600)
            log_key.write_text(Signer(settings.log_origin, SIGNS, secrets.token_bytes(32)).text(), encoding="utf-8")
    except OSError as error:
        raise EngineError(
            f"The home folder must be writable, was {settings.home}: {error}.",
            code="home_unwritable",
            hint="Name another folder in QIPAN_HOME.",
        ) from error
    from qipan.workflows.fleet import national_fleet

    services = open_stores(settings, caller)
    try:
        services.books.migrate()
        services.create_lake()
        with services.books.begin() as unit:
            password = services.access.ensure_admin(unit, now=now, name=ADMIN)
            services.ledger.register(unit, national_fleet(services.catalog), now)
    finally:
        services.books.close()
    return FirstRun(ADMIN, password, created)


def build(settings: Settings, *, caller: str = "") -> Services:
    """Open an initialised home.

    Parameters
    ----------
    caller
        Who asks, as the trail is to name them, where one caller asks for everything.

    Raises
    ------
    NotFoundError
        ``not_initialised`` when the home was never created; ``books_outdated`` when its books are of another revision.
    """
    settings.require_home()
    if not settings.secret.get_secret_value():
        key = SecretStr(settings.key_file.read_text(encoding="utf-8"))
        settings = settings.model_copy(update={"secret": key})
    services = open_stores(settings, caller)
    found, newest = services.books.revision(), services.books.newest_revision()
    if found != newest:
        services.books.close()
        raise NotFoundError(
            f"The books must be of revision {newest}, was {found}.",
            code="books_outdated",
            hint="Back up, then run: qipan migrate",
        )
    return services


def open_stores(settings: Settings, caller: str = "") -> Services:
    """Open the stores as they are, of whichever revision."""
    return Services(settings, Catalog.load(settings.facts), Books(settings.books_address, caller=caller))


def log_signer(settings: Settings) -> Signer:
    """Return the key with which this installation signs its log."""
    return signer_of(_log_key_file(settings).read_text(encoding="utf-8"))


def _log_key_file(settings: Settings) -> Path:
    return settings.home / "log.key"
