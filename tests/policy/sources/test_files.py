"""Files of policy: a study and its table, and each thing that can be wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.policy.made import shipped

from qipan.bootstrap.policy import read_study, read_world
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.policy.model.lever import Lever
from qipan.policy.model.parameter import NAMES, Parameter
from qipan.policy.model.study import Property, Step
from qipan.policy.sources import regions_table

STUDY = """
name = "a test"
panel = "regions.csv"
start = 2025
periods = 20
step = "quarter"
members = 50
off = ["sudden"]

[levers.ai_plus]
cost_100m_yuan_a_year = 300
where = ["west"]
from = 2026
until = 2028

[parameters.adoption_speed]
low = 0.1
likely = 0.2
high = 0.3
source = "a survey"
"""
TABLE = """region,population,output,talent
北京,2171,23015,30
河北,7425,29806,
广东,10849,72813,40
贵州,3530,10503,
宁夏,668,2912,1
"""


def rules(caught) -> set[str]:
    return {one.rule for one in caught.value.findings}


def test_study_is_read_as_it_is_written() -> None:
    study = read_study(STUDY.encode(), shipped())
    assert (study.step, study.years, study.off) == (Step.QUARTER, 5.0, {Property.SUDDEN})
    (pull,) = study.levers
    assert (pull.lever, pull.where, pull.first_year, pull.end_year) == (Lever.AI_PLUS, ("west",), 2026, 2028)
    assert study.parameters["adoption_speed"].source == "a survey"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"a test"', "7", "not_text"),
        ("start = 2025", "", "key_missing"),
        ("periods = 20", "periods = 0", "study_unfit"),
        ("periods = 20", 'periods = "x"', "not_whole"),
        ('"quarter"', '"week"', "word_unknown"),
        ("ai_plus", "magic", "word_unknown"),
        ("= 300", "= -1", "lever_unfit"),
        ("= 300", '= "many"', "not_a_number"),
        ("until = 2028", "until = 2026", "lever_unfit"),
        ('["sudden"]', '"sudden"', "not_a_list"),
        ("members = 50", "members = 50\nmagic = 1", "key_unknown"),
        ("adoption_speed", "magic", "key_unknown"),
        ("likely = 0.2", "likely = 0.5", "parameter_unfit"),
        ("members = 50", "members = ", "file_not_toml"),
        ("[levers.ai_plus]", "[levers]\nai_plus = 1\n[levers.talent]", "not_a_table"),
    ],
)
def test_study_that_breaks_its_form_is_refused_with_all_that_is_wrong(old, new, rule) -> None:
    with pytest.raises(BadInputError) as caught:
        read_study(STUDY.replace(old, new, 1).encode(), shipped())
    assert caught.value.code == "study_unreadable"
    assert rule in rules(caught)


def test_table_is_read_by_name_and_what_is_not_told_is_named() -> None:
    found, left_out = read_world(TABLE.encode(), Catalog.load(None), shipped())
    assert left_out == ()
    assert found.regions == ("110000", "130000", "440000", "520000", "640000")
    assert found.assumed["talent"] == ("130000", "520000")
    assert found.groups["macro3"] == ("east", "east", "east", "west", "west")
    near = found.nearness
    assert near == pytest.approx(near.T)
    assert near.max() == 1.0
    assert near[0, 1] == near.max()
    np.testing.assert_allclose(np.diag(near), 0.0)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("广东,,1,1", "cell_empty"),
        ("广东,10849,-5,1", "value_out_of_range"),
        ("广东,10849,many,1", "value_out_of_range"),
        ("北京,1,1,1", "region_told_twice"),
        ("广东,1", "row_torn"),
    ],
)
def test_bad_rows_are_left_out_with_a_finding(line, rule) -> None:
    text = TABLE + "浙江,5539,42886,30\n" if rule != "region_told_twice" else TABLE
    text = text.replace("广东,10849,72813,40", line) if rule != "region_told_twice" else text + line + "\n"
    found, left_out = read_world(text.encode(), Catalog.load(None), shipped())
    assert [one.rule for one in left_out] == [rule]
    assert len(found.regions) == 5


def test_table_without_a_row_or_with_too_few_is_refused() -> None:
    for text, code in (("region,output\n", "regions_unreadable"), ("region,population,output\n", "regions_unreadable")):
        with pytest.raises(BadInputError) as caught:
            read_world(text.encode(), Catalog.load(None), shipped())
        assert caught.value.code == code
    with pytest.raises(RuleBrokenError) as refused:
        read_world(b"region,population,output\na,1,1\n", Catalog.load(None), shipped())
    assert refused.value.code == "regions_few"


def test_every_parameter_ships_with_a_unit_a_source_and_a_range() -> None:
    catalog = Catalog.load(None)
    assert tuple(shipped()) == NAMES
    for name, one in shipped().items():
        assert catalog.unit(one.unit).is_number
        assert one.source.startswith("facts: ")
        assert one.low < one.high, name
        assert {catalog.fact(f"policy/{name}/{part}").status for part in ("low", "likely", "high")} == {"assumed"}


@pytest.mark.parametrize(
    ("name", "triangle"),
    [
        ("learning", (0.3, 0.2, 0.4)),
        ("learning", (-0.1, 0.2, 0.4)),
        ("saved_share", (0.1, 0.5, 1.2)),
        ("compute_used", (0.0, 0.1, 0.2)),
    ],
)
def test_parameter_out_of_its_range_is_refused(name, triangle) -> None:
    with pytest.raises(BadInputError) as caught:
        Parameter(name, *triangle, "ratio", "a test")
    assert caught.value.code == "parameter_unfit"


def test_a_comma_that_sets_no_thousands_apart_is_refused() -> None:
    told, wrong = regions_table.read(b'region,population,output\na,"1,5",2\nb,"1,500",2\n', lambda name: (name, False))
    assert told.columns["population"].tolist() == [1500.0]
    assert [(one.row, one.rule) for one in wrong] == [(2, "value_out_of_range")]
