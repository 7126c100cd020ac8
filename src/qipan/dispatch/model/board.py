"""Nouns of where work may run: the board and the rules of a plan.

Axes: ``sites``, ``pools``, ``products``, ``origins``, ``slots``, ``links``. A *product* is what a job can ask for at
one place: a site, a kind and a card model. One price holds for a product and slot. Times are seconds since 1970-01-01
UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.energy import Energy
from qipan.kernel.resources import Kind


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre as dispatch sees it; one price holds in it for each product and slot."""

    site_id: str
    name_en: str
    name_zh: str
    hub_id: str
    adcode: str
    macro: str
    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Resources of one kind and model in a site; an empty model takes any card model."""

    pool_id: str
    site: int
    kind: Kind
    card_model: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where work comes from: a region, or a place named by the user."""

    origin_id: str
    name_en: str
    name_zh: str
    adcode: str
    macro: str


@dataclass(frozen=True, slots=True)
class Link:
    """A backbone link as a file tells it: it joins two places, and carries so much an hour in each direction.

    Without a limit ``gb_per_h`` is None.
    """

    name: str
    start: str
    end: str
    gb_per_h: float | None
    km: float


@dataclass(frozen=True, slots=True)
class Links:
    """Backbone links that limit what moves in a slot.

    Attributes
    ----------
    names
        ``(links,)``
    capacity_gb
        ``(links, slots)``, in either direction.
    factor
        ``(links, origins, sites)``: share of a flow from origin to site that crosses the link, signed by direction.
    """

    names: tuple[str, ...]
    capacity_gb: Floats
    factor: Floats

    @property
    def lane_share(self) -> Floats:
        """Share of a flow that crosses each link forward, then backward, ``(origins, sites, lanes)``."""
        both = np.concatenate([np.maximum(self.factor, 0.0), np.maximum(-self.factor, 0.0)])
        return np.ascontiguousarray(np.moveaxis(both, 0, -1))

    @property
    def lane_gb(self) -> Floats:
        """Capacity of each link forward, then backward, ``(lanes, slots)``."""
        return np.concatenate([self.capacity_gb, self.capacity_gb])


@dataclass(frozen=True, slots=True)
class Substitute:
    """How many units of another kind or card model stand for one that is asked for; hours stay the same.

    An empty model asks for any of its kind, or is that of pools that state none.
    """

    kind: Kind
    card_model: str
    by_kind: Kind
    by_card_model: str
    units: float


@dataclass(frozen=True, slots=True)
class Held:
    """Work that runs whatever else does, a row each with the axis ``(runs,)``."""

    pool: Ints
    units: Floats
    start_s: Floats
    seconds: Floats

    def take(self, pools: Ints) -> Held:
        """Return what is held of some pools, numbered by their order."""
        position = {pool: index for index, pool in enumerate(pools.tolist())}
        kept = np.flatnonzero(np.isin(self.pool, pools))
        pool = np.array([position[one] for one in self.pool[kept].tolist()], dtype=np.int64)
        return Held(pool, self.units[kept], self.start_s[kept], self.seconds[kept])


ROUNDING: Final = 1e-9
"""Room of less than this share of what is held is rounding."""

