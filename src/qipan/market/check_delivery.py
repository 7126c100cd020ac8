"""Hold what is told of a delivery against what was supplied and reserved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from qipan.kernel.errors import BadInputError, Finding
from qipan.market.fulfil import hours, supplied
from qipan.market.model.contract import Window
from qipan.market.model.delivery import Delivery, Reserved, Supply
from qipan.market.model.order import MOST_FEN_PER_CARD_H


def check_delivery(
    window: Window,
    told: Delivery,
    positions: Mapping[str, int],
    supplies: Sequence[Supply],
    reserved: Collection[Reserved],
) -> None:
    """Refuse failures of what nobody supplied, prices of other hours, and use of what nobody reserved.

    Raises
    ------
    BadInputError
        ``delivery_unfit`` with a finding for each: ``failure_unsupplied``, ``spot_unfit``, ``use_unreserved``.
    """
    known = {one.reservation_id for one in reserved}
    wrong = [*_failures(window, told, positions, supplies), *_prices(window, told), *_uses(window, told, known)]
    if wrong:
        raise BadInputError(
            f"What is told of a delivery must fit what was supplied and reserved, was not: {wrong[0].message}",
            code="delivery_unfit",
            hint="See both with qipan market deliver show.",
            findings=wrong,
        )


def _failures(
    window: Window, told: Delivery, positions: Mapping[str, int], supplies: Sequence[Supply]
) -> Iterator[Finding]:
    inside = set(hours(window.start, window.end))
    for row, one in enumerate(told.failures, start=1):
        failing = hours(one.start, one.end) if one.start in inside and one.end <= window.end else ()
        place = one.member, one.site_id
        lots = [
            sum(word.lots for word in supplied(positions, supplies, hour) if (word.member, word.site_id) == place)
            for hour in failing
        ]
        if not lots or not 0 < one.lots <= min(lots):
            message = (
                f"A failure must be of lots supplied in hours of {window.name}, was {one.lots} of {one.member} at "
                f"{one.site_id}."
            )
            yield Finding(row, "failures", "failure_unsupplied", message, one.site_id)


def _prices(window: Window, told: Delivery) -> Iterator[Finding]:
    inside = set(hours(window.start, window.end))
    for row, (hour, fen) in enumerate(told.spot_fen_per_card_h.items(), start=1):
        if hour not in inside or not 0 <= fen <= MOST_FEN_PER_CARD_H:
            message = f"A price on spot must be of an hour of {window.name}, was {fen} fen at {hour}."
            yield Finding(row, "spot", "spot_unfit", message, str(fen))


def _uses(window: Window, told: Delivery, known: Collection[str]) -> Iterator[Finding]:
    for row, (reservation_id, card_s) in enumerate(told.used_card_s.items(), start=1):
        if reservation_id not in known or card_s < 0:
            message = f"Use must be of a reservation in {window.name}, was {card_s} card-seconds of {reservation_id}."
            yield Finding(row, "used", "use_unreserved", message, reservation_id)
