"""What a simulation gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qipan.policy.model.array import Floats, Ints

MEASURES: Final = ("output", "theil", "displaced", "penetration", "penetration_gap", "service_gap")
"""Of the nation by period: output (100 million yuan a year); Theil's T of output per head; displaced people (10,000);
mean penetration; its deviation between regions over its mean; deviation of displaced shares of jobs between regions."""
LAST: Final = ("output_per_head", "penetration", "displaced_share", "talent_in", "compute_out", "transfer", "knowledge")
"""Of each region at the end, or over all periods: 10,000 yuan a person; share; share of jobs; net talent that came;
compute served to others, summed over years; money received less paid, 100 million yuan; index of knowledge."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What came of each member.

    Attributes
    ----------
    paths
        ``(members, periods + 1, measures)``, in the order of `MEASURES`.
    last
        ``(members, regions, columns)``, in the order of `LAST`.
    to_output, to_gap
        What each effect of figure 2 added to the logarithm of the nation's output, and to Theil's T, summed over
        periods, each to first order, ``(members, effects)``.
    breakthroughs
        How many came, ``(members,)``.
    """

    paths: Floats
    last: Floats
    to_output: Floats
    to_gap: Floats
    breakthroughs: Ints
