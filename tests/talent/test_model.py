"""Nouns refuse what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.talent.made import FIELDS, MODES, REGIONS

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post, Quota
from qipan.talent.model.terms import Mode, Span, read_month, write_month

YEAR = Span(0, 12, 10)
QUOTAS = st.builds(
    Quota,
    st.integers(0, 3),
    st.sampled_from(("", *REGIONS)),
    st.sampled_from(("", *FIELDS)),
    st.sampled_from((None, *MODES)),
)


@given(QUOTAS, QUOTAS)
def test_quotas_that_share_contracts_without_one_holding_the_other_are_refused(one, other) -> None:
    kinds = {(region, field, mode) for region in (*REGIONS, "") for field in (*FIELDS, "") for mode in Mode}
    ours, theirs = ({kind for kind in kinds if quota.holds(*kind)} for quota in (one, other))
    if ours <= theirs or theirs <= ours or not ours & theirs:
        Post("p", "", "", (), 1, (), (one, other))
    else:
        with pytest.raises(RuleBrokenError, match="Of two quotas one must hold the other") as caught:
            Post("p", "", "", (), 1, (), (one, other))
        assert caught.value.code == "quotas_cross"


@pytest.mark.parametrize(
    ("portions", "partner", "code"),
    [((), "", "portions_unfit"), ((YEAR,) * 7, "", "portions_unfit"), ((YEAR, YEAR), "b", "partner_portions")],
)
def test_expert_with_unfit_portions_is_refused(portions, partner, code) -> None:
    with pytest.raises(BadInputError) as caught:
        Expert("a", "", "", (), portions, partner)
    assert caught.value.code == code


@pytest.mark.parametrize("span", [(5, 5, 1), (6, 5, 1), (0, 1, 0), (0, 1, 32)])
def test_span_that_is_empty_or_has_no_such_days_is_refused(span) -> None:
    with pytest.raises(BadInputError) as caught:
        Span(*span)
    assert caught.value.code == "span_unfit"


@pytest.mark.parametrize("text", ["2027-13", "2027-1", "1066-10", "soon", ""])
def test_read_month_that_is_none_is_refused(text) -> None:
    with pytest.raises(BadInputError) as caught:
        read_month(text)
    assert caught.value.code == "month_unreadable"


@given(st.integers(12 * 1900, 12 * 2200 + 11))
def test_months_are_read_as_they_are_written(month) -> None:
    assert read_month(write_month(month)) == month


def test_span_holds_what_lies_within_it_with_no_more_days() -> None:
    assert YEAR.holds(Span(0, 12, 10))
    assert not any(YEAR.holds(other) for other in (Span(-1, 12, 10), Span(0, 13, 10), Span(0, 12, 11)))
