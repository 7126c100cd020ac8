"""Look a code up: which codes of the other classification it may be, the likeliest first."""

from __future__ import annotations

from collections import defaultdict

from qipan.kernel.errors import NotFoundError
from qipan.labour.model.crosswalk import Candidates, Crosswalk


def look_up(crosswalk: Crosswalk, code: str, *, digits: int = 0, most: int = 0) -> Candidates:
    """Return what a code may be, by share; a code of a group is what its members are, each counting alike.

    Parameters
    ----------
    digits
        Take codes together by so many of their first signs; 0 for whole codes.
    most
        So many at most; 0 for all.

    Raises
    ------
    NotFoundError
        ``code_unlinked``.

    Examples
    --------
    >>> links = {"4-04-05-03": (("4222", 0.8), ("4223", 0.1)), "4-04-05-04": (("3512", 1.0),)}
    >>> known = Crosswalk("csco", "isco", links)
    >>> look_up(known, "4-04-05-03", digits=3), look_up(known, "4-04-05-00", most=1)
    ((('422', 0.9),), (('3512', 0.5),))
    """
    found: defaultdict[str, float] = defaultdict(float)
    members = members_of(crosswalk, code)
    for member in members:
        for target, share in crosswalk.links[member]:
            found[target[:digits] if digits else target] += share / len(members)
    ordered = sorted(((target, round(share, 12)) for target, share in found.items()), key=lambda one: (-one[1], one[0]))
    return tuple(ordered[:most] if most else ordered)


def members_of(crosswalk: Crosswalk, code: str) -> tuple[str, ...]:
    """Return the linked codes that a code stands for: itself, or those below it.

    Raises
    ------
    NotFoundError
        ``code_unlinked``.
    """
    if code in crosswalk.links:
        return (code,)
    stem = code
    while stem.endswith("-00"):
        stem = stem.removesuffix("-00")
    found = tuple(sorted(one for one in crosswalk.links if stem and one.startswith(stem)))
    if not found:
        raise NotFoundError(
            f"A code must be one of the crosswalk's {crosswalk.of}, was {code!r}.",
            code="code_unlinked",
            hint=f"Write it as the classification does, such as {next(iter(crosswalk.links), 'none')}.",
        )
    return found
