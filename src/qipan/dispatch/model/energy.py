"""Nouns of what stands behind the meters of sites, and of the grid before them.

Axes: ``sites``, ``slots`` and ``areas``. Energy is in kWh of a slot, power in kW.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Areas:
    """Parts of the grid whose draw is limited or whose peak is paid for: one site's own connection, or a province.

    Attributes
    ----------
    names
        ``(areas,)``
    member
        ``(areas, sites)``
    load_kw
        ``(areas, slots)``, what others draw there.
    most_kw
        ``(areas, slots)``, what the sites may draw together, ``inf`` for no limit; a call of the grid lowers it.
    over_fen_per_kwh
        ``(areas,)``, what each kilowatt-hour beyond that costs.
    peak_fen_per_kw
        ``(areas,)``, what each kilowatt costs by which the sites raise the area's highest load of the horizon.
    """

    names: tuple[str, ...]
    member: Bools
    load_kw: Floats
    most_kw: Floats
    over_fen_per_kwh: Floats
    peak_fen_per_kw: Floats

    def take(self, sites: Ints) -> Areas:
        """Return the areas that some sites are in, with these sites alone."""
        kept = np.flatnonzero(self.member[:, sites].any(axis=1))
        figures = {
            one.name: getattr(self, one.name)[kept] for one in fields(self) if one.name not in ("names", "member")
        }
        return Areas(names=tuple(self.names[area] for area in kept), member=self.member[np.ix_(kept, sites)], **figures)


@dataclass(frozen=True, slots=True)
class Energy:
    """What each site draws whatever it runs, what it generates, what it can store, and the grid that it draws from.

    A store may be a battery or of heat or cold, counted in the electricity that it saves.

    Attributes
    ----------
    fixed_kw
        ``(sites, slots)``, drawn at no load; with it the ratio of facility to IT power falls as load rises.
    renewable_kw
        ``(sites, slots)``, what could be taken from plants behind the meter.
    renewable_fen_per_kwh
        ``(sites,)``
    store_kwh, store_kw
        ``(sites,)``, what a store holds and how fast it is filled or emptied; 0 without one.
    stored_kwh
        ``(sites,)``, what is in it at the start, and at least at the end.
    store_efficiency
        ``(sites,)``, what comes out of what went in.
    areas
        The grid's areas.
    """

    fixed_kw: Floats
    renewable_kw: Floats
    renewable_fen_per_kwh: Floats
    store_kwh: Floats
    store_kw: Floats
    stored_kwh: Floats
    store_efficiency: Floats
    areas: Areas

    def take(self, sites: Ints) -> Energy:
        """Return what stands behind the meters of some sites, and the areas that they are in."""
        figures = {one.name: getattr(self, one.name)[sites] for one in fields(self) if one.name != "areas"}
        return Energy(**figures, areas=self.areas.take(sites))


@dataclass(frozen=True, slots=True)
class EnergyPlan:
    """Where the energy of a plan comes from, and what it is worth.

    Attributes
    ----------
    grid_kwh, renewable_kwh, fill_kwh, drain_kwh, stored_kwh
        ``(sites, slots)``: drawn from the grid, taken from own plants, put into the store, taken out of it, and in it
        at the end of the slot.
    energy_fen_per_kwh, stored_fen_per_kwh
        ``(sites, slots)``, what the next kilowatt-hour costs the site, and what one in its store is worth.
    over_kwh, limit_rent_fen_per_kwh, peak_rent_fen_per_kwh
        ``(areas, slots)``: what is drawn beyond the limit, and what the limit and the peak add to the price.
    peak_kw
        ``(areas,)``, by how much the sites raise the area's highest load.
    """

    grid_kwh: Floats
    renewable_kwh: Floats
    fill_kwh: Floats
    drain_kwh: Floats
    stored_kwh: Floats
    energy_fen_per_kwh: Floats
    stored_fen_per_kwh: Floats
    over_kwh: Floats
    limit_rent_fen_per_kwh: Floats
    peak_rent_fen_per_kwh: Floats
    peak_kw: Floats

    @property
    def prices(self) -> tuple[Floats, ...]:
        """Its prices, in the order of the rows of the programme."""
        return self.energy_fen_per_kwh, self.stored_fen_per_kwh, self.limit_rent_fen_per_kwh, self.peak_rent_fen_per_kwh


@dataclass(frozen=True, slots=True)
class Purchase:
    """The energy of given work, bought at least cost.

    Attributes
    ----------
    fen
        What it costs, carbon included as the rules price it: the grid, own plants, limits overstepped and peaks.
    energy
        Where it comes from, and what the next kilowatt-hour costs.
    """

    fen: float
    energy: EnergyPlan
