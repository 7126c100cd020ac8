"""Which job may run where: kind and model, latency, data class, power, size; and why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import ROUNDING, Board, Rules
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.dispatch.model.plan import Reason

"""Units by which a product of two numbers may miss a whole one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What each sort of job can reach.

    Jobs of one *sort* agree in origin, tier, data class, kind and card model, so they reach the same products.

    Attributes
    ----------
    of_job
        ``(jobs,)``, the sort of each job.
    origin, tier, data_class, kind, card_model
        ``(sorts,)``
    allowed
        ``(sorts, products)``, after every hard limit that does not depend on size.
    fits_kind, has_power, within_latency, within_data
        ``(sorts, products)``, the limits one by one.
    units
        ``(sorts, products)``, units of a product that stand for one that is asked for; none without substitutes.
    """

    of_job: Ints
    origin: Ints
    tier: Ints
    data_class: Ints
    kind: Ints
    card_model: Texts
    fits_kind: Bools
    has_power: Bools
    within_latency: Bools
    within_data: Bools
    units: Floats | None = None

    @property
    def allowed(self) -> Bools:
        """Products that no limit forbids, ``(sorts, products)``."""
        return np.asarray(self.fits_kind & self.has_power & self.within_latency & self.within_data)

    @property
    def takes(self) -> Floats:
        """Units of a product that a unit of work takes, 0 where it may not run, ``(sorts, products)``."""
        return self.allowed.astype(float) if self.units is None else np.where(self.allowed, self.units, 0.0)

    def largest(self, board: Board) -> Floats:
        """Return the most units that one job can ever ask for and hold of each product, ``(sorts, products)``."""
        most = np.broadcast_to(largest_units(board), self.fits_kind.shape)
        if self.units is None:
            return most
        return np.where(self.units == 1.0, most, np.floor(most + ROUNDING) / np.where(self.fits_kind, self.units, 1.0))

    def held(self, jobs: Jobs, board: Board, pool: Ints) -> Floats | None:
        """Return how many units of its pool each job holds, ``(jobs,)``; nothing without substitutes.

        Parameters
        ----------
        pool
            ``(jobs,)``, -1 where a job has none, which holds what it asks for.
        """
        if self.units is None:
            return None
        each = np.where(pool >= 0, self.units[self.of_job, board.pool_product[pool]], 1.0)
        return whole_units(jobs.quantity, each)


def whole_units(quantity: Floats, units: Floats) -> Floats:
    """Return how many units stand for a quantity: whole ones, but for an equal as many as are asked for.

    Examples
    --------
    >>> whole_units(np.array([10.0, 10.0, 0.5, 0.5]), np.array([2.7, 0.25, 1.5, 1.0])).tolist()
    [27.0, 3.0, 1.0, 0.5]
    """
    return np.where(units == 1.0, quantity, np.ceil(quantity * units - ROUNDING))


def reach(jobs: Jobs, board: Board, rules: Rules) -> Reach:
    """Work out which products each sort of job may use.

    Latency is compared as a round trip. Data of class ``region`` stays in the macro-region of its origin, of class
    ``province`` in the province; where a place states no region, only a site of the same code qualifies.
    """
    origin_of = {origin.origin_id: index for index, origin in enumerate(board.origins)}
    origin = np.array([origin_of[name] for name in jobs.origin], dtype=np.int64)
    models = {name: index for index, name in enumerate(dict.fromkeys(jobs.card_model.tolist()))}
    model = np.array([models[name] for name in jobs.card_model], dtype=np.int64)
    keys = np.stack([origin, jobs.tier, jobs.data_class, jobs.kind, model], axis=1)
    sorts, of_job = np.unique(keys, axis=0, return_inverse=True)
    card_model = np.array(list(models), dtype=object)[sorts[:, 4]] if models else np.array([], dtype=object)

    site = np.array([product[0] for product in board.products], dtype=np.int64)
    product_kind = np.array([KINDS.index(product[1]) for product in board.products], dtype=np.int64)
    product_model = np.array([product[2] for product in board.products], dtype=object)
    same_model = (product_model[None, :] == card_model[:, None]) | (product_model == "") | (card_model == "")[:, None]
    fits_kind = (product_kind[None, :] == sorts[:, 3][:, None]) & same_model
    units = _units(board, sorts[:, 3], card_model, fits_kind) if board.substitutes else None
    powered = (board.room_kw.max(axis=1) > 0)[site] & (_most_of_product(board) > 0)
    limit_ms = np.array([rules.tiers[tier].round_trip_ms_max for tier in Tier])
    return Reach(
        of_job=of_job.reshape(-1).astype(np.int64),
        # Kernels are compiled for each layout; a column of its own has that of the rest.
        origin=np.ascontiguousarray(sorts[:, 0]),
        tier=sorts[:, 1],
        data_class=sorts[:, 2],
        kind=sorts[:, 3],
        card_model=card_model,
        fits_kind=fits_kind if units is None else units > 0.0,
        has_power=np.broadcast_to(powered, (len(sorts), len(site))).copy(),
        within_latency=board.round_trip_ms[sorts[:, 0]][:, site] <= limit_ms[sorts[:, 1]][:, None] + 1e-9,
        within_data=within_data(board)[sorts[:, 2], sorts[:, 0]][:, site],
        units=units,
    )


def _units(board: Board, kind: Ints, card_model: Texts, fits: Bools) -> Floats:
    """Return how many units of a product stand for one that is asked for, 0 where none do, ``(sorts, products)``."""
    units = fits.astype(float)
    for one in board.substitutes:
        asked = (kind == KINDS.index(one.kind)) & (card_model == one.card_model)
        stands = np.array([product[1:] == (one.by_kind, one.by_card_model) for product in board.products], dtype=bool)
        units[asked[:, None] & stands & ~fits] = one.units
    return units


def refusals(jobs: Jobs, board: Board, reached: Reach, *, within: Bools | None = None) -> Texts:
    """Name the first hard limit that leaves a job no site at all, or `Reason.NONE`.

    Parameters
    ----------
    within
        ``(products,)``, the only products that are asked about; all without it.

    Returns
    -------
    ndarray
        ``(jobs,)`` of `Reason`.
    """
    reason = np.full(len(jobs), Reason.NONE, dtype=object)
    steps: list[tuple[Bools, Reason]] = []
    allowed: Bools = reached.fits_kind if within is None else reached.fits_kind & within
    steps.append((allowed, Reason.NO_SUCH_RESOURCE))
    allowed = allowed & reached.has_power
    steps.append((allowed, Reason.NO_POWER))
    allowed = allowed & reached.within_data
    steps.append((allowed, Reason.DATA_MAY_NOT_LEAVE))
    allowed = allowed & reached.within_latency
    steps.append((allowed, Reason.TOO_FAR))
    for mask, why in steps:
        some_left: Bools = np.asarray(mask.any(axis=1))
        none_left = ~some_left[reached.of_job]
        reason[none_left & (reason == Reason.NONE)] = why
    most = np.where(allowed, reached.largest(board), 0.0).max(axis=1, initial=0.0)[reached.of_job]
    reason[(jobs.quantity > most + 1e-9) & (reason == Reason.NONE)] = Reason.TOO_LARGE
    reason[(jobs.latest_start_s < jobs.submit_s - 1e-6) & (reason == Reason.NONE)] = Reason.WINDOW_TOO_SHORT
    return reason


def largest_units(board: Board) -> Floats:
    """Return the most units that one job can ever hold of each product, ``(products,)``."""
    of_pool = np.minimum(board.capacity.max(axis=1), _units_under_cap(board))
    most = np.zeros(len(board.products))
    np.maximum.at(most, board.pool_product, of_pool)
    return most


def _units_under_cap(board: Board) -> Floats:
    """Units of each pool that the site's power cap can carry, ``(pools,)``."""
    cap_kw = np.maximum(board.room_kw.max(axis=1), 0.0)[board.pool_site]
    need = board.kwh_per_unit_h
    return np.where(need > 0, cap_kw / np.where(need > 0, need, 1.0), np.inf)


def _most_of_product(board: Board) -> Floats:
    most = np.zeros(len(board.products))
    np.maximum.at(most, board.pool_product, board.capacity.max(axis=1))
    return most


def within_data(board: Board) -> Bools:
    """Tell where data of each class may go, ``(data classes, origins, sites)``."""
    site_code = np.array([site.adcode or site.site_id for site in board.sites], dtype=object)
    site_macro = np.array([site.macro or site.site_id for site in board.sites], dtype=object)
    origin_code = np.array([o.adcode or o.origin_id for o in board.origins], dtype=object)
    origin_macro = np.array([o.macro or o.origin_id for o in board.origins], dtype=object)
    allowed = np.ones((len(DataClass), len(board.origins), len(board.sites)), dtype=bool)
    same_code = origin_code[:, None] == site_code[None, :]
    allowed[DataClass.PROVINCE] = same_code
    allowed[DataClass.REGION] = (origin_macro[:, None] == site_macro[None, :]) | same_code
    return allowed
