"""Rehearse the meters of a fleet: what they would tell if its pools were busy to given shares.

Everything that comes out is modelled and says so. The ratios are facts that can be replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.resources import Kind
from qipan.kernel.units import S_PER_H
from qipan.ledger.model.fleet import Fleet, Meter, Pool, Site, Source
from qipan.ledger.model.reading import NO_COUNTER, Measure, Quality, Readings

Floats = NDArray[np.float64]

HOUR_US: Final = 3_600_000_000
J_PER_KWH: Final = 3_600_000.0

POOL_MEASURES: Final = (Measure.ALLOCATED, Measure.USED, Measure.CARD_ENERGY)
SITE_MEASURES: Final = (
    Measure.HOST_ENERGY,
    Measure.PDU_ENERGY,
    Measure.GRID_ENERGY,
    Measure.GREEN_ENERGY,
    Measure.WATER,
    Measure.RACKED,
)


REHEARSAL: Final = "rehearsal/"
"""What the names of rehearsed sources begin with; an owner's names hold no slash."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """How one measure follows from another in a rehearsal; see the facts ``rehearsal/...``."""

    idle_power_share: float
    card_share_of_host: float
    pdu_loss_share: float
    allocated_over_used: float
    water_l_per_kwh: float
    kw_per_rack: float
    racked_share: float
    meter_noise_share: float


@dataclass(frozen=True, slots=True)
class Stock:
    """One machine of a real fleet: its name, its card model and how many cards it has."""

    name: str
    card_model: str
    cards: int


def dealt(stock: Sequence[Stock], sites: Sequence[Site], *, kw_of_model: Mapping[str, float]) -> tuple[Site, ...]:
    """Return the sites with the stock in their pools, one pool a card model, dealt out by their own quantities.

    Machines are dealt in their order, each to the site that lacks most of its share; so it has exactly one answer.

    Parameters
    ----------
    kw_of_model
        Power of a busy card with its share of the host; ``""`` for any other model.
    """
    weights = np.array([max(site.quantity(Kind.INTELLIGENT), 1.0) for site in sites])
    held = np.zeros(len(sites))
    cards: list[dict[str, int]] = [{} for _ in sites]
    for machine in stock:
        to = int(np.argmin((held + machine.cards) / weights))
        held[to] += machine.cards
        cards[to][machine.card_model] = cards[to].get(machine.card_model, 0) + machine.cards
    return tuple(
        replace(
            site,
            pools=tuple(
                Pool(
                    pool_id=f"{site.site_id}/{model.lower()}",
                    kind=Kind.INTELLIGENT,
                    card_model=model,
                    quantity=float(count),
                    it_kw_per_unit=kw_of_model.get(model, kw_of_model[""]),
                )
                for model, count in sorted(cards[place].items())
            )
            or site.pools,
        )
        for place, site in enumerate(sites)
    )


def equip(fleet: Fleet, *, kw_per_rack: float) -> Fleet:
    """Return the fleet with one source a site and a meter of every rehearsed measure; sites that have meters keep them.

    Racks are those that the pools' machines fill at ``kw_per_rack`` and the rack-up rate of the rehearsal.
    """
    bare = [site for site in fleet.sites if not site.meters]
    sources = tuple(Source(f"{REHEARSAL}{s.site_id}", s.name_en, s.name_zh, 86_400, 7_200) for s in bare)
    sites = [site if site.meters else _equipped(site, kw_per_rack) for site in fleet.sites]
    return replace(fleet, sites=tuple(sites), sources=(*fleet.sources, *sources))


