"""Read contracts that could be signed from CSV: columns ``expert, post, terms, expert_points, post_points``.

Points are above 0, the more the better; empty where that side does not accept the contract.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.talent.model.exchange import Contracts, Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.sources import rows

NEEDED: Final = ("expert", "post", "terms", "expert_points", "post_points")


@dataclass(frozen=True, slots=True)
class _Known:
    experts: dict[str, int]
    posts: dict[str, int]
    terms: list[dict[str, int]]


def read(data: bytes, experts: Sequence[Expert], posts: Sequence[Post]) -> tuple[Exchange, int, tuple[Finding, ...]]:
    """Return the exchange, how many rows only one side accepts, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``expert_unlisted``, ``post_unlisted``, ``terms_unlisted``,
    ``points_unreadable``, ``contract_twice``, ``field_missing``, ``portion_missing``.
    """
    findings: list[Finding] = []
    known = _Known(
        {one.expert_id: at for at, one in enumerate(experts)},
        {one.post_id: at for at, one in enumerate(posts)},
        [{str(terms.number): at for at, terms in enumerate(one.terms)} for one in posts],
    )
    kept: dict[tuple[int, int, int], tuple[float, float]] = {}
    one_sided = 0
    for row in rows.read(data, NEEDED, (), findings):
        try:
            asked = _asked(row, known, kept)
            _must_fit(row, experts[asked[0]], posts[asked[1]], asked[2])
            given = rows.points(row, "expert_points"), rows.points(row, "post_points")
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        if given[0] is None or given[1] is None:
            one_sided += 1
        else:
            kept[asked] = (given[0], given[1])
    where = np.array(list(kept), dtype=np.int64).reshape(-1, 3)
    points = np.array(list(kept.values()), dtype=np.float64).reshape(-1, 2)
    columns = [np.ascontiguousarray(column) for column in (*where.T, *points.T)]
    return Exchange(tuple(experts), tuple(posts), Contracts(*columns)), one_sided, tuple(findings)


def _asked(row: rows.Row, known: _Known, kept: Container[tuple[int, int, int]]) -> tuple[int, int, int]:
    expert, post, terms = rows.filled(row, "expert", "post", "terms")
    if expert not in known.experts:
        told = f"An expert must stand in the file of experts, was not: {expert}."
        raise rows.RowError(Finding(row[0], "expert", "expert_unlisted", told, expert))
    if post not in known.posts:
        told = f"A post must stand in the file of posts, was not: {post}."
        raise rows.RowError(Finding(row[0], "post", "post_unlisted", told, post))
    at = known.posts[post]
    if terms not in known.terms[at]:
        told = f"Terms must be those of their post, was {terms} of {post}."
        raise rows.RowError(Finding(row[0], "terms", "terms_unlisted", told, terms))
    asked = known.experts[expert], at, known.terms[at][terms]
    if asked in kept:
        told = "A contract must have one row, was there before."
        raise rows.RowError(Finding(row[0], "", "contract_twice", told))
    return asked


def _must_fit(row: rows.Row, expert: Expert, post: Post, terms: int) -> None:
    if post.fields and not set(post.fields) & set(expert.fields):
        told = f"An expert must have a field that the post needs, was {', '.join(expert.fields) or 'none'}."
        raise rows.RowError(Finding(row[0], "expert", "field_missing", told, expert.expert_id))
    span = post.terms[terms].span
    if not any(portion.holds(span) for portion in expert.portions):
        told = f"A contract must fit a portion of its expert's time, was {span}."
        raise rows.RowError(Finding(row[0], "terms", "portion_missing", told, str(span)))
