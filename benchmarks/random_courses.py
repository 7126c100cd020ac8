"""Make persons, modules and jobs by seed, over the regions of the country.

Everything is made up. Skills are drawn so that few are asked for often; a job needs three to six of them, a person has
eight to sixteen, and a module teaches one to three. Half of the modules are online, the others in a region; a person
would work in one region or in two. Small offers have fewer regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.talent.model.course import Job, Module, Offer, Person, Presence

REGIONS = 31
JOBS_A_REGION = 500
SKILLS = 120
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0)


def random_courses(persons: int, modules: int, jobs: int, *, seed: int) -> tuple[tuple[Person, ...], Offer]:
    """Return so many persons, and an offer of modules and jobs with seats and openings for about as many."""
    drawn = np.random.default_rng(seed)
    asked = 1.0 / np.arange(10, SKILLS + 10)
    asked /= asked.sum()
    regions = max(2, min(REGIONS, jobs // JOBS_A_REGION))
    shape = _Shape(drawn, asked, regions, persons)
    offer = Offer(_modules(shape, modules), _jobs(shape, jobs))
    return _persons(shape), offer


@dataclass(frozen=True)
class _Shape:
    drawn: np.random.Generator
    asked: np.ndarray
    regions: int
    persons: int

    def skills(self, many: int, least: int = 0) -> dict[str, float]:
        """Draw so many skills with levels."""
        chosen = self.drawn.choice(SKILLS, size=many, replace=False, p=self.asked).tolist()
        return {f"s{one:03d}": LEVELS[int(self.drawn.integers(least, len(LEVELS)))] for one in chosen}

    def region(self) -> str:
        """Draw a region."""
        return f"r{self.drawn.integers(self.regions):02d}"


def _modules(shape: _Shape, many: int) -> tuple[Module, ...]:
    drawn, persons, found = shape.drawn, shape.persons, []
    for at in range(many):
        presence = Presence.ONLINE if drawn.random() < 0.5 else Presence.ONSITE
        hours, fen = int(drawn.integers(4, 40)) * 5, int(drawn.integers(0, 60)) * 5_000
        found.append(
            Module(
                f"m{at:05d}", f"school {at % 199}", shape.region(), presence,
                1 + int(drawn.poisson(2.0 * persons / many)), hours,
                shape.skills(int(drawn.integers(1, 4)), least=1), fen, fen // 2,
            )
        )  # fmt: skip
    return tuple(found)


def _jobs(shape: _Shape, many: int) -> tuple[Job, ...]:
    drawn, persons = shape.drawn, shape.persons
    return tuple(
        Job(
            f"j{at:05d}", shape.region(), f"o{at % 997}",
            shape.skills(int(drawn.integers(3, 7))), 1 + int(drawn.poisson(persons / many)),
            int(drawn.integers(30, 150)) * 10_000,
        )
        for at in range(many)
    )  # fmt: skip


def _persons(shape: _Shape) -> tuple[Person, ...]:
    drawn, found = shape.drawn, []
    for at in range(shape.persons):
        regions = drawn.choice(shape.regions, size=int(drawn.integers(1, 3)), replace=False).tolist()
        found.append(
            Person(
                f"p{at:06d}", shape.skills(int(drawn.integers(8, 17))), int(drawn.integers(10, 100)) * 5,
                int(drawn.integers(0, 100)) * 10_000, tuple(f"r{one:02d}" for one in regions),
                int(drawn.integers(30, 80)) * 10_000, int(drawn.integers(0, 3)),
            )
        )  # fmt: skip
    return tuple(found)
