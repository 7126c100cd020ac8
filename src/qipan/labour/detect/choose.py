"""Every detector by the name that people choose it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.labour.detect import hazard
from qipan.labour.detect.cusum import cusum
from qipan.labour.detect.ears import c1, c2, c3
from qipan.labour.detect.farrington import farrington
from qipan.labour.detect.sahm import rise, sahm
from qipan.labour.detect.turn import turn
from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Detector, Lesson, Scorer, Watch


def untaught(score: Callable[[Watch], Floats]) -> Detector:
    """Return a detector whose score is all that it sees: it learns nothing."""

    def learn(seen: Floats, lesson: Lesson) -> Scorer:
        del seen, lesson
        return lambda other: other

    return Detector(score, learn)


DETECTORS: Final[dict[str, Detector]] = {
    "hazard": Detector(hazard.see, hazard.learn, hazard.inputs),
    "turn": untaught(turn),
    "sahm": untaught(sahm),
    "rise": untaught(rise),
    "ears-c1": untaught(c1),
    "ears-c2": untaught(c2),
    "ears-c3": untaught(c3),
    "farrington": untaught(farrington),
    "cusum": untaught(cusum),
}

OFFERED: Final = ("hazard", "turn")
"""Those whose promises are kept on every panel that they were proven on; the others are there to be compared with."""


def choose(name: str) -> Detector:
    """Return the detector of that name.

    Raises
    ------
    NotFoundError
        ``detector_unknown``.
    """
    if name not in DETECTORS:
        raise NotFoundError(
            f"A detector must be one of {', '.join(DETECTORS)}, was {name!r}.",
            code="detector_unknown",
            hint="Choose one of these.",
        )
    return DETECTORS[name]


def choose_offered(name: str) -> Detector:
    """Return the detector of that name, if people are warned by it.

    Raises
    ------
    NotFoundError
        ``detector_unknown``.
    RuleBrokenError
        ``detector_not_offered``.
    """
    found = choose(name)
    if name not in OFFERED:
        raise RuleBrokenError(
            f"A detector that warns must be one whose promises hold, {' or '.join(OFFERED)}, was {name}.",
            code="detector_not_offered",
            hint="Compare others with qipan labour backtest.",
        )
    return found
