"""Where the market meets the day: what is delivered becomes reservations, and the day tells what of them was used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from qipan.dispatch.model.reservation import Reservation
from qipan.kernel.resources import Kind
from qipan.market.model.contract import CARDS_PER_LOT, Instrument
from qipan.market.service.delivery import Deliveries
from qipan.market.service.placing import place_auction
from qipan.market.service.spot import Spot
from qipan.storage.books import UnitOfWork
from qipan.workflows.day import Day

SECONDS_PER_H = 3600


class ReservationsFile(NamedTuple):
    """Reservations as a file, and what of spot is not in it.

    Attributes
    ----------
    without_site
        Lot-hours of spot by supplier that no site of theirs has room for: its sites are not certified.
    """

    data: bytes
    rows: int
    without_site: Mapping[str, int]


class Delivering:
    """Carries reservations of the market into days of dispatch, and their use back.

    Parameters
    ----------
    write
        Writes reservations as a file that a day reads.
    """

    def __init__(
        self, deliveries: Deliveries, spot: Spot, day: Day, write: Callable[[Iterable[Reservation]], bytes]
    ) -> None:
        self._deliveries = deliveries
        self._spot = spot
        self._day = day
        self._write = write

    def file(
        self, unit: UnitOfWork, start: datetime, end: datetime, card_models: Mapping[str, str] | None = None
    ) -> ReservationsFile:
        """Return the reservations that hold at some time from start to end, as `qipan day run` reads them.

        What was bought on spot stands beside what was bought forward, at sites of who supplies it.

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
        without: Counter[str] = Counter()
        for name in self._spot.clearings(unit):
            auction = self._spot.auction(unit, name)
            if auction.window.end <= start or end <= auction.window.start:
                continue
            placed = place_auction(unit, auction, self._spot.outcome(unit, name))
            without.update(placed.without_site)
            found += [
                Reservation(
                    reservation_id=f"{auction.card_class}-{auction.day}-{number}",
                    holder=one.holder,
                    site_id=one.site_id,
                    kind=Kind.INTELLIGENT,
                    card_model=models.get(auction.card_class, auction.card_class),
                    from_s=one.start.timestamp(),
                    to_s=one.end.timestamp(),
                    units=float(one.lots * CARDS_PER_LOT),
                    price_fen_per_unit_h=float(one.fen_per_card_h),
                )
                for number, one in enumerate(placed.placements, start=1)
                if one.start < end and start < one.end
            ]
        return ReservationsFile(self._write(found), len(found), dict(sorted(without.items())))

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
