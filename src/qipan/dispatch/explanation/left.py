"""What a placement leaves of each product: the units that one more job could hold, slot by slot."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.placement.seats import hold_all
from qipan.dispatch.placement.tell import seats_of
from qipan.dispatch.placement.timeline import asks, timeline


def left_units(jobs: Jobs, board: Board, reached: Reach, found: Placement) -> Floats:
    """Return the most units that one pool of each product has free through a whole slot, ``(products, slots)``.

    Units and power under the site's cap count. The reserve and links do not: a job may find less, never more.
    """
    ask, room = asks(jobs, board, reached), timeline(board)
    hold_all(np.flatnonzero(found.has_place), ask, room, seats_of(found, ask, board))
    kw = board.kwh_per_unit_h[:, None]
    powered = np.full(board.capacity.shape, np.inf)
    np.divide(room.free_kw_least[board.pool_site], kw, out=powered, where=kw > 0)
    left = np.zeros((len(board.products), board.slot_count))
    np.maximum.at(left, board.pool_product, np.minimum(room.free_least, powered))
    return left
