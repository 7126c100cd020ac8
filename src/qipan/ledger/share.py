"""Decide which groups the public may see: small and dominated ones are withheld, and what would give them away.

Primary rule: at least so many owners, none above a share. Secondary: neither a linear combination of published
totals nor a published total less its published parts may give a sensitive group.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

OWNERS_MIN = 3
OWNER_SHARE_MAX = 0.85


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one site adds to a figure, and who owns the site; the weight is not negative."""

    site_id: str
    owner: str
    weight: float


def is_sensitive(
    parts: Collection[Contribution], *, owners_min: int = OWNERS_MIN, owner_share_max: float = OWNER_SHARE_MAX
) -> bool:
    """Tell whether a sum says too much about one owner: too few of them, or one above the share.

    Examples
    --------
    >>> even = [Contribution(name, name, 1.0) for name in "abc"]
    >>> is_sensitive(even), is_sensitive(even[:2]), is_sensitive([*even, Contribution("d", "d", 97.0)])
    (False, True, True)
    """
    by_owner: dict[str, float] = {}
    for part in parts:
        by_owner[part.owner] = by_owner.get(part.owner, 0.0) + part.weight
    told = [weight for weight in by_owner.values() if weight > 0]
    return len(told) < owners_min or max(told) > owner_share_max * sum(told)


def withhold(
    groups: Mapping[str, Collection[str]],
    contributions: Sequence[Contribution],
    *,
    owners_min: int = OWNERS_MIN,
    owner_share_max: float = OWNER_SHARE_MAX,
) -> frozenset[str]:
    """Return the groups to withhold of all those that are published together.

    Groups are named sets of sites and may nest or overlap: regions, macro-regions, the country. The smallest group
    that helps to give a sensitive one away goes first; equal ones by name. Groups without a site are not withheld.
    """
    part_of = {part.site_id: part for part in contributions}
    members = {name: frozenset(sites).intersection(part_of) for name, sites in groups.items()}
    members = {name: sites for name, sites in members.items() if sites}

    def sensitive(sites: Collection[str]) -> bool:
        parts = [part_of[site] for site in sites]
        return is_sensitive(parts, owners_min=owners_min, owner_share_max=owner_share_max)

    def size(name: str) -> tuple[float, str]:
        return sum(part_of[site].weight for site in members[name]), name

    secret = {sites for sites in members.values() if sensitive(sites)}
    secret |= {frozenset({site}) for site in part_of if sensitive({site})}
    published = {name for name, sites in members.items() if sites not in secret}
    while True:
        helpers = _given_away(members, published, secret) or _left_over(members, published, sensitive)
        if not helpers:
            return frozenset(members.keys() - published)
        published.remove(min(helpers, key=size))


def _given_away(
    members: Mapping[str, frozenset[str]], published: Collection[str], secret: Collection[frozenset[str]]
) -> set[str]:
    """Return the published groups whose combination is a secret one; empty when there is none."""
    names = sorted(published)
    sites = sorted(frozenset().union(*members.values()))
    if not names:
        return set()
    matrix = np.array([[site in members[name] for name in names] for site in sites], dtype=float)
    for target in sorted(secret, key=sorted):
        vector = np.array([site in target for site in sites], dtype=float)
        factors = np.linalg.lstsq(matrix, vector, rcond=None)[0]
        if vector.any() and np.abs(matrix @ factors - vector).max() < 1e-9:
            return {name for name, factor in zip(names, factors, strict=True) if abs(factor) > 1e-9}
    return set()


def _left_over(
    members: Mapping[str, frozenset[str]], published: Collection[str], sensitive: Callable[[Collection[str]], bool]
) -> set[str]:
    """Return the published parts of a published group that leave a sensitive rest; empty when there are none."""
    for name in sorted(published):
        whole = members[name]
        parts = sorted(part for part in published if members[part] < whole)
        for chosen in _disjoint(parts, members):
            rest = whole - frozenset().union(*(members[part] for part in chosen))
            if rest and sensitive(rest):
                return set(chosen)
    return set()


def _disjoint(parts: Sequence[str], members: Mapping[str, frozenset[str]]) -> Iterator[list[str]]:
    """Yield, from each part on, the parts that do not overlap those taken before."""
    for first in range(len(parts)):
        taken: list[str] = []
        seen: frozenset[str] = frozenset()
        for part in [*parts[first:], *parts[:first]]:
            if not seen & members[part]:
                taken.append(part)
                seen |= members[part]
        yield taken
