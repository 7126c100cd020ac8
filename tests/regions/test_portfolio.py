"""A portfolio is the best of all there are, keeps limits, and costs less as sameness weighs more."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.regions.choose_portfolio import WEIGHTS, choice_of, choose, frontier, kept, worths
from qipan.regions.model.activity import Activities
from qipan.regions.model.columns import Columns
from qipan.regions.model.portfolio import Question
from qipan.regions.sources.columns import read
from qipan.regions.tell_portfolio import Asked, tell_portfolio


def pair_cost(question):
    """Return what a pair costs, as it is documented."""
    best = np.sort(question.worth, axis=1)[:, ::-1][:, : question.most.max()]
    return 2.0 * question.sameness * best.mean() / (len(question.worth) - 1)


def score(question, picks):
    made = choice_of(question, picks)
    return made.worth - pair_cost(question) * made.pairs


@st.composite
def questions(draw):
    """Return three regions and three activities: every choice can be tried."""
    figures = st.floats(0.0, 1.0, width=32)
    worth = np.array(draw(st.lists(figures, min_size=9, max_size=9))).reshape(3, 3)
    # In sixteenths, so that sums are exact; a unit may be small.
    unit = draw(st.sampled_from([1.0, 2.0**-20])) / 16
    need = np.array(draw(st.lists(st.integers(0, 16), min_size=3, max_size=3)))[:, None] * unit
    limit = np.array(draw(st.lists(st.integers(0, 32), min_size=3, max_size=3)))[:, None] * unit
    most = np.array(draw(st.lists(st.integers(1, 3), min_size=3, max_size=3)))
    return Question(worth, most, need, limit, draw(st.sampled_from([0.0, 0.5, 1.0, 3.0])))


@settings(max_examples=25)
@given(questions())
def test_choice_is_the_best_of_all(question):
    made = choose(question)
    taken = made.picks @ question.need
    assert (taken <= question.limit).all()
    assert (made.picks.sum(axis=1) <= question.most).all()
    fits = (question.need[:, 0][None] <= question.limit).any(axis=1)
    best = -np.inf
    rows = [np.array(one) for one in product([False, True], repeat=3)]
    for picks in product(rows, repeat=3):
        tried = np.array(picks)
        whole = tried.sum(axis=1)
        if (
            (tried @ question.need <= question.limit).all()
            and (whole <= question.most).all()
            and (whole[fits] >= 1).all()
        ):
            best = max(best, score(question, tried))
    assert score(question, made.picks) == pytest.approx(best, abs=1e-6)


def board(regions=31, activities=20, seed=3):
    rng = np.random.default_rng(seed)
    steps = np.abs(np.linspace(0, 1, regions)[:, None] - np.linspace(0, 1, activities)[None])
    return np.exp(-4 * steps) * rng.lognormal(0.0, 0.3, steps.shape) * 100


def test_sameness_is_avoided_at_a_price_that_grows():
    value, demand = board(), np.ones(20)
    question = Question(worths(value, demand), np.full(31, 5), np.empty((20, 0)), np.empty((31, 0)), 1.0)
    told = frontier(question)
    assert [one.weight for one in told] == list(WEIGHTS)
    assert all(a.choice.worth >= b.choice.worth - 1e-9 for a, b in pairwise(told))
    assert all(a.choice.pairs >= b.choice.pairs for a, b in pairwise(told))
    assert told[0].choice.mean_cosine > told[3].choice.mean_cosine
    # Alone, each region takes what is worth most to it.
    best = np.sort(question.worth, axis=1)[:, ::-1][:, :5].sum()
    assert told[0].choice.worth == pytest.approx(best)


def test_picks_stay_where_nothing_is_off_and_fewer_where_much_is():
    value, demand = board(12, 8), np.ones(8)
    question = Question(worths(value, demand), np.full(12, 3), np.empty((8, 0)), np.empty((12, 0)), 1.0)
    picks = choose(question).picks
    assert kept(value, demand, question, noise=0.0, draws=2, seed=1)[picks].tolist() == [1.0] * int(picks.sum())
    little, much = (kept(value, demand, question, noise=one, draws=8, seed=1)[picks].mean() for one in (0.02, 0.6))
    assert 1.0 >= little > much
    again = kept(value, demand, question, noise=0.6, draws=8, seed=1)[picks].mean()
    assert again == much


def test_demand_and_limits_are_heeded_and_what_is_assumed_is_told():
    value = board(8, 6)
    found = Activities(tuple("abcdefgh"), tuple("uvwxyz"), value)
    plain = tell_portfolio(found, Asked(picks=2, draws=2))
    assert plain["assumed"] == ["demand", "picks", "limits"]
    of_activity, _ = read(b"activity,demand,power\nu,9,1\nv,1,1\nw,1,1\nx,1,1\ny,1,1\nz,1,1\nother,1,1\n", "activity")
    of_region, _ = read(b"region,picks,power\na,1,1\nb,2,1\n", "region")
    told = tell_portfolio(found, Asked(picks=2, draws=2), of_activity, of_region)
    assert told["assumed"] == []
    assert [len(one["picks"]) for one in told["regions"]][:2] == [1, 1]
    assert [one.rule for one in told["left_unused"]] == ["name_unknown"]
    assert {pick["demand"] for one in told["regions"] for pick in one["picks"] if pick["activity"] == "u"} <= {9.0}
    assert told["price"]["worth_given_up"] == pytest.approx(told["alone"]["worth"] - told["together"]["worth"])
    with pytest.raises(BadInputError) as caught:
        tell_portfolio(found, Asked(), of_activity, Columns((), {}))
    assert caught.value.code == "resources_differ"


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"activity,power\nu,-1\n", "value_unreadable"), (b"activity,power\nu,x\n", "value_unreadable"),
     (b"activity,power\nu,1\nu,2\n", "value_repeated"), (b"activity,power\n,1\n", "cell_empty"),
     (b"activity,power\nu\n", "row_torn"), (b"power\n1\n", "columns_differ"), (b"\xff\xfe", "columns_differ")],
)  # fmt: skip
def test_rows_that_cannot_be_read_are_told(data, rule):
    assert rule in {one.rule for one in read(data, "activity")[1]} | {"columns_differ"}
    assert read(data, "activity")[1]


def test_weights_change_nothing_but_the_choice():
    value = board(6, 5)
    question = Question(worths(value, np.ones(5)), np.full(6, 2), np.empty((5, 0)), np.empty((6, 0)), 0.0)
    assert choose(replace(question, sameness=5.0)).pairs <= choose(question).pairs


@pytest.mark.parametrize("key", ["activity", "region"])
def test_figures_that_are_torn_are_refused_with_the_line_on_which_that_begins(key):
    rows = "".join(f"a{place},1\n" for place in range(10))
    with pytest.raises(BadInputError, match="not from line 12 on") as caught:
        read(f'{key},power\n{rows}b,"1\n'.encode(), key)
    assert caught.value.code == "file_torn"
