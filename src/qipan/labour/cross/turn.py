"""Turn a crosswalk round: what codes of the other classification are in the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from qipan.labour.model.crosswalk import Crosswalk


def turn(crosswalk: Crosswalk, persons: Mapping[str, float] | None = None) -> Crosswalk:
    """Return the way back: of those who would come to a code, which share comes from where.

    Parameters
    ----------
    persons
        People by code of the first classification; where nobody says, each code counts alike.

    Examples
    --------
    >>> turn(Crosswalk("csco", "isco", {"a": (("1", 1.0),), "b": (("1", 0.5), ("2", 0.5))})).links
    {'1': (('a', 0.6666666666666666), ('b', 0.3333333333333333)), '2': (('b', 1.0),)}
    """
    flows: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for code, shares in sorted(crosswalk.links.items()):
        mass = 1.0 if persons is None else persons.get(code, 0.0)
        for target, share in shares:
            if mass * share > 0.0:
                flows[target][code] = mass * share
    links = {}
    for target, came in sorted(flows.items()):
        whole = sum(came.values())
        links[target] = tuple(
            sorted(((code, flow / whole) for code, flow in came.items()), key=lambda one: (-one[1], one[0]))
        )
    return Crosswalk(crosswalk.to, crosswalk.of, links, crosswalk.source)
