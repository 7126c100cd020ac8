"""What live operation takes in and decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """The seat of a job; one that is ``is_final`` is never moved."""

    job_id: str
    site_id: str
    pool_id: str
    start: datetime
    is_final: bool


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file of jobs: rows read = new + ended + passed over + quarantined + out of scope."""

    name: str
    sequence: int
    is_new: bool
    rows_read: int
    new: int
    ended: int
    passed_over: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a re-plan, or the arrival of jobs between two, decided.

    Attributes
    ----------
    placed
        Seats that became final now, and the tentative ones of jobs that wait.
    lost
        Jobs whose window has closed without a seat, or that no site can take.
    waiting
        How many jobs wait, with a seat that may change or without one.
    gap
        Certified gap of the re-plan; None for an arrival.
    pivotal
        Sites without which the demand of the present slot cannot be met.
    spikes
        Sites whose LMP is above the stated quantile of its own past.
    """

    moment: datetime
    is_replan: bool
    placed: list[Placed]
    lost: list[str]
    waiting: int
    gap: float | None = None
    pivotal: list[str] = field(default_factory=list)
    spikes: list[str] = field(default_factory=list)
    lmp_fen_per_unit_h: list[float] = field(default_factory=list)

    @property
    def final(self) -> list[Placed]:
        """Seats that became final now."""
        return [one for one in self.placed if one.is_final]
