"""Changes of skills: nothing where nothing changed, never too much, and its interval holds as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.compare_skills import compare_skills
from qipan.labour.model.skills import Asked, SkillCounts


def counts(*periods, region="", occupation="a") -> SkillCounts:
    return SkillCounts.of(
        Asked(region, occupation, str(2019 + at), f"s{skill:03}", int(number))
        for at, path in enumerate(periods)
        for skill, number in enumerate(path)
    )


def compared(*periods, **options):
    return compare_skills(counts(*periods), rng=np.random.default_rng(0), **options)


def test_what_is_exchanged_is_half_the_sum_of_absolute_changes():
    (found,) = compared([50_000, 50_000, 0], [25_000, 50_000, 25_000])
    assert found.plain == pytest.approx(0.25)
    assert found.index == pytest.approx(0.25, abs=0.005)
    assert found.low < 0.25 < found.high
    assert [(one.skill, one.before, one.after) for one in found.rising] == [("s002", 0.0, 0.25)]
    assert [one.skill for one in found.falling] == ["s000"]
    assert found.turned == pytest.approx(1.0 - (0.125 + 0.25) / np.sqrt(0.5 * 0.375))


def test_every_later_period_is_compared_with_the_base():
    found = compared([10, 10], [10, 20], [10, 30])
    assert [(one.base, one.period) for one in found] == [("2019", "2020"), ("2019", "2021")]
    assert [one.period for one in compared([10, 10], [10, 20], [10, 30], base="2020")] == ["2021"]


@pytest.mark.parametrize(("skills", "asked"), [(20, 300), (100, 3000)])
def test_chance_is_told_apart_from_change(skills, asked):
    rng = np.random.default_rng(5)
    above, covered, indices, truths = 0, 0, [], []
    for repeat in range(120):
        then = rng.dirichlet(np.full(skills, 0.7))
        now = then * np.exp(0.5 * (repeat % 2) * rng.normal(size=skills))
        now /= now.sum()
        (found,) = compare_skills(counts(rng.multinomial(asked, then), rng.multinomial(asked, now)), rng=rng, draws=150)
        truth = 0.5 * float(np.abs(now - then).sum())
        covered += found.low <= truth <= found.high
        if repeat % 2:
            indices.append(found.index)
            truths.append(truth)
        else:
            above += found.plain > found.floor
    assert above <= 8  # Of 60 at 5 %; more in one of two hundred such tests.
    assert covered / 120 >= 0.87
    assert np.mean(indices) <= np.mean(truths) + 0.01


def test_counts_that_come_together_are_worth_less():
    path = [400, 300, 200, 100], [300, 300, 200, 200]
    alone, together = compared(*path)[0], compared(*path, alike=5.0)[0]
    assert alone.plain == together.plain
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert together.floor > alone.floor


def test_cells_do_not_depend_on_each_other():
    one, other = counts([90, 40], [40, 90]), counts([5, 5], [9, 1], occupation="b")
    both = SkillCounts(one.cells | other.cells)
    alone = compare_skills(other, rng=np.random.default_rng(0))
    assert compare_skills(both, rng=np.random.default_rng(0))[1] == alone[0]


def test_a_period_with_next_to_nothing_says_nothing():
    (found,) = compared([1, 0], [30, 20])
    assert (found.low, found.high, found.chance) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("periods", "options", "code"),
    [(([5, 5],), {}, "periods_too_few"), (([5, 5], [4, 6]), {"alike": 0.5}, "alike_below_one")],
)
def test_a_bad_question_is_refused(periods, options, code):
    with pytest.raises(RuleBrokenError) as refused:
        compared(*periods, **options)
    assert refused.value.code == code
