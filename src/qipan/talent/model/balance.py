"""What a region gives and gets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegionBalance:
    """Days of experts that a region gives and gets by the contracts of an exchange.

    Attributes
    ----------
    own_days
        Given by who works in the region to posts of the region.
    out_days
        Given by who works in the region to posts of others.
    in_days
        Given to posts of the region by who works elsewhere.
    returned_days
        Of these, by who comes from the region.
    enclave_days
        Of these, in an enclave: the expert serves the region and stays where they are.
    home_grown_days
        Given to posts of the region by who comes from it, wherever they work.
    """

    region: str
    own_days: int = 0
    out_days: int = 0
    in_days: int = 0
    returned_days: int = 0
    enclave_days: int = 0
    home_grown_days: int = 0

    @property
    def net_days(self) -> int:
        """What comes in beyond what goes out; below 0 where the region is drained."""
        return self.in_days - self.out_days

    @property
    def external_days(self) -> int:
        """Given to posts of the region by who does not come from it."""
        return self.own_days + self.in_days - self.home_grown_days

    @property
    def retention(self) -> float | None:
        """Share of what its people give that stays in the region; nothing where they give none."""
        given_days = self.own_days + self.out_days
        return self.own_days / given_days if given_days else None
