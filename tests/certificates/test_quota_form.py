"""What quota, deliveries and declarations must be, at the last value that is fine and the first that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from qipan.certificates.model.month import Month
from qipan.certificates.model.quota import Declaration, Delivery, QuotaRule
from qipan.certificates.quota import (
    CARBON_MARKET,
    MOST,
    check_amount,
    check_declaration,
    check_delivery,
    check_quota_holder,
    rule_in_force,
)
from qipan.kernel.errors import BadInputError, NotFoundError, QipanError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR

MAY = Month.named("2026-05")
DELIVERY = Delivery("d-1", "west", "east", MAY.start, MAY.end, 10)
DECLARATION = Declaration("e-1", "east", 2026, 10)
TICK = timedelta(microseconds=1)


def code_of(check, *words, kind=BadInputError):
    with pytest.raises(QipanError) as caught:
        check(*words)
    assert isinstance(caught.value, kind)
    return caught.value.code


@pytest.mark.parametrize(
    "change", [{}, {"card_h": 1}, {"card_h": MOST}, {"delivery_id": "x" * 40}, {"end": MAY.start + TICK}]
)
def test_a_delivery_at_the_edge_is_fine(change):
    check_delivery(replace(DELIVERY, **change), MAY.end)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"delivery_id": ""}, "delivery_unfit"),
        ({"delivery_id": "x" * 41}, "delivery_unfit"),
        ({"delivery_id": "-x"}, "delivery_unfit"),
        ({"card_h": 0}, "delivery_unfit"),
        ({"card_h": MOST + 1}, "delivery_unfit"),
        ({"buyer": "west"}, "delivery_unfit"),
        ({"end": MAY.start}, "delivery_unfit"),
        ({"start": MAY.end - TICK, "end": MAY.end - TICK}, "delivery_unfit"),
        ({"start": MAY.start - TICK}, "delivery_unfit"),
        ({"end": MAY.end + TICK}, "delivery_unfit"),
        ({"start": MAY.start.replace(tzinfo=None)}, "delivery_unfit"),
        ({"end": MAY.end.replace(tzinfo=None)}, "delivery_unfit"),
        ({"site": "West"}, "holder_unfit"),
        ({"buyer": "East"}, "holder_unfit"),
        ({"site": CARBON_MARKET}, "holder_reserved"),
        ({"buyer": CARBON_MARKET}, "holder_reserved"),
    ],
)
def test_a_delivery_beyond_the_edge_is_refused(change, code):
    assert code_of(check_delivery, replace(DELIVERY, **change), MAY.end + timedelta(days=1)) == code


def test_a_delivery_must_be_over():
    assert code_of(check_delivery, DELIVERY, MAY.end - TICK) == "delivery_unfit"


@pytest.mark.parametrize(
    "change",
    [{}, {"kg": 1}, {"kg": MOST}, {"year": FIRST_YEAR}, {"year": LAST_YEAR}, {"declaration_id": "A.b_c:d-9"}],
)
def test_a_declaration_at_the_edge_is_fine(change):
    check_declaration(replace(DECLARATION, **change))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kg": 0}, "declaration_unfit"),
        ({"kg": MOST + 1}, "declaration_unfit"),
        ({"year": FIRST_YEAR - 1}, "declaration_unfit"),
        ({"year": LAST_YEAR + 1}, "declaration_unfit"),
        ({"declaration_id": "_x"}, "declaration_unfit"),
        ({"holder": "East"}, "holder_unfit"),
        ({"holder": CARBON_MARKET}, "holder_reserved"),
    ],
)
def test_a_declaration_beyond_the_edge_is_refused(change, code):
    assert code_of(check_declaration, replace(DECLARATION, **change)) == code


def test_quota_is_of_a_year_and_an_amount():
    for year, kg in ((FIRST_YEAR, 1), (LAST_YEAR, MOST)):
        check_amount(year, kg)
    for year, kg in ((FIRST_YEAR - 1, 1), (LAST_YEAR + 1, 1), (2026, 0), (2026, MOST + 1)):
        assert code_of(check_amount, year, kg) == "quota_unfit"
    check_quota_holder("east")


def test_the_newest_rule_that_has_begun_is_in_force():
    old = QuotaRule("2025", date(2025, 1, 1), 450, 9)
    new = QuotaRule("2026", date(2026, 6, 1), 100, 1)
    # The first moment of June in UTC+8 is 16:00 UTC of the day before.
    june = datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert rule_in_force([old, new], june) == new
    assert rule_in_force([new, old], june + timedelta(days=99)) == new
    assert rule_in_force([new, old], june - TICK) == old
    assert code_of(rule_in_force, [old, new], datetime(2024, 12, 31, tzinfo=UTC), kind=NotFoundError) == (
        "quota_rule_unknown"
    )
