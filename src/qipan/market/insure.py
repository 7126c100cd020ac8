"""Insure deliveries and prices: a premium from past claims, a trigger that a figure pulls, claims out of a fund.

Nobody assesses a claim: it follows from what failed, or from the settlement price. A fund that lacks money pays in
proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Final

from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.insurance import Payout, Policy, Risk

BASIS_POINTS: Final = 10_000


def premium_fen(past_claims_fen: Sequence[int], loading_bp: int) -> int:
    """Return the premium: the mean of what the policy would have paid in past windows, and a loading, rounded up.

    Raises
    ------
    RuleBrokenError
        ``history_short`` where there are no past windows.

    Examples
    --------
    >>> premium_fen([0, 0, 1000], 2500)
    417
    """
    if not past_claims_fen:
        raise RuleBrokenError(
            "A premium must come from past windows, was none.",
            code="history_short",
            hint="Bring past windows, or modelled ones that say so.",
        )
    mean = Fraction(sum(past_claims_fen), len(past_claims_fen))
    return ceil(mean * Fraction(BASIS_POINTS + loading_bp, BASIS_POINTS))


def claim_fen(policy: Policy, *, figure: int, held_card_h: int, paid_fen: int = 0) -> int:
    """Return what a policy owes for what happened in its window.

    Parameters
    ----------
    figure
        Of a failure, card-hours that were not delivered; of a price, the settlement price in fen a card-hour.
    held_card_h
        Card-hours that the insured bought (risk of a price above, or of a failure) or sold (below): no more is insured
        than is at stake.
    paid_fen
        What the policy paid before.

    Raises
    ------
    BadInputError
        ``claim_negative``.
    """
    if min(figure, held_card_h, paid_fen) < 0:
        raise BadInputError(
            f"A claim must rest on figures that are not negative, was {figure}, held {held_card_h}, paid {paid_fen}.",
            code="claim_negative",
            hint="Give the figure of the window as it was settled.",
        )
    at_stake = min(policy.card_h, held_card_h)
    if policy.risk is Risk.FAILURE:
        loss_fen = min(figure, at_stake) * policy.fen_per_card_h
    else:
        sign = 1 if policy.risk is Risk.PRICE_ABOVE else -1
        loss_fen = at_stake * max(sign * (figure - policy.fen_per_card_h), 0)
    return max(min(loss_fen, policy.limit_fen - paid_fen), 0)


def paid_card_h(policy: Policy, *, figure: int, fen: int) -> int:
    """Return for how many card-hours a claim pays, the last perhaps in part: no other policy pays for these.

    Examples
    --------
    >>> from qipan.market.model.contract import Instrument
    >>> day = Instrument.named("h100@gui/2030-03-06")
    >>> paid_card_h(Policy("p", "firm", Risk.PRICE_ABOVE, day, 500, 1100, 10_000), figure=1300, fen=10_000)
    50
    """
    sign = -1 if policy.risk is Risk.PRICE_BELOW else 1
    each_fen = policy.fen_per_card_h if policy.risk is Risk.FAILURE else sign * (figure - policy.fen_per_card_h)
    return -(-fen // each_fen) if fen else 0


def pay(claims_fen: Sequence[int], fund_fen: int) -> Payout:
    """Return what a fund pays: all claims, or its whole in proportion to them, what is left by time stamp.

    Examples
    --------
    >>> pay([50, 50, 50], 100), pay([50], 100)
    (Payout(paid_fen=(34, 33, 33), left_fen=0), Payout(paid_fen=(50,), left_fen=50))
    """
    paid = apportion(min(sum(claims_fen), fund_fen), claims_fen)
    return Payout(paid, fund_fen - sum(paid))
