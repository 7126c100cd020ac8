"""What each holder made, sold, bought and may claim, and what of its use is left uncovered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One holder's part of what was made and used; all in Wh.

    Attributes
    ----------
    made_wh
        Issued of its devices, and not withdrawn.
    sold_wh
        Of that, what others have.
    bought_wh
        What it has of others' devices.
    open_wh
        What it holds or has allocated, and may still claim.
    retired_wh
        What is retired for it.
    covering_wh
        Of that, what covers a row of use.
    expired_wh
        What expired with it: nobody can claim it any more.
    used_wh
        What it used.
    """

    holder: str
    made_wh: int
    sold_wh: int
    bought_wh: int
    open_wh: int
    retired_wh: int
    covering_wh: int
    expired_wh: int
    used_wh: int

    @property
    def residual_wh(self) -> int:
        """Use that nothing covers: it takes the residual mix."""
        return self.used_wh - self.covering_wh

    @property
    def is_even(self) -> bool:
        """Whether what came to it is what it has, and no more of its use is covered than there is."""
        has_wh = self.open_wh + self.retired_wh + self.expired_wh
        return self.made_wh - self.sold_wh + self.bought_wh == has_wh and 0 <= self.covering_wh <= min(
            self.retired_wh, self.used_wh
        )
