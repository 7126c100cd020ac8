"""What lists of recommendations bring as expected, and what one more recommendation adds.

People apply to one job of their list by chance, to each of a short list the more often; `fill` says how many openings
that fills. Whoever is fit and finds no opening loses what people gain at that job on average. So lists bring

    sum of q w x  -  sum over jobs of c (n - filled(n)),     n = sum of q x at the job,

where ``x`` is 1 for what is recommended, ``q`` the chance to apply and be fit (that to be fit, over the
length of the list), ``w`` the gain (1 where placements are the aim), ``c`` the mean gain at the job. It is concave in
``x``, and where people gain alike at a job it is exactly the expected gain of those who are hired.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.talent.guide.fill import below_each, filled_each
from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.guidance import Aim, Prospects


@dataclass(frozen=True, slots=True)
class Weights:
    """What the sum above needs.

    Attributes
    ----------
    applies
        ``q``, ``(pairs,)``.
    worth
        ``w``, ``(pairs,)``.
    missed
        ``c``, ``(jobs,)``.
    """

    applies: Floats
    worth: Floats
    missed: Floats
    job: Ints
    openings: Ints

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """What compiled code needs."""
        return self.applies, self.worth, self.missed

    def qualified(self, chosen: Floats | Bools) -> Floats:
        """Return how many fit people are expected to apply, ``(jobs,)``."""
        return np.bincount(self.job, self.applies * chosen, minlength=len(self.openings)).astype(np.float64)

    def value(self, chosen: Floats | Bools) -> float:
        """Return what lists bring."""
        qualified = self.qualified(chosen)
        lost = self.missed * (qualified - filled_each(qualified, self.openings))
        return float(self.applies * self.worth @ chosen - lost.sum())

    def slopes(self, qualified: Floats) -> Floats:
        """Return what a little more of each recommendation adds, ``(pairs,)``."""
        crowding = self.missed * (1.0 - below_each(qualified, self.openings))
        return self.applies * (self.worth - crowding[self.job])


def weigh(prospects: Prospects, most: int, aim: Aim) -> Weights:
    """Return the weights of lists of at most so many jobs."""
    # Where there is no opening nobody is helped, however much they would gain.
    listed = prospects.lengths(most)[prospects.person]
    applies = np.where(prospects.openings[prospects.job] > 0, prospects.chance / listed, 0.0)
    worth = prospects.gain if aim is Aim.GAIN else np.ones(len(prospects.job))
    jobs = len(prospects.openings)
    asked = np.bincount(prospects.job, applies, minlength=jobs)
    brought = np.bincount(prospects.job, applies * worth, minlength=jobs)
    missed = np.divide(brought, asked, out=np.zeros(jobs), where=asked > 0.0)
    return Weights(applies, worth, missed, prospects.job, prospects.openings)
