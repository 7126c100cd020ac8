"""Plan what to build where and when: Benders decomposition into a programme of builds and the days.

With shares ``s[o,y]`` of option ``o`` built in year ``y``, ``S[o,y]`` what stands of them, ``d[y]`` the discount, and
for each case ``i`` (year, growth, day) its weight ``w[i]`` and its cost ``theta[i]``::

    minimise  sum d[y] cost[o] most[o] S[o,y]  +  sum w[i] theta[i]
    (1) S[o,y] = sum_{y' <= y} s[o,y']                <= 1,   s[o,y] <= most_per_year[o] / most[o]
    (2) most[o] S[o,y] - most[n] S[n,y - lead]        <= 0    where o needs n
    (3) sum_i days[i] allowed[i]                      <= most_kg[y]      for each growth
    (4) theta[i] - slope[i] S - carbon_slope[i] allowed[i] >= cost at the point - slopes there

Rows (4) come from the days, one a case and step: the days are run at the point, and the duals of the bounds that the
options move are the slopes. The master's optimum bounds the cost from below, each point costs what it costs; it stops
once they are as near as asked. Three points of four stay near the best build so far, the nearer the less the last one
gained of what it promised.

Source: `benders1962`; several cuts a step: `birge1988`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import ArrayLike

from qipan.dispatch.expansion.run_cases import Cases, Ran, quiet_solver, run_to_optimum
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.expansion import Expansion, Prospect
from qipan.dispatch.model.job import KINDS

STEPS_MOST = 400
REACH, REACH_LEAST = 0.25, 1e-3
"""How far a point may lie from the best one at first, and at least."""


@dataclass(frozen=True, slots=True)
class Point:
    """A build and how the carbon of each year is shared among its days.

    Attributes
    ----------
    share
        ``(options, years)``
    allowed_kg
        ``(cases,)``, ``inf`` where the year has no limit.
    """

    share: Floats
    allowed_kg: Floats


def expand(
    prospect: Prospect,
    *,
    gap: float = 1e-4,
    cases: Cases | None = None,
    standing: Floats | None = None,
    is_enough: Callable[[int, float, float], bool] | None = None,
) -> Expansion:
    """Plan the builds at least expected cost.

    Parameters
    ----------
    gap
        Stop once the cost is at most this share above the bound.
    cases
        The days, where they were laid out before.
    standing
        ``(options, years)``, units that stand, where that is settled and only its cost is asked.
    is_enough
        Told after each step how many there were, the cost and the bound in fen; says whether to stop.

    Raises
    ------
    EngineError
        ``solver_failed`` when a programme cannot be solved.
    """
    cases = cases or Cases(prospect)
    share = None if standing is None else standing / most_of(prospect)[:, None]
    point = Point(np.zeros((len(prospect.options), len(prospect.years))) if share is None else share, even_kg(prospect))
    ran = cases.run(point.share, point.allowed_kg)
    master = Master(prospect, scale_fen=float(np.abs(ran.cost_fen).max(initial=1.0)), share=share)
    best, best_ran, cost_fen, bound_fen = point, ran, total_fen(prospect, point, ran), -np.inf
    steps, reach = 1, REACH
    while True:
        master.cut(point, ran)
        proposed, lower = master.propose()
        bound_fen = max(bound_fen, min(lower, cost_fen))
        near = cost_fen - bound_fen <= gap * max(abs(bound_fen), 1.0)
        if near or steps >= STEPS_MOST or (is_enough is not None and is_enough(steps, cost_fen, bound_fen)):
            break
        stays_near = steps % 4 > 0
        point, hoped_fen = master.propose(best, reach) if stays_near else (proposed, lower)
        ran = cases.run(point.share, point.allowed_kg)
        steps += 1
        found_fen = total_fen(prospect, point, ran)
        if stays_near:
            reach = _reach(reach, (cost_fen - found_fen) / max(cost_fen - hoped_fen, 1e-12))
        if found_fen < cost_fen:
            best, best_ran, cost_fen = point, ran, found_fen
    return tell(prospect, best, best_ran, bound_fen=bound_fen, steps=steps)


def _reach(reach: float, gained: float) -> float:
    """Reach farther after a point that gained more than half of what it promised, less far after one of a tenth."""
    if gained > 0.5:
        return min(2.0 * reach, 1.0)
    return max(0.5 * reach, REACH_LEAST) if gained < 0.1 else reach


def most_of(prospect: Prospect) -> Floats:
    """Return the most units of each option, ``(options,)``."""
    return np.array([option.most for option in prospect.options])


def most_in_year(prospect: Prospect) -> Floats:
    """Return which share of each option can be built in each year, ``(options, years)``."""
    shares = [
        [min(1.0, one.most_per_year / one.most) if year >= one.earliest else 0.0 for year in prospect.years]
        for one in prospect.options
    ]
    return np.array(shares).reshape(len(prospect.options), len(prospect.years))


def cost_of_share(prospect: Prospect) -> Floats:
    """Return what all of each option costs a year, ``(options,)``."""
    return np.array([option.cost_fen_per_unit_year * option.most for option in prospect.options])


def even_kg(prospect: Prospect) -> Floats:
    """Share the carbon of each year evenly among its days, ``(cases,)``."""
    days = sum(day.days_per_year for day in prospect.days)
    return np.repeat(prospect.carbon.most_kg / days, len(prospect.growths) * len(prospect.days))


def total_fen(prospect: Prospect, point: Point, ran: Ran) -> float:
    """Return the discounted cost of building and running."""
    build = cost_of_share(prospect) @ point.share @ prospect.discount
    return float(build + prospect.weight @ ran.cost_fen)


def tell(prospect: Prospect, point: Point, ran: Ran, *, bound_fen: float, steps: int) -> Expansion:
    """Put a point and what its cases came to into the words of an expansion."""
    years, most = len(prospect.years), most_of(prospect)
    days = prospect.days_of_case.reshape(years, -1)
    slope = ran.slope_fen.reshape(*days.shape, len(most))
    return Expansion(
        standing=most[:, None] * point.share,
        build_fen=cost_of_share(prospect) @ point.share,
        run_fen=(days * ran.cost_fen.reshape(years, -1)).sum(axis=1),
        cost_fen=total_fen(prospect, point, ran),
        bound_fen=bound_fen,
        worth_fen=-np.einsum("yi,yio->oy", days, slope) / most[:, None],
        carbon_kg=(days * ran.carbon_kg.reshape(years, -1)).sum(axis=1),
        unserved_unit_h=_unserved(prospect, ran),
        steps=steps,
    )


def _unserved(prospect: Prospect, ran: Ran) -> dict[str, Floats]:
    """Return what each kind is expected to lack in each year."""
    kinds = np.unique(np.concatenate([day.instance.kind for day in prospect.days])).tolist()
    work = prospect.days_of_case[:, None] * ran.unserved_unit_h
    by_year = work.reshape(len(prospect.years), -1, len(KINDS)).sum(axis=1)
    return {KINDS[kind].value: by_year[:, kind] for kind in kinds}


class Master:
    """The programme of builds: first the shares built, then the carbon allowed, then the cost of each case, scaled."""

    def __init__(self, prospect: Prospect, *, scale_fen: float, share: Floats | None) -> None:
        self._prospect, self._scale_fen = prospect, scale_fen
        self._options, self._years = len(prospect.options), len(prospect.years)
        self._cases = len(prospect.weight)
        self._built = self._options * self._years
        self._of_year = self._cases // self._years
        # Carbon in parts of what a day may emit on average, so that all columns are near one.
        self._kg = np.where(np.isfinite(even_kg(prospect)), np.maximum(even_kg(prospect), 1.0), 0.0)
        self._solver = quiet_solver()
        self._solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
        self._solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
        self._add_columns(share)
        if share is None:
            self._add_needs()
        self._add_carbon()

    def _add_columns(self, share: Floats | None) -> None:
        prospect, endless = self._prospect, highspy.kHighsInf
        remaining = np.cumsum(prospect.discount[::-1])[::-1]
        cost = cost_of_share(prospect)[:, None] * remaining / self._scale_fen
        most = most_in_year(prospect)
        built = None if share is None else np.diff(share, axis=1, prepend=0.0)
        for option, year in np.ndindex(self._options, self._years):
            low, high = (0.0, most[option, year]) if built is None else (built[option, year],) * 2
            self._solver.addCol(float(cost[option, year]), float(low), float(high), 0, [], [])
        for case in range(self._cases):
            self._solver.addCol(0.0, 0.0, endless if self._kg[case] else 0.0, 0, [], [])
        given = self._solver.getLp()
        self._low, self._high = np.array(given.col_lower_), np.array(given.col_upper_)
        for case in range(self._cases):
            self._solver.addCol(float(prospect.weight[case]), -endless, endless, 0, [], [])
        for option in range(self._options):
            row = option * self._years + np.arange(self._years)
            self._row(-endless, 1.0 if share is None else endless, row, np.ones(self._years))

    def _add_needs(self) -> None:
        at = {option.option_id: index for index, option in enumerate(self._prospect.options)}
        for index, option in enumerate(self._prospect.options):
            for year in range(self._years) if option.needs else ():
                needed = at[option.needs]
                before = np.arange(max(year + 1 - option.lead_years, 0))
                column = np.concatenate([index * self._years + np.arange(year + 1), needed * self._years + before])
                value = np.repeat([1.0, -self._prospect.options[needed].most / option.most], [year + 1, len(before)])
                self._row(-highspy.kHighsInf, 0.0, column, value)

    def _add_carbon(self) -> None:
        prospect, days = self._prospect, np.array([day.days_per_year for day in self._prospect.days])
        for year, growth in np.ndindex(self._years, len(prospect.growths)):
            if np.isfinite(prospect.carbon.most_kg[year]):
                case = year * self._of_year + growth * len(days) + np.arange(len(days))
                # All days of the year at the even share come to the limit.
                unit = self._kg[case[0]]
                self._row(-highspy.kHighsInf, prospect.carbon.most_kg[year] / unit, self._built + case, days)

    def _row(self, low: float, high: float, column: ArrayLike, value: ArrayLike) -> None:
        at = np.asarray(column, dtype=np.int32)
        self._solver.addRow(low, high, len(at), at, np.asarray(value, dtype=float))

    def cut(self, point: Point, ran: Ran) -> None:
        """Add what the cases say of the cost around a point."""
        for case in range(self._cases):
            year = case // self._of_year
            slope = ran.slope_fen[case] / self._scale_fen
            used = np.flatnonzero(slope)
            column = (used[:, None] * self._years + np.arange(year + 1)).ravel()
            value = np.repeat(-slope[used], year + 1)
            low = ran.cost_fen[case] / self._scale_fen - slope @ point.share[:, year]
            if self._kg[case]:
                carbon = ran.carbon_slope_fen[case] * self._kg[case] / self._scale_fen
                low -= carbon * point.allowed_kg[case] / self._kg[case]
                column, value = np.append(column, self._built + case), np.append(value, -carbon)
            column = np.append(column, self._built + self._cases + case)
            self._row(float(low), highspy.kHighsInf, column, np.append(value, 1.0))

    def propose(self, near: Point | None = None, reach: float = 1.0) -> tuple[Point, float]:
        """Return the best build by what is known, and its cost by that: a bound, where no part of it is kept near.

        Parameters
        ----------
        near, reach
            Keep each share built, and the carbon of each day over its even part, so near those of a point.
        """
        self._bound(near, reach)
        run_to_optimum(self._solver)
        value = np.array(self._solver.getSolution().col_value)
        built = np.maximum(value[: self._built].reshape(self._options, self._years), 0.0)
        share = np.cumsum(built, axis=1)
        kg = np.where(self._kg > 0, value[self._built : self._built + self._cases] * self._kg, np.inf)
        return Point(share, kg), float(self._solver.getInfo().objective_function_value) * self._scale_fen

    def _bound(self, near: Point | None, reach: float) -> None:
        low, high = self._low, self._high
        if near is not None:
            kg = np.divide(near.allowed_kg, self._kg, out=np.zeros(self._cases), where=self._kg > 0)
            middle = np.concatenate([np.diff(near.share, axis=1, prepend=0.0).ravel(), kg])
            middle = np.clip(middle, low, high)
            low, high = np.maximum(low, middle - reach), np.minimum(high, middle + reach)
        self._solver.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)
