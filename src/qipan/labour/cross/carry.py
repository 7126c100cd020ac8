"""Carry exposure across a crosswalk: no person is lost or made, and no exposed person either."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from qipan.kernel.errors import NotFoundError
from qipan.labour.cross.look_up import look_up
from qipan.labour.model.crosswalk import Converted, Crosswalk, Exposed


def carry(crosswalk: Crosswalk, rows: Iterable[Exposed]) -> Converted:
    """Return exposure by codes of the other classification.

    People of an occupation are parted by its shares, made whole where unlikely codes are left out; the exposure of a
    code is the mean of those who come to it. So the sums of people, and of people times exposure, stay as they are,
    but for codes that nothing links.

    Examples
    --------
    >>> known = Crosswalk("isco", "csco", {"4222": (("4-04-05-03", 0.75), ("4-04-05-04", 0.25))})
    >>> carry(known, [Exposed("4222", 0.5, 8.0), Exposed("9999", 0.1)])  # doctest: +NORMALIZE_WHITESPACE
    Converted(rows=(Exposed(occupation='4-04-05-03', exposure=0.5, persons=6.0),
                  Exposed(occupation='4-04-05-04', exposure=0.5, persons=2.0)), unlinked=('9999',))
    """
    persons: defaultdict[str, float] = defaultdict(float)
    exposed: defaultdict[str, float] = defaultdict(float)
    unlinked = []
    for row in rows:
        try:
            shares = look_up(crosswalk, row.occupation)
        except NotFoundError:
            unlinked.append(row.occupation)
            continue
        whole = sum(share for _, share in shares)
        if not whole:
            unlinked.append(row.occupation)
            continue
        for target, share in shares:
            persons[target] += row.persons * share / whole
            exposed[target] += row.persons * share / whole * row.exposure
    return Converted(
        tuple(Exposed(code, exposed[code] / persons[code], persons[code]) for code in sorted(persons) if persons[code]),
        tuple(unlinked),
    )
