"""Say what support people need who lose their job, from stated figures a person: modelled, never observed."""

from __future__ import annotations

import math

from qipan.kernel.money import round_fen
from qipan.labour.model.home import Needs, Support


def support(people: float, per_person: Support) -> Needs:
    """Return places in training and money for so many people.

    Examples
    --------
    >>> support(250.0, Support(0.3, 150_000.0, 6.0, 180_000.0))
    Needs(training_places=75, training_fen=11250000, benefit_fen=270000000)
    """
    places = math.ceil(round(people * per_person.training_share, 6))
    return Needs(
        places,
        round_fen(places * per_person.training_fen),
        round_fen(people * per_person.benefit_months * per_person.benefit_fen_per_month),
    )
