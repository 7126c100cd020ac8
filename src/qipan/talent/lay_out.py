"""Lay an exchange out as arrays: lists of experts in their order, orders of posts, and their quotas as trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.exchange import Exchange
from qipan.talent.model.post import Post, Quota


class Layout(NamedTuple):
    """An exchange as arrays.

    A *node* is a set of contracts of a post of which so many may be held: the post as a whole, its quotas, and, where
    an expert with several portions could sign more than one contract that the same quotas count, these.

    Attributes
    ----------
    expert, post
        ``(contracts,)``, positions.
    order
        ``(contracts,)``, place in the order of its post; lower is better.
    fits
        ``(contracts,)``, the portions of its expert that it fits, a bit each.
    leaf
        ``(contracts,)``, the innermost node that counts it.
    value
        ``(contracts,)``
    listed, first
        Contracts by expert, the best first, and ``(experts + 1,)`` where the list of each begins.
    portions
        ``(experts,)``, how many.
    parent, limit
        ``(nodes,)``, the next node outwards, or -1; how many may be held.
    seat
        ``(posts + 1,)``, where the seats of each post begin.
    """

    expert: Ints
    post: Ints
    order: Ints
    fits: Ints
    leaf: Ints
    value: Floats
    listed: Ints
    first: Ints
    portions: Ints
    parent: Ints
    limit: Ints
    seat: Ints


def lay_out(exchange: Exchange) -> Layout:
    """Return an exchange as arrays."""
    contracts = exchange.contracts
    expert_name = _places([one.expert_id for one in exchange.experts])
    post_name = _places([one.post_id for one in exchange.posts])
    experts, posts = len(exchange.experts), len(exchange.posts)
    listed = np.lexsort(
        (contracts.terms, post_name[contracts.post], -contracts.expert_points, contracts.expert)
    ).astype(np.int64)
    by_post = np.lexsort((contracts.terms, expert_name[contracts.expert], -contracts.post_points, contracts.post))
    order = np.empty(len(contracts), dtype=np.int64)
    order[by_post] = np.arange(len(contracts))
    portions = np.array([len(one.portions) for one in exchange.experts], dtype=np.int64)
    leaf, parent, limit = _nodes(exchange)
    leaf, parent, limit = _twins(contracts.expert, leaf, portions, parent, limit)
    most = [min(post.most, count) for post, count in zip(exchange.posts, _counts(contracts.post, posts), strict=True)]
    return Layout(
        contracts.expert,
        contracts.post,
        order,
        _fits(exchange),
        leaf,
        contracts.value,
        listed,
        _first(contracts.expert, experts),
        portions,
        parent,
        limit,
        np.concatenate(([0], np.cumsum(most, dtype=np.int64))).astype(np.int64),
    )


def _places(names: Sequence[str]) -> Ints:
    """Return the place of each name in their order."""
    place = np.empty(len(names), dtype=np.int64)
    place[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return place


def _counts(owner: Ints, owners: int) -> list[int]:
    counted: list[int] = np.bincount(owner, minlength=owners).tolist()
    return counted


def _first(owner: Ints, owners: int) -> Ints:
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=owners)))).astype(np.int64)


def _fits(exchange: Exchange) -> Ints:
    """Return a bit for each portion that a contract fits."""
    contracts, wide = exchange.contracts, max((len(one.portions) for one in exchange.experts), default=0)
    terms_at = np.concatenate(([0], np.cumsum([len(post.terms) for post in exchange.posts]))).astype(np.int64)
    spans = np.array(
        [(one.span.first_month, one.span.until_month, one.span.days_a_month) for post in exchange.posts
         for one in post.terms], dtype=np.int64,
    ).reshape(-1, 3)  # fmt: skip
    asked = spans[terms_at[contracts.post] + contracts.terms]
    given = np.zeros((len(exchange.experts), wide, 3), dtype=np.int64)
    for position, one in enumerate(exchange.experts):
        for at, span in enumerate(one.portions):
            given[position, at] = span.first_month, span.until_month, span.days_a_month
    fits = np.zeros(len(contracts), dtype=np.int64)
    for at in range(wide):
        portion = given[contracts.expert, at]
        is_in = (portion[:, 0] <= asked[:, 0]) & (asked[:, 1] <= portion[:, 1]) & (asked[:, 2] <= portion[:, 2])
        fits |= is_in.astype(np.int64) << at
    return fits


def _nodes(exchange: Exchange) -> tuple[Ints, Ints, Ints]:
    """Return the innermost quota of each contract, and of each node the next one outwards and its limit."""
    posts, contracts = exchange.posts, exchange.contracts
    parent: list[int] = [-1] * len(posts)
    limit: list[int] = [post.most for post in posts]
    leaf = contracts.post.astype(np.int64)
    rows: dict[int, list[tuple[Quota, int]]] = {}
    for position, post in enumerate(posts):
        if post.quotas:
            rows[position] = _tree(post, position, parent, limit)
    if rows:
        kinds = _kinds(exchange)
        by_post = np.argsort(contracts.post, kind="stable")
        first = _first(contracts.post, len(posts))
        for position, nodes in rows.items():
            mine = by_post[first[position] : first[position + 1]]
            for quota, node in nodes:
                leaf[mine[_is_counted(quota, {name: kinds[name][mine] for name in quota.parts})]] = node
    return leaf, np.array(parent, dtype=np.int64), np.array(limit, dtype=np.int64)


def _tree(post: Post, root: int, parent: list[int], limit: list[int]) -> list[tuple[Quota, int]]:
    """Append the quotas of a post as nodes and return them, outer ones first."""
    nodes: list[tuple[Quota, int]] = []
    for quota in sorted(post.quotas, key=lambda one: len(one.parts)):
        over = next((node for outer, node in nodes[::-1] if outer.parts.items() <= quota.parts.items()), root)
        nodes.append((quota, len(parent)))
        parent.append(over)
        limit.append(quota.most)
    return nodes


def _kinds(exchange: Exchange) -> dict[str, NDArray[np.str_]]:
    """Return region, main field and mode of each contract."""
    experts, posts, contracts = exchange.experts, exchange.posts, exchange.contracts
    terms_at = np.concatenate(([0], np.cumsum([len(post.terms) for post in posts]))).astype(np.int64)
    mode = np.array([one.mode.value for post in posts for one in post.terms])
    return {
        "region": np.array([one.region for one in experts])[contracts.expert],
        "field": np.array([(one.fields or ("",))[0] for one in experts])[contracts.expert],
        "mode": mode[terms_at[contracts.post] + contracts.terms],
    }


def _is_counted(quota: Quota, kinds: dict[str, NDArray[np.str_]]) -> Bools:
    """Return which contracts of a post a quota counts."""
    counted = [kinds[name] == value for name, value in quota.parts.items()]
    return np.asarray(np.logical_and.reduce(counted))


def _twins(expert: Ints, leaf: Ints, portions: Ints, parent: Ints, limit: Ints) -> tuple[Ints, Ints, Ints]:
    """Put contracts of one expert that the same quotas count into a node of their own, of which one may be held."""
    several = np.flatnonzero(portions[expert] > 1)
    if not len(several):
        return leaf, parent, limit
    keys = expert[several] * len(parent) + leaf[several]
    known, at, counted = np.unique(keys, return_inverse=True, return_counts=True)
    twin = counted > 1
    number = np.cumsum(twin) - 1 + len(parent)
    leaf = leaf.copy()
    is_twin = twin[at]
    leaf[several[is_twin]] = number[at[is_twin]]
    outwards = known[twin] % len(parent)
    return leaf, np.concatenate((parent, outwards)), np.concatenate((limit, np.ones(twin.sum(), dtype=np.int64)))
