"""The edges of what is entered: names, lifetimes, limits, extents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.accounts.made import NOW

from qipan.accounts.admit import (
    LIFETIME_MAX_H,
    LIFETIME_MAX_MONTHS,
    check_account,
    check_asset,
    check_extent,
    check_name,
    check_purpose,
)
from qipan.accounts.model.claim import Extent
from qipan.accounts.model.posting import AMOUNT_MAX, Account, Asset, AssetKind
from qipan.kernel.errors import BadInputError


def refused(check, *words):
    with pytest.raises(BadInputError) as caught:
        check(*words)
    return caught.value.code, caught.value.field, caught.value.message


@pytest.mark.parametrize(
    "asset",
    [
        Asset("fen", AssetKind.MONEY),
        Asset("g", AssetKind.COMPUTE, "A100", "gui", lifetime_months=0, lifetime_h=0),
        Asset("m", AssetKind.CERTIFICATE_MONTH, lifetime_months=LIFETIME_MAX_MONTHS, lifetime_h=LIFETIME_MAX_H),
        Asset("h", AssetKind.CERTIFICATE_HOUR, place="device"),
    ],
)
def test_an_asset_at_the_edge_is_fine(asset):
    check_asset(asset)


@pytest.mark.parametrize(
    ("asset", "field", "told"),
    [
        (Asset("", AssetKind.MONEY), "asset_id", "was ''"),
        (Asset("x", AssetKind.COMPUTE, "A 100", "gui"), "model", "was 'A 100'"),
        (Asset("x", AssetKind.MONEY, place="/"), "place", "was '/'"),
        (Asset("x", AssetKind.COMPUTE, "", "gui"), "", "compute must name its model, was empty: x."),
        (Asset("x", AssetKind.MEMO), "", "memo must name its place, was empty: x."),
        (Asset("x", AssetKind.QUOTA, lifetime_months=-1), "", "between 0 and 1200, was -1: x."),
        (Asset("x", AssetKind.QUOTA, lifetime_months=1201), "", "between 0 and 1200, was 1201: x."),
        (Asset("x", AssetKind.QUOTA, lifetime_h=876_001), "", "between 0 and 876000, was 876001: x."),
        (Asset("x", AssetKind.MONEY, lifetime_months=0), "", "money must be without a lifetime"),
    ],
)
def test_an_asset_that_is_not_whole_is_refused_with_what_it_lacks(asset, field, told):
    code, of, message = refused(check_asset, asset)
    assert (code, of) == ("name_unfit" if field else "asset_unfit", field)
    assert told in message


def test_limits_of_an_account_reach_to_the_largest_amount():
    check_account(Account("x", "x", "fen", "cash", -AMOUNT_MAX, AMOUNT_MAX))
    check_account(Account("x", "x", "fen", "cash", 0, 0))
    check_account(Account("x", "x", "fen", "cash", None, None))
    for floor, ceiling in ((1, None), (-AMOUNT_MAX - 1, None), (0, -1), (None, AMOUNT_MAX + 1), (1, -1)):
        code, _, message = refused(check_account, Account("x", "x", "fen", "cash", floor, ceiling))
        assert (code, f"was {floor} and {ceiling}: x." in message) == ("account_unfit", True)
    assert refused(check_account, Account("", "x", "fen", "cash"))[:2] == ("name_unfit", "account_id")
    assert refused(check_account, Account("x", "", "fen", "cash"))[:2] == ("name_unfit", "owner")
    assert refused(check_account, Account("x", "x", "fen", ""))[:2] == ("name_unfit", "purpose")


def test_an_extent_holds_at_least_one_unit_for_some_time():
    tick = timedelta(microseconds=1)
    check_extent(Extent("e", "fen", 1, NOW, NOW + tick))
    check_extent(Extent("e", "fen", AMOUNT_MAX, NOW, NOW + tick))
    for units, end in ((0, NOW + tick), (AMOUNT_MAX + 1, NOW + tick), (1, NOW), (1, NOW - tick)):
        assert refused(check_extent, Extent("e", "fen", units, NOW, end))[0] == "extent_unfit"
    assert refused(check_extent, Extent("", "fen", 1, NOW, NOW + tick))[:2] == ("name_unfit", "extent_id")


def test_names_and_purposes_at_their_edge():
    for name in ("x", "x" * 64, "棋/a.b:c@d-e_f"):
        check_name("owner", name)
    for name in ("", "x" * 65, ".x", "x y", "x\n"):
        assert refused(check_name, "owner", name)[:2] == ("name_unfit", "owner")
    for purpose in ("a", "a" * 40, "a_1"):
        check_purpose(purpose)
    for purpose in ("", "a" * 41, "A", "1a", "a-b"):
        assert refused(check_purpose, purpose)[:2] == ("name_unfit", "purpose")
