"""What regions may choose of, what they chose, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.regions.model.array import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be chosen.

    Attributes
    ----------
    worth
        Of each activity to each region ``(regions, activities)``.
    most
        How many activities a region chooses at most ``(regions,)``.
    need, limit
        What an activity takes of each resource ``(activities, resources)``, and what a region has of it
        ``(regions, resources)``, in one unit.
    sameness
        Weight of two regions choosing alike: at 1 each region would lose a mean worth if all chose one activity.
    """

    worth: Floats
    most: Ints
    need: Floats
    limit: Floats
    sameness: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What regions choose.

    Attributes
    ----------
    picks
        ``(regions, activities)``.
    worth
        Sum of what is chosen, before sameness.
    pairs
        Pairs of regions that chose one activity, over all activities.
    mean_sameness
        Krugman's index of what is chosen, mean over pairs of regions: 0 all the same, 2 nothing shared.
    mean_cosine
        Cosine of what is chosen, mean over pairs: 1 all the same, 0 nothing shared.
    """

    picks: Bools
    worth: float
    pairs: int
    mean_sameness: float
    mean_cosine: float


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is chosen at a weight of sameness."""

    weight: float
    choice: Choice
