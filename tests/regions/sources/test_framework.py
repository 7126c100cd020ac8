"""Frameworks from tables: as COINr has them, old and new, and plain; half a framework is refused."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.bootstrap.regions import read_framework, shipped_framework
from qipan.kernel.errors import BadInputError
from qipan.regions.sources.framework import read

OLD = b"""IndName,IndCode,Direction,IndWeight,Denominator,IndUnit,Target,Agg1,Agg2
A,a,1.0,2.0,Den_GDP,t,9,x,all
B,b,-1.0,1.0,,t,,x,all
"""
NEW = b"""iCode,iName,Level,Type,Direction,Weight,Parent,Denominator,Unit,Target
a,A,1,Indicator,1,2,x,Den_GDP,t,9
b,B,1,Indicator,-1,1,x,NA,t,NA
Den_GDP,GDP,,Denominator,,,,,,
x,X,2,Aggregate,1,1,all,,,
all,All,3,Aggregate,1,1,NA,,,
"""


def told(data):
    return [
        (one.code, one.parent, one.level, one.direction, one.weight, one.denominator, math.isnan(one.target))
        for one in read(data)[0].nodes
    ]


def test_old_and_new_tables_bring_the_same() -> None:
    assert told(OLD) == told(NEW)
    assert told(OLD)[1] == ("b", "x", 1, -1, 1.0, "", True)
    assert read(NEW)[0].top.code == "all"


def test_words_of_chinese_tables_are_understood() -> None:
    found, _ = read("指标代码,名称,上级,方向,权重\na,甲,all,正,1\nb,乙,all,负,3\nall,总,,,1\n".encode())
    assert [(one.name, one.direction, one.weight) for one in found.indicators] == [("甲", 1, 1.0), ("乙", -1, 3.0)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("name,weight\na,1\n", "columns_differ"),
        ("code,parent\na,all\na,all\nall,\n", "node_repeated"),
        ("code,parent,direction\na,all,up\nall,,\n", "direction_unfit"),
        ("code,parent,weight\na,all,much\nall,,\n", "value_unreadable"),
        ("code,parent\n,all\nall,\n", "cell_empty"),
        ("code,parent\na\nall,\n", "row_torn"),
        ("code,Agg1,Agg2\na,x,all\nb,x,y\n", "parent_differs"),
    ],
)
def test_every_row_that_is_wrong_is_told(text, rule) -> None:
    found, wrong = read(text.encode())
    assert found is None
    assert rule in {one.rule for one in wrong}
    with pytest.raises(BadInputError) as caught:
        read_framework(text.encode())
    assert caught.value.code == "framework_unreadable"


@pytest.mark.parametrize(
    "text", ["code,parent\na,x\nb,y\nx,\ny,\n", "code,parent\na,b\nb,a\n", "code,parent\na,gone\nall,\n"]
)
def test_rows_that_do_not_lead_to_one_index_are_refused(text) -> None:
    with pytest.raises(BadInputError) as caught:
        read_framework(text.encode())
    assert caught.value.code == "framework_unfit"


def test_the_framework_of_the_divides_has_the_sections_of_the_paper() -> None:
    found = read_framework(shipped_framework())
    assert [one.code for one in found.under("state")] == ["industry_innovation", "compute_data", "application_talent"]
    assert [one.code for one in found.under("effects")] == [
        "depth_of_use", "public_services", "exclusion", "employment_skills", "security",
    ]  # fmt: skip
    assert all(found.under(one.code) for one in found.groups)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_framework_or_told(data) -> None:
    with suppress(BadInputError):
        found, wrong = read(data)
        assert found is not None or all(one.message for one in wrong)


def test_directions_are_words_too_and_what_is_taken_as_one_is_told() -> None:
    rows = "code,parent,direction,weight\na,all,负向,2\nb,all,正向,\nc,all,Negative,1\nd,all,,1\nall,,,\n"
    found, noted = read(rows.encode())
    assert [one.direction for one in found.indicators] == [-1, 1, -1, 1]
    assert [(one.row, one.column, one.rule) for one in noted] == [
        (5, "direction", "taken_as_one"), (3, "weight", "taken_as_one"),
    ]  # fmt: skip
    assert read(b"code,parent\na,all\nb,all\nall,\n")[1] == ()


def test_a_framework_that_is_torn_is_refused_with_the_line_on_which_that_begins() -> None:
    rows = "".join(f"a{place},all\n" for place in range(10))
    with pytest.raises(BadInputError, match="not from line 12 on") as caught:
        read(f'code,parent\n{rows}b,"all\nall,\n'.encode())
    assert caught.value.code == "file_torn"
