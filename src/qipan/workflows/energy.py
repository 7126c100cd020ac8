"""From what a fleet states of its meters, the grid and the facts to the energy of a board."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from qipan.dispatch.board import tariff
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.power import GridLoad
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.money import FEN_PER_YUAN
from qipan.kernel.time import zone
from qipan.ledger.model.fleet import DECLARED, HOURS_OF_DAY, Fleet, Site
from qipan.ledger.model.power import Area, Carrier, Medium, Plant, Store

DAYS_OF_YEAR: Final = 365
HOURS_OF_YEAR: Final = DAYS_OF_YEAR * HOURS_OF_DAY
DEG_PER_H: Final = 15.0
KW_PER_GW: Final = 1e6


def with_modelled_power(fleet: Fleet, catalog: Catalog) -> Fleet:
    """Return a fleet with what the facts assume of plants, stores and areas, where it states none of its own.

    Each region of its sites becomes an area; sites of macro-regions with a plant share have plants, those have a
    battery.
    """
    inside = {region.adcode: region for region in catalog.regions()}
    shares = catalog.numbers("power/plant_share")
    sites = tuple(_modelled(site, shares, catalog) for site in fleet.sites)
    held = sorted({site.adcode for site in fleet.sites if site.adcode in inside})
    peak_fen = catalog.number("power/peak_yuan_per_kw_year") * FEN_PER_YUAN / DAYS_OF_YEAR
    areas = fleet.areas or tuple(
        Area(code, inside[code].name_en, inside[code].name_zh, adcodes=(code,), peak_fen_per_kw=peak_fen)
        for code in held
        if catalog.under(f"load/peak_gw/{code}")
    )
    return replace(fleet, sites=sites, areas=areas)


def _modelled(site: Site, shares: Mapping[str, float], catalog: Catalog) -> Site:
    if site.plants or site.store is not None or not site.has_power:
        return site
    price_fen = catalog.number("power/plant_yuan_per_kwh") * FEN_PER_YUAN
    plants = tuple(
        Plant(Carrier(carrier), share * site.full_kw, price_fen)
        for macro, _, carrier in (key.partition("/") for key in shares)
        if macro == site.macro and (share := shares[f"{macro}/{carrier}"])
    )
    if not plants:
        return site
    power_kw = catalog.number("power/store/share") * site.full_kw
    hours, efficiency = catalog.number("power/store/hours"), catalog.number("power/store/efficiency")
    store = Store(Medium.BATTERY, power_kw * hours, power_kw, efficiency)
    assumed = {figure: str(catalog.fact(key).status) for figure, key in STATUS_OF.items()}
    return replace(site, plants=plants, store=store, status={**site.status, **assumed})


STATUS_OF: Final = {"plants": "power/plant_yuan_per_kwh", "store": "power/store/share"}
"""Which fact the status of a modelled figure is that of."""


def states_energy(fleet: Fleet) -> bool:
    """Tell whether a fleet states anything that stands behind its meters or before them."""
    return bool(fleet.areas) or any(site.fixed_kw or site.plants or site.store is not None for site in fleet.sites)


def refuse_to_roll(fleet: Fleet) -> None:
    """Refuse a fleet whose energy outlasts a re-plan: what is in a store, and the highest load of an area so far.

    Raises
    ------
    BadInputError
        ``energy_not_rolling``.
    """
    stores = sum(site.store is not None for site in fleet.sites)
    if stores or fleet.areas:
        raise BadInputError(
            f"A fleet in rolling operation must be without stores and areas of the grid, was {fleet.fleet_id} "
            f"with {stores} stores and {len(fleet.areas)} areas.",
            code="energy_not_rolling",
            hint="Import the fleet without them, or plan its days one at a time: qipan day run.",
            field="fleet",
        )


def energy_of(
    fleet: Fleet, catalog: Catalog, moments: Sequence[datetime], load: GridLoad | None, *, load_scale: float = 1.0
) -> Energy | None:
    """Return the energy of a board, nothing where the fleet states none of it.

    Parameters
    ----------
    moments
        ``(slots,)``, when each begins.
    load
        What others draw, from a file; without it the typical days of the facts.
    load_scale
        By which that load is multiplied.

    Raises
    ------
    BadInputError
        ``load_unknown`` with every region of an area whose load is known neither from the file nor from the facts.
    """
    if not states_energy(fleet):
        return None
    here = [moment.astimezone(zone(fleet.zone_name)) for moment in moments]
    hours = [moment.hour for moment in here]
    sites, stores = fleet.sites, [site.store for site in fleet.sites]
    start = catalog.number("power/store/start_share")
    return Energy(
        fixed_kw=np.repeat(np.array([[site.fixed_kw] for site in sites]), len(hours), axis=1),
        renewable_kw=np.stack([plant_kw(site, catalog, hours, here[0]) for site in sites]),
        renewable_fen_per_kwh=np.array([_plant_fen_per_kwh(site) for site in sites]),
        store_kwh=np.array([0.0 if one is None else one.capacity_kwh for one in stores]),
        store_kw=np.array([0.0 if one is None else one.power_kw for one in stores]),
        stored_kwh=np.array([0.0 if one is None else one.capacity_kwh * start for one in stores]),
        store_efficiency=np.array([1.0 if one is None else one.efficiency for one in stores]),
        areas=_areas(fleet, catalog, here, load, load_scale),
    )


def plant_kw(site: Site, catalog: Catalog, hours: Sequence[int], first: datetime) -> Floats:
    """Return what the plants of a site could give together, ``(slots,)``.

    Parameters
    ----------
    hours
        ``(slots,)``, the civil hour of each.
    first
        A moment of the civil zone, for its distance from UTC.
    """
    total = np.zeros(len(hours))
    for plant in site.plants:
        shape = plant.availability or availability(plant.carrier, site, catalog, first)
        total += plant.peak_kw * tariff.over_slots(shape, hours)
    return total


def availability(carrier: Carrier, site: Site, catalog: Catalog, first: datetime) -> tuple[float, ...]:
    """Return the share of a plant's peak in each civil hour, by the shapes of the facts.

    The sun is half a sine around the noon of the site's longitude, as high as its hours at full power ask for; the
    wind a cosine around its mean.
    """
    middle = np.arange(HOURS_OF_DAY) + 0.5
    mean = catalog.number(f"power/{carrier}/full_load_h") / HOURS_OF_YEAR
    if carrier is Carrier.SOLAR:
        offset = first.utcoffset()
        noon_h = 12.0 - site.point.lon_deg / DEG_PER_H + (offset.total_seconds() / 3600.0 if offset else 0.0)
        from_noon_h = (middle - noon_h + 12.0) % HOURS_OF_DAY - 12.0
        sun = np.maximum(np.cos(np.pi * from_noon_h / catalog.number("power/solar/day_h")), 0.0)
        sun[np.abs(from_noon_h) > catalog.number("power/solar/day_h") / 2] = 0.0
        shape = sun * mean / sun.mean()
    else:
        angle = 2.0 * np.pi * (middle - catalog.number("power/wind/peak_h")) / HOURS_OF_DAY
        shape = mean * (1.0 + catalog.number("power/wind/swing") * np.cos(angle))
    return tuple(np.minimum(shape, 1.0).tolist())


def _plant_fen_per_kwh(site: Site) -> float:
    """Return the price of a kilowatt-hour of own plants: their mean by peak, as a site has one."""
    peak_kw = sum(plant.peak_kw for plant in site.plants)
    return sum(plant.price_fen_per_kwh * plant.peak_kw for plant in site.plants) / peak_kw if peak_kw else 0.0


def _areas(fleet: Fleet, catalog: Catalog, here: Sequence[datetime], load: GridLoad | None, load_scale: float) -> Areas:
    slots = len(here)
    codes = sorted({code for area in fleet.areas for code in area.adcodes})
    curves = {code: region_kw(code, catalog, here, load) for code in codes}
    unknown = [code for code in codes if curves[code] is None]
    if unknown:
        told = "An area's regions must have a load, was without: "
        raise BadInputError(
            f"{told}{', '.join(unknown)}.",
            code="load_unknown",
            hint="Give the load of its regions with --grid-load, or name sites instead of regions.",
            findings=[Finding(0, "areas.adcodes", "load_unknown", f"{told}{code}.", code) for code in unknown],
        )
    load_kw = np.zeros((len(fleet.areas), slots))
    for row, area in enumerate(fleet.areas):
        for code in area.adcodes:
            curve = curves[code]
            load_kw[row] += 0.0 if curve is None else curve * load_scale
    member = [
        [site.adcode in area.adcodes or site.site_id in area.site_ids for site in fleet.sites] for area in fleet.areas
    ]
    over_fen = catalog.number("power/over_yuan_per_kwh") * FEN_PER_YUAN
    return Areas(
        names=tuple(area.area_id for area in fleet.areas),
        member=np.array(member, dtype=bool).reshape(len(fleet.areas), len(fleet.sites)),
        load_kw=load_kw,
        most_kw=np.repeat(np.array([[area.limit_kw] for area in fleet.areas]).reshape(-1, 1), slots, axis=1),
        over_fen_per_kwh=np.full(len(fleet.areas), over_fen),
        peak_fen_per_kw=np.array([area.peak_fen_per_kw for area in fleet.areas]),
    )


def region_kw(adcode: str, catalog: Catalog, here: Sequence[datetime], load: GridLoad | None) -> Floats | None:
    """Return what a region draws in each slot, ``(slots,)``; nothing where nobody has told.

    A file holds a year of 365 days from the first of January on: 29 February has the hours of the 28th.
    """
    if load is not None:
        if adcode not in load.adcodes:
            return None
        row = load.load_kw[load.adcodes.index(adcode)]
        return np.asarray(row[[hour_of_year(moment) for moment in here]])
    if not catalog.under(f"load/peak_gw/{adcode}"):
        return None
    shape = catalog.numbers(f"load/shape/{adcode}")
    peak_kw = catalog.number(f"load/peak_gw/{adcode}") * KW_PER_GW
    return np.array([shape[f"{moment.hour:02d}"] for moment in here]) * peak_kw


def hour_of_year(moment: datetime) -> int:
    """Return which hour of a year of 365 days a civil moment lies in, the first being 0.

    Examples
    --------
    >>> hour_of_year(datetime(2024, 1, 1, 5)), hour_of_year(datetime(2024, 3, 1)) // 24
    (5, 59)
    >>> hour_of_year(datetime(2024, 2, 29, 7)) == hour_of_year(datetime(2024, 2, 28, 7))
    True
    """
    is_leap_day = (moment.month, moment.day) == (2, 29)
    # Any common year has the same hours.
    there = moment.replace(year=2023, day=28 if is_leap_day else moment.day)
    return (there.timetuple().tm_yday - 1) * HOURS_OF_DAY + there.hour


def load_status(fleet: Fleet, site: Site, load: GridLoad | None, catalog: Catalog) -> dict[str, str]:
    """Return the status of the load of others around a site; none where it lies in no area of a region."""
    if not any(site.adcode in area.adcodes for area in fleet.areas):
        return {}
    told = DECLARED if load is not None else str(catalog.fact(f"load/peak_gw/{site.adcode}").status)
    return {"grid_load": told}


def marginal_pue(site: Site, month: int) -> float:
    """Return what a kilowatt more of the machines draws at the meter, in a month.

    With every unit busy a site draws what its PUE says; part of that is drawn at no load as well, so that a unit adds
    the rest alone.
    """
    if not site.fixed_kw or math.isclose(site.it_kw, 0.0):
        return site.pue_in(month)
    return site.pue_in(month) - site.fixed_kw / site.it_kw
