"""Nouns of service upheld: no tier worse than under another rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

ANY = "any"
"""Stands for all rules at once: of each tier the least that any of them leaves."""


@dataclass(frozen=True, slots=True)
class UpheldTier:
    """What is left of one kind of work in one tier, in unit-hours of planned work that some site could have taken.

    Attributes
    ----------
    cap_unit_h
        Left by the rule whose service is upheld.
    free_unit_h, unserved_unit_h
        Left by the plan without caps, and under them.
    worth_fen_per_unit_h
        Value of a lost unit-hour by which the cap is kept.
    is_kept
        Whether no more than the cap is left.
    """

    kind: str
    tier: str
    cap_unit_h: float
    free_unit_h: float
    unserved_unit_h: float
    worth_fen_per_unit_h: float
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Upheld:
    """Whether no tier is served worse than by another rule, and what that costs.

    Attributes
    ----------
    no_worse_than
        The rule, or ``any``.
    rounds
        How many values of lost hours were tried besides those of the facts.
    is_known
        Whether it is the placement of a simple rule, with jobs moved where that costs less: no values keep the caps for
        less.
    free_fen, cost_fen
        Cost without caps and under them, unserved work at the values of the facts.
    """

    no_worse_than: str
    tiers: tuple[UpheldTier, ...]
    is_kept: bool
    rounds: int
    is_known: bool
    free_fen: float
    cost_fen: float

    def beside(self, fen: float) -> Upheld:
        """Return the same beside other work that costs so much either way."""
        return replace(self, free_fen=self.free_fen + fen, cost_fen=self.cost_fen + fen)
