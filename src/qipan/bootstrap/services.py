"""Settings become stores, stores become services."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from qipan.access.service import Access
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.disputes import Disputes
from qipan.accounts.service.posting import Accounts
from qipan.agreements.service.behind import behind as behind_agreements
from qipan.agreements.service.pledging import Pledging
from qipan.agreements.service.settling import Settling
from qipan.agreements.service.signing import Signing
from qipan.bootstrap.adapters import engine_of, load_reader, no_file, readers
from qipan.bootstrap.criteria import criteria_of, limits_of, quota_rules_of
from qipan.bootstrap.files import read_prospect
from qipan.certificates.service.behind import behind as behind_certificates
from qipan.certificates.service.certification import Certifications
from qipan.certificates.service.correctable import correctable as correctable_certificates
from qipan.certificates.service.quota import Quotas
from qipan.certificates.service.registry import Registry
from qipan.dispatch.service import Dispatch
from qipan.dispatch.sources import links, reservations, substitutes
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import EngineError, NotFoundError
from qipan.labour.engines.webhook import Webhook
from qipan.labour.service.budgets import Budgets
from qipan.labour.service.feeds import Feeds
from qipan.labour.service.subscriptions import Subscriptions
from qipan.labour.service.warnings import Warnings
from qipan.labour.sources import feed_rows
from qipan.ledger.service.audit import Audit, Bounds
from qipan.ledger.service.figures import Figures
from qipan.ledger.service.metering import Metering
from qipan.ledger.service.register import FleetForms, Ledger
from qipan.ledger.sources import prometheus, readings, sites_csv, sites_yaml, slurm, traces
from qipan.log.note import SIGNS, Signer, signer_of
from qipan.log.service import Log
from qipan.log.sources import folder
from qipan.market.admit import HOUSE
from qipan.market.service.balancing import Balancing
from qipan.market.service.bank import Bank
from qipan.market.service.behind import behind as behind_market
from qipan.market.service.clearing import Clearing
from qipan.market.service.compute_audit import ComputeAudit
from qipan.market.service.correctable import correctable as correctable_market
from qipan.market.service.delivery import Deliveries
from qipan.market.service.insurance import Insurance
from qipan.market.service.leasing import Leasing
from qipan.market.service.margin import Margins
from qipan.market.service.monitoring import Monitoring
from qipan.market.service.nomination import Nominating
from qipan.market.service.spot import Spot
from qipan.market.service.spot_audit import SpotAudit
from qipan.market.service.trading import Trading
from qipan.market.service.voucher import Vouchers
from qipan.observations.service import Observations
from qipan.settings import Settings
from qipan.storage.archive import Archive
from qipan.storage.books import Books, UnitOfWork
from qipan.storage.lake import Lake
from qipan.workflows.advance import Advancing, Offices
from qipan.workflows.board import Boards
from qipan.workflows.clear_spot import SpotClearing
from qipan.workflows.collect import Collection, Collectors
from qipan.workflows.day import Day
from qipan.workflows.deliver import Delivering
from qipan.workflows.fleet import carbon_factors, national_fleet
from qipan.workflows.follow import Following
from qipan.workflows.notify import Notifying
from qipan.workflows.publish import Publication
from qipan.workflows.rehearse import Rehearsal, Traces
from qipan.workflows.respond import Responding
from qipan.workflows.roll import Rolling
from qipan.workflows.study import Studies

ADMIN = "admin"
BEHIND = (behind_market, behind_agreements, behind_certificates)
"""What pillars know to stand behind transfers of their own, as evidence in a dispute."""
Unit = UnitOfWork
"""What a door opens and passes down: all that is written in it stands, or nothing does."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a door can ask."""

    settings: Settings
    catalog: Catalog
    books: Books
    lake: Lake
    access: Access
    log: Log
    accounts: Accounts
    claims: Claims
    disputes: Disputes
    trading: Trading
    margins: Margins
    clearing: Clearing
    vouchers: Vouchers
    spot: Spot
    balancing: Balancing
    spot_clearing: SpotClearing
    nominating: Nominating
    deliveries: Deliveries
    compute_audit: ComputeAudit
    delivering: Delivering
    insurance: Insurance
    leasing: Leasing
    bank: Bank
    monitoring: Monitoring
    advancing: Advancing
    registry: Registry
    certifications: Certifications
    quotas: Quotas
    signing: Signing
    settling: Settling
    pledging: Pledging
    warnings: Warnings
    budgets: Budgets
    feeds: Feeds
    subscriptions: Subscriptions
    notifying: Notifying
    observations: Observations
    ledger: Ledger
    fleet_forms: FleetForms
    metering: Metering
    figures: Figures
    audit: Audit
    dispatch: Dispatch
    day: Day
    rehearsal: Rehearsal
    publication: Publication
    collection: Collection
    following: Following
    rolling: Rolling
    studies: Studies
    responding: Responding
    boards: Boards


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
    services = _assemble(settings, caller)
    try:
        services.books.migrate()
        for made in (services.observations, services.dispatch, services.metering):
            made.create()
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
    services = _assemble(settings, caller)
    found, newest = services.books.revision(), services.books.newest_revision()
    if found != newest:
        services.books.close()
        raise NotFoundError(
            f"The books must be of revision {newest}, was {found}.",
            code="books_outdated",
            hint="Run: qipan init",
        )
    return services


