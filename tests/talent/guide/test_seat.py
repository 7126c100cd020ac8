"""Openings that are filled, and who finds one, against all that can come, one by one; short lists weigh in full."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.talent.guide.made import prospects

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.guide import suppose as suppose_room
from qipan.talent.guide.fill import below, filled
from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.guide.seat import seats
from qipan.talent.guide.simulate import simulate
from qipan.talent.guide.suppose import Supposed, suppose
from qipan.talent.guide.tell import tell_guidance
from qipan.talent.guide.weigh import weigh
from qipan.talent.model.guidance import Aim, Behaviour, Job, Person, Prospects


def one_job(chances: list[float], openings: int) -> Prospects:
    many = len(chances)
    return Prospects(
        np.array([openings]), np.arange(many + 1), np.zeros(many, dtype=np.int64), np.array(chances), np.ones(many)
    )


def tried(chances: list[float], openings: int) -> tuple[float, list[float]]:
    """Return both from the definition: everybody comes or not, in every way there is."""
    filled, chance = 0.0, [0.0] * len(chances)
    for coming in product((0, 1), repeat=len(chances)):
        weight = float(np.prod([mine if is_so else 1.0 - mine for mine, is_so in zip(chances, coming, strict=True)]))
        filled += weight * min(openings, sum(coming))
        for at, mine in enumerate(chances):
            if coming[at]:
                chance[at] += weight / mine * min(1.0, openings / sum(coming))
    return filled, chance


@given(st.lists(st.sampled_from((1e-6, 0.1, 0.5, 0.5000001, 0.99, 1.0)), min_size=1, max_size=7), st.integers(0, 4))
def test_seats_are_those_of_all_that_can_come(chances, openings) -> None:
    made = one_job(chances, openings)
    found = seats(made, np.array(chances), np.ones(len(chances), dtype=np.bool_))
    whole, each = tried(chances, openings)
    assert found.filled[0] == pytest.approx(whole, abs=1e-12)
    assert found.chance == pytest.approx(np.array(each), abs=1e-9)


def test_who_is_not_sent_there_is_told_the_chance_of_one_more() -> None:
    made = one_job([1.0, 1.0], 1)
    found = seats(made, np.ones(2), np.array([True, False]))
    assert (found.filled.tolist(), found.chance.tolist()) == ([1.0], [1.0, 0.5])


def test_many_who_come_sum_up_to_what_is_filled() -> None:
    rng = np.random.default_rng(0)
    chances = rng.random(3000) ** 3
    found = seats(one_job(chances.tolist(), 700), chances, np.ones(3000, dtype=np.bool_))
    assert (chances * found.chance).sum() == pytest.approx(found.filled[0], rel=1e-9)


def test_one_sure_person_with_one_job_is_placed() -> None:
    told = tell_guidance([Person("a")], [Job("j", 1)], one_job([1.0], 1), most=5, aim=Aim.GAIN, seed=0)
    assert told["expected"] == {"placements": 1.0, "turned_away": 0.0}
    assert told["lists"][0]["recommended"][0]["seat_chance"] == 1.0


def test_a_short_list_weighs_as_much_as_a_long_one() -> None:
    told = tell_guidance([Person("a")], [Job("j", 1)], one_job([0.5], 1), most=5, aim=Aim.PLACEMENTS, seed=0)
    assert told["expected"]["placements"] == 0.5
    assert weigh(one_job([0.5], 1), 5, Aim.GAIN).applies.tolist() == [0.5]


@given(prospects(), st.integers(1, 4))
def test_every_person_is_sent_to_one_job_in_all(given_prospects, most) -> None:
    weights = weigh(given_prospects, most, Aim.GAIN)
    alone = recommend_alone(given_prospects, most, Aim.GAIN).chosen
    is_open = given_prospects.openings[given_prospects.job] > 0
    sent = np.bincount(
        given_prospects.person, np.where(alone, weights.applies / given_prospects.chance, 0.0),
        minlength=len(given_prospects.first) - 1,
    )  # fmt: skip
    listed = np.bincount(given_prospects.person, alone & is_open, minlength=len(sent))
    assert sent == pytest.approx(listed / np.maximum(given_prospects.lengths(most), 1))


def test_who_has_a_short_list_applies_to_some_job_of_it_in_the_simulation_too() -> None:
    made = one_job([1.0], 1)
    chosen = np.ones(1, dtype=np.bool_)
    hired = [len(simulate(made, chosen, 5, Behaviour.ONE, np.random.default_rng(at))) for at in range(20)]
    assert hired == [1] * 20


def test_expected_placements_are_those_of_the_simulation() -> None:
    rng = np.random.default_rng(3)
    job = np.tile(np.arange(3), 6)
    made = Prospects(np.array([1, 2, 1]), np.arange(0, 19, 3), job, 0.3 + 0.7 * rng.random(18), np.ones(18))
    found = recommend(made, 2, Aim.PLACEMENTS, np.random.default_rng(0))
    exact = seats(made, weigh(made, 2, Aim.PLACEMENTS).applies, found.chosen).filled.sum()
    draws = [len(simulate(made, found.chosen, 2, Behaviour.ONE, np.random.default_rng(at))) for at in range(2000)]
    assert np.mean(draws) == pytest.approx(exact, abs=4 * np.std(draws) / np.sqrt(len(draws)))
    assert exact > found.value


def test_a_surer_seat_is_told_only_where_it_is_one() -> None:
    # Both jobs are open to the three; the second has less gain, and a seat that is less sure once they are sent there.
    job = np.tile(np.arange(2), 3)
    made = Prospects(np.array([1, 1]), np.arange(0, 7, 2), job, np.tile([0.2, 1.0], 3), np.tile([5.2, 1.0], 3))
    persons, jobs = [Person(name) for name in "abc"], [Job("x", 1), Job("y", 1)]
    told = tell_guidance(persons, jobs, made, most=1, aim=Aim.GAIN, seed=0)
    for one in told["lists"]:
        (listed,) = one["recommended"]
        applies = weigh(made, 1, Aim.GAIN).applies
        chosen = np.array([two["recommended"][0]["job"] == name for two in told["lists"] for name in "xy"])
        sure = seats(made, applies, chosen).chance.reshape(3, 2)["abc".index(one["person"])]
        at = "xy".index(listed["job"])
        assert listed["is_seat_surer"] == (bool(one["passed_over"]) and sure[at] > sure[1 - at])


def test_many_who_come_are_counted_near_the_middle_alone() -> None:
    assert filled(1e9, 10**9 - 1) == pytest.approx(1e9, rel=1e-4)
    assert 0.4 < below(1e6, 10**6) < 0.6


def test_more_pairs_than_can_be_held_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(suppose_room, "PAIRS_MOST", 3)
    persons, jobs = [Person("a"), Person("b")], [Job(name, 1, pay_fen_per_month=100) for name in "xy"]
    with pytest.raises(RuleBrokenError, match="2 persons, 2 jobs") as refused:
        suppose(persons, jobs, Supposed())
    assert refused.value.code == "pairs_many"
