"""Small exchanges with everything awkward in them, and stability as its definition has it: subset by subset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import numpy as np
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.exchange import Contracts, Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post, Quota
from qipan.talent.model.terms import Mode, Span, Terms

REGIONS, FIELDS, MODES = ("110000", "640000"), ("ai", "chips"), (Mode.VISIT, Mode.PROJECT)
SPANS = (Span(0, 6, 10), Span(6, 12, 10), Span(0, 12, 5), Span(0, 12, 15))


@st.composite
def exchanges(draw: st.DrawFn, *, portions: int = 3, experts: int = 4, posts: int = 3, rows: int = 12) -> Exchange:
    """Draw an exchange in which ties of points are common."""
    who = tuple(
        Expert(
            f"e{draw(st.integers(0, 9))}-{at}", draw(st.sampled_from(REGIONS)), draw(st.sampled_from(REGIONS)),
            (draw(st.sampled_from(FIELDS)),),
            tuple(draw(st.lists(st.sampled_from((Span(0, 12, 15), *SPANS)), min_size=1, max_size=portions))),
        )
        for at in range(draw(st.integers(1, experts)))
    )  # fmt: skip
    where = tuple(_post(draw, at) for at in range(draw(st.integers(1, posts))))
    kept = {}
    for _ in range(draw(st.integers(0, rows))):
        expert, post = draw(st.integers(0, len(who) - 1)), draw(st.integers(0, len(where) - 1))
        terms = draw(st.integers(0, len(where[post].terms) - 1))
        kept[expert, post, terms] = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    return exchange_of(who, where, kept)


def _post(draw: st.DrawFn, at: int) -> Post:
    terms = tuple(
        Terms(number, draw(st.sampled_from(MODES)), draw(st.sampled_from(SPANS)))
        for number in range(1, draw(st.integers(2, 4)))
    )
    quotas: list[Quota] = []
    for _ in range(draw(st.integers(0, 3))):
        new = Quota(
            draw(st.integers(0, 2)), draw(st.sampled_from(("", *REGIONS))), draw(st.sampled_from(("", *FIELDS))),
            draw(st.sampled_from((None, *MODES))),
        )  # fmt: skip
        try:
            Post("p", "", "", (), 1, (), (*quotas, new))
        except RuleBrokenError:
            continue
        quotas.append(new)
    name = f"p{draw(st.integers(0, 9))}-{at}"
    return Post(name, draw(st.sampled_from(REGIONS)), "", (), draw(st.integers(1, 3)), terms, tuple(quotas))


def exchange_of(experts: Sequence[Expert], posts: Sequence[Post], kept: dict) -> Exchange:
    """Return an exchange of contracts ``(expert, post, terms): (points of the expert, of the post)``."""
    where = np.array(list(kept), dtype=np.int64).reshape(-1, 3)
    points = np.array(list(kept.values()), dtype=np.float64).reshape(-1, 2)
    columns = [np.ascontiguousarray(one) for one in (*where.T, *points.T)]
    return Exchange(tuple(experts), tuple(posts), Contracts(*columns))


def shuffled(exchange: Exchange, order: Sequence[int]) -> Exchange:
    """Return the same exchange with its contracts in another order."""
    c = exchange.contracts
    columns = (c.expert, c.post, c.terms, c.expert_points, c.post_points)
    return Exchange(exchange.experts, exchange.posts, Contracts(*(one[list(order)] for one in columns)))


def can_do(exchange: Exchange, expert: int, contracts: Sequence[int]) -> bool:
    """Tell whether contracts fit into portions, by trying every way to put them there."""
    portions = exchange.experts[expert].portions
    spans = [exchange.terms_of(one).span for one in contracts]
    return len(spans) <= len(portions) and any(
        all(portions[at].holds(span) for at, span in zip(places, spans, strict=True))
        for places in permutations(range(len(portions)), len(spans))
    )


def can_take(exchange: Exchange, post: int, contracts: Sequence[int]) -> bool:
    """Tell whether a post may hold contracts together."""
    kinds = [kind(exchange, one) for one in contracts]
    seat = exchange.posts[post]
    sets = [
        (exchange.contracts.expert[one], *(quota.holds(*each) for quota in seat.quotas))
        for one, each in zip(contracts, kinds, strict=True)
    ]
    return (
        len(contracts) <= seat.most
        and all(sum(quota.holds(*each) for each in kinds) <= quota.most for quota in seat.quotas)
        and len(set(sets)) == len(sets)
    )


def kind(exchange: Exchange, contract: int) -> tuple[str, str, Mode]:
    expert = exchange.experts[exchange.contracts.expert[contract]]
    return expert.region, expert.fields[0], exchange.terms_of(contract).mode


def expert_order(exchange: Exchange, one: int) -> tuple:
    c = exchange.contracts
    return (-c.expert_points[one], exchange.posts[c.post[one]].post_id, c.terms[one])


def post_order(exchange: Exchange, one: int) -> tuple:
    c = exchange.contracts
    return (-c.post_points[one], exchange.experts[c.expert[one]].expert_id, c.terms[one])


def best(exchange: Exchange, offered: Sequence[int], *, expert: int = -1, post: int = -1) -> set[int]:
    """Return the best set of contracts: of all that can be held together, the first by its members from the best on."""
    able = (lambda some: can_do(exchange, expert, some)) if expert >= 0 else lambda some: can_take(exchange, post, some)
    order = expert_order if expert >= 0 else post_order
    ranked = sorted(offered, key=lambda one: order(exchange, one))
    sets = [some for size in range(len(ranked) + 1) for some in combinations(range(len(ranked)), size)]
    able_sets = [some for some in sets if able([ranked[at] for at in some])]
    most = max(able_sets, key=lambda some: [at in some for at in range(len(ranked))])
    return {ranked[at] for at in most}


def is_stable(exchange: Exchange, held: set[int]) -> bool:
    """Tell whether nobody would drop a contract and no set of further ones would be signed by all it concerns."""
    c = exchange.contracts
    sides = [("expert", at, c.expert) for at in range(len(exchange.experts))]
    sides += [("post", at, c.post) for at in range(len(exchange.posts))]
    for side, at, owner in sides:
        mine = [one for one in held if owner[one] == at]
        if best(exchange, mine, **{side: at}) != set(mine):
            return False
    rest = [one for one in range(len(c)) if one not in held]
    return not any(_is_signed(exchange, held, set(some), sides) for some in _some(rest))


def _some(rest: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for size in (1, 2):
        yield from combinations(rest, size)


def _is_signed(exchange: Exchange, held: set[int], added: set[int], sides: list) -> bool:
    """Tell whether each whom further contracts concern would choose all of theirs from what they then could have."""
    for side, at, owner in sides:
        new = {one for one in added if owner[one] == at}
        mine = {one for one in held if owner[one] == at}
        if new and not new <= best(exchange, sorted(mine | new), **{side: at}):
            return False
    return True


def all_matchings(exchange: Exchange) -> Iterator[set[int]]:
    """Yield every set of contracts that experts and posts can hold."""
    c = exchange.contracts
    for size in range(len(c) + 1):
        for some in combinations(range(len(c)), size):
            if all(
                can_do(exchange, at, [one for one in some if c.expert[one] == at])
                for at in range(len(exchange.experts))
            ) and all(
                can_take(exchange, at, [one for one in some if c.post[one] == at]) for at in range(len(exchange.posts))
            ):
                yield set(some)
