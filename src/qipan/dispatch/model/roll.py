"""Nouns of rolling operation: its terms, what goes wrong with forecasts, what is known when, and what it came to.

Axes: ``jobs``, ``pools``, ``sites``, ``slots`` of the whole run, and ``ticks`` of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Streams
from qipan.dispatch.model.reservation import Covered, Reservation


@dataclass(frozen=True, slots=True)
class Errors:
    """How far forecasts are off: a multiplicative autoregression of order one in each.

    What happens is the forecast times ``exp(e)``: above zero the forecast was too low, below it too high. The error
    ``e[t] = persistence * e[t-1] + noise`` keeps the standard deviation that is stated here.

    Attributes
    ----------
    demand_sd, price_sd, renewable_sd
        Standard deviation of the logarithm: 0.1 is off by a tenth.
    persistence
        From slot to slot, 0 to below 1.
    """

    demand_sd: float = 0.0
    price_sd: float = 0.0
    renewable_sd: float = 0.0
    persistence: float = 0.9


class Drifts(NamedTuple):
    """Logarithm of what happens over its forecast; ``demand`` is ``(slots,)``, the others ``(sites, slots)``."""

    demand: Floats
    price: Floats
    renewable: Floats
    persistence: float


@dataclass(frozen=True, slots=True)
class RollTerms:
    """How a run goes.

    Attributes
    ----------
    every_s
        Between two re-plans.
    horizon_slots
        How far a re-plan looks ahead; what is foreseen comes from a day before, so this is a day at most.
    days_back
        Demand is foreseen as the mean of the same hour of so many days before.
    gap, steps_most
        When a re-plan is near enough, as `approach` takes them.
    notice_s
        How long before it starts a job is told that names a reservation; what is reserved is kept free until then.
    knows_durations, knows_arrivals
        Whether the run is told how long jobs will really run, and which will come.
    watches
        Whether market power is looked at: withholding once a day at its peak, the residual supply at every re-plan.
    withheld_share
        Share of its capacity that a site keeps back in such a look.
    spike_quantile, spike_after
        An LMP is a spike above this quantile of its own past, of so many re-plans at least.
    """

    every_s: float = 900.0
    horizon_slots: int = 24
    days_back: int = 7
    gap: float = 1e-3
    steps_most: int = 500
    notice_s: float = 0.0
    knows_durations: bool = False
    knows_arrivals: bool = False
    watches: bool = True
    withheld_share: float = 0.1
    spike_quantile: float = 0.99
    spike_after: int = 96


@dataclass(frozen=True, slots=True)
class Case:
    """What a run meets, of which it is told a part at a time.

    Attributes
    ----------
    known
        All jobs by their submission: those of the days before, for the forecast, then those of the run.
    board
        What happens: over all slots of the run and an outlook after it.
    foreseen
        The same with prices and plants as forecast a day ahead.
    day_starts_s
        ``(days,)``, when each civil day of the run begins.
    reservations
        What is sold of the board beforehand.
    """

    known: Jobs
    board: Board
    foreseen: Board
    drifts: Drifts
    rules: Rules
    day_starts_s: Floats
    reservations: tuple[Reservation, ...] = ()

    @property
    def first(self) -> int:
        """Position of the first job of the run."""
        return int(np.searchsorted(self.known.submit_s, self.board.start_s))

    @property
    def day_ends_s(self) -> Floats:
        """When each day of the run ends, ``(days,)``."""
        return np.append(self.day_starts_s[1:], self.board.day_end_s)

    def day_of(self, moment_s: Floats) -> Ints:
        """Return the day of the run that moments count to; what is after the last one counts to it."""
        day = np.searchsorted(self.day_starts_s, moment_s, side="right") - 1
        return np.asarray(np.maximum(day, 0), dtype=np.int64)

    @property
    def is_named(self) -> Bools:
        """Whether a job names a reservation that there is, ``(known jobs,)``."""
        ids = [one.reservation_id for one in self.reservations]
        return np.isin(self.known.reservation.astype(str), ids)

    @property
    def jobs(self) -> Jobs:
        """Jobs that arrive in the run."""
        return self.known.take(np.arange(self.first, len(self.known)))


class Work(NamedTuple):
    """Jobs as the programme of a re-plan takes them, ``(jobs,)``; seconds.

    ``stream`` points into ``streams``, -1 for a job that no site can take. ``takes`` is ``(streams, products)``.
    """

    submit_s: Floats
    latest_s: Floats
    requested_s: Floats
    quantity: Floats
    stream: Ints
    streams: Streams
    takes: Floats


@dataclass(frozen=True, slots=True)
class Spike:
    """An LMP above the stated quantile of its own past."""

    moment_s: float
    site_id: str
    lmp_fen_per_unit_h: float
    past_fen_per_unit_h: float


@dataclass(frozen=True, slots=True)
class MarketPower:
    """What a site could do to prices, at the re-plan of a day's peak.

    Attributes
    ----------
    withheld_unit_h
        What it keeps back over the horizon, by kind.
    lmp_change
        Relative change of the mean LMP of what the site supplies.
    cost_change
        Relative change of the plan's cost.
    surplus_change_fen
        What withholding adds to the site's LMPs less running cost, over what it supplies: above zero it pays.
    residual_supply_index
        What all others have in the peak slot over all that runs and is asked then, for its scarcest kind and model.
    is_pivotal
        Whether that is below one: demand cannot be met without the site.
    """

    moment_s: float
    site_id: str
    withheld_unit_h: dict[str, float]
    lmp_change: float
    cost_change: float
    surplus_change_fen: float
    residual_supply_index: float
    is_pivotal: bool


@dataclass(frozen=True, slots=True)
class Rolled:
    """Where and when each job ran, ``(jobs,)``, and what was seen on the way.

    Attributes
    ----------
    pool, start_s
        -1 and ``nan`` for a job that found no seat.
    is_plannable
        Whether any site can take the job.
    replan_s, placement_s
        Seconds of each re-plan, and of each placement of an arriving job.
    gaps
        Certified gap of each re-plan.
    pivotal_s
        ``(sites,)``, for how long demand could not be met without the site, as re-plans saw their present slot.
    lmp_fen_per_unit_h
        Of the present slot at each re-plan, ``(products, re-plans)``.
    covered
        Which jobs reservations covered, and what these really held.
    """

    pool: Ints
    start_s: Floats
    is_plannable: Bools
    replan_s: Floats
    placement_s: Floats
    gaps: Floats
    pivotal_s: Floats
    lmp_fen_per_unit_h: Floats
    covered: Covered
    spikes: tuple[Spike, ...] = field(default=())
    power: tuple[MarketPower, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Regret:
    """What a run cost beyond the offline bound: the least that any plan with perfect foresight could cost.

    Attributes
    ----------
    served_fen, unserved_fen
        Running, moving and distance of what ran, with what sites draw at no load; value of what found no seat.
    bound_fen
        Proven by prices alone.
    by_day_fen
        ``(days,)``, what each day adds to the difference: jobs by their submission, idle limits by their slots.
    low, high
        Interval of 95 % of `ratio`, from the spread over days as if they were independent; ``nan`` for a single day.
    """

    served_fen: float
    unserved_fen: float
    bound_fen: float
    by_day_fen: Floats
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """Cost over the bound, less one; ``nan`` without a bound above zero."""
        if self.bound_fen <= 0.0:
            return float("nan")
        return (self.served_fen + self.unserved_fen) / self.bound_fen - 1.0
