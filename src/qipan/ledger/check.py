"""Check fleets and entries of use before they are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval, zone
from qipan.ledger.check_meters import check_meters, nearest
from qipan.ledger.check_power import PUE_MAX, check_power
from qipan.ledger.model.fleet import FIGURES, HOURS_OF_DAY, STATUSES, Fleet, Origin, Pool, Site
from qipan.ledger.model.use import Use

# Whatever is above these is a slip of the pen, and no sum of what is below them overflows.
QUANTITY_MAX: Final = 1e9
UNIT_POWER_KW_MAX: Final = 1e4
PRICE_FEN_PER_KWH_MAX: Final = 1e5
FACTOR_KG_PER_KWH_MAX: Final = 10.0
ROUND_TRIP_MS_MAX: Final = 1e5
WEIGHT_MAX: Final = 1e12
USE_MAX: Final = 1e18

ID_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 200

_ROUNDING = 1e-9


def check_fleet(fleet: Fleet, *, adcodes: Collection[str] | None = None) -> list[Finding]:
    """Return everything that is wrong with a fleet.

    The column of a finding is the path of the field, such as ``sites[0].pools[1].quantity``; the row is 0.

    Parameters
    ----------
    adcodes
        Regions that are known; without them only the form of an adcode is checked.

    Examples
    --------
    >>> site = Site("oslo", "Oslo", "奥斯陆", "", "", "", Point(10.7, 59.9), 0.9, 50.0, (40.0,) * 24, 0.03, 0.0, ())
    >>> fleet = Fleet("nord", "Nord", "北", "Europe/Oslo", (site,), (Origin("o", "O", "O", "", "", Point(0, 0), 1),))
    >>> [(finding.column, finding.rule) for finding in check_fleet(fleet)]
    [('sites[0].pue', 'pue_out_of_range'), ('sites[0].pools', 'pools_empty')]
    """
    return [
        *_id("fleet_id", fleet.fleet_id),
        *_names("", fleet.name_en, fleet.name_zh),
        *_zone(fleet.zone_name),
        *_filled("sites", fleet.sites, "sites_empty", "A fleet must have a site"),
        *_filled("origins", fleet.origins, "origins_empty", "A fleet must have an origin"),
        *_unique([f"sites[{i}].site_id" for i in range(len(fleet.sites))], [site.site_id for site in fleet.sites]),
        *_unique([f"origins[{i}].origin_id" for i in range(len(fleet.origins))], [o.origin_id for o in fleet.origins]),
        *(finding for i, site in enumerate(fleet.sites) for finding in _site(f"sites[{i}].", site, adcodes)),
        *(finding for i, origin in enumerate(fleet.origins) for finding in _origin(f"origins[{i}].", origin, adcodes)),
        *_weights(fleet.origins),
        *_round_trips(fleet),
        *check_meters(fleet),
        *_areas(fleet, adcodes),
        *check_power(fleet),
    ]


def check_uses(uses: Sequence[Use]) -> list[Finding]:
    """Return everything that is wrong with entries of use that are to be kept together; row 1 is the first.

    Rules: ``use_out_of_range``, ``use_above_capacity``; ``use_repeated`` when a site and kind has two entries for one
    period.
    """
    findings: list[Finding] = []
    rows: dict[tuple[str, Kind, Interval], int] = {}
    for row, use in enumerate(uses, start=1):
        findings += _use(row, use)
        first = rows.setdefault((use.site_id, use.kind, use.period), row)
        if first != row:
            findings.append(
                Finding(
                    row,
                    "period",
                    "use_repeated",
                    f"A site and kind must have one entry for a period, was given in row {first} already.",
                    use.period.start.isoformat(),
                )
            )
    return findings


def _use(row: int, use: Use) -> Iterator[Finding]:
    for column in ("capacity_unit_h", "used_unit_h", "energy_wh"):
        value = getattr(use, column)
        if not 0 <= value <= USE_MAX:
            told = f"Use must be between 0 and {USE_MAX:g}, was {value}."
            yield Finding(row, column, "use_out_of_range", told, str(value))
    if use.used_unit_h > use.capacity_unit_h * (1 + _ROUNDING) + _ROUNDING:
        told = f"What is used must fit the capacity of {use.capacity_unit_h} unit-hours, was {use.used_unit_h}."
        yield Finding(row, "used_unit_h", "use_above_capacity", told, str(use.used_unit_h))


def _site(path: str, site: Site, adcodes: Collection[str] | None) -> Iterator[Finding]:
    yield from _id(f"{path}site_id", site.site_id)
    yield from _names(path, site.name_en, site.name_zh)
    if site.hub_id:
        yield from _id(f"{path}hub_id", site.hub_id)
    yield from _adcode(f"{path}adcode", site.adcode, adcodes)
    yield from _point(path, site.point)
    if not 1 <= site.pue <= PUE_MAX:
        yield _out(f"{path}pue", "pue_out_of_range", f"PUE must be between 1 and {PUE_MAX:g}", site.pue)
    if not site.power_cap_kw >= 0:
        told = "A power cap must be at least 0 kW"
        yield _out(f"{path}power_cap_kw", "power_cap_negative", told, site.power_cap_kw)
    if not 0 <= site.green_share <= 1:
        told = "The share of use that is covered must be between 0 and 1"
        yield _out(f"{path}green_share", "green_share_out_of_range", told, site.green_share)
    yield from _price(path, site)
    yield from _factor(path, site)
    yield from _filled(f"{path}pools", site.pools, "pools_empty", "A site must have a pool")
    yield from _unique([f"{path}pools[{i}].pool_id" for i in range(len(site.pools))], [p.pool_id for p in site.pools])
    for i, pool in enumerate(site.pools):
        yield from _pool(f"{path}pools[{i}].", pool)
    yield from _status(path, site.status)


def _pool(path: str, pool: Pool) -> Iterator[Finding]:
    yield from _text(f"{path}pool_id", pool.pool_id)
    if pool.card_model:
        yield from _text(f"{path}card_model", pool.card_model)
    if not 0 < pool.quantity <= QUANTITY_MAX:
        told = f"A quantity must be above 0 and at most {QUANTITY_MAX:g}, in the unit {pool.kind.unit}"
        yield _out(f"{path}quantity", "quantity_out_of_range", told, pool.quantity)
    if not 0 < pool.it_kw_per_unit <= UNIT_POWER_KW_MAX:
        told = f"The power of a busy {pool.kind.unit} must be above 0 and at most {UNIT_POWER_KW_MAX:g} kW"
        yield _out(f"{path}it_kw_per_unit", "unit_power_out_of_range", told, pool.it_kw_per_unit)


def _origin(path: str, origin: Origin, adcodes: Collection[str] | None) -> Iterator[Finding]:
    yield from _id(f"{path}origin_id", origin.origin_id)
    yield from _names(path, origin.name_en, origin.name_zh)
    yield from _adcode(f"{path}adcode", origin.adcode, adcodes)
    yield from _point(path, origin.point)
    if not 0 <= origin.weight <= WEIGHT_MAX:
        told = f"A weight must be between 0 and {WEIGHT_MAX:g}"
        yield _out(f"{path}weight", "weight_out_of_range", told, origin.weight)


def _areas(fleet: Fleet, adcodes: Collection[str] | None) -> Iterator[Finding]:
    yield from _unique([f"areas[{i}].area_id" for i in range(len(fleet.areas))], [a.area_id for a in fleet.areas])
    for i, area in enumerate(fleet.areas):
        path = f"areas[{i}]."
        yield from _id(f"{path}area_id", area.area_id)
        yield from _names(path, area.name_en, area.name_zh)
        for place, adcode in enumerate(area.adcodes):
            yield from _adcode(f"{path}adcodes[{place}]", adcode, adcodes)


def _price(path: str, site: Site) -> Iterator[Finding]:
    column = f"{path}price_fen_per_kwh"
    if site.price_fen_per_kwh is None:
        if not site.adcode:
            told = f"Site {site.site_id} must state its price, as it lies in no region whose price is known."
            yield Finding(0, column, "price_missing", told)
        return
    if len(site.price_fen_per_kwh) != HOURS_OF_DAY:
        told = f"A day must have {HOURS_OF_DAY} prices, one an hour, was {len(site.price_fen_per_kwh)}."
        yield Finding(0, column, "price_count", told, str(len(site.price_fen_per_kwh)))
    for hour, price_fen_per_kwh in enumerate(site.price_fen_per_kwh):
        if not -PRICE_FEN_PER_KWH_MAX <= price_fen_per_kwh <= PRICE_FEN_PER_KWH_MAX:
            told = f"A price must be at most {PRICE_FEN_PER_KWH_MAX:g} fen for a kWh, either way"
            yield _out(f"{column}[{hour}]", "price_out_of_range", told, price_fen_per_kwh)


def _factor(path: str, site: Site) -> Iterator[Finding]:
    column = f"{path}location_kg_per_kwh"
    factor = site.location_kg_per_kwh
    if factor is None:
        if not site.adcode:
            told = f"Site {site.site_id} must state its grid's carbon, as it lies in no region whose factor is known."
            yield Finding(0, column, "factor_missing", told)
    elif not 0 <= factor <= FACTOR_KG_PER_KWH_MAX:
        told = f"Carbon of a kilowatt-hour must be between 0 and {FACTOR_KG_PER_KWH_MAX:g} kg"
        yield _out(column, "factor_out_of_range", told, factor)


def _status(path: str, status: Mapping[str, str]) -> Iterator[Finding]:
    for figure, value in status.items():
        if figure not in FIGURES:
            told = f"A status must be that of a figure, was {figure!r}{nearest(figure, FIGURES)}."
            yield Finding(0, f"{path}status", "figure_unknown", told, figure)
        elif value not in STATUSES:
            told = f"A status must be one of {', '.join(STATUSES)}, was {value!r}."
            yield Finding(0, f"{path}status.{figure}", "status_unknown", told, value)


def _weights(origins: Sequence[Origin]) -> Iterator[Finding]:
    if origins and all(origin.weight == 0 for origin in origins):
        yield Finding(0, "origins", "weights_zero", "Some origin must have a weight above 0, was none.")


def _round_trips(fleet: Fleet) -> Iterator[Finding]:
    origins = {origin.origin_id for origin in fleet.origins}
    sites = {site.site_id for site in fleet.sites}
    strangers = set()
    for (origin_id, site_id), round_trip_ms in fleet.round_trip_ms.items():
        if origin_id not in origins and origin_id not in strangers:
            strangers.add(origin_id)
            told = f"A round trip must start at an origin of the fleet, was {origin_id!r}{nearest(origin_id, origins)}."
            yield Finding(0, f"round_trip_ms.{origin_id}", "origin_unknown", told, origin_id)
        column = f"round_trip_ms.{origin_id}.{site_id}"
        if site_id not in sites:
            told = f"A round trip must lead to a site of the fleet, was {site_id!r}{nearest(site_id, sites)}."
            yield Finding(0, column, "site_unknown", told, site_id)
        if not 0 <= round_trip_ms <= ROUND_TRIP_MS_MAX:
            told = f"A round trip must be between 0 and {ROUND_TRIP_MS_MAX:g} ms"
            yield _out(column, "round_trip_out_of_range", told, round_trip_ms)


def _zone(name: str) -> Iterator[Finding]:
    try:
        zone(name)
    except (BadInputError, OSError):
        # OSError: "Asia" is a folder of the zone database, not a zone.
        told = f"A time zone must be a name of the IANA database such as Europe/Oslo, was {name!r}."
        yield Finding(0, "zone_name", "zone_unknown", told, name)


def _adcode(column: str, adcode: str, adcodes: Collection[str] | None) -> Iterator[Finding]:
    if adcode and not (len(adcode) == 6 and adcode.isascii() and adcode.isdigit()):
        yield Finding(0, column, "adcode_malformed", f"An adcode must be six figures, was {adcode!r}.", adcode)
    elif adcode and adcodes is not None and adcode not in adcodes:
        told = f"An adcode must be that of a province-level unit, was {adcode}{nearest(adcode, adcodes)}."
        yield Finding(0, column, "adcode_unknown", told, adcode)


def _point(path: str, point: Point) -> Iterator[Finding]:
    if not -180 <= point.lon_deg <= 180:
        told = "A longitude must be between -180 and 180 degrees"
        yield _out(f"{path}lon_deg", "longitude_out_of_range", told, point.lon_deg)
    if not -90 <= point.lat_deg <= 90:
        told = "A latitude must be between -90 and 90 degrees"
        yield _out(f"{path}lat_deg", "latitude_out_of_range", told, point.lat_deg)


def _id(column: str, value: str) -> Iterator[Finding]:
    is_plain = value.replace(".", "0").replace("_", "0").replace("-", "0").isalnum()
    if not is_plain or len(value) > ID_LENGTH_MAX:
        told = f"An id must be 1 to {ID_LENGTH_MAX} letters, figures, dots, dashes and underscores, was {value!r}."
        yield Finding(0, column, "id_malformed", told, value)


def _names(path: str, name_en: str, name_zh: str) -> Iterator[Finding]:
    yield from _text(f"{path}name_en", name_en)
    # A name that stands in for the other would only say the same again.
    if name_zh != name_en:
        yield from _text(f"{path}name_zh", name_zh)


def _text(column: str, value: str) -> Iterator[Finding]:
    if not (value.strip() and value.isprintable() and len(value) <= NAME_LENGTH_MAX):
        told = f"A name must be one line of 1 to {NAME_LENGTH_MAX} characters, was {value!r}."
        yield Finding(0, column, "name_malformed", told, value)


def _filled(column: str, parts: Sequence[object], rule: str, told: str) -> Iterator[Finding]:
    if not parts:
        yield Finding(0, column, rule, f"{told}, was none.")


def _unique(columns: Sequence[str], ids: Sequence[str]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for column, value in zip(columns, ids, strict=True):
        if first.setdefault(value, column) != column:
            yield Finding(0, column, "id_repeated", f"An id must stand once, was at {first[value]} already.", value)


def _out(column: str, rule: str, told: str, value: float) -> Finding:
    return Finding(0, column, rule, f"{told}, was {value:g}.", str(value))
