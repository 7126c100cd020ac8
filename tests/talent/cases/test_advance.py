"""No forbidden transition is ever taken, time does not go back, and a step entered again changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, ConflictError, QipanError, RuleBrokenError
from qipan.talent.cases.advance import advance
from qipan.talent.model.case import NEXT, Case, CaseReason, CaseState, CaseStep

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NEW = Case("case-1", "520000", "li.wei", NOW, ())


def step_of(state, on=DAY, step_id="", reason=None) -> CaseStep:
    return CaseStep(step_id or f"{state}-{on}", 1, CaseState(state), on, reason, "user:li.wei", NOW, "")


STEPS = st.builds(
    step_of,
    st.sampled_from(list(CaseState)),
    st.dates(DAY, DAY + timedelta(days=3)),
    st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]),
    st.sampled_from([None, *CaseReason]),
)


@given(st.lists(STEPS, max_size=25), st.booleans())
def test_whatever_is_asked_a_case_goes_only_where_it_may(asked, is_helped):
    case, today = NEW, DAY + timedelta(days=2)
    for at, step in enumerate(asked):
        one = replace(step, step_id=f"s{at}") if is_helped else step
        try:
            after = advance(case, one, today)
        except QipanError:
            continue
        assert after.steps[: len(case.steps)] == case.steps
        assert len(after.steps) - len(case.steps) in {0, 1}
        case = after
    states = [step.state for step in case.steps]
    assert states[:1] in ([], [CaseState.REFERRED])
    assert all(after in NEXT[before] for before, after in pairwise(states))
    days = [step.on for step in case.steps]
    assert days == sorted(days)
    assert all(day <= today for day in days)
    assert len({step.step_id for step in case.steps}) == len(case.steps)
    assert all((step.reason is None) is (step.state is not CaseState.CLOSED) for step in case.steps)


@pytest.mark.parametrize("before", list(CaseState))
@pytest.mark.parametrize("after", list(CaseState))
def test_each_pair_of_states_is_allowed_or_refused_as_the_table_says(before, after):
    case = replace(NEW, steps=(step_of(before, step_id="first"),))
    step = step_of(after, reason=CaseReason.MOVED if after is CaseState.CLOSED else None)
    if after in NEXT[before]:
        assert advance(case, step, DAY).state is after
    else:
        with pytest.raises(RuleBrokenError) as error:
            advance(case, step, DAY)
        assert error.value.code == "case_transition"


def test_every_state_can_be_reached_and_can_end():
    reached = {CaseState.REFERRED}
    for _ in CaseState:
        reached |= {after for before in reached for after in NEXT[before]}
    assert reached == set(CaseState)
    assert all(CaseState.CLOSED in allowed for state, allowed in NEXT.items() if state is not CaseState.CLOSED)


def test_the_same_step_again_changes_nothing_and_another_of_its_id_is_refused():
    case = advance(NEW, step_of("referred"), DAY)
    assert advance(case, step_of("referred"), DAY) is case
    with pytest.raises(ConflictError) as error:
        advance(case, step_of("consented", step_id=f"referred-{DAY}"), DAY)
    assert error.value.code == "case_step_differs"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (step_of("consented", DAY + timedelta(days=1)), "case_step_ahead"),
        (step_of("consented", DAY - timedelta(days=1)), "case_step_earlier"),
        (step_of("consented", reason=CaseReason.MOVED), "case_reason_unfit"),
        (step_of("closed"), "case_reason_unfit"),
        (step_of("consented", step_id="13800001111"), "case_step_id_bad"),
        (step_of("consented", step_id="张三"), "case_step_id_bad"),
    ],
)
def test_what_does_not_fit_is_refused(step, code):
    case = advance(NEW, step_of("referred"), DAY)
    with pytest.raises((BadInputError, RuleBrokenError)) as error:
        advance(case, step, DAY)
    assert error.value.code == code
