"""How much of which activity each region does."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.regions.model.array import Floats


@dataclass(frozen=True, slots=True)
class Activities:
    """Amounts of activities, such as exports of a product or jobs of an industry.

    Attributes
    ----------
    value
        ``(regions, activities)``, 0 or more; 0 where nothing is told.
    """

    regions: tuple[str, ...]
    activities: tuple[str, ...]
    value: Floats
