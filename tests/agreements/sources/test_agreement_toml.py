"""A file of an agreement: read exactly, and refused with everything that is wrong with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.agreements.made import deal, replace

from qipan.agreements.model.agreement import Indexation, Pool, Terms
from qipan.agreements.sources.agreement_toml import read

TEXT = """
id = "sh-nx"
buyer = "310000"
seller = "640000"
card_class = "h100-80g"
hub = "ningxia"
from = 2027-01-01
until = 2028-01-01

[[versions]]
holds_from = 2027-01-01
card_h_per_month = 1000
base_fen_per_card_h = 1200
floor_fen_per_card_h = 1000
cap_fen_per_card_h = 1500
take_or_pay = 0.8
index = { name = "electricity", base = 100, pass_through = "0.5" }

[[shares.rent]]
holds_from = 2027-01-01
parts = { 640000 = 0.7, 310000 = 0.3 }

[[shares.green_premium]]
holds_from = 2027-01-01
parts = { 640000 = 0.6, 310000 = 0.3, fund = 0.1 }
"""
MORE = """
[[versions]]
holds_from = 2027-07-01
card_h_per_month = 1100
base_fen_per_card_h = 1100

[[versions.contributions]]
giver = "310000"
taker = "640000"
fen_per_month = 5000

[[versions.aid]]
kind = "training"
giver = "310000"
taker = "640000"
cost_fen_per_month = 2000
worth_fen_per_month = 3000
source = "a survey of course fees"
"""


def found(text: str):
    return read(text.encode(), adcodes={"310000", "640000"}, hubs={"ningxia"})


def test_an_agreement_is_read_as_it_is_written() -> None:
    assert found(TEXT) == (deal(), ())


def test_a_second_version_brings_what_is_given() -> None:
    agreement, findings = found(TEXT + MORE)
    assert findings == ()
    assert agreement is not None
    second = agreement.terms(date(2027, 7, 1))
    assert (second.base_fen_per_card_h, second.index, second.cap_fen_per_card_h) == (1100, None, None)
    assert [one.fen_per_month for one in second.contributions] == [5000]
    assert [one.worth_fen_per_month for one in second.aid] == [3000]
    assert agreement.terms(date(2027, 6, 1)).index == Indexation("electricity", Decimal(100), Decimal("0.5"))
    assert list(agreement.tables) == [Pool.RENT, Pool.GREEN_PREMIUM]
    assert replace(agreement, versions=agreement.versions[:1]) == deal()


def test_what_is_left_out_of_terms_stands_in() -> None:
    bare, findings = found("\n".join(TEXT.split("floor_fen", maxsplit=1)[0].splitlines()))
    assert findings == ()
    assert bare is not None
    assert bare.versions == (Terms(date(2027, 1, 1), 1000, 1200),)
    assert bare.tables == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [('hub = "ningxia"', 'hub = "mars"', "hub", "hub_unknown"),
     ('seller = "640000"', 'seller = "690000"', "seller", "region_unknown"),
     ('buyer = "310000"', "buyer = 310000", "buyer", "not_text"),
     ("until = 2028-01-01", "", "until", "key_missing"),
     ("until = 2028-01-01", 'until = "2028"', "until", "not_a_day"),
     ("until = 2028-01-01", "until = 2028-01-01T00:00:00", "until", "not_a_day"),
     ("until = 2028-01-01", "until = 2028-01-02", "until", "agreement_unfit"),
     ("take_or_pay = 0.8", "take_or_pay = 1e9", "versions[0].take_or_pay", "not_decimal"),
     ("take_or_pay = 0.8", "take_or_pay = true", "versions[0].take_or_pay", "not_decimal"),
     ("take_or_pay = 0.8", "take_or_pay = 1.8", "versions[0].take_or_pay", "agreement_unfit"),
     ("take_or_pay = 0.8", "take_to_pay = 0.8", "versions[0].take_to_pay", "key_unknown"),
     ("= 1200", "= 12.5", "versions[0].base_fen_per_card_h", "not_whole"),
     ("= 1200", "= false", "versions[0].base_fen_per_card_h", "not_whole"),
     ("640000 = 0.7", "640000 = 0.71", "shares.rent[0].parts", "shares_unfit"),
     ("640000 = 0.7", "640001 = 0.7", "shares.rent[0].parts.640001", "region_unknown"),
     ("[[shares.rent]]", "[shares.rent]", "shares.rent", "not_a_table"),
     ("[[shares.rent]]", "[[shares.loot]]", "shares.loot", "pool_unknown"),
     ("base = 100,", "base = 0,", "versions[0].index.base", "agreement_unfit"),
     ('id = "sh-nx"', "id =", "", "file_not_toml")],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(old: str, new: str, path: str, rule: str) -> None:
    assert old in TEXT
    agreement, findings = found(TEXT.replace(old, new))
    assert agreement is None or findings
    assert (path, rule) in [(one.column, one.rule) for one in findings]


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = (TEXT + MORE).replace('kind = "training"', 'kind = "cake"').replace("ningxia", "mars").replace("5000", "0")
    _, findings = found(text)
    assert {one.rule for one in findings} == {"kind_unknown", "hub_unknown", "agreement_unfit"}