def rehearse(site: Site, busy: Floats, *, start_us: int, ratios: Ratios, rng: np.random.Generator) -> Readings:
    """Return hourly readings of the meters of one site.

    Parameters
    ----------
    busy
        Share of each pool's units that work, 0 to 1, ``(pools, hours)`` in the order of the site's pools.
    start_us
        Start of the first hour, microseconds since 1970.

    Examples
    --------
    >>> from qipan.kernel.places import Point
    >>> from qipan.kernel.resources import Kind
    >>> pools = (Pool("oslo/cards", Kind.INTELLIGENT, "", 8.0, 0.7),)
    >>> oslo = Site("oslo", "Oslo", "", "", "", "", Point(10.7, 59.9), 1.2, 50.0, None, 0.03, 0.0, pools)
    >>> ratios = Ratios(0.3, 0.75, 0.03, 1.3, 1.2, 2.5, 0.65, 0.0)
    >>> rng = np.random.default_rng(0)
    >>> told = rehearse(_equipped(oslo, 2.5), np.array([[0.5]]), start_us=0, ratios=ratios, rng=rng)
    >>> dict(zip(told.meter_ids, told.value.tolist(), strict=True))["oslo/cards/used_unit_s"]
    14400
    """
    values: dict[tuple[str, Measure], Floats] = {}
    card_j = np.zeros(busy.shape[1])
    for pool, share in zip(site.pools, busy, strict=True):
        drawn = pool.quantity * pool.it_kw_per_unit * (ratios.idle_power_share + (1 - ratios.idle_power_share) * share)
        energy_j = drawn * J_PER_KWH * ratios.card_share_of_host
        card_j += energy_j
        values[pool.pool_id, Measure.USED] = pool.quantity * share * S_PER_H
        values[pool.pool_id, Measure.ALLOCATED] = (
            pool.quantity * np.minimum(share * ratios.allocated_over_used, 1.0) * S_PER_H
        )
        values[pool.pool_id, Measure.CARD_ENERGY] = _metered(energy_j, ratios, rng)
    host_j = _metered(card_j / ratios.card_share_of_host, ratios, rng)
    pdu_j = _metered(host_j * (1 + ratios.pdu_loss_share), ratios, rng)
    grid_j = _metered(pdu_j * site.pue, ratios, rng)
    values["", Measure.HOST_ENERGY] = host_j
    values["", Measure.PDU_ENERGY] = pdu_j
    values["", Measure.GRID_ENERGY] = grid_j
    values["", Measure.GREEN_ENERGY] = grid_j * site.green_share
    values["", Measure.WATER] = pdu_j / J_PER_KWH * ratios.water_l_per_kwh * 1000.0
    values["", Measure.RACKED] = np.full(busy.shape[1], site.racks * ratios.racked_share * S_PER_H)
    told = [(meter, values[meter.pool_id, meter.measure]) for meter in site.meters if _is_told(meter, values)]
    return _readings(told, start_us)


def _equipped(site: Site, kw_per_rack: float) -> Site:
    source_id = f"{REHEARSAL}{site.site_id}"
    of_pools = [
        Meter(f"{pool.pool_id}/{measure}", measure, source_id, pool.pool_id)
        for pool in site.pools
        for measure in POOL_MEASURES
    ]
    of_site = [Meter(f"{site.site_id}/{measure}", measure, source_id) for measure in SITE_MEASURES]
    racks = site.racks or round(_it_kw(site.pools) / kw_per_rack)
    return replace(site, meters=(*of_pools, *of_site), racks=racks)


def _it_kw(pools: tuple[Pool, ...]) -> float:
    return sum(pool.quantity * pool.it_kw_per_unit for pool in pools)


def _is_told(meter: Meter, values: dict[tuple[str, Measure], Floats]) -> bool:
    return (meter.pool_id, meter.measure) in values


def _metered(true: Floats, ratios: Ratios, rng: np.random.Generator) -> Floats:
    return np.asarray(true * (1 + ratios.meter_noise_share * rng.standard_normal(len(true))))


def _readings(told: list[tuple[Meter, Floats]], start_us: int) -> Readings:
    hours = len(told[0][1]) if told else 0
    count = len(told) * hours
    start = start_us + HOUR_US * np.tile(np.arange(hours, dtype=np.int64), len(told))
    values = np.concatenate([value for _, value in told]) if told else np.zeros(0)
    return Readings(
        meter_ids=tuple(meter.meter_id for meter, _ in told),
        meter=np.repeat(np.arange(len(told), dtype=np.int32), hours),
        start_us=start,
        end_us=start + HOUR_US,
        value=np.floor(values).astype(np.int64),
        counter=np.full(count, NO_COUNTER, dtype=np.int64),
        epoch=np.zeros(count, dtype=np.int32),
        quality=np.full(count, list(Quality).index(Quality.MODELLED), dtype=np.int8),
    )
