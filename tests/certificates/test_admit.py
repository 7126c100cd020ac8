"""Names, devices and rows of use that cannot stand are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.certificates.made import HOUR, WIND, used

from qipan.certificates.admit import check_device, check_holder, check_request_id, check_usage
from qipan.certificates.model.month import Month
from qipan.kernel.errors import BadInputError


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": "a b"},
        {"device_id": ""},
        {"adcode": "64"},
        {"capacity_w": 0},
        {"capacity_w": 10**12 + 1},
        {"commissioned": WIND.commissioned.replace(tzinfo=None)},
    ],
)
def test_a_device_that_says_nothing_is_refused(change):
    check_device(WIND)
    with pytest.raises(BadInputError) as refused:
        check_device(replace(WIND, **change))
    assert refused.value.code == "device_unfit"


@pytest.mark.parametrize("name", ["", "East", "a/b", "registry", "x" * 21, "-a"])
def test_a_holder_has_the_name_of_a_member(name):
    check_holder("east-1")
    with pytest.raises(BadInputError) as refused:
        check_holder(name)
    assert refused.value.code == "holder_unfit"
    with pytest.raises(BadInputError):
        check_device(replace(WIND, owner=name))


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 31, "\N{CJK UNIFIED IDEOGRAPH-4E00}"])
def test_ids_of_requests_are_plain(name):
    check_request_id("2026-03.wind_1")
    with pytest.raises(BadInputError) as refused:
        check_request_id(name)
    assert refused.value.code == "request_id_malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"usage_id": "a/b"},
        {"wh": 0},
        {"wh": 2**53},
        {"end": used("u", 0, 1).start},
        {"start": used("u", 0, 1).start - HOUR},
        {"start": used("u", 0, 1).start.replace(tzinfo=None)},
    ],
)
def test_use_lies_in_one_month(change):
    whole = used("u", 0, 1)
    check_usage(replace(whole, end=Month(whole.start).end))
    with pytest.raises(BadInputError) as refused:
        check_usage(replace(whole, **change))
    assert refused.value.code == "usage_unfit"
