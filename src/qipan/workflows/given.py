"""What tables of substitutes and links did to a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Plan
from qipan.dispatch.model.substituted import Substituted
from qipan.workflows.model import LinksGiven, SubstitutesGiven

SMALL_GB: Final = 1e-6
"""Less than this, or this share of a link, is rounding of the linear programme."""


def substitutes_given(file: str, board: Board, jobs: Jobs, found: Sequence[Substituted]) -> SubstitutesGiven:
    """Tell how many rows of a table are of what jobs ask for, of these how many by what the board has, and are used.

    Parameters
    ----------
    found
        What runs on substitutes, as `explanation.substituted.substituted` adds it up.
    """
    asked = {(KINDS[kind], str(model)) for kind, model in zip(jobs.kind.tolist(), jobs.card_model, strict=True)}
    has = {product[1:] for product in board.products}
    used = {(one.kind, one.card_model, one.by_kind, one.by_card_model) for one in found}
    wanted = [one for one in board.substitutes if (one.kind, one.card_model) in asked]
    held = [one for one in wanted if (one.by_kind, one.by_card_model) in has]
    ran = [one for one in held if (one.kind, one.card_model, one.by_kind, one.by_card_model) in used]
    return SubstitutesGiven(file, rows=len(board.substitutes), asked=len(wanted), held=len(held), used=len(ran))


def links_given(file: str, rows: int, board: Board, plan: Plan) -> LinksGiven:
    """Tell how many links of a table have a limit, and of these how many carry data in the plan and are full in a slot.

    Parameters
    ----------
    rows
        Links of the table.
    """
    if board.links is None:
        return LinksGiven(file, rows, limited=0, carrying=0, full=0)
    flow_gb, most_gb = np.abs(plan.link_flow_gb), board.links.capacity_gb
    carries = flow_gb > SMALL_GB
    full = carries & (flow_gb >= most_gb * (1.0 - SMALL_GB))
    return LinksGiven(
        file,
        rows,
        limited=len(board.links.names),
        carrying=int(carries.any(axis=1).sum()),
        full=int(full.any(axis=1).sum()),
    )
