"""Titles as sequences of characters: what says nothing is left out, and every title has one length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.titles.spell_out import rarities, sequences, weigh


@pytest.mark.parametrize("title", ["保安", "急聘保安(300)", "保安 五险一金", "ＪＤ123-保安+双休"])
def test_offers_numbers_and_signs_say_nothing(title):
    assert {"^保安", "保安$"} <= set(sequences(title))


def test_letters_are_small_and_of_half_width():
    assert sequences("ＪＡＶＡ") == sequences("java")


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_titles_weigh_one_or_nothing(titles):
    spelled = [sequences(title) for title in titles]
    found = weigh(spelled, *rarities(spelled))
    lengths = np.sqrt((found.toarray().astype(float) ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, [1.0 if one else 0.0 for one in spelled], atol=1e-5)


def test_unknown_sequences_count_in_the_length_alone():
    place, rarity = rarities([["a", "b"]])
    np.testing.assert_allclose(weigh([["a", "z"], []], place, rarity).toarray(), [[np.sqrt(0.5), 0.0], [0.0, 0.0]])
