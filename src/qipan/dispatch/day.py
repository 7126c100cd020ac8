"""Solve a day: plan, price and place its jobs, with the bound and the baselines beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qipan.dispatch.explanation.left import left_units
from qipan.dispatch.explanation.outranked import name_outranked
from qipan.dispatch.explanation.split import note_terms
from qipan.dispatch.explanation.stand_alone import stand_alone
from qipan.dispatch.explanation.volume import volumes
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import Terms
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Plan, Score
from qipan.dispatch.model.reservation import Reservation, ReservationsDay
from qipan.dispatch.model.stand_alone import StandAlone
from qipan.dispatch.model.upheld import Upheld
from qipan.dispatch.model.volume import Volume
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import bound_fen
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen, score
from qipan.dispatch.placement.uphold import uphold_against
from qipan.dispatch.plan import plan
from qipan.dispatch.pose import Posed, pose
from qipan.dispatch.prices.price import Identities, identities
from qipan.dispatch.reservation.cover import held_fen, join
from qipan.dispatch.reservation.settle import settle


@dataclass(frozen=True, slots=True)
class Outcome:
    """A solved day: plan, bound and placement, and what the baselines make of the same jobs.

    ``rules`` and ``plan`` are those that the placement follows; ``plan_fen`` and all costs are at the rules given.

    Attributes
    ----------
    posed
        What was solved.
    plan, identities
        Of all work that is not covered, on the board that covered jobs leave to it.
    planned_unit_h
        ``(pools, slots)``, use by the plan and by covered jobs.
    plan_fen, bound_fen
        The plan's optimum and the bound, with what covered jobs cost.
    """

    posed: Posed
    rules: Rules
    plan: Plan
    planned_unit_h: Floats
    found: Placement
    identities: Identities
    plan_fen: float
    bound_fen: float
    served_fen: float
    lost_fen: float
    scores: tuple[Score, ...]
    volumes: tuple[Volume, ...]
    stand_alone: tuple[StandAlone, ...]
    terms: Terms
    reservations: ReservationsDay
    upheld: Upheld | None


def solve_day(
    jobs: Jobs,
    board: Board,
    rules: Rules,
    progress: Callable[[str], None],
    *,
    reservations: Sequence[Reservation] = (),
    zone_name: str = "UTC",
    no_worse_than: str = "",
) -> Outcome:
    """Plan and price the jobs, place them by each baseline, and along the plan.

    Jobs that reservations cover are placed first, the same for all.

    Parameters
    ----------
    progress
        Told the name of each step as it begins.
    zone_name
        Whose clocks an error about reservations shows.
    no_worse_than
        One of `placement.uphold.POLICIES`, or none: no tier is to be served worse than by it.

    Raises
    ------
    BadInputError
        ``reservations_unmet``, ``reservations_over_links``.
    EngineError
        ``solver_failed``.
    """
    progress("reach")
    posed = pose(jobs, board, rules, reservations=reservations, zone_name=zone_name)
    jobs, reached, covered, rest = posed.jobs, posed.reached, posed.covered, posed.rest
    classes, takes = posed.instance.classes, posed.instance.takes
    progress("plan")
    solved = plan(*posed.instance)
    given = (rest.jobs, rest.board, rules, rest.reached)
    theirs: dict[str, Placement] = {}
    for rule in Baseline:
        progress(rule.value)
        theirs[rule.value] = place_by(rule, *given, refused=rest.refused)
    progress("place")
    free = place(*given, refused=rest.refused, plan=solved, theirs=theirs)
    if no_worse_than:
        progress("uphold")
    kept, upheld = uphold_against(
        *given, policy=no_worse_than, theirs=theirs, refused=rest.refused, classes=classes, plan=solved, found=free
    )
    used, shown = kept.rules, kept.plan
    placed = name_outranked(rest.jobs, rest.board, rules, rest.reached, kept.found)
    found = join(jobs, board, covered, placed)
    joined = {"qipan": found} | {name: join(jobs, board, covered, one) for name, one in theirs.items()}
    served, lost = planned_fen(jobs, board, rules, reached, found)
    covered_fen = held_fen(jobs, board, rules, reached, covered)
    progress("stand_alone")
    return Outcome(
        posed=posed,
        rules=used,
        plan=shown,
        planned_unit_h=shown.supply_unit_h + rest.board.held_unit_h,
        found=found,
        identities=identities(rest.board, shown, used),
        plan_fen=solved.objective_fen + covered_fen,
        bound_fen=bound_fen(*given, refused=rest.refused, plan=solved) + covered_fen,
        served_fen=served,
        lost_fen=lost,
        scores=tuple(score(name, jobs, board, rules, reached, found=one) for name, one in joined.items()),
        volumes=volumes(rest.jobs, rest.board, used, rest.reached, found=kept.found, plan=shown),
        stand_alone=stand_alone(rest.board, classes, used, takes, plan=shown),
        terms=note_terms(board, used, shown, left_units(rest.jobs, rest.board, rest.reached, kept.found)),
        reservations=settle(jobs, board, covered, found=found, lmp_fen_per_unit_h=shown.lmp_fen_per_unit_h),
        upheld=None if upheld is None else upheld.beside(covered_fen),
    )