BY_SITE: Final = ("pue", "power_cap_kw", "price_fen_per_kwh", "location_kg_per_kwh", "market_kg_per_kwh")
"""Figures of a board whose first axis is ``sites``."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything a plan may use, over a horizon of equal slots.

    Attributes
    ----------
    start_s, slot_s, day_slots
        Start of the horizon, length of a slot, and how many slots the planned day itself has; what follows
        is the outlook, in which work may be tentatively placed.
    capacity
        ``(pools, slots)``, units that may be busy at once; where something is held, what it leaves on average.
    it_kw_per_unit
        ``(pools,)``, power of one busy unit before cooling.
    opex_fen_per_unit_h
        ``(pools,)``, running cost besides energy.
    pue
        ``(sites,)``, power of the facility for one of its IT, in the season of the day.
    power_cap_kw
        ``(sites,)`` of the whole facility, ``inf`` where none is stated.
    price_fen_per_kwh
        ``(sites, slots)``
    location_kg_per_kwh, market_kg_per_kwh
        ``(sites,)``, the two carbon factors of a kilowatt-hour drawn there.
    round_trip_ms
        ``(origins, sites)``
    transfer_fen_per_gb
        ``(origins, sites)``
    energy
        What stands behind the meters of the sites; without it all energy is bought at the price.
    held, held_units
        What is held by `hold`, and how many units of each pool that is on average, ``(pools, slots)``; what it draws
        then counts as drawn at no load.
    substitutes
        What work may run on besides what it asks for.
    spare
        Units of each group that may be busy beside the reserve, ``(groups, slots)``, where work that runs was counted
        minute by minute; else `spare_units` works it out.
    left_kw
        What the work of each site may draw under its power cap, ``(sites, slots)``, where work that runs was counted
        minute by minute; else `room_kw` works it out.
    """

    sites: tuple[Site, ...]
    pools: tuple[Pool, ...]
    origins: tuple[Origin, ...]
    start_s: float
    slot_s: float
    day_slots: int
    capacity: Floats
    it_kw_per_unit: Floats
    opex_fen_per_unit_h: Floats
    pue: Floats
    power_cap_kw: Floats
    price_fen_per_kwh: Floats
    location_kg_per_kwh: Floats
    market_kg_per_kwh: Floats
    round_trip_ms: Floats
    transfer_fen_per_gb: Floats
    links: Links | None = None
    energy: Energy | None = None
    substitutes: tuple[Substitute, ...] = ()
    held: Held | None = None
    held_units: Floats | None = None
    spare: Floats | None = None
    left_kw: Floats | None = None

    def hold(self, held: Held) -> Board:
        """Return the board that is left beside what is held; what holds nothing leaves it as it is."""
        if not len(held.pool):
            return self
        units = np.zeros_like(self.capacity)
        opens_s = self.start_s + self.slot_s * np.arange(self.slot_count)
        for slot, opens in enumerate(opens_s):
            inside_s = np.minimum(held.start_s + held.seconds, opens + self.slot_s) - np.maximum(held.start_s, opens)
            busy = held.units * np.maximum(inside_s, 0.0) / self.slot_s
            units[:, slot] = np.bincount(held.pool, weights=busy, minlength=len(self.pools))
        left = replace(self, capacity=_beside(self.capacity, units), held=held, held_units=units)
        if self.energy is None:
            return left
        return replace(left, energy=replace(self.energy, fixed_kw=self.energy.fixed_kw + left.held_kw))

    @property
    def whole(self) -> Board:
        """The board with nothing held."""
        if self.held_units is None:
            return self
        energy = self.energy
        if energy is not None:
            energy = replace(energy, fixed_kw=energy.fixed_kw - self.held_kw)
        return replace(self, capacity=self.capacity + self.held_units, energy=energy, held=None, held_units=None)

    @property
    def held_unit_h(self) -> Floats:
        """Use of each slot by what is held, ``(pools, slots)``."""
        return np.zeros_like(self.capacity) if self.held_units is None else self.held_units * self.slot_h

    @property
    def held_kw(self) -> Floats:
        """What held units draw on average, ``(sites, slots)``."""
        drawn = np.zeros((len(self.sites), self.slot_count))
        if self.held_units is not None:
            np.add.at(drawn, self.pool_site, self.held_units * self.kwh_per_unit_h[:, None])
        return drawn

    def take(self, sites: Ints) -> Board:
        """Return a board of some of its sites, in their order."""
        if self.held is not None:
            return self.whole.take(sites).hold(self.held.take(np.flatnonzero(np.isin(self.pool_site, sites))))
        pools = np.flatnonzero(np.isin(self.pool_site, sites))
        position = {site: index for index, site in enumerate(sites.tolist())}
        return replace(
            self,
            sites=tuple(self.sites[site] for site in sites),
            pools=tuple(replace(self.pools[pool], site=position[self.pools[pool].site]) for pool in pools),
            **{name: getattr(self, name)[pools] for name in ("capacity", "it_kw_per_unit", "opex_fen_per_unit_h")},
            **{name: getattr(self, name)[sites] for name in BY_SITE},
            **{name: getattr(self, name)[:, sites] for name in ("round_trip_ms", "transfer_fen_per_gb")},
            links=None if self.links is None else replace(self.links, factor=self.links.factor[:, :, sites]),
            energy=None if self.energy is None else self.energy.take(sites),
            left_kw=None if self.left_kw is None else self.left_kw[sites],
        )

    @property
    def slot_count(self) -> int:
        """Number of slots of the horizon."""
        return int(self.capacity.shape[1])

    @property
    def slot_h(self) -> float:
        """Length of a slot in hours."""
        return self.slot_s / 3600.0

    @property
    def day_end_s(self) -> float:
        """End of the planned day."""
        return self.start_s + self.day_slots * self.slot_s

    @property
    def end_s(self) -> float:
        """End of the horizon."""
        return self.start_s + self.slot_count * self.slot_s

    @property
    def pool_site(self) -> Ints:
        """Site of each pool, ``(pools,)``."""
        return np.array([pool.site for pool in self.pools], dtype=np.int64)

    @property
    def kwh_per_unit_h(self) -> Floats:
        """Energy at the meter of one unit-hour, cooling included, ``(pools,)``."""
        return self.it_kw_per_unit * self.pue[self.pool_site]

    @property
    def room_kw(self) -> Floats:
        """What the work of each site may draw under its power cap, ``(sites, slots)``."""
        if self.left_kw is not None:
            return self.left_kw
        most = np.repeat(self.power_cap_kw[:, None], self.slot_count, axis=1)
        if self.held_units is None:
            return most if self.energy is None else most - self.energy.fixed_kw
        return _beside(most, self.held_kw if self.energy is None else self.energy.fixed_kw)

    @property
    def products(self) -> tuple[tuple[int, Kind, str], ...]:
        """What can be asked for: (site, kind, card model), in the order of the pools."""
        return tuple(dict.fromkeys((pool.site, pool.kind, pool.card_model) for pool in self.pools))

    @property
    def pool_product(self) -> Ints:
        """Product of each pool, ``(pools,)``."""
        position = {product: index for index, product in enumerate(self.products)}
        return np.array([position[(p.site, p.kind, p.card_model)] for p in self.pools], dtype=np.int64)

    @property
    def product_group(self) -> Ints:
        """Group of each product, ``(products,)``: the products of one kind and model at all sites."""
        alike = [product[1:] for product in self.products]
        position = {key: index for index, key in enumerate(dict.fromkeys(alike))}
        return np.array([position[key] for key in alike], dtype=np.int64)

    @property
    def spare_units(self) -> Floats:
        """Units of each group that may be busy while the largest site is kept free, ``(groups, slots)``."""
        if self.spare is not None:
            return self.spare
        group = self.product_group
        spare = np.zeros((int(group.max(initial=-1)) + 1, self.slot_count))
        largest = np.zeros_like(spare)
        of_product = np.zeros((len(self.products), self.slot_count))
        np.add.at(of_product, self.pool_product, self.whole.capacity)
        np.add.at(spare, group, of_product)
        np.maximum.at(largest, group, of_product)
        if self.held_units is None:
            return spare - largest
        held = np.zeros_like(spare)
        np.add.at(held, group[self.pool_product], self.held_units)
        return _beside(spare - largest, held)


def _beside(room: Floats, held: Floats) -> Floats:
    """Return the room that something leaves; what rounding alone leaves or lacks is none."""
    left = room - held
    return np.where(np.abs(left) <= ROUNDING * (1.0 + held), 0.0, left)


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a plan owes to one tier.

    Attributes
    ----------
    round_trip_ms_max
        Hard limit of the round trip between origin and site, ``inf`` for none.
    nearness_fen_per_unit_h_ms
        Preference for the nearer site: what a millisecond is worth for an hour of a unit.
    unserved_fen_per_unit_h
        Value of a lost unit-hour.
    """

    round_trip_ms_max: float
    nearness_fen_per_unit_h_ms: float
    unserved_fen_per_unit_h: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a plan: one `TierRule` for each `Tier`, and what carbon costs in it.

    ``carbon_account`` names the account that the price applies to: ``location`` or ``market``. With
    ``keeps_reserve`` the sites keep as much of each kind and model free as the largest of them has, so that its work
    can go on elsewhere if it fails (N-1).
    """

    tiers: tuple[TierRule, ...]
    carbon_fen_per_kg: float = 0.0
    carbon_account: str = "location"
    keeps_reserve: bool = False
