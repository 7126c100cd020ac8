"""Outcomes as files have them: every row is used, set aside, or left out with its reason."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.bootstrap.effects import Columns, read_trial
from qipan.kernel.errors import BadInputError
from qipan.talent.effects.tell import Asked, tell_effect
from qipan.talent.sources import outcomes

COLUMNS = Columns("arm", "weeks", ("bonus",), "none", ("age",), ("trade",))
HEAD = "person,arm,weeks,age,trade"


def rows_of(many: int) -> list[str]:
    return [f"p{at},{'bonus' if at % 2 else 'none'},{1 + at % 9},{20 + at % 30},{'abc'[at % 3]}" for at in range(many)]


def file_of(*extra: str, many: int = 60) -> bytes:
    return "\n".join([HEAD, *rows_of(many), *extra, ""]).encode()


def test_read_keeps_covariates_and_turns_categories_into_columns() -> None:
    found = outcomes.read(file_of(), COLUMNS)
    assert found.trial is not None
    assert found.trial.names == ("age", "trade=b", "trade=c")
    assert found.trial.arms == (30, 30)
    assert found.trial.covariates[:2].tolist() == [[20.0, 0.0, 0.0], [21.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ("x,bonus,,30,a", "cell_empty", "weeks"),
        ("x,,3,30,a", "cell_empty", "arm"),
        ("x,bonus,many,30,a", "number_unreadable", "weeks"),
        ("x,none,3,inf,a", "number_unreadable", "age"),
        ("x,none,3,nan,a", "number_unreadable", "age"),
        ("x,none,3", "row_torn", ""),
    ],
)
def test_read_leaves_out_bad_rows_each_with_its_reason(row, rule, column) -> None:
    found = outcomes.read(file_of(row), COLUMNS)
    assert [(one.row, one.rule, one.column) for one in found.findings] == [(62, rule, column)]
    assert found.trial is not None
    assert len(found.trial) == 60


def test_read_tells_by_arm_who_is_left_out_and_who_is_set_aside() -> None:
    found = outcomes.read(file_of("x,bonus,,30,a", "y,other,3,30,a"), COLUMNS)
    assert (found.left_out, found.other_arms) == ({"bonus": 1}, {"other": 1})


def test_read_takes_the_logarithm_of_outcomes_above_zero() -> None:
    found = outcomes.read(file_of("x,none,0,30,a"), replace(COLUMNS, is_log=True))
    assert [one.rule for one in found.findings] == ["outcome_unfit"]
    assert found.trial is not None
    assert found.trial.outcome[1] == math.log(2)


def test_read_knows_arms_as_numbers_several_of_them_and_blanks_between_columns() -> None:
    lines = ["tg y", *(f"{'04.0'[0] if at % 3 == 0 else ('4.0' if at % 3 == 1 else '5')}  {at} " for at in range(90))]
    found = outcomes.read("\n".join(lines).encode(), Columns("tg", "y", ("4", "5")))
    assert found.trial is not None
    assert found.trial.arms == (60, 30)


@given(st.lists(st.sampled_from(["p,bonus,3,4,a", "p,none,x,4,a", "p,other,1,1,b", "p,none", ",,,,"]), max_size=20))
def test_no_row_is_lost(extra) -> None:
    found = outcomes.read(file_of(*extra), COLUMNS)
    assert found.trial is not None
    assert len(found.trial) + sum(found.other_arms.values()) + len(found.findings) == 60 + len(extra)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"arm,weeks\n", "column_missing"),
        (b"arm,arm,weeks,age,trade\n", "columns_duplicate"),
        (b"\xff\xfe", "file_unreadable"),
        (b"", "column_missing"),
        ("\n".join([HEAD, *(f"p,none,1,2,t{at}" for at in range(102))]).encode(), "kinds_many"),
    ],
)
def test_files_without_a_trial_are_refused_with_what_is_wrong(data, rule) -> None:
    with pytest.raises(BadInputError) as refused:
        read_trial(data, COLUMNS)
    assert refused.value.code == "trial_unreadable"
    assert rule in {one.rule for one in refused.value.findings}


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (replace(COLUMNS, covariates=("weeks",)), "columns_overlap"),
        (replace(COLUMNS, control="bonus"), "columns_overlap"),
        (replace(COLUMNS, arms=("nobody",)), "trial_small"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(columns, code) -> None:
    with pytest.raises(BadInputError) as refused:
        read_trial(file_of(), columns)
    assert refused.value.code == code


def test_told_is_the_same_for_the_same_seed_and_leaves_out_what_small_arms_cannot_tell() -> None:
    small = read_trial(file_of(), COLUMNS).trial
    told = tell_effect(small, Asked(draws=2))
    assert (told["targeting"], told["placebo"]) == (None, [])
    large = read_trial(file_of(many=200), COLUMNS).trial
    first, again = (tell_effect(large, Asked(draws=3, seed=4)) for _ in range(2))
    assert first == again
    assert np.isfinite([one["share"] for one in first["placebo"]]).all()
    assert set(first["targeting"]["pooled"]) == {"treat all", "treat none"}
