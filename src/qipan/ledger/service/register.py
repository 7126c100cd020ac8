"""What a person can ask of the ledger: register a fleet, enter its use, ask how much was used and stood idle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from qipan.kernel.errors import BadInputError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.ledger import certify as change
from qipan.ledger.check import check_fleet, check_uses
from qipan.ledger.check_meters import check_names, nearest
from qipan.ledger.compare import compare
from qipan.ledger.enter import observations_of, pack, series_ids, series_of, unpack, uses_of
from qipan.ledger.locate import meters_of
from qipan.ledger.model.fleet import (
    Agreement,
    Certified,
    Change,
    Fleet,
    FleetIntake,
    FleetRelease,
    Key,
    Meter,
    Registered,
    RegisteredSource,
)
from qipan.ledger.model.use import Grouping, Use, Utilisation
from qipan.ledger.store import fleet as store
from qipan.ledger.utilise import hubs, utilise_by_hub, utilise_by_site
from qipan.log.service import Log
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.observations.store import RELEASES
from qipan.observations.store import observations_of as observations_of_rows
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

FLEET_KIND = "fleet"
"""Kind of the leaves that hold releases of fleets."""

NAMES_LOCK = "ledger.names"
"""Lock under which the names of meters and sources are taken."""

USE_KIND = "use"
"""Kind of the batches that hold entries of use."""


_Known = tuple[Mapping[str, Registered], Mapping[str, RegisteredSource]]

# Moments of the register whose meters and sources are kept at hand.
_KEPT_MAX = 16


@dataclass(frozen=True, slots=True)
class FleetForms:
    """Adapters of the forms in which a fleet is written; bootstrap hands them in."""

    read_tables: Callable[[Mapping[str, bytes]], FleetIntake]
    write_tables: Callable[[Fleet], Mapping[str, bytes]]
    write_yaml: Callable[[Fleet], bytes]


class Ledger:
    """The register of fleets and the account of their use.

    Parameters
    ----------
    log
        Where every release of a fleet is entered, with the keys of its sources.
    read
        Adapter that reads the file of a fleet.
    """

    def __init__(self, observations: Observations, log: Log, read: Callable[[bytes], FleetIntake]) -> None:
        self._observations = observations
        self._log = log
        self._read = read
        self._kept: dict[tuple[str, ...], _Known] = {}

    def import_sites(
        self,
        unit: UnitOfWork,
        data: bytes,
        now: datetime,
        *,
        check: Callable[[Collection[Fleet], Fleet], None] | None = None,
    ) -> Fleet:
        """Read the file of a fleet and register it; nothing is kept of a file with findings.

        Parameters
        ----------
        check
            Given every fleet as it is known last, and the one of the file; raises where that may not be registered.

        Raises
        ------
        BadInputError
            ``fleet_invalid`` with everything that is wrong with the file.
        RuleBrokenError
            ``release_not_later``, as `register`.
        """
        intake = self._read(data)
        if check is not None and intake.fleet is not None:
            # Taken before the fleets are read, so that nothing is registered between the check and the release.
            unit.lock(NAMES_LOCK)
            check(self.fleets(unit), intake.fleet)
        return self.admit(unit, intake, now)

    def admit(self, unit: UnitOfWork, intake: FleetIntake, now: datetime) -> Fleet:
        """Register what an adapter made of a file; the errors are those of `import_sites`."""
        if intake.fleet is None:
            raise _invalid(intake.findings)
        return self.register(unit, intake.fleet, now)

    def register(self, unit: UnitOfWork, fleet: Fleet, now: datetime) -> Fleet:
        """Register a fleet as released now; one that says the same as before adds no release.

        Raises
        ------
        BadInputError
            ``fleet_invalid`` with everything that `qipan.ledger.check` finds, and with the meters and sources whose
            names another fleet has or had.
        RuleBrokenError
            ``release_not_later`` when the last release is not earlier than now.
        """
        return self._register(unit, fleet, now, "fleet_registered")

    def _register(self, unit: UnitOfWork, fleet: Fleet, now: datetime, action: str, what: str = "") -> Fleet:
        findings = check_fleet(fleet)
        if findings:
            raise _invalid(findings)
        unit.lock(NAMES_LOCK)
        taken = list(check_names(fleet, store.holders(unit)))
        if taken:
            raise _invalid(taken)
        unit.lock(f"ledger.fleet/{fleet.fleet_id}")
        before = store.newest_release(unit, fleet.fleet_id)
        if before is None or before.digest != store.digest_of(fleet):
            if before is not None and now <= before.released:
                raise RuleBrokenError(
                    f"A release must be later than the one before of {before.released.isoformat()}, was "
                    f"{now.isoformat()}, of fleet {fleet.fleet_id}.",
                    code="release_not_later",
                    hint="Check the clock of this machine, then register the fleet again.",
                )
            store.insert_release(unit, fleet, now)
            leaf = self._log.append(unit, FLEET_KIND, store.document_of(fleet).encode(), now)
            record_action(unit, action, what or fleet.fleet_id, now, fleet=fleet.fleet_id, leaf=leaf.seq)
        return fleet

    def document(self, unit: UnitOfWork, digest: str) -> bytes:
        """Return what a release of a fleet says, as it was entered in the log.

        Raises
        ------
        NotFoundError
            ``release_unknown``.
        """
        found = store.document_with(unit, digest)
        if found is None:
            raise NotFoundError(
                f"A release of a fleet must have this digest, was none: {digest}.",
                code="release_unknown",
                hint="Take the digest from the log.",
            )
        return found.encode()

    def fleet(self, unit: UnitOfWork, fleet_id: str, as_of: datetime | None = None) -> Fleet:
        """Return a fleet as it was known at a moment; as it is known last, if none is given.

        Raises
        ------
        BadInputError
            ``time_naive`` when the moment carries no zone.
        NotFoundError
            ``fleet_unknown`` when no fleet of that name was known.
        """
        release = store.newest_release(unit, fleet_id, as_of)
        if release is None:
            known = store.fleet_ids(unit, as_of)
            moment = "" if as_of is None else f" at {in_utc(as_of).isoformat()}"
            raise NotFoundError(
                f"A fleet must be registered{moment}, was not: {fleet_id!r}{nearest(fleet_id, known)}.",
                code="fleet_unknown",
                hint=f"Choose one of: {', '.join(known)}." if known else "Run: qipan ledger import sites FILE",
                field="fleet_id",
            )
        return release.fleet

    def fleets(self, unit: UnitOfWork, as_of: datetime | None = None) -> tuple[Fleet, ...]:
        """Return every fleet as it was known at a moment, or as it is known last, in the order of their names."""
        return tuple(self.fleet(unit, fleet_id, as_of) for fleet_id in store.fleet_ids(unit, as_of))

    def meters(self, unit: UnitOfWork, as_of: datetime | None = None) -> Mapping[str, Registered]:
        """Return every meter by its name, as the register was known at a moment, or is known last."""
        return self._known(unit, as_of)[0]

    def sources(self, unit: UnitOfWork, as_of: datetime | None = None) -> Mapping[str, RegisteredSource]:
        """Return every source by its name, as the register was known at a moment, or is known last."""
        return self._known(unit, as_of)[1]

    def _known(self, unit: UnitOfWork, as_of: datetime | None) -> _Known:
        """Return meters and sources; asked for every batch, so kept for as long as the releases are the same."""
        digests = store.newest_digests(unit, as_of)
        known = self._kept.get(digests)
        if known is None:
            fleets = self.fleets(unit, as_of)
            meters = {name: where for fleet in fleets for name, where in meters_of(fleet).items()}
            sources = {
                one.source_id: RegisteredSource(fleet.fleet_id, one) for fleet in fleets for one in fleet.sources
            }
            known = MappingProxyType(meters), MappingProxyType(sources)
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            self._kept[digests] = known
        return known

    def history(self, unit: UnitOfWork, fleet_id: str) -> tuple[FleetRelease, ...]:
        """Return every release of a fleet, the oldest first."""
        return store.releases(unit, fleet_id)

    def changes(self, unit: UnitOfWork, fleet_id: str) -> tuple[tuple[FleetRelease, tuple[Change, ...]], ...]:
        """Return every release of a fleet with what it changed, the oldest first; the first one changes nothing."""
        releases = store.releases(unit, fleet_id)
        earlier = (releases[0], *releases) if releases else ()
        return tuple(
            (after, compare(before.fleet, after.fleet)) for before, after in zip(earlier, releases, strict=False)
        )

    def certify(self, unit: UnitOfWork, pool_id: str, step: Certified, now: datetime) -> Fleet:
        """Register a step of the certified capacity of a pool, as `qipan.ledger.certify`.

        Raises
        ------
        NotFoundError
            ``holder_unknown`` when no fleet has the pool.
        RuleBrokenError
            ``pool_ambiguous``; ``release_not_later``, as `register`.
        """
        done = ("capacity_certified", pool_id)
        return self._amend(unit, _has_pool(pool_id), lambda fleet: change.certify(fleet, pool_id, step), now, done)

    def add_key(self, unit: UnitOfWork, source_id: str, key: Key, now: datetime) -> Fleet:
        """Register one more key of a source; the errors are those of `certify`."""
        done = ("key_added", f"{source_id}/{key.key_id}")
        return self._amend(unit, _has_source(source_id), lambda fleet: change.add_key(fleet, source_id, key), now, done)

    def end_key(self, unit: UnitOfWork, source_id: str, key_id: str, end: datetime, *, now: datetime) -> Fleet:
        """Register that a key holds no longer than until a moment; the errors are those of the verb and `certify`."""
        has, done = _has_source(source_id), ("key_ended", f"{source_id}/{key_id}")
        return self._amend(unit, has, lambda fleet: change.end_key(fleet, source_id, key_id, end), now, done)

    def agree(self, unit: UnitOfWork, source_id: str, agreement: Agreement, now: datetime) -> Fleet:
        """Register the agreement with a source; the errors are those of `certify`."""
        has, done = _has_source(source_id), ("agreement_registered", source_id)
        return self._amend(unit, has, lambda fleet: change.agree(fleet, source_id, agreement), now, done)

    def add_meter(self, unit: UnitOfWork, site_id: str, meter: Meter, now: datetime) -> Fleet:
        """Register one more meter of a site, in the fleet of its source; the errors are those of `certify`."""
        has, done = _has_source(meter.source_id), ("meter_added", meter.meter_id)
        return self._amend(unit, has, lambda fleet: change.add_meter(fleet, site_id, meter), now, done)

    def end_meter(self, unit: UnitOfWork, meter_id: str, end: datetime, now: datetime) -> Fleet:
        """Register until when a meter is valid; the errors are those of `certify`."""
        return self._amend(
            unit,
            (f"meter {meter_id!r}", lambda fleet: meter_id in meters_of(fleet)),
            lambda fleet: change.end_meter(fleet, meter_id, end),
            now,
            ("meter_ended", meter_id),
        )

    def _amend(
        self,
        unit: UnitOfWork,
        held: tuple[str, Callable[[Fleet], bool]],
        verb: Callable[[Fleet], Fleet],
        now: datetime,
        done: tuple[str, str],
    ) -> Fleet:
        # Taken before the fleet is read, so that two changes at one time are made one after the other.
        unit.lock(NAMES_LOCK)
        name, holds = held
        holder = next((fleet for fleet in self.fleets(unit) if holds(fleet)), None)
        if holder is None:
            raise NotFoundError(
                f"Some fleet must have {name}, was none.",
                code="holder_unknown",
                hint="See what they have with qipan ledger fleets --json, and choose one of those.",
            )
        return self._register(unit, verb(holder), now, *done)

    def enter_use(
        self, unit: UnitOfWork, source: str, uses: Sequence[Use], *, released: datetime, now: datetime
    ) -> Receipt:
        """Enter use as one batch; the caller's commit acknowledges it, `record_use` then brings it into the figures.

        The same entries of one release from one source are entered once: the receipt says ``is_new`` False. A later
        release of a period corrects the earlier one.

        Parameters
        ----------
        source
            Who says so: a plan, a site.
        released
            When the source said so.

        Raises
        ------
        BadInputError
            ``use_invalid`` with everything that is wrong with the entries; ``use_empty`` when there are none.
        """
        findings = check_uses(uses)
        if findings:
            raise BadInputError(
                f"Every entry of use must keep the rules, was broken {len(findings)} times, from {source}.",
                code="use_invalid",
                hint="Correct the entries that the findings name, then enter all of them again.",
                findings=findings,
            )
        if not uses:
            raise BadInputError(
                f"A batch of use must have an entry, was none, from {source}.",
                code="use_empty",
                hint="Enter use for at least one site and period.",
            )
        self._observations.define(unit, series_of(uses))
        receipt = self._observations.receive(
            unit, source=source, kind=USE_KIND, data=pack(uses, in_utc(released)), now=now, rows=len(uses)
        )
        if receipt.is_new:
            record_action(unit, "use_entered", source, now, sequence=receipt.sequence, rows=receipt.rows)
        return receipt

    def record_use(self, unit: UnitOfWork) -> tuple[Receipt, ...]:
        """Bring every acknowledged batch of use into the figures that is not there yet; return their receipts.

        It can be repeated after a kill, and rebuilds an empty lake from the archive.
        """
        pending = self._observations.pending(unit, RELEASES, kind=USE_KIND)
        for receipt in pending:
            uses, released = unpack(self._observations.data(receipt))
            self._observations.record(unit, observations_of(uses, released), receipt)
        return pending

    def use(self, interval: Interval, as_of: datetime, site_ids: Collection[str]) -> tuple[Use, ...]:
        """Return the entries of use of some sites whose period lies in an interval, as known at a moment."""
        known = self._observations.as_of_table(series_ids(site_ids), as_of)
        inside = known.filter(known.period_start >= interval.start, known.period_end <= interval.end)
        return uses_of(observations_of_rows(inside.to_pyarrow()))

    def utilisation(
        self, fleet: Fleet, interval: Interval, as_of: datetime, *, by: Grouping = Grouping.SITE
    ) -> tuple[Utilisation, ...]:
        """Return what the sites or hubs of a fleet had, used and burnt in an interval, as known at a moment.

        Raises
        ------
        RuleBrokenError
            ``use_overlaps`` when entries share a moment and would count twice.
        """
        uses = self.use(interval, as_of, [site.site_id for site in fleet.sites])
        return utilise_by_hub(uses, hubs(fleet)) if by is Grouping.HUB else utilise_by_site(uses)


def fleet_said(document: bytes) -> Fleet:
    """Return the fleet that a release's document says."""
    return store.fleet_of(document.decode())


def _has_pool(pool_id: str) -> tuple[str, Callable[[Fleet], bool]]:
    return f"pool {pool_id!r}", lambda fleet: any(p.pool_id == pool_id for site in fleet.sites for p in site.pools)


def _has_source(source_id: str) -> tuple[str, Callable[[Fleet], bool]]:
    return f"source {source_id!r}", lambda fleet: any(one.source_id == source_id for one in fleet.sources)


def _invalid(findings: Sequence[Finding]) -> BadInputError:
    return BadInputError(
        f"A fleet must keep the rules, was broken {len(findings)} times.",
        code="fleet_invalid",
        hint="Correct what the findings name, then import the file again.",
        findings=findings,
    )
