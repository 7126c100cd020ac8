"""Draw from the compute bank: idle hours given by some are used by others, elsewhere and later on their own credit.

Credit is earned when a deposit is drawn, not when it is made, so hours that nobody needs make no credit out of nothing;
it is counted at the price of the hour and place, so that an hour at noon in the east is not one at night in the west.
All credit sums to zero. Deposits are drawn in proportion, what is left by time stamp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.bank import Deposit, Draw


def draw(
    deposits: Sequence[Deposit],
    card_h: int,
    *,
    member: str,
    fen_per_card_h: int,
    credit_fen: Mapping[str, int],
    floor_fen: int = 0,
) -> Draw:
    """Return what a draw takes and what it costs; a member's own deposit costs it nothing.

    Parameters
    ----------
    deposits
        Deposits of one instrument, in the order of their time stamps.
    floor_fen
        Least credit that the member may have afterwards, at most 0.

    Raises
    ------
    BadInputError
        ``draw_negative``; ``deposits_mixed`` where they are of several instruments.
    RuleBrokenError
        ``deposits_short``; ``credit_short``.

    Examples
    --------
    >>> given = [Deposit("a", "h100@gansu/2026-03-02T05", 8), Deposit("b", "h100@gansu/2026-03-02T05", 16)]
    >>> draw(given, 12, member="c", fen_per_card_h=100, credit_fen={"c": 1200})
    Draw(taken_card_h=(4, 8), credit_fen={'a': 400, 'b': 800, 'c': -1200})
    """
    if card_h < 0 or fen_per_card_h < 0:
        raise BadInputError(
            f"A draw must have no negative number, was {card_h} card-hours at {fen_per_card_h} fen.",
            code="draw_negative",
            hint="Draw at least 0 card-hours.",
        )
    if len({deposit.instrument for deposit in deposits}) > 1:
        raise BadInputError(
            "Deposits of a draw must be of one instrument, was several.",
            code="deposits_mixed",
            hint="Draw from each hour, class and hub by itself.",
        )
    given = [deposit.card_h for deposit in deposits]
    if card_h > sum(given):
        raise RuleBrokenError(
            f"A draw must not exceed what is deposited, {sum(given)} card-hours, was {card_h}.",
            code="deposits_short",
            hint="Draw less, or another hour, class or hub.",
        )
    taken = apportion(card_h, given)
    changes = dict.fromkeys([*(deposit.member for deposit in deposits), member], 0)
    for deposit, part in zip(deposits, taken, strict=True):
        changes[deposit.member] += part * fen_per_card_h
        changes[member] -= part * fen_per_card_h
    after = credit_fen.get(member, 0) + changes[member]
    if after < floor_fen:
        raise RuleBrokenError(
            f"Credit after a draw must be at least {floor_fen} fen, was {after} of {member}.",
            code="credit_short",
            hint="Let others draw own idle hours first, or draw less.",
        )
    return Draw(taken, changes)
