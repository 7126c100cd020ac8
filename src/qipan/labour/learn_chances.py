"""Learn chances: a detector, and what came after scores that it gave to time that it had not learned from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from qipan.labour.foresee import Sizes, Steps, chances, is_open
from qipan.labour.learn_folds import cut, score_apart
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.detector import Detector, Scorer, Watch
from qipan.labour.model.event import History
from qipan.labour.model.notice import HORIZON, horizon_of


@dataclass(frozen=True, slots=True)
class Foresight:
    """What was learned from all that a panel had become.

    Attributes
    ----------
    apart
        Scores of each stretch of time by what was learned in the others, ``(cells, periods)``.
    opens
        Where a loss was still to come, ``(cells, periods)``.
    until
        Stretches of time of which chances are told end before so many periods; the second is the horizon's.
    steps
        Chances of a loss before each of them.
    sizes
        What is lost by the end of the horizon.
    """

    scorer: Scorer
    apart: Floats
    opens: Bools
    until: tuple[int, ...]
    steps: tuple[Steps, ...]
    sizes: Sizes


def learn_chances(seen: Floats, detector: Detector, watch: Watch, history: History, ahead: int) -> Foresight:
    """Return what a detector and its chances learn from a panel.

    Raises
    ------
    RuleBrokenError
        ``history_short`` where too little time to come is known.
    """
    scorer, apart = score_apart(seen, detector, history, list(pairwise(cut(history, watch))), watch)
    opens, wait = is_open(watch.losses, watch.depth, history)
    soon, late = horizon_of(ahead)
    until = (soon, late, HORIZON * ahead + 1)
    # The whole horizon can be asked only where it is known; soon and late need less.
    lengths = tuple(end for end in until if end <= late or watch.losses.shape[1] >= 2 * end)
    steps, _ = chances(apart, wait, opens, lengths, watch.per_year)
    return Foresight(scorer, apart, opens, lengths, steps, Sizes(watch.losses, apart, opens, late))
