"""Check what a fleet says of what stands behind its meters, and of its parts of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.ledger.check_meters import nearest
from qipan.ledger.model.fleet import HOURS_OF_DAY, MONTHS_OF_YEAR, Fleet, Site
from qipan.ledger.model.power import Area, Carrier, Plant, Store

# Whatever is above these is a slip of the pen, and no sum of what is below them overflows.
PUE_MAX: Final = 3.0
PLANT_KW_MAX: Final = 1e9
STORE_KWH_MAX: Final = 1e9
FEN_MAX: Final = 1e5
PEAK_FEN_PER_KW_MAX: Final = 1e7


def check_power(fleet: Fleet) -> Iterator[Finding]:
    """Yield everything that is wrong with PUE by month, fixed draw, plants, stores and areas; columns are paths.

    Rules: ``month_count``, ``pue_out_of_range``; ``fixed_out_of_range``, ``fixed_above_cap``; ``plant_out_of_range``,
    ``price_out_of_range``, ``availability_count``, ``availability_out_of_range``, ``availability_missing``;
    ``store_out_of_range``, ``efficiency_out_of_range``; ``area_empty``, ``limit_out_of_range``, ``peak_out_of_range``,
    ``site_unknown``.
    """
    for s, site in enumerate(fleet.sites):
        yield from _site(f"sites[{s}].", site)
    known = {site.site_id: site.adcode for site in fleet.sites}
    for a, area in enumerate(fleet.areas):
        yield from _area(f"areas[{a}]", area, known)


def _site(path: str, site: Site) -> Iterator[Finding]:
    if site.pue_by_month and len(site.pue_by_month) != MONTHS_OF_YEAR:
        told = f"A year must have {MONTHS_OF_YEAR} figures of PUE, one a month, was {len(site.pue_by_month)}."
        yield Finding(0, f"{path}pue_by_month", "month_count", told, str(len(site.pue_by_month)))
    for month, pue in enumerate(site.pue_by_month):
        if not 1 <= pue <= PUE_MAX:
            told = f"PUE must be between 1 and {PUE_MAX:g}"
            yield _out(f"{path}pue_by_month[{month}]", "pue_out_of_range", told, pue)
    full_kw = site.it_kw * min(site.pue, *site.pue_by_month, site.pue)
    if not (site.fixed_kw == 0 or 0 < site.fixed_kw < full_kw):
        told = f"What is drawn at no load must be at least 0 and below the full power of {full_kw:g} kW"
        yield _out(f"{path}fixed_kw", "fixed_out_of_range", told, site.fixed_kw)
    elif site.fixed_kw > max(site.power_cap_kw, 0.0):
        told = f"What is drawn at no load must fit the power cap of {site.power_cap_kw:g} kW"
        yield _out(f"{path}fixed_kw", "fixed_above_cap", told, site.fixed_kw)
    for p, plant in enumerate(site.plants):
        yield from _plant(f"{path}plants[{p}].", plant, is_in_region=bool(site.adcode))
    if site.store is not None:
        yield from _store(f"{path}store.", site.store)


def _plant(path: str, plant: Plant, *, is_in_region: bool) -> Iterator[Finding]:
    if not 0 < plant.peak_kw <= PLANT_KW_MAX:
        told = f"The peak of a plant must be above 0 and at most {PLANT_KW_MAX:g} kW"
        yield _out(f"{path}peak_kw", "plant_out_of_range", told, plant.peak_kw)
    if not -FEN_MAX <= plant.price_fen_per_kwh <= FEN_MAX:
        told = f"A price must be at most {FEN_MAX:g} fen for a kWh, either way"
        yield _out(f"{path}price_fen_per_kwh", "price_out_of_range", told, plant.price_fen_per_kwh)
    if not plant.availability and (plant.carrier is Carrier.OTHER or not is_in_region):
        told = (
            "A plant must state its availability where the facts have no shape of it, "
            f"was without: {plant.carrier}, {'in a region' if is_in_region else 'outside the regions'}."
        )
        yield Finding(0, f"{path}availability", "availability_missing", told)
    elif plant.availability and len(plant.availability) != HOURS_OF_DAY:
        told = f"A day must have {HOURS_OF_DAY} shares, one an hour, was {len(plant.availability)}."
        yield Finding(0, f"{path}availability", "availability_count", told, str(len(plant.availability)))
    for hour, share in enumerate(plant.availability):
        if not 0 <= share <= 1:
            told = "The share of a plant's peak that can be had must be between 0 and 1"
            yield _out(f"{path}availability[{hour}]", "availability_out_of_range", told, share)


def _store(path: str, store: Store) -> Iterator[Finding]:
    for name, value in (("capacity_kwh", store.capacity_kwh), ("power_kw", store.power_kw)):
        if not 0 < value <= STORE_KWH_MAX:
            told = f"A store must hold and give something, at most {STORE_KWH_MAX:g} kWh and kW"
            yield _out(f"{path}{name}", "store_out_of_range", told, value)
    if not 0 < store.efficiency <= 1:
        told = "What comes out of what went in must be above 0 and at most 1"
        yield _out(f"{path}efficiency", "efficiency_out_of_range", told, store.efficiency)


def _area(path: str, area: Area, known: dict[str, str]) -> Iterator[Finding]:
    for i, site_id in enumerate(area.site_ids):
        if site_id not in known:
            told = f"An area must hold sites of the fleet, was {site_id!r}{nearest(site_id, known)}."
            yield Finding(0, f"{path}.site_ids[{i}]", "site_unknown", told, site_id)
    if not area.site_ids and not set(area.adcodes) & set(known.values()):
        told = f"An area must hold a site of the fleet, was without: {area.area_id}."
        yield Finding(0, path, "area_empty", told, area.area_id)
    if not area.limit_kw >= 0:
        told = "What the sites may draw together must be at least 0 kW"
        yield _out(f"{path}.limit_kw", "limit_out_of_range", told, area.limit_kw)
    if not 0 <= area.peak_fen_per_kw <= PEAK_FEN_PER_KW_MAX:
        told = f"The price of the peak must be between 0 and {PEAK_FEN_PER_KW_MAX:g} fen a kW"
        yield _out(f"{path}.peak_fen_per_kw", "peak_out_of_range", told, area.peak_fen_per_kw)


def _out(column: str, rule: str, told: str, value: float) -> Finding:
    return Finding(0, column, rule, f"{told}, was {value:g}.", str(value))
