"""What a dispute must be: its form to the letter, and what may follow in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.accounts.made import NOW
from tests.accounts.made_dispute import answer, decision, opening, withdrawal
from tests.accounts.test_correct import transfer

from qipan.accounts.dispute import TRANSFERS_MOST, WORDS_MOST, check_act, check_opening, follow
from qipan.accounts.model.dispute import DisputeState, Step
from qipan.kernel.errors import BadInputError, RuleBrokenError

DAY = timedelta(days=1)


def opens(asked):
    """Check an opening where every transfer that it names is one of a."""
    made = {name: transfer(name, "a", "b", 5) for name in asked.transfer_ids}
    check_opening(asked, made, {"a": "a", "b": "b"}, NOW, DAY)


@pytest.mark.parametrize(
    "change",
    [
        {"ground": "x" * WORDS_MOST},
        {"cites": "x" * WORDS_MOST},
        {"transfers": tuple(f"t-{at}" for at in range(TRANSFERS_MOST))},
        {"dispute_id": "d" * 40},
        {"dispute_id": "0"},
    ],
)
def test_a_dispute_may_go_to_the_limit(change):
    opens(opening(**change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dispute_id": "D"}, "A dispute must be named with 1 to 40 small letters, digits and -, was 'D'."),
        ({"transfers": ()}, "A dispute must name 1 to 1000 transfers, each once, was 0."),
        ({"transfers": ("t", "t")}, "A dispute must name 1 to 1000 transfers, each once, was 2."),
        ({"transfers": tuple(map(str, range(1001)))}, "A dispute must name 1 to 1000 transfers, each once, was 1001."),
        ({"cites": "x" * 2001}, "What is cited must have at most 2000 letters, was 2001."),
        ({"ground": "x" * 2001}, "A ground, answer or reason must have 1 to 2000 letters, was 2001."),
        ({"ground": "a\0b"}, "A ground, answer or reason must have 1 to 2000 letters, was 3."),
        ({"ground": " "}, "A ground, answer or reason must have 1 to 2000 letters, was 1."),
    ],
)
def test_what_does_not_fit_is_told(change, words):
    with pytest.raises(BadInputError) as caught:
        opens(opening(**change))
    assert (caught.value.code, caught.value.message) == ("dispute_unfit", words)


def test_a_dispute_is_opened_until_the_end_of_its_time_and_no_later():
    made = {"s/a": transfer("s/a", "a", "b", 5)}
    check_opening(opening(), made, {"a": "a", "b": "b"}, NOW + DAY, DAY)
    with pytest.raises(RuleBrokenError) as caught:
        check_opening(opening(), made, {"a": "a", "b": "b"}, NOW + DAY + timedelta(seconds=1), DAY)
    assert caught.value.code == "dispute_late"


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        ((answer(),), "A dispute must be open for what follows in it, was opened by another step: ."),
        ((opening(), opening()), "A dispute must be open for what follows in it, was opened: d-1."),
        ((opening(), decision(), answer()), "A dispute must be open for what follows in it, was dismissed: d-1."),
        ((opening(), withdrawal(), answer()), "A dispute must be open for what follows in it, was withdrawn: d-1."),
    ],
)
def test_what_may_not_follow_is_told(acts, words):
    with pytest.raises(RuleBrokenError) as caught:
        follow([Step(at, NOW, "", act) for at, act in enumerate(acts, start=1)])
    assert (caught.value.code, caught.value.message) == ("dispute_closed", words)


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        ((), DisputeState.OPENED),
        ((answer(),), DisputeState.ANSWERED),
        ((decision({"s/a": 1}),), DisputeState.UPHELD),
        ((answer(), decision()), DisputeState.DISMISSED),
        ((answer(), withdrawal()), DisputeState.WITHDRAWN),
    ],
)
def test_steps_lead_to_one_state(acts, state):
    steps = [Step(at, NOW, "", act) for at, act in enumerate((opening(), *acts), start=1)]
    found = follow(steps)
    assert (found.state, found.steps, found.opening) == (state, tuple(steps), opening())


def test_words_of_an_answer_may_go_to_the_limit():
    check_act(follow([Step(1, NOW, "", opening())]), answer(words="x" * WORDS_MOST), {"a", "c"}, ())
    with pytest.raises(BadInputError):
        check_act(follow([Step(1, NOW, "", opening())]), answer(words="x" * (WORDS_MOST + 1)), {"a", "c"}, ())
