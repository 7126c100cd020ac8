"""Transitions: the published measure by hand, the gap in its direction, and the graph whatever the order of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.talent.model.skills import Need, Outlook, SkillRows, Task
from qipan.talent.skills.find_transitions import find_transitions, gaps, similarities
from qipan.talent.skills.join import join
from qipan.talent.skills.tell import tell_transitions

share = st.integers(0, 10).map(lambda tenth: tenth / 10)
needs = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.tuples(share, share), min_size=1, max_size=12
).map(lambda found: tuple(Need(*key, *value) for key, value in found.items()))


def graph_of(*rows: tuple[str, str, float, float]):
    return join(SkillRows(tuple(Need(*row) for row in rows)))


@given(needs, st.randoms())
def test_graph_has_sorted_neighbours_both_ways_whatever_the_order(rows, shuffled) -> None:
    graph = join(SkillRows(rows, tasks=(Task(rows[0].occupation, "t", "t"), Task("nobody", "t", "t"))))
    mixed = list(rows)
    shuffled.shuffle(mixed)
    again = join(SkillRows(tuple(mixed), tasks=graph.tasks))
    assert graph.adjacent.dtype == np.int32
    for part in ("begins", "adjacent", "level", "importance"):
        assert np.array_equal(getattr(graph, part), getattr(again, part), equal_nan=True)
    edges = set()
    for node in range(len(graph.begins) - 1):
        beside = graph.beside(node)[0].tolist()
        assert beside == sorted(set(beside))
        edges |= {(node, other) for other in beside}
    assert edges == {(there, here) for here, there in edges}
    assert len(edges) == 2 * (len(rows) + 1)
    assert [one.task_id for one in graph.tasks_of(rows[0].occupation)] == ["t"]


@given(needs)
def test_similarity_is_the_cosine_of_uses_and_the_gap_what_is_lacking(rows) -> None:
    graph = join(SkillRows(rows))
    use = {(one.occupation, one.skill): one.importance ** (2 / 3) * one.level ** (1 / 3) for one in rows}
    level = {(one.occupation, one.skill): one.level for one in rows}
    for at, here in enumerate(graph.occupations):
        alike, gap = similarities(graph, at), gaps(graph, at)
        for to, there in enumerate(graph.occupations):
            dot = sum(use.get((here, skill), 0.0) * use.get((there, skill), 0.0) for skill in graph.skills)
            lengths = math.prod(
                math.sqrt(sum(use.get((one, skill), 0.0) ** 2 for skill in graph.skills)) for one in (here, there)
            )
            assert alike[to] == pytest.approx(dot / lengths if lengths else 0.0, abs=1e-9)
            asked = sum(one.importance * one.level for one in rows if one.occupation == there)
            short = sum(
                one.importance * max(0.0, one.level - level.get((here, one.skill), 0.0))
                for one in rows
                if one.occupation == there
            )
            assert gap[to] == pytest.approx(short / asked if asked else 0.0, abs=1e-9)
        assert gap[at] == 0.0


def test_angular_separation_of_published_kind() -> None:
    # The same use in other amounts is 1, nothing in common is 0, one of two equal uses is cos 45 degrees.
    graph = graph_of(
        ("a", "x", 0.2, 0.2), ("b", "x", 0.9, 0.9), ("c", "y", 0.5, 0.5), ("d", "x", 1, 1), ("d", "y", 1, 1)
    )
    assert similarities(graph, graph.place("a")).tolist() == pytest.approx([1.0, 1.0, 0.0, math.sqrt(0.5)])


def test_gap_has_a_direction_and_names_what_is_lacking_most() -> None:
    graph = graph_of(
        ("nurse", "care", 0.8, 1.0),
        ("nurse", "notes", 0.6, 0.5),
        ("aide", "care", 0.4, 1.0),
        ("aide", "lift", 0.5, 0.2),
    )
    (up,) = find_transitions(graph, "aide", top=5)
    (down,) = find_transitions(graph, "nurse", top=5)
    assert up.similarity == down.similarity
    assert up.gap == pytest.approx((0.4 + 0.3) / (0.8 + 0.3))
    assert down.gap == pytest.approx(0.1 / 0.5)
    assert [(one.skill, one.lacks) for one in up.lacking] == [("care", 0.4), ("notes", 0.6)]
    assert [one.skill for one in down.carrying] == ["care"]


def test_transitions_keep_their_order_their_limits_and_what_is_known_of_pay() -> None:
    rows = tuple(Need(name, skill, level, 1.0) for name, skill, level in [
        ("o", "x", 0.5), ("p", "x", 1.0), ("q", "x", 0.5), ("r", "y", 1.0),
    ])  # fmt: skip
    outlooks = (Outlook("o", 500_000), Outlook("q", 600_000, 0.1, 0.0, 0.2), Outlook("z", 1))
    graph = join(SkillRows(rows, outlooks=outlooks, names={"q": "quarry"}))
    found = find_transitions(graph, "o", top=9)
    assert [one.occupation for one in found] == ["q", "p", "r"]
    assert [one.occupation for one in find_transitions(graph, "o", top=9, similarity_least=0.5)] == ["q", "p"]
    assert [one.occupation for one in find_transitions(graph, "o", top=9, gap_most=0.4)] == ["q"]
    assert [one.occupation for one in find_transitions(graph, "o", top=1)] == ["q"]
    told = tell_transitions(graph, "o", found)["transitions"]
    assert (told[0]["name"], told[0]["wage_change"], told[0]["demand_high"]) == ("quarry", pytest.approx(0.2), 0.2)
    assert (told[1]["name"], told[1]["wage_change"]) == ("p", None)


def test_unknown_occupation_and_shares_beyond_one_are_refused() -> None:
    graph = graph_of(("a", "x", 1, 1))
    with pytest.raises(NotFoundError) as unlisted:
        find_transitions(graph, "b", top=1)
    assert unlisted.value.code == "occupation_unlisted"
    with pytest.raises(RuleBrokenError) as unfit:
        find_transitions(graph, "a", top=1, gap_most=2.0)
    assert unfit.value.code == "similarity_unfit"
