"""Make persons and jobs at random: jobs that most like best, and persons whom most employers like best."""

from __future__ import annotations

import numpy as np

from qipan.talent.guide.recommend import best_of
from qipan.talent.model.guidance import Aim, Prospects


def random_prospects(
    persons: int, jobs: int, *, seed: int, alike: float = 0.5, tightness: float = 1.0, possible: int = 100
) -> Prospects:
    """Return prospects in which each person could do so many jobs, drawn from all of them.

    Parameters
    ----------
    alike
        Share of the variance of log gains and of log odds of being fit that the job alone has: 1 where all persons
        rank jobs alike.
    tightness
        Openings a person.
    """
    rng = np.random.default_rng(seed)
    possible = min(possible, jobs)
    job = np.concatenate([np.sort(rng.choice(jobs, possible, replace=False)) for _ in range(persons)])
    person = np.repeat(np.arange(persons), possible)
    openings = 1 + rng.multinomial(max(0, round(tightness * persons) - jobs), rng.dirichlet(np.full(jobs, 0.5)))
    fame, ease, skill = rng.normal(size=jobs), rng.normal(size=jobs), rng.normal(size=persons)
    own, fit = rng.normal(size=(2, len(job)))
    log_gain = np.sqrt(alike) * fame[job] + np.sqrt(1.0 - alike) * own
    log_odds = -1.0 + np.sqrt(alike) * ease[job] + np.sqrt(1.0 - alike) * fit + 0.5 * skill[person]
    return Prospects(
        openings.astype(np.int64),
        np.arange(0, persons * possible + 1, possible, dtype=np.int64),
        job.astype(np.int64),
        1.0 / (1.0 + np.exp(-log_odds)),
        np.exp(0.5 * log_gain),
    )


def spread_lists(prospects: Prospects, most: int, seed: int, aim: Aim = Aim.GAIN) -> np.ndarray:
    """Return lists drawn at random from the twice as many best for each person alone: a plain remedy for crowding."""
    worth = prospects.gain if aim is Aim.GAIN else 1.0
    wide = best_of(prospects.chance * worth, prospects.first, 2 * most)
    keys = np.where(wide, np.random.default_rng(seed).random(len(wide)), -1.0)
    return best_of(keys, prospects.first, most)
