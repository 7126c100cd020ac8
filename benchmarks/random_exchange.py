"""Make an exchange of experts and posts by seed: most experts are in the east, most posts in the west.

Everything is made up. An expert has ability, a main field and a region; a post has appeal, a field, one to three terms
and quotas by region or by mode. What a contract is worth to both is their product, how well the fields agree, and
what the days are worth; each side adds what only it sees, of a size that ``apart`` sets: 0 lets both sides rank by the
same worth, 1 makes what only one side sees as large as what both see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.talent.model.exchange import Contracts, Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post, Quota
from qipan.talent.model.terms import Mode, Span, Terms

EAST = ("110000", "310000", "320000", "330000", "440000")
WEST = ("500000", "510000", "520000", "530000", "620000", "640000", "650000", "150000")
FIELDS = 12
YEAR = 2027 * 12
HALVES = ((0, 6), (6, 12), (0, 12))
DAYS = (3, 5, 10, 15, 20)


@dataclass(frozen=True)
class _Shape:
    experts: int
    posts: int
    listed: int
    apart: float
    pairs: int


def random_exchange(
    experts: int, posts: int, *, seed: int, listed: int = 20, apart: float = 0.5, pairs: int = 0
) -> Exchange:
    """Return an exchange in which each expert lists about so many contracts."""
    drawn = np.random.default_rng(seed)
    shape = _Shape(experts, posts, listed, apart, pairs)
    who, where = _experts(drawn, shape), _posts(drawn, shape)
    return Exchange(who, where, _contracts(drawn, shape, who, where))


def _experts(drawn: np.random.Generator, shape: _Shape) -> tuple[Expert, ...]:
    is_east = drawn.random(shape.experts) < 0.7
    region = np.where(is_east, drawn.choice(EAST, shape.experts), drawn.choice(WEST, shape.experts))
    is_from = drawn.random(shape.experts) < 0.15
    home = np.where(is_from, drawn.choice(WEST, shape.experts), region)
    field = drawn.integers(FIELDS, size=(shape.experts, 2))
    kind = drawn.choice(4, shape.experts, p=[0.5, 0.2, 0.2, 0.1])
    whole = Span(YEAR, YEAR + 12, 20)
    portions = (
        (whole,),
        (Span(YEAR, YEAR + 12, 15), Span(YEAR, YEAR + 12, 5)),
        (Span(YEAR, YEAR + 6, 20), Span(YEAR + 6, YEAR + 12, 20)),
        (Span(YEAR, YEAR + 12, 10), Span(YEAR, YEAR + 6, 10), Span(YEAR + 6, YEAR + 12, 10)),
    )
    names = [f"e{at:06d}" for at in range(shape.experts)]
    found = []
    for at, name in enumerate(names):
        is_paired = at < 2 * shape.pairs
        found.append(
            Expert(
                name, str(region[at]), str(home[at]), tuple(f"f{one:02d}" for one in dict.fromkeys(field[at].tolist())),
                portions[0] if is_paired else portions[kind[at]], names[at ^ 1] if is_paired else "",
            )
        )  # fmt: skip
    return tuple(found)


def _posts(drawn: np.random.Generator, shape: _Shape) -> tuple[Post, ...]:
    region = np.where(drawn.random(shape.posts) < 0.7, drawn.choice(WEST, shape.posts), drawn.choice(EAST, shape.posts))
    most = 1 + drawn.poisson(shape.experts / shape.posts, shape.posts)
    field = drawn.integers(FIELDS, size=shape.posts)
    modes, found = list(Mode), []
    for at in range(shape.posts):
        terms = []
        for number in range(1, 1 + int(drawn.integers(1, 4))):
            first, until = HALVES[drawn.integers(3)]
            span = Span(YEAR + first, YEAR + until, int(drawn.choice(DAYS)))
            terms.append(Terms(number, modes[drawn.integers(len(modes))], span, int(drawn.integers(1, 6)) * 1_000_000))
        quotas: tuple[Quota, ...] = ()
        half = int(most[at]) // 2 + 1
        if at % 3 == 0:
            lead = str(drawn.choice(EAST))
            quotas = (Quota(half, region=lead), Quota(max(1, half // 2), region=lead, mode=terms[0].mode))
        elif at % 3 == 1:
            quotas = tuple(Quota(half, mode=mode) for mode in dict.fromkeys(one.mode for one in terms))
        found.append(
            Post(f"p{at:05d}", str(region[at]), f"employer {at % 997}", (f"f{field[at]:02d}",), int(most[at]),
                 tuple(terms), quotas)
        )  # fmt: skip
    return tuple(found)


def _contracts(
    drawn: np.random.Generator, shape: _Shape, experts: tuple[Expert, ...], posts: tuple[Post, ...]
) -> Contracts:
    expert = np.repeat(np.arange(shape.experts), shape.listed)
    post = drawn.integers(shape.posts, size=len(expert))
    counts = np.array([len(one.terms) for one in posts])
    terms = drawn.integers(1 << 30, size=len(expert)) % counts[post]
    keys = np.unique((expert * shape.posts + post) * 3 + terms)
    terms, post, expert = keys % 3, keys // 3 % shape.posts, keys // 3 // shape.posts
    ability, appeal = drawn.gamma(4.0, size=shape.experts), drawn.gamma(4.0, size=shape.posts)
    known = np.zeros((shape.experts, FIELDS))
    for at, one in enumerate(experts):
        for place, field in enumerate(one.fields):
            known[at, int(field[1:])] = max(known[at, int(field[1:])], 1.0 - 0.3 * place)
    fit = 0.4 + 0.6 * known[expert, np.array([int(one.fields[0][1:]) for one in posts])[post]]
    begins = np.concatenate(([0], np.cumsum(counts)))
    days = np.array([one.span.days for each in posts for one in each.terms])[begins[post] + terms]
    worth = np.sqrt(ability[expert] * appeal[post]) * fit * np.sqrt(days / 120)
    own = shape.apart * worth.mean() * drawn.gamma(1.0, size=(2, len(keys)))
    return Contracts(expert, post, terms, np.round(worth + own[0], 2), np.round(worth + own[1], 2))
