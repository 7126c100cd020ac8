"""Moves between classes: counts, chances and what they lead to."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.made import panel

from qipan.kernel.errors import BadInputError
from qipan.regions.move import move, steady


def test_moves_are_counted_from_year_to_year() -> None:
    found = move(panel([[1, 2, 3, 4], [1, 3, 2, 4], [4, 3, 2, 1]]), classes=2)
    assert found.counts.tolist() == [[2, 2], [2, 2]]
    assert found.chances.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert found.steady == pytest.approx([0.5, 0.5])
    assert found.stay_years.tolist() == [2.0, 2.0]


def test_who_never_moves_stays_for_ever_and_no_share_is_steady() -> None:
    found = move(panel([[1, 2, 3, 4]] * 3), classes=2)
    assert found.chances.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert np.isnan(found.steady).all()
    assert np.isinf(found.stay_years).all()


def test_what_is_steady_is_left_as_it_is() -> None:
    chances = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.3, 0.7]])
    assert steady(chances) @ chances == pytest.approx(steady(chances))


@pytest.mark.parametrize("classes", [1, 5])
def test_classes_that_do_not_fit_are_refused(classes) -> None:
    with pytest.raises(BadInputError) as caught:
        move(panel([[1, 2, 3, 4]] * 2), classes=classes)
    assert caught.value.code == "classes_unfit"


def test_a_step_may_take_several_years() -> None:
    found = move(panel([[1, 2, 3, 4], [1, 3, 2, 4], [4, 3, 2, 1]], years=(2000, 2005, 2010)), classes=2)
    assert found.stay_years.tolist() == [10.0, 10.0]
