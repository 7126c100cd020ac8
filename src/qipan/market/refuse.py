"""Say why an order was refused, as an error that a door can show."""

from __future__ import annotations

from qipan.kernel.errors import BadInputError, ConflictError, NotFoundError, QipanError, RuleBrokenError
from qipan.market.model.order import MOST_FEN_PER_CARD_H, MOST_LOTS, Order, Refusal
from qipan.market.model.request import Cancel


def refuse(refusal: Refusal, order: Order | Cancel) -> QipanError:
    """Return the error of a refusal of an order, or of taking one back; its code is the refusal's.

    Examples
    --------
    >>> from qipan.market.model.order import Side
    >>> refuse(Refusal.OVERSOLD, Order("s", "site", "h100@ningxia/2026-03", Side.SELL, 9, 1200)).code
    'order_oversold'
    """
    if isinstance(order, Cancel):
        return _of_time(order)[refusal]
    return (_of_form(order) | _of_time(order) | _of_the_book(order))[refusal]


def _of_form(order: Order) -> dict[Refusal, QipanError]:
    told = f"{order.lots} lots at {order.fen_per_card_h} fen"
    return {
        Refusal.ELSEWHERE: BadInputError(
            f"An order must name the instrument of the book it is sent to, was {order.instrument}.",
            code="order_elsewhere",
            hint="Send it to the book of its instrument.",
        ),
        Refusal.NEGATIVE: BadInputError(
            f"An order must have at least 1 lot and no negative limit, was {told}.",
            code="order_negative",
            hint="Correct lots or limit.",
        ),
        Refusal.OUT_OF_GRID: BadInputError(
            f"Lots and limit must be whole numbers of at most {MOST_LOTS} lots and {MOST_FEN_PER_CARD_H} fen, and an"
            f" end must carry its zone, was {told} until {order.good_until}.",
            code="order_out_of_grid",
            hint="The tick is 0.01 yuan a card-hour, the lot 8 cards.",
        ),
    }


def _of_time(order: Order | Cancel) -> dict[Refusal, QipanError]:
    return {
        Refusal.UNKNOWN: NotFoundError(
            f"An order must be open under its id and its member, was {order.order_id} of {order.member}.",
            code="order_unknown",
            hint="List the open orders of the member.",
        ),
        Refusal.REPLAYED: ConflictError(
            f"An order must be new, was {order.order_id}, which was entered before with the same content.",
            code="order_replayed",
            hint="Nothing to do: the first one counts. Its state is told.",
        ),
        Refusal.DIFFERS: ConflictError(
            f"An id must name one order for good, was {order.order_id} with other content.",
            code="order_differs",
            hint="Give a new order a new id.",
        ),
        Refusal.EXPIRED: RuleBrokenError(
            f"An order must arrive before it and trading end, was {order.order_id} for {order.instrument}.",
            code="order_expired",
            hint="Trade a later window.",
        ),
        Refusal.CLOSED: RuleBrokenError(
            f"An order must be open to be cancelled, was {order.order_id}, which has ended.",
            code="order_final",
            hint="Enter an order of the other side to undo a trade.",
        ),
    }


def _of_the_book(order: Order) -> dict[Refusal, QipanError]:
    told = f"{order.lots} lots at {order.fen_per_card_h} fen"
    return {
        Refusal.CROSSED: RuleBrokenError(
            f"A passive order must not cross what stands on the other side, was {told}.",
            code="order_crossed",
            hint="Move the limit away from the other side, or enter it as standing.",
        ),
        Refusal.OVERSOLD: RuleBrokenError(
            f"A sell must be covered by free lots of the member, bought or certified, was {told} of {order.member}.",
            code="order_oversold",
            hint="Sell less, cancel open sells, or bring cover to this book.",
        ),
        Refusal.SELF_TRADE: RuleBrokenError(
            f"An order must not meet one of its own member, was {told} of {order.member}.",
            code="order_self_trade",
            hint="Cancel the member's own order on the other side first.",
        ),
    }
