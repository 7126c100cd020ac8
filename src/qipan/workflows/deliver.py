"""Where the market meets the day: what is delivered becomes reservations, and the day tells what of them was used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from qipan.dispatch.model.reservation import Reservation
from qipan.kernel.resources import Kind
from qipan.market.model.contract import CARDS_PER_LOT, Instrument
from qipan.market.service.delivery import Deliveries
from qipan.storage.books import UnitOfWork
from qipan.workflows.day import Day

SECONDS_PER_H = 3600


class Delivering:
    """Carries reservations of the market into days of dispatch, and their use back.

    Parameters
    ----------
    write
        Writes reservations as a file that a day reads.
    """

    def __init__(self, deliveries: Deliveries, day: Day, write: Callable[[Iterable[Reservation]], bytes]) -> None:
        self._deliveries = deliveries
        self._day = day
        self._write = write

    def file(
        self, unit: UnitOfWork, start: datetime, end: datetime, card_models: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the reservations that hold at some time from start to end, as `qipan day run` reads them.

        What a member had bought that was in default when it was allocated is the clearing house's.

        Parameters
        ----------
        card_models
            Card model of the fleet by class of the market; the class itself where none is named, and empty for pools
            of any model.
        """
        models = card_models or {}
        allocations = self._deliveries.allocations(unit)
        holders = self._deliveries.holders(unit)
        found = []
        for one in self._deliveries.reserved(unit, start, end):
            card_class = Instrument.named(one.instrument).card_class
            found.append(
                Reservation(
                    reservation_id=one.reservation_id,
                    holder=holders[one.reservation_id],
                    site_id=one.site_id,
                    kind=Kind.INTELLIGENT,
                    card_model=models.get(card_class, card_class),
                    from_s=one.start.timestamp(),
                    to_s=one.end.timestamp(),
                    units=float(one.lots * CARDS_PER_LOT),
                    price_fen_per_unit_h=float(allocations[one.instrument].fen_per_card_h),
                )
            )
        return self._write(found)

    def used_card_s(self, reservation_ids: Collection[str], plan_id: str) -> dict[str, int]:
        """Return the card-seconds that a day used of reservations, by id; those it does not know are left out.

        Raises
        ------
        NotFoundError
            ``plan_unknown``.
        """
        return {name: used for name, (_, used) in self.told_card_s(reservation_ids, plan_id).items()}

    def told_card_s(self, reservation_ids: Collection[str], plan_id: str) -> dict[str, tuple[int, int]]:
        """Return the card-seconds of reservations that lie in a day, and those that it used, by id.

        Raises
        ------
        NotFoundError
            ``plan_unknown``.
        """
        told = self._day.report(plan_id).get("reservations") or {"rows": []}
        return {
            row["reservation_id"]: (
                round(row["reserved_unit_h"] * SECONDS_PER_H),
                round(row["used_unit_h"] * SECONDS_PER_H),
            )
            for row in told["rows"]
            if row["reservation_id"] in reservation_ids
        }
