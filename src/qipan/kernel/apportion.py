"""Share whole numbers out in proportion: each part rounded down, what is left one by one to those rounded down."""

from __future__ import annotations

from collections.abc import Sequence

from qipan.kernel.errors import BadInputError


def apportion(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return whole parts of a total, in proportion to weights that stand in the order of their time stamps.

    Each part is the exact one rounded down or up; those rounded down are rounded up in their order until all is shared.
    Parts add up to the total. Where it is at most the sum of the weights, no part is larger than its weight.

    Raises
    ------
    BadInputError
        ``share_negative``; ``share_of_nobody`` where something is to be shared and no weight is above 0.

    Examples
    --------
    >>> apportion(8, [5, 0, 5, 2])
    (4, 0, 3, 1)
    """
    whole = sum(weights)
    if total < 0 or any(weight < 0 for weight in weights):
        raise BadInputError(
            f"A total and its weights must not be negative, was {total} by {list(weights)}.",
            code="share_negative",
            hint="Share the positive amount, and turn its sign afterwards.",
        )
    if total and not whole:
        raise BadInputError(
            f"Something must have a weight above 0 to share {total} out, was {list(weights)}.",
            code="share_of_nobody",
            hint="Name whom it goes to.",
        )
    if not total:
        return (0,) * len(weights)
    exact = [divmod(total * weight, whole) for weight in weights]
    left = total - sum(part for part, _ in exact)
    parts = []
    for part, rest in exact:
        is_up = rest > 0 and left > 0
        parts.append(part + is_up)
        left -= is_up
    return tuple(parts)
