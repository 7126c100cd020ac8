"""What experts are asked for: a post, its terms, and whom it takes at most."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.terms import Mode, Terms


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many contracts of one kind; an empty part stands for all.

    Attributes
    ----------
    most
        How many at most.
    region
        Of experts who work in this region today.
    field
        Of experts of this main field.
    mode
        In this mode.

    Examples
    --------
    >>> str(Quota(2, region="440000", mode=Mode.VISIT))
    'region=440000 mode=visit:2'
    """

    most: int
    region: str = ""
    field: str = ""
    mode: Mode | None = None

    def holds(self, region: str, field: str, mode: Mode) -> bool:
        """Tell whether a contract counts."""
        return self.region in {"", region} and self.field in {"", field} and (self.mode is None or self.mode is mode)

    @property
    def parts(self) -> dict[str, str]:
        """What it asks for, by name."""
        asked = {"region": self.region, "field": self.field, "mode": self.mode or ""}
        return {name: str(value) for name, value in asked.items() if value}

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.parts.items()) + f":{self.most}"


@dataclass(frozen=True, slots=True)
class Post:
    """A post that takes experts.

    Of two quotas one must hold the other, or they share no contract: a laminar family. Then the post's choice, the best
    by its points that keep every quota, is one under which a matching that nobody wants to leave exists.

    Attributes
    ----------
    region
        Whom the work is for.
    fields
        Of which it needs one.
    most
        Contracts at most.
    quotas
        Of one kind at most.

    Raises
    ------
    RuleBrokenError
        ``quotas_cross``.

    Examples
    --------
    >>> Post("p", "640000", "", (), 3, (), (Quota(1, region="110000"), Quota(2, mode=Mode.VISIT)))
    Traceback (most recent call last):
    qipan.kernel.errors.RuleBrokenError: Of two quotas one must hold the other, or they must share no contract, ...
    """

    post_id: str
    region: str
    employer: str
    fields: tuple[str, ...]
    most: int
    terms: tuple[Terms, ...]
    quotas: tuple[Quota, ...] = ()

    def __post_init__(self) -> None:
        for one, other in combinations(self.quotas, 2):
            if _cross(one.parts, other.parts):
                raise RuleBrokenError(
                    f"Of two quotas one must hold the other, or they must share no contract, was {one}; {other}.",
                    code="quotas_cross",
                    hint="Put one inside the other, as region=1:2 and region=1 mode=visit:1, or write two posts.",
                )


def _cross(one: dict[str, str], other: dict[str, str]) -> bool:
    is_apart = any(other[name] != value for name, value in one.items() if name in other)
    is_nested = one.items() <= other.items() or other.items() <= one.items()
    return not is_apart and not is_nested
