"""Nouns of capacity that is sold beforehand: reservations, who nominates them, and what a day settles.

Axes: ``jobs``. A *reservation* is room of a product (a site, a kind, a card model) for a holder and a time. A job that
names one *nominates* it; where its units are free for all that the job requests, the job is *covered*: it must run,
there and at once. What covered jobs leave is open to all other work at the LMP: use it or sell it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from qipan.dispatch.model.array import Bools, Ints, Texts
from qipan.dispatch.model.board import Held
from qipan.kernel.errors import Finding
from qipan.kernel.resources import Kind


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units of a product that a holder has bought from one moment until another, whole minutes both.

    An empty card model is that of pools of any model, as in `model.board.Pool`. ``line`` is where it stands in its
    file, 0 where it is of none.
    """

    reservation_id: str
    holder: str
    site_id: str
    kind: Kind
    card_model: str
    from_s: float
    to_s: float
    units: float
    price_fen_per_unit_h: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ReservationIntake:
    """What an adapter made of a file: every row is a reservation, or quarantined by at least one finding."""

    reservations: tuple[Reservation, ...]
    rows_read: int
    findings: tuple[Finding, ...]


class Nomination(StrEnum):
    """What became of a job's wish to run on a reservation."""

    NONE = ""
    COVERED = "covered"
    UNKNOWN = "reservation_unknown"
    NOT_ALLOWED = "product_not_allowed"
    OUTSIDE = "outside_reservation"
    LATE = "notice_too_late"
    USED_UP = "reservation_used_up"


@dataclass(frozen=True, slots=True)
class Covered:
    """Which jobs run on reservations.

    Attributes
    ----------
    reservations, pools
        All there are, and the pool that each is in, ``(reservations,)``.
    nomination
        ``(jobs,)`` of `Nomination`.
    reservation, pool
        ``(jobs,)``, position of the reservation and the pool that it is in; -1 for a job that is not covered.
    held
        What covered jobs hold of the board.
    """

    reservations: tuple[Reservation, ...]
    pools: Ints
    nomination: Texts
    reservation: Ints
    pool: Ints
    held: Held

    @property
    def is_covered(self) -> Bools:
        """Whether a job runs on a reservation, ``(jobs,)``."""
        return np.asarray(self.pool >= 0)


@dataclass(frozen=True, slots=True)
class ReservationDay:
    """What a reservation came to on the planned day, requested work at the plan's prices.

    Attributes
    ----------
    reserved_unit_h, used_unit_h
        Unit-hours of it in the day, and those in which covered jobs run.
    sold_unit_h
        Of those left, the ones in which other work runs: what it takes of the pool beyond the part that nobody
        reserved, shared out by what each reservation leaves.
    covered_jobs, nominated_jobs
        Jobs that run on it, and jobs that name it.
    lmp_fen
        What the site pays its holder: the LMP of every unit-hour reserved, used or not; of those used or sold alone
        where it was kept free for the holder.
    covered_fen
        What covered jobs pay: the LMP of every unit-hour used.
    sold_fen
        The part of ``lmp_fen`` that other work pays for what was sold.
    contract_fen
        What the holder pays the site: the contract's price of every unit-hour reserved.
    """

    reservation_id: str
    holder: str
    site_id: str
    kind: str
    card_model: str
    reserved_unit_h: float
    used_unit_h: float
    sold_unit_h: float
    covered_jobs: int
    nominated_jobs: int
    lmp_fen: float
    covered_fen: float
    sold_fen: float
    contract_fen: float

    @property
    def unused_unit_h(self) -> float:
        """What covered jobs leave, sold or not."""
        return self.reserved_unit_h - self.used_unit_h

    @property
    def net_fen(self) -> float:
        """What the holder has in the end: the contract's price lost, the LMP of what it left won."""
        return self.lmp_fen - self.covered_fen - self.contract_fen


@dataclass(frozen=True, slots=True)
class SellerDay:
    """What a site with reservations has in the planned day.

    Attributes
    ----------
    revenue_fen
        LMP of every unit-hour in which any work runs there.
    paid_out_fen, contract_fen
        What it pays to holders, and what they pay to it.
    """

    site_id: str
    revenue_fen: float
    paid_out_fen: float
    contract_fen: float

    @property
    def net_fen(self) -> float:
        """What is left to the site."""
        return self.revenue_fen - self.paid_out_fen + self.contract_fen


@dataclass(frozen=True, slots=True)
class ReservationsDay:
    """What all reservations of a day came to.

    ``nominations`` counts the jobs that name a reservation by what became of that.
    """

    rows: tuple[ReservationDay, ...]
    sellers: tuple[SellerDay, ...]
    nominations: dict[str, int]


@dataclass(frozen=True, slots=True)
class ReservationsReport:
    """What was read of a file of reservations, and what they came to.

    Attributes
    ----------
    import_sequence
        Number of the import, by which rows set aside can be looked up; none without a file.
    nominations
        What became of the jobs that name a reservation, to number of jobs.
    was_kept
        Whether it was kept free for its holders, as in rolling operation, so that only use and sales are paid.
    """

    rows_read: int
    rows_quarantined: int
    import_sequence: int | None
    rows: list[ReservationDay]
    sellers: list[SellerDay]
    nominations: dict[str, int]
    was_kept: bool = False

    def document(self) -> dict[str, Any]:
        """Return all of it as plain values, what is worked out included."""
        told = asdict(self)
        for one, row in zip(self.rows, told["rows"], strict=True):
            row |= {"unused_unit_h": one.unused_unit_h, "net_fen": one.net_fen}
        for seller, row in zip(self.sellers, told["sellers"], strict=True):
            row["net_fen"] = seller.net_fen
        return told
