"""Check what a fleet says of its meters, sources, certified capacity, networks and data."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import combinations, pairwise
from typing import Final

from qipan.kernel.errors import Finding
from qipan.ledger.model.fleet import Agreement, Fleet, Key, Link, Meter, Pool, Site, Source
from qipan.ledger.model.reading import Measure

OF_POOL: Final = frozenset(
    {Measure.CAPACITY, Measure.ALLOCATED, Measure.USED, Measure.QUEUED, Measure.STORED, Measure.CARD_ENERGY}
)
"""Measures of a pool; energy of hosts may be that of a pool or a site, all others are a site's."""

OF_EITHER: Final = frozenset({Measure.HOST_ENERGY})
SHARED_WITH: Final = ("site", "region", "public")
DATA_CLASSES: Final = ("province", "region", "free")
PUBLIC_KEY_BYTES: Final = 32
METER_LENGTH_MAX: Final = 200

_EVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def check_meters(fleet: Fleet) -> Iterator[Finding]:
    """Yield everything that is wrong with what measures a fleet; columns are paths, the row is 0.

    Rules: ``meter_repeated``, ``source_repeated``, ``source_unknown``, ``pool_unknown``, ``measure_misplaced``,
    ``validity_empty``, ``meters_overlap``; ``certified_unordered``, ``certified_negative``; ``cadence_out_of_range``,
    ``key_malformed``, ``key_repeated``, ``shared_with_unknown``; ``end_unknown``, ``link_loops``,
    ``capacity_out_of_range``; ``site_unknown``, ``data_class_unknown``, ``size_out_of_range``, ``racks_negative``.
    """
    meters = [
        (f"sites[{s}].meters[{m}]", one) for s, site in enumerate(fleet.sites) for m, one in enumerate(site.meters)
    ]
    yield from _repeated([(f"{path}.meter_id", meter.meter_id) for path, meter in meters], "meter_repeated")
    sources = [(f"sources[{i}]", source) for i, source in enumerate(fleet.sources)]
    yield from _repeated([(f"{path}.source_id", source.source_id) for path, source in sources], "source_repeated")
    known = {source.source_id for source in fleet.sources}
    for s, site in enumerate(fleet.sites):
        yield from _site(f"sites[{s}]", site, known)
    for path, source in sources:
        yield from _source(path, source)
    yield from _network(fleet)
    yield from _data(fleet)


