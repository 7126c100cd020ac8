"""Who can be asked for: an expert, and the portions of their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.talent.model.terms import Span

PORTIONS_MOST: Final = 6
"""Most portions of time that an expert offers."""


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert who offers time.

    Each portion takes one contract, which must lie within its months and need no more days a month. So no expert ever
    gives more days than they offer, and which contracts go together follows a rule under which a matching that nobody
    wants to leave exists: sets that fit into portions are the independent sets of a transversal matroid.

    Attributes
    ----------
    region
        Where they work today.
    home
        Where they come from.
    fields
        What they know, the main field first; quotas by field count them under that one.
    portions
        What they offer of their time.
    partner
        With whom they move together, or neither moves; empty for most.

    Raises
    ------
    BadInputError
        ``portions_unfit`` unless there are 1 to 6 portions; ``partner_portions`` where one who moves together has
        more than one.
    """

    expert_id: str
    region: str
    home: str
    fields: tuple[str, ...]
    portions: tuple[Span, ...]
    partner: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.portions) <= PORTIONS_MOST:
            raise BadInputError(
                f"An expert must offer 1 to {PORTIONS_MOST} portions of time, was {len(self.portions)}.",
                code="portions_unfit",
                hint="Join portions that go together.",
            )
        if self.partner and len(self.portions) > 1:
            raise BadInputError(
                f"Who moves together must offer one portion of time, was {len(self.portions)}.",
                code="partner_portions",
                hint="Leave one portion, or the partner out.",
            )
