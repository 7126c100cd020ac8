"""Close a defaulter's positions out, and let the loss run down the waterfall.

The order: the defaulter's margin, the defaulter's share of the mutual fund, the clearing house's capital, the shares of
the others in proportion. Whoever did not default loses at most its share, and last.

Source: `pfmi2012`.
"""

from __future__ import annotations

from qipan.kernel.apportion import apportion
from qipan.market.model.array import Ints
from qipan.market.model.default import Guarantee, Waterfall


def close_out_loss_fen(position_card_h: Ints, marks_fen: Ints, closed_fen: Ints, arrears_fen: int = 0) -> int:
    """Return the loss of closing a position at other prices than its last paid marks; negative where it gains.

    Parameters
    ----------
    position_card_h
        Card-hours bought less sold, ``(instruments,)``.
    marks_fen, closed_fen
        Last marks that were paid, and prices of closing, fen a card-hour ``(instruments,)``.
    arrears_fen
        Variation margin and other debts that the defaulter did not pay.
    """
    return arrears_fen - int(position_card_h @ (closed_fen - marks_fen))


def waterfall(loss_fen: int, behind: Guarantee) -> Waterfall:
    """Return who bears a loss; a gain is borne by nobody.

    Examples
    --------
    >>> waterfall(1000, Guarantee(margin_fen=500, share_fen=100, house_fen=150, others_fen=(200, 100, 100)))
    Waterfall(margin_fen=500, share_fen=100, house_fen=150, others_fen=(125, 63, 62), uncovered_fen=0)
    """
    left, used = max(loss_fen, 0), []
    for layer_fen in (behind.margin_fen, behind.share_fen, behind.house_fen, sum(behind.others_fen)):
        used.append(min(left, layer_fen))
        left -= used[-1]
    margin, share, house, mutual = used
    return Waterfall(margin, share, house, apportion(mutual, behind.others_fen), left)
