"""Make an auction whole: prices in fen, volumes in lots, who gets what, who serves whom, and the bill.

Prices and flows come from dispatch; here prices are rounded to the tick of the market, by its own rule, and flows
down to whole lots that links can carry. An order that the price is good for and that whole lots leave out is made good
by uplift. Limits are whole fen, so no rounded price is worse than the limit of an order that dispatch took.

A bid is served by the offers of the hubs that supply its own, the earlier bid by the earlier offer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from qipan.market.clear import award, bill, uplift_fen
from qipan.market.model.array import Floats, Ints
from qipan.market.model.auction import HOURS, Auction, Award, Fill, Found, Network, Outcome, Price
from qipan.market.model.contract import CARDS_PER_LOT
from qipan.market.model.order import Order, Side
from qipan.market.model.spot import Cleared

HALF: Final = 0.5 + 1.0 / 7000.0
"""Half a fen goes up, and so does what rounding errors of a computer leave a little below it."""
WHOLE: Final = 1e-6
"""What a lot may lack by rounding errors of a solver."""

Groups = Mapping[tuple[int, int, Side], Sequence[Order]]
"""Orders by hour, hub and side, the earlier first."""


def whole_fen(price_fen: Floats) -> Ints:
    """Round prices to whole fen; nothing where there is none.

    Examples
    --------
    >>> whole_fen(np.array([12.4, 12.5, 12.5 - 1e-9, np.nan])).tolist()
    [12, 13, 13, 0]
    """
    rounded: Ints = np.floor(np.nan_to_num(price_fen) + HALF).astype(np.int64)
    return rounded


def clear(auction: Auction, orders: Sequence[Order], found: Found) -> Outcome:
    """Return what each order of an auction gets and pays; no transfers yet.

    Parameters
    ----------
    orders
        Those that stand at the gate, in the order in which they were entered.

    Raises
    ------
    BadInputError
        ``instrument_name_bad``, ``window_name_bad``; ``volume_unbacked`` where prices and flows do not belong together;
        ``fee_bad``.
    """
    groups = group(auction, orders)
    flow = whole_lots(auction.network, found.flow_card_h)
    price = {Side.BUY: whole_fen(found.bid_fen_per_card_h), Side.SELL: whole_fen(found.offer_fen_per_card_h)}
    volume = {Side.BUY: flow.sum(axis=1), Side.SELL: flow.sum(axis=2)}
    lots: dict[str, int] = {}
    for (hour, hub, side), some in groups.items():
        given = award(some, int(price[side][hour, hub]), int(volume[side][hour, hub]))
        lots |= {order.order_id: one for order, one in zip(some, given, strict=True)}
    cleared = _cleared(auction, groups, orders, lots=lots, price=price, flow=flow)
    bills = bill(cleared, auction.fee_bp)
    awards = []
    for order, paid, fee, fen in zip(
        orders,
        bills.paid_fen.tolist(),
        bills.fee_fen.tolist(),
        cleared.fen_per_card_h[cleared.place].tolist(),
        strict=True,
    ):
        got = lots[order.order_id]
        lost = uplift_fen([order], [got], fen)
        awards.append(
            Award(order.order_id, order.member, order.instrument, order.side, got, fen, paid, fee, lost),
        )
    prices = [Price(auction.instrument(hub, hour), side, int(price[side][hour, hub])) for hour, hub, side in groups]
    return Outcome(
        auction.name,
        tuple(sorted(prices, key=Price.key)),
        tuple(awards),
        tuple(serve(groups, lots, flow)),
        int(bills.transfer_fen.sum()),
        int(bills.rent_fen.sum()),
        bills.remainder_fen,
    )


def whole_lots(network: Network, flow_card_h: Floats) -> Ints:
    """Round flows down to whole lots that links can carry, ``(hours, from, to)``.

    Rounding down what offsets another flow can leave a link too full. Then the flow that fills it most gives up a lot,
    of equal ones the last, and so on until every link is kept.
    """
    flow: Ints = np.floor(flow_card_h / CARDS_PER_LOT + WHOLE).astype(np.int64)
    if not network.links:
        return flow
    share = np.array(network.share, dtype=np.int64)
    most = np.array(network.capacity_lots, dtype=np.int64) * network.parts
    for passing in flow:
        while True:
            crossing = (share * passing).sum(axis=(1, 2))
            over = np.flatnonzero(np.abs(crossing) > most)
            if not len(over):
                break
            filling = np.sign(crossing[over[0]]) * share[over[0]] * (passing > 0)
            start, end = np.argwhere(filling == filling.max())[-1]
            passing[start, end] -= 1
    return flow


def group(auction: Auction, orders: Sequence[Order]) -> dict[tuple[int, int, Side], list[Order]]:
    """Return orders by hour, hub and side; those of other auctions are left out."""
    groups: dict[tuple[int, int, Side], list[Order]] = defaultdict(list)
    for order in orders:
        place = auction.place(order.instrument)
        if place is not None:
            groups[place[1], place[0], order.side].append(order)
    return dict(groups)


def serve(groups: Groups, lots: Mapping[str, int], flow_lots: Ints) -> list[Fill]:
    """Return which lots of which offer serve which bid.

    Parameters
    ----------
    lots
        What each order gets, by its id.
    flow_lots
        ``(hours, from, to)``
    """
    left = dict(lots)
    found: list[Fill] = []
    for hour, start, end in np.argwhere(flow_lots > 0).tolist():
        passing = int(flow_lots[hour, start, end])
        offers, bids = iter(groups[hour, start, Side.SELL]), iter(groups[hour, end, Side.BUY])
        offer, bid = next(offers), next(bids)
        while passing:
            if not left[offer.order_id]:
                offer = next(offers)
                continue
            if not left[bid.order_id]:
                bid = next(bids)
                continue
            part = min(passing, left[offer.order_id], left[bid.order_id])
            left[offer.order_id] -= part
            left[bid.order_id] -= part
            passing -= part
            found.append(Fill(bid.order_id, offer.order_id, part))
    return found


def _cleared(
    auction: Auction,
    groups: Groups,
    orders: Sequence[Order],
    *,
    lots: Mapping[str, int],
    price: Mapping[Side, Ints],
    flow: Ints,
) -> Cleared:
    """Lay the auction out for the bill: each hub has a place of bids and one of offers in every hour."""
    hubs = len(auction.network.hubs)
    hour, start, end = np.nonzero(flow)
    transfer = np.array(auction.network.transfer_fen_per_card_h, dtype=np.int64).reshape(hubs, hubs)
    offers = HOURS * hubs
    at = {
        order.order_id: (offers if side is Side.SELL else 0) + at_hour * hubs + hub
        for (at_hour, hub, side), some in groups.items()
        for order in some
    }
    bought = [one.side * lots[one.order_id] * CARDS_PER_LOT for one in orders]
    return Cleared(
        place=np.array([at[one.order_id] for one in orders], dtype=np.int64),
        bought_card_h=np.array(bought, dtype=np.int64),
        fen_per_card_h=np.concatenate([price[Side.BUY].ravel(), price[Side.SELL].ravel()]),
        link_from=offers + hour * hubs + start,
        link_to=hour * hubs + end,
        flow_card_h=flow[hour, start, end] * CARDS_PER_LOT,
        transfer_fen_per_card_h=transfer[start, end],
    )