def check_names(fleet: Fleet, holders: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    """Yield the meters and sources whose names another fleet has or had; rules: ``meter_taken``, ``source_taken``.

    Parameters
    ----------
    holders
        Fleet that a name belongs to, by ``"meter"`` or ``"source"`` and the name.
    """
    for s, site in enumerate(fleet.sites):
        for m, meter in enumerate(site.meters):
            holder = holders.get(("meter", meter.meter_id), fleet.fleet_id)
            if holder != fleet.fleet_id:
                told = f"A meter must stand in one fleet, was in {holder} already: its readings stay that fleet's."
                yield Finding(0, f"sites[{s}].meters[{m}].meter_id", "meter_taken", told, meter.meter_id)
    for place, source in enumerate(fleet.sources):
        holder = holders.get(("source", source.source_id), fleet.fleet_id)
        if holder != fleet.fleet_id:
            told = f"A source must stand in one fleet, was in {holder} already: its batches stay that fleet's."
            yield Finding(0, f"sources[{place}].source_id", "source_taken", told, source.source_id)


def nearest(word: str, known: Collection[str]) -> str:
    """Return the end of a sentence that names the known word nearest to one that is not known, or nothing.

    Examples
    --------
    >>> nearest("quantty", ["kind", "quantity"])
    '; meant quantity?'
    """
    close = get_close_matches(word, sorted(known), n=1)
    return f"; meant {close[0]}?" if close else ""


def _site(path: str, site: Site, sources: set[str]) -> Iterator[Finding]:
    if site.racks < 0:
        yield Finding(0, f"{path}.racks", "racks_negative", f"Racks must be 0 or more, was {site.racks}.")
    pools = {pool.pool_id for pool in site.pools}
    for place, meter in enumerate(site.meters):
        at = f"{path}.meters[{place}]"
        if not 0 < len(meter.meter_id) <= METER_LENGTH_MAX or not meter.meter_id.isprintable():
            told = f"A meter's name must be one line of 1 to {METER_LENGTH_MAX} characters, was {meter.meter_id!r}."
            yield Finding(0, f"{at}.meter_id", "name_malformed", told)
        if meter.source_id not in sources:
            close = nearest(meter.source_id, sources)
            told = f"A meter's source must be listed under sources, was {meter.source_id!r}{close}."
            yield Finding(0, f"{at}.source_id", "source_unknown", told, meter.source_id)
        if meter.pool_id and meter.pool_id not in pools:
            told = f"A meter's pool must be one of its site, was {meter.pool_id!r}{nearest(meter.pool_id, pools)}."
            yield Finding(0, f"{at}.pool_id", "pool_unknown", told, meter.pool_id)
        if meter.measure not in OF_EITHER and bool(meter.pool_id) != (meter.measure in OF_POOL):
            told = "a pool" if meter.measure in OF_POOL else "the site as a whole"
            yield Finding(
                0, f"{at}.pool_id", "measure_misplaced", f"{meter.measure} must be measured of {told}, was not."
            )
        yield from _validity(at, meter.start, meter.end)
    yield from _overlaps(path, site.meters)
    for place, pool in enumerate(site.pools):
        yield from _certified(f"{path}.pools[{place}]", pool)


def _overlaps(path: str, meters: Sequence[Meter]) -> Iterator[Finding]:
    """Two meters of one thing at one time would count twice."""
    alike: dict[tuple[str, Measure], list[tuple[int, Meter]]] = {}
    for place, meter in enumerate(meters):
        alike.setdefault((meter.pool_id, meter.measure), []).append((place, meter))
    for some in alike.values():
        for (_, one), (place, other) in combinations(some, 2):
            start = max(one.start or _EVER[0], other.start or _EVER[0])
            if start < min(one.end or _EVER[1], other.end or _EVER[1]):
                told = f"One meter at a time must measure {other.measure}, was {one.meter_id} as well."
                yield Finding(0, f"{path}.meters[{place}]", "meters_overlap", told, other.meter_id)


def _certified(path: str, pool: Pool) -> Iterator[Finding]:
    for place, (one, other) in enumerate(pairwise(pool.certified)):
        if other.start <= one.start:
            told = (
                f"Steps of certified capacity must follow each other, was {other.start.isoformat()} after a later one."
            )
            yield Finding(0, f"{path}.certified[{place + 1}].start", "certified_unordered", told)
    for place, step in enumerate(pool.certified):
        if not 0 <= step.quantity < float("inf"):
            told = f"Certified capacity must be 0 or more, was {step.quantity}."
            yield Finding(0, f"{path}.certified[{place}].quantity", "certified_negative", told)


def _source(path: str, source: Source) -> Iterator[Finding]:
    for name, least in (("cadence_s", 1), ("lateness_s", 0)):
        value = getattr(source, name)
        if value < least:
            told = f"A rhythm must be a whole number of seconds, at least {least}, was {value}."
            yield Finding(0, f"{path}.{name}", "cadence_out_of_range", told)
    yield from _repeated(
        [(f"{path}.keys[{i}].key_id", key.key_id) for i, key in enumerate(source.keys)], "key_repeated"
    )
    for place, key in enumerate(source.keys):
        yield from _key(f"{path}.keys[{place}]", key)
    if source.agreement is not None:
        yield from _agreement(f"{path}.agreement", source.agreement)


def _key(path: str, key: Key) -> Iterator[Finding]:
    try:
        is_key = len(b64decode(key.public_key, validate=True)) == PUBLIC_KEY_BYTES
    except (NotBase64, ValueError):
        is_key = False
    if not is_key:
        told = f"A public key must be {PUBLIC_KEY_BYTES} bytes in base64, was {key.public_key!r}."
        yield Finding(0, f"{path}.public_key", "key_malformed", told)
    yield from _validity(path, key.start, key.end)


def _agreement(path: str, agreement: Agreement) -> Iterator[Finding]:
    if agreement.shared_with not in SHARED_WITH:
        told = f"What is agreed must be shared with one of {', '.join(SHARED_WITH)}, was {agreement.shared_with!r}."
        yield Finding(0, f"{path}.shared_with", "shared_with_unknown", told, agreement.shared_with)
    yield from _validity(path, agreement.start, agreement.end)


def _network(fleet: Fleet) -> Iterator[Finding]:
    ends = {site.site_id for site in fleet.sites} | {one.exchange_id for one in fleet.exchange_points}
    names = [(f"links[{i}].link_id", link.link_id) for i, link in enumerate(fleet.links)]
    points = [(f"exchange_points[{i}].exchange_id", one.exchange_id) for i, one in enumerate(fleet.exchange_points)]
    yield from _repeated(names, "link_repeated")
    yield from _repeated(points, "exchange_repeated")
    for place, link in enumerate(fleet.links):
        yield from _link(f"links[{place}]", link, ends)


def _link(path: str, link: Link, ends: set[str]) -> Iterator[Finding]:
    for name in ("end_a", "end_b"):
        if getattr(link, name) not in ends:
            end = getattr(link, name)
            told = f"A link must end at a site or exchange point of the fleet, was {end!r}{nearest(end, ends)}."
            yield Finding(0, f"{path}.{name}", "end_unknown", told)
    if link.end_a == link.end_b:
        yield Finding(0, path, "link_loops", f"A link must lead elsewhere, was from {link.end_a} to itself.")
    if not 0 < link.capacity_gbit_per_s < float("inf"):
        told = f"A link's capacity must be above 0, was {link.capacity_gbit_per_s}."
        yield Finding(0, f"{path}.capacity_gbit_per_s", "capacity_out_of_range", told)


def _data(fleet: Fleet) -> Iterator[Finding]:
    sites = {site.site_id for site in fleet.sites}
    names = [(f"data_resources[{i}].data_id", one.data_id) for i, one in enumerate(fleet.data_resources)]
    yield from _repeated(names, "data_repeated")
    for place, data in enumerate(fleet.data_resources):
        path = f"data_resources[{place}]"
        if data.site_id not in sites:
            told = f"Data must lie at a site of the fleet, was {data.site_id!r}{nearest(data.site_id, sites)}."
            yield Finding(0, f"{path}.site_id", "site_unknown", told)
        if data.data_class not in DATA_CLASSES:
            told = f"A data class must be one of {', '.join(DATA_CLASSES)}, was {data.data_class!r}."
            yield Finding(0, f"{path}.data_class", "data_class_unknown", told)
        if not 0 <= data.size_tb < float("inf"):
            yield Finding(
                0, f"{path}.size_tb", "size_out_of_range", f"A size must be 0 TB or more, was {data.size_tb}."
            )


def _validity(path: str, start: datetime | None, end: datetime | None) -> Iterator[Finding]:
    if start is not None and end is not None and end <= start:
        told = f"A validity must end after its start, was {start.isoformat()} to {end.isoformat()}."
        yield Finding(0, f"{path}.end", "validity_empty", told)


def _repeated(names: Sequence[tuple[str, str]], rule: str) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for column, value in names:
        if first.setdefault(value, column) != column:
            yield Finding(0, column, rule, f"A name must stand once, was at {first[value]} already.", value)
