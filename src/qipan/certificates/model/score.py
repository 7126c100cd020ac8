"""How green use was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """How green use was; both scores stand beside each other, and neither is the other.

    Attributes
    ----------
    load_wh, made_wh
        What was used, and what was made for it.
    hourly_wh, monthly_wh
        What was used in the hour, or in the month, in which as much was made.
    hourly_share, monthly_share
        Both as shares of use.
    carbon_free_share
        Share of use that was carbon-free by the hour, with the grid's share of what is left.
    """

    load_wh: int
    made_wh: int
    hourly_wh: int
    monthly_wh: int
    hourly_share: float
    monthly_share: float
    carbon_free_share: float
