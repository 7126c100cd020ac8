"""What may pass between hubs on spot: prices of carriers and links with a limit, as the board of dispatch has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from qipan.dispatch.board.route import route
from qipan.dispatch.model.board import Link
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.ledger.model.fleet import Fleet, Origin
from qipan.market.model.auction import Network
from qipan.market.model.contract import CARDS_PER_LOT
from qipan.workflows.fleet import national_fleet, set_up
from qipan.workflows.wares import hub_of

DATA_FACT: Final = "tier/batch/data_gb_per_card_h"
"""What is moved for a card-hour where nobody says."""


def network_of(
    hubs: Sequence[str],
    catalog: Catalog,
    day: date,
    *,
    gb_per_card_h: float | None = None,
    links: Sequence[Link] = (),
) -> Network:
    """Return what may pass between national hubs on a day.

    A hub lies where the first of its clusters does. Moving data costs what it costs on the board of dispatch, rounded
    to whole fen a card-hour; a link carries whole lots, and what lies between is left out.

    Parameters
    ----------
    gb_per_card_h
        Data that is moved for a card-hour; that of the batch tier in the facts, if nobody says.
    links
        As `qipan.dispatch.sources.links` reads them; their ends name hubs, clusters or codes of regions.

    Raises
    ------
    NotFoundError
        ``hub_unknown``.
    BadInputError
        ``data_unfit`` unless the data is above 0 GB; ``links_unconnected``.
    """
    data_gb = catalog.number(DATA_FACT) if gb_per_card_h is None else gb_per_card_h
    if not 0.0 < data_gb < float("inf"):
        raise BadInputError(
            f"Data that is moved for a card-hour must be above 0 GB, was {data_gb}.",
            code="data_unfit",
            hint="Leave it out to take that of the batch tier in the facts.",
        )
    board = set_up(_hubs_alone(hubs, catalog), catalog, day, outlook_h=0).board
    whole = np.rint(board.transfer_fen_per_gb.T * data_gb).astype(np.int64)
    transfer = tuple(map(tuple, whole.tolist()))
    if not links:
        return Network(tuple(hubs), transfer)
    routed = route(links, board)
    lots = np.floor(routed.capacity_gb[:, 0] / data_gb / CARDS_PER_LOT)
    share = np.rint(np.moveaxis(routed.factor, 1, 2)).astype(np.int64)
    return Network(
        tuple(hubs),
        transfer,
        routed.names,
        tuple(int(most) for most in lots),
        tuple(tuple(map(tuple, link)) for link in share.tolist()),
    )


def _hubs_alone(hubs: Sequence[str], catalog: Catalog) -> Fleet:
    """Return the national fleet with one site for each hub, where work comes from as well."""
    whole = national_fleet(catalog)
    sites = []
    for hub in hubs:
        sites.append(next(site for site in whole.sites if site.hub_id == hub_of(hub, catalog)))
    origins = tuple(
        Origin(hub, site.name_en, site.name_zh, site.adcode, site.macro, site.point, 1.0)
        for hub, site in zip(hubs, sites, strict=True)
    )
    return replace(whole, sites=tuple(sites), origins=origins)