def _assemble(settings: Settings, caller: str) -> Services:
    catalog = Catalog.load(settings.facts)
    books = Books(settings.books_address, caller=caller)
    lake = Lake(settings.home / "lake", engine=settings.lake_engine)
    observations = Observations(Archive(settings.home / "archive"), lake)
    log, access = Log(), Access()
    accounts, claims, trading = Accounts(log), Claims(log), Trading(log)
    window = timedelta(days=catalog.number("dispute/window_days"))
    correctable = (partial(correctable_market, accounts), correctable_certificates)
    disputes = Disputes(accounts, access, log, window=window, behind=BEHIND, correctable=correctable, house=HOUSE)
    signing = Signing(accounts, claims, log)
    webhook = Webhook(settings.networks_allowed)
    key = settings.secret.get_secret_value().encode()
    subscriptions = Subscriptions(key, webhook.check, lambda region: catalog.region(region).adcode)
    margins, vouchers = Margins(trading, accounts), Vouchers(trading, accounts, log)
    spot = Spot(trading, margins, vouchers, accounts, log)
    balancing = Balancing(spot, vouchers, accounts, log)
    registry = Registry(log, accounts, claims)
    certifications = Certifications(log, registry, criteria_of(catalog))
    adcodes = frozenset(region.adcode for region in catalog.regions())
    ledger = Ledger(observations, log, partial(sites_yaml.read, adcodes=adcodes))
    forms = {"csv": readings.read_csv, "parquet": readings.read_parquet}
    metering = Metering(observations, lake, log, ledger, forms)
    trial = Traces(traces.read_stock, traces.read_busy, readings.write_parquet, "parquet")
    figures = Figures(lake, ledger, {one.adcode: one for one in catalog.regions()}, carbon_factors(catalog))
    collectors = Collectors(
        read_map=prometheus.read_map,
        collect=prometheus.collect,
        closed=prometheus.closed,
        read_slurm_map=slurm.read_map,
        read_slurm=slurm.read,
        write=readings.write_parquet,
        form="parquet",
    )
    dispatch = Dispatch(observations, lake, readers(catalog))
    clearing, nominating = Clearing(trading, margins, accounts, log), Nominating(trading, log)
    deliveries = Deliveries(trading, clearing, accounts, log)
    boards = Boards(
        catalog,
        observations,
        read_load=load_reader(catalog),
        read_reservations=reservations.read,
        read_substitutes=substitutes.read,
        read_links=links.read,
    )
    day = Day(
        catalog=catalog,
        books=books,
        observations=observations,
        log=log,
        ledger=ledger,
        dispatch=dispatch,
        boards=boards,
    )
    rolling = Rolling(catalog=catalog, books=books, ledger=ledger, dispatch=dispatch, boards=boards)
    collection = Collection(books=books, metering=metering, figures=figures, collectors=collectors)
    spot_clearing = SpotClearing(
        catalog=catalog,
        spot=spot,
        balancing=balancing,
        audit=SpotAudit(spot, vouchers, accounts, log),
        read_links=links.read,
    )
    offices = Offices(
        trading=trading,
        clearing=clearing,
        spot_clearing=spot_clearing,
        nominating=nominating,
        deliveries=deliveries,
        delivering=Delivering(deliveries, day, reservations.write),
        insurance=Insurance(trading, clearing, deliveries, accounts, log),
        vouchers=vouchers,
        leasing=Leasing(trading, accounts, log),
    )
    return Services(
        settings=settings,
        catalog=catalog,
        books=books,
        lake=lake,
        access=access,
        log=log,
        accounts=accounts,
        claims=claims,
        disputes=disputes,
        trading=trading,
        margins=margins,
        clearing=clearing,
        vouchers=vouchers,
        spot=spot,
        balancing=balancing,
        spot_clearing=spot_clearing,
        nominating=nominating,
        deliveries=deliveries,
        compute_audit=ComputeAudit(spot, accounts),
        delivering=offices.delivering,
        insurance=offices.insurance,
        leasing=offices.leasing,
        bank=Bank(trading, accounts, log),
        monitoring=Monitoring(log, limits_of(catalog)),
        advancing=Advancing(books, offices),
        registry=registry,
        certifications=certifications,
        quotas=Quotas(log, accounts, claims, registry, certifications, quota_rules_of(catalog)),
        signing=signing,
        settling=Settling(signing, accounts, claims, log),
        pledging=Pledging(signing, accounts, claims),
        warnings=Warnings(log),
        budgets=Budgets(log, catalog.number("labour/privacy_budget")),
        feeds=Feeds(observations, log, feed_rows.read),
        subscriptions=subscriptions,
        notifying=Notifying(books, subscriptions, webhook.send),
        observations=observations,
        ledger=ledger,
        fleet_forms=FleetForms(partial(sites_csv.read, adcodes=adcodes), sites_csv.write, sites_yaml.write),
        metering=metering,
        figures=figures,
        audit=Audit(Bounds(**{name: catalog.number(f"audit/{name}") for name in Bounds.__dataclass_fields__})),
        dispatch=dispatch,
        day=day,
        rehearsal=Rehearsal(catalog=catalog, books=books, ledger=ledger, metering=metering, traces=trial),
        rolling=rolling,
        studies=Studies(
            books=books,
            observations=observations,
            day=day,
            rolling=rolling,
            read_prospect=lambda data: read_prospect(data, no_file, settings.facts),
        ),
        publication=Publication(log, ledger, observations, folder.write),
        collection=collection,
        following=Following(
            boards=boards, books=books, ledger=ledger, dispatch=dispatch, collection=collection, engine=engine_of
        ),
        responding=Responding(catalog=catalog, books=books, ledger=ledger, dispatch=dispatch, boards=boards),
        boards=boards,
    )


def log_signer(settings: Settings) -> Signer:
    """Return the key with which this installation signs its log."""
    return signer_of(_log_key_file(settings).read_text(encoding="utf-8"))


def _log_key_file(settings: Settings) -> Path:
    return settings.home / "log.key"
