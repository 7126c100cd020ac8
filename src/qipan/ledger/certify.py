"""Change one thing in a fleet: a step of certified capacity, a key, an agreement or a meter; the rest stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.ledger.model.fleet import Agreement, Certified, Fleet, Key, Meter, Pool, Site, Source

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Start of the step that keeps what a pool without steps counted until its first one."""


def certify(fleet: Fleet, pool_id: str, step: Certified) -> Fleet:
    """Add a step to the certified capacity of a pool; one that starts when another does corrects it.

    The quantity of a pool without steps counted at all times: it becomes the first step, so that no earlier figure
    changes.

    Raises
    ------
    NotFoundError
        ``pool_unknown``.
    RuleBrokenError
        ``pool_ambiguous`` when several sites have a pool of that name.

    Examples
    --------
    >>> from qipan.kernel.places import Point
    >>> from qipan.kernel.resources import Kind
    >>> pool = Pool("oslo/intelligent", Kind.INTELLIGENT, "", 8.0, 0.7)
    >>> site = Site("oslo", "Oslo", "奥斯陆", "", "", "", Point(10.7, 59.9), 1.2, 50.0, None, None, 0, (pool,))
    >>> fleet = Fleet("nord", "Nord", "北方", "Europe/Oslo", (site,), ())
    >>> after = certify(fleet, "oslo/intelligent", Certified(datetime(2026, 1, 1, tzinfo=UTC), 6.0, "NC-1"))
    >>> [step.quantity for step in after.sites[0].pools[0].certified]
    [8.0, 6.0]
    """
    holders = [site.site_id for site in fleet.sites for pool in site.pools if pool.pool_id == pool_id]
    if not holders:
        raise NotFoundError(
            f"A pool must stand in fleet {fleet.fleet_id}, was not: {pool_id!r}.",
            code="pool_unknown",
            hint="See its pools with qipan ledger fleets --json, and choose one of those.",
        )
    if len(holders) > 1:
        raise RuleBrokenError(
            f"One site must have the pool, was {', '.join(holders)}: {pool_id!r}.",
            code="pool_ambiguous",
            hint="Change the fleet's file instead, and import it.",
        )

    def stepped(site: Site) -> Site:
        pools = tuple(
            replace(pool, certified=_with_step(pool, step)) if pool.pool_id == pool_id else pool for pool in site.pools
        )
        return replace(site, pools=pools)

    return replace(fleet, sites=tuple(stepped(site) for site in fleet.sites))


def add_key(fleet: Fleet, source_id: str, key: Key) -> Fleet:
    """Give a source one more key.

    Raises
    ------
    NotFoundError
        ``source_unknown``.
    """
    return _with_source(fleet, source_id, lambda source: replace(source, keys=(*source.keys, key)))


def end_key(fleet: Fleet, source_id: str, key_id: str, end: datetime) -> Fleet:
    """Let a key of a source hold no longer than until a moment.

    Raises
    ------
    NotFoundError
        ``source_unknown``, ``key_unknown``.
    RuleBrokenError
        ``key_ended`` when it ends sooner already.
    """

    def ended(source: Source) -> Source:
        found = next((key for key in source.keys if key.key_id == key_id), None)
        if found is None:
            known = ", ".join(key.key_id for key in source.keys)
            raise NotFoundError(
                f"A key must be one of source {source_id}, was not: {key_id!r}.",
                code="key_unknown",
                hint=f"Choose one of: {known}." if known else "The source has none and is collected.",
            )
        if found.end is not None and found.end <= end:
            raise RuleBrokenError(
                f"A key must not be made to hold longer, was ended at {found.end.isoformat()} already: {key_id!r}.",
                code="key_ended",
                hint="Add a new key instead.",
            )
        return replace(source, keys=tuple(replace(k, end=end) if k is found else k for k in source.keys))

    return _with_source(fleet, source_id, ended)


def agree(fleet: Fleet, source_id: str, agreement: Agreement) -> Fleet:
    """Put an agreement in the place of the one that a source has.

    Raises
    ------
    NotFoundError
        ``source_unknown``.
    """
    return _with_source(fleet, source_id, lambda source: replace(source, agreement=agreement))


def add_meter(fleet: Fleet, site_id: str, meter: Meter) -> Fleet:
    """Add a meter to a site.

    Raises
    ------
    NotFoundError
        ``site_unknown``.
    """
    if all(site.site_id != site_id for site in fleet.sites):
        raise NotFoundError(
            f"A site must stand in fleet {fleet.fleet_id}, was not: {site_id!r}.",
            code="site_unknown",
            hint=f"Choose one of: {', '.join(site.site_id for site in fleet.sites)}.",
        )
    return replace(
        fleet,
        sites=tuple(
            replace(site, meters=(*site.meters, meter)) if site.site_id == site_id else site for site in fleet.sites
        ),
    )


def end_meter(fleet: Fleet, meter_id: str, end: datetime) -> Fleet:
    """Let a meter be valid until a moment; what it read before stays.

    Raises
    ------
    NotFoundError
        ``meter_unknown``.
    """
    if all(meter.meter_id != meter_id for site in fleet.sites for meter in site.meters):
        raise NotFoundError(
            f"A meter must stand in fleet {fleet.fleet_id}, was not: {meter_id!r}.",
            code="meter_unknown",
            hint="See its meters with qipan ledger fleets --json, and choose one of those.",
        )

    def ended(site: Site) -> Site:
        return replace(site, meters=tuple(replace(m, end=end) if m.meter_id == meter_id else m for m in site.meters))

    return replace(fleet, sites=tuple(ended(site) for site in fleet.sites))


def _with_step(pool: Pool, step: Certified) -> tuple[Certified, ...]:
    steps = pool.certified or (Certified(BEGINNING, pool.quantity),)
    others = (one for one in steps if one.start != step.start)
    return tuple(sorted((*others, step), key=lambda one: one.start))


def _with_source(fleet: Fleet, source_id: str, change: Callable[[Source], Source]) -> Fleet:
    if all(source.source_id != source_id for source in fleet.sources):
        raise NotFoundError(
            f"A source must stand in fleet {fleet.fleet_id}, was not: {source_id!r}.",
            code="source_unknown",
            hint="List it under sources in the fleet's file first.",
        )
    return replace(fleet, sources=tuple(change(one) if one.source_id == source_id else one for one in fleet.sources))
