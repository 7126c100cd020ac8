"""Give any board meters at random: plants, stores, draw at no load, and areas of the grid that overlap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.board import Board
from qipan.dispatch.model.energy import Areas, Energy


def random_meters(rng: np.random.Generator, board: Board) -> Board:
    """Return the board with meters, about as large as the draw of its pools.

    Half of the sites have a plant, some give for nothing; half have a store, some lossless; draw at no load stays under
    every power cap; none to three areas, with and without a limit, a charge for peaks, and a load of others.
    """
    by_slot, sites = (len(board.sites), board.slot_count), len(board.sites)
    full_kw = np.ones(sites)
    np.add.at(full_kw, board.pool_site, board.capacity.max(axis=1) * board.kwh_per_unit_h)
    spare_kw = np.minimum(np.where(np.isfinite(board.power_cap_kw), board.power_cap_kw, full_kw), full_kw)
    has_plant, has_store = rng.random((2, sites)) < 0.5
    store_kwh = np.where(has_store, full_kw * rng.uniform(0.1, 2.0, sites), 0.0)
    areas = int(rng.integers(0, 4))
    limited = rng.random((areas, by_slot[1])) < 0.3
    return replace(
        board,
        energy=Energy(
            fixed_kw=rng.choice([0.0, 0.1]) * spare_kw[:, None] * rng.random(by_slot),
            renewable_kw=(has_plant * full_kw)[:, None] * rng.uniform(0.0, 1.0, by_slot),
            renewable_fen_per_kwh=rng.choice([0.0, 10.0, 45.0], sites),
            store_kwh=store_kwh,
            store_kw=store_kwh * rng.choice([0.25, 1.0], sites),
            stored_kwh=store_kwh * rng.choice([0.0, 0.5, 1.0], sites),
            store_efficiency=rng.choice([0.7, 0.9, 1.0], sites),
            areas=Areas(
                names=tuple(f"area-{area}" for area in range(areas)),
                member=rng.random((areas, sites)) < 0.6,
                load_kw=rng.choice([0.0, 5.0], (areas, 1)) * full_kw.sum() * rng.random((areas, by_slot[1])),
                most_kw=np.where(limited, full_kw.sum() * rng.uniform(0.0, 0.5, limited.shape), np.inf),
                over_fen_per_kwh=rng.choice([0.0, 30.0, 300.0], areas),
                peak_fen_per_kw=rng.choice([0.0, 20.0, 200.0], areas),
            ),
        ),
    )
