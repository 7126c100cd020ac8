"""Pose the problem of a day: set apart what reservations cover, and make classes of all other work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Instance, Reason
from qipan.dispatch.model.reservation import Covered, Reservation
from qipan.dispatch.reservation.cover import Rest, cover, pin, rest_of


@dataclass(frozen=True, slots=True)
class Posed:
    """The problem of a day.

    Attributes
    ----------
    jobs
        All jobs, the windows of covered ones closed.
    reached
        What each of them may reach.
    rest
        Those that no reservation covers, and the board that is left to them.
    instance
        The programme of the rest.
    """

    jobs: Jobs
    reached: Reach
    covered: Covered
    rest: Rest
    instance: Instance


def pose(
    jobs: Jobs, board: Board, rules: Rules, *, reservations: Sequence[Reservation] = (), zone_name: str = "UTC"
) -> Posed:
    """Set apart what reservations cover, and sum the other jobs up to classes.

    Parameters
    ----------
    zone_name
        Whose clocks an error about reservations shows.

    Raises
    ------
    BadInputError
        ``reservations_unmet``, ``reservations_over_links``.
    """
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    covered = cover(jobs, board, rules, reached, refused=refused, reservations=reservations, zone_name=zone_name)
    pinned = pin(jobs, board, covered)
    rest = rest_of(pinned, board, reached, refused=refused, covered=covered)
    classes = classify(rest.jobs, rest.board, rest.reached, rest.refused == Reason.NONE)
    takes = reached.takes[classes.streams.sort]
    return Posed(pinned, reached, covered, rest, Instance(rest.board, classes, rules, takes))
