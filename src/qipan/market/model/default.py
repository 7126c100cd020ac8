"""Nouns of a default: what stands behind a member, and who bore which part of the loss."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.kernel.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What stands behind a member, in the order in which it is used, fen.

    Attributes
    ----------
    margin_fen, share_fen
        The member's own margin, and its own share of the mutual fund.
    house_fen
        What the clearing house puts in before the others.
    others_fen
        Shares of the other members in the mutual fund, in the order in which they were paid in.

    Raises
    ------
    BadInputError
        ``guarantee_negative``.
    """

    margin_fen: int
    share_fen: int
    house_fen: int
    others_fen: tuple[int, ...]

    def __post_init__(self) -> None:
        layers = (self.margin_fen, self.share_fen, self.house_fen, *self.others_fen)
        if min(layers) < 0:
            raise BadInputError(
                f"No part of a guarantee may be negative, was {layers}.",
                code="guarantee_negative",
                hint="An account below 0 is a loss: add it to the loss.",
            )


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Who bore which part of a loss, fen; the parts and what nobody covered add up to the loss.

    Attributes
    ----------
    uncovered_fen
        What is left when all is used up: no member bears more than its share, the house owes it.
    """

    margin_fen: int
    share_fen: int
    house_fen: int
    others_fen: tuple[int, ...]
    uncovered_fen: int
