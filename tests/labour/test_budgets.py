"""Privacy budgets in the books: what is spent adds up, what is over is refused, and no entry is undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.labour.feeds import TERMS

from qipan.kernel.errors import BadInputError, NotFoundError, QipanError, RuleBrokenError
from qipan.labour.model.feed import feed_of, tell_feed
from qipan.labour.model.privacy import Budget, Entry, PrivacyEntry
from qipan.labour.record import write
from qipan.labour.service.budgets import Budgets
from qipan.labour.store.feed import insert_feed
from qipan.log.service import Log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FEED = "insured"


@pytest.fixture
def budgets(books) -> Budgets:
    """Two feeds of one holder and source, and one of another."""
    terms = {**TERMS, "source": "insurance"}
    with books.begin() as unit:
        for at, (name, holder) in enumerate((("insured", "A"), ("again", "A"), ("other", "B"))):
            record = write(tell_feed(feed_of({**terms, "name": name, "holder": holder})))
            insert_feed(unit, name, NOW + timedelta(seconds=at), record)
    return Budgets(Log(), 1.0)


def test_a_new_name_and_a_new_agreement_are_no_new_budget(books, budgets):
    with books.begin() as unit:
        budgets.spend(unit, "again", Fraction("0.6"), "employment", NOW, data="a")
        assert [(one.feed, one.left_millionths) for one in budgets.budgets(unit)] == [(FEED, 400_000)]
        with pytest.raises(RuleBrokenError) as over:
            budgets.spend(unit, FEED, Fraction("0.6"), "employment", NOW, data="b")
        with pytest.raises(NotFoundError) as unknown:
            budgets.spend(unit, "invented", Fraction("0.6"), "employment", NOW, data="b")
        with pytest.raises(NotFoundError):
            budgets.state(unit, "invented", Fraction("0.6"), NOW)
    assert (over.value.code, unknown.value.code) == ("privacy_budget_over", "feed_unknown")


def test_what_was_released_from_one_budget_is_refused_from_another(books, budgets):
    with books.begin() as unit:
        budgets.spend(unit, FEED, Fraction("0.3"), "employment", NOW, data="a")
        budgets.spend(unit, "again", Fraction("0.3"), "employment", NOW, data="a")
        with pytest.raises(RuleBrokenError) as refused:
            budgets.spend(unit, "other", Fraction("0.3"), "employment", NOW, data="a")
        assert budgets.spend(unit, "other", Fraction("0.3"), "employment", NOW, data="b").feed == "other"
        assert budgets.check(unit) == ()
    assert refused.value.code == "data_of_other_feed"


def test_spend_until_the_budget_is_over_is_refused_then_and_leaves_nothing(books, budgets):
    for _ in range(3):
        with books.begin(caller="user:li.wei") as unit:
            found = budgets.spend(unit, FEED, Fraction("0.3"), "employment", NOW, data="a")
    assert (found.spent_millionths, found.left_millionths) == (900_000, 100_000)
    with pytest.raises(RuleBrokenError) as refused, books.begin() as unit:
        budgets.spend(unit, FEED, Fraction("0.100001"), "employment", NOW, data="a")
    assert refused.value.code == "privacy_budget_over"
    with books.begin() as unit:
        budgets.spend(unit, FEED, Fraction("0.1"), "employment", NOW, data="a")
        assert [one.entries[0].by for one in budgets.budgets(unit)] == ["user:li.wei"]
        assert budgets.budget(unit, FEED).left_millionths == 0
        assert budgets.budget(unit, "other").left_millionths == 1_000_000
        assert budgets.check(unit) == ()
        assert len(Log().leaves(unit, kind="labour_privacy")) == 4


def test_state_a_budget_counts_before_anything_is_spent_and_never_after(books, budgets):
    with books.begin() as unit:
        budgets.state(unit, FEED, Fraction("0.5"), NOW)
        assert budgets.state(unit, FEED, Fraction(2), NOW).left_millionths == 2_000_000
        budgets.spend(unit, FEED, Fraction(2), "employment", NOW, data="a")
        with pytest.raises(RuleBrokenError) as refused:
            budgets.state(unit, FEED, Fraction(9), NOW)
    assert refused.value.code == "privacy_budget_used"


@pytest.mark.parametrize(
    ("feed", "epsilon", "code"),
    [("In sured", "1", "feed_unknown"), (FEED, "0", "epsilon_bad"), (FEED, "0.0000001", "epsilon_bad")],
)
def test_spend_what_is_no_feed_or_no_epsilon_is_refused(books, budgets, feed, epsilon, code):
    with pytest.raises((BadInputError, NotFoundError)) as refused, books.begin() as unit:
        budgets.spend(unit, feed, Fraction(epsilon), "employment", NOW, data="a")
    assert refused.value.code == code


def test_check_what_was_spent_and_is_changed_is_found(books, budgets):
    with books.begin() as unit:
        budgets.spend(unit, FEED, Fraction("0.3"), "employment", NOW, data="a")
    with pytest.raises((QipanError, sa.exc.DatabaseError)), books.begin() as unit:
        unit.execute(sa.text("UPDATE labour_privacy SET record = '{}'"))
    with books.begin() as unit:
        unit.execute(sa.text("DROP TRIGGER labour_privacy_no_update"))
        unit.execute(sa.text("UPDATE labour_privacy SET record = replace(record, '300000', '100000')"))
    with books.read() as unit:
        assert [one.rule for one in budgets.check(unit)] == ["labour_differs"]


@given(st.lists(st.integers(1, 400_000), max_size=20))
def test_check_a_budget_never_spends_more_than_it_is(asked):
    found = Budget(FEED, 1_000_000, ())
    for at, some in enumerate(asked):
        try:
            found.check(some)
        except RuleBrokenError:
            assert found.spent_millionths + some > 1_000_000
            continue
        one = PrivacyEntry(FEED, at + 1, Entry.SPENT, some, "", NOW, "", "")
        found = Budget(FEED, found.whole_millionths, (*found.entries, one))
    assert 0 <= found.spent_millionths <= 1_000_000
