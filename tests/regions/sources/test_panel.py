"""Panels of regions from tables: long, wide, in Chinese, damaged."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.bootstrap.regions import names_of
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.regions.sources.activities import read as read_activities
from qipan.regions.sources.panel import Names, read


@pytest.fixture(scope="module")
def names() -> Names:
    return names_of(Catalog.load(None))


def test_long_and_wide_tables_bring_the_same(names) -> None:
    long, _, _ = read("地区,年份,数值\n宁夏,2000,1\n广东省,2000,3\n宁夏,2001,2\n".encode(), names)
    wide, _, _ = read("年份,640000,Guangdong\n2000,1,3\n2001年,2,NaN\n".encode(), names)
    assert long.regions == wide.regions == ("440000", "640000")
    assert long.years == wide.years == (2000, 2001)
    assert long.value.tolist()[0] == wide.value.tolist()[0] == [3.0, 1.0]
    assert long.value[1, 1] == wide.value[1, 1] == 2.0


def test_names_that_scanners_damaged_are_mended_and_told(names) -> None:
    found, left_out, noted = read(
        "region,year,value\n内蒙占,2000,1\n浙汀,2000,2\n两藏,2000,3\n某地,2000,4\n".encode(), names
    )
    assert [(one.row, one.rule, one.value) for one in left_out] == [(5, "region_unknown", "某地")]
    assert [(one.row, one.rule, one.value) for one in noted] == [
        (2, "name_mended", "内蒙占"), (3, "name_mended", "浙汀"), (4, "name_mended", "两藏"),
    ]  # fmt: skip
    assert found.regions == ("150000", "330000", "540000")


def test_regions_in_rows_and_years_in_columns_bring_the_same(names) -> None:
    found, left_out, _ = read("省份,2000,2001\n宁夏,1,2\n广东,3,\n".encode(), names)
    assert (left_out, found.regions, found.years) == ((), ("440000", "640000"), (2000, 2001))
    assert found.value[0].tolist() == [3.0, 1.0]


def test_regions_that_only_count_the_rows_are_refused(names) -> None:
    found, left_out, _ = read(b"year,0,1,2,3\n2000,5,6,7,8\n", names)
    assert found is None
    assert left_out[-1].rule == "joined_by_position"


def test_every_row_that_is_wrong_is_told_and_the_others_are_read(names) -> None:
    rows = (
        'region,year,value\na,2000,1\na,2000,2\nb,20x0,1\nc,2000,many\nd,2000\n全国,2000,9\ne,2000,—\nf,2000,"1,200"\n'
    )
    found, left_out, noted = read(rows.encode(), names)
    assert [(one.row, one.column, one.rule) for one in left_out] == [
        (3, "value", "value_repeated"),
        (4, "year", "year_unreadable"),
        (5, "value", "value_unreadable"),
        (6, "", "row_torn"),
    ]
    assert [(one.row, one.rule) for one in noted] == [(7, "nation_left_out")]
    assert found.regions == ("a", "f")
    assert found.value.tolist() == [[1.0, 1200.0]]


def test_columns_that_say_one_thing_of_each_region_are_partitions(names) -> None:
    rows = b"region,year,value,weight,zone,note\na,2000,1,5,n,x\na,2001,1,6,n,y\nb,2000,1,7,s,z\n"
    found, _, _ = read(rows, names)
    assert found.groups == {"zone": ("n", "s")}
    assert found.weight[:, 0].tolist() == [5.0, 6.0]


def test_only_rows_that_say_so_are_read_and_regions_left_out(names) -> None:
    rows = b"region,year,item,value\na,2000,x,1\na,2000,y,2\nb,2000,y,3\n"
    found, left_out, _ = read(rows, names, where={"item": "y"}, without=["b"])
    assert (found.regions, found.value.tolist(), left_out) == (("a",), [[2.0]], ())
    none, left_out, _ = read(rows, names, where={"thing": "y"})
    assert none is None
    assert left_out[0].rule == "columns_differ"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_panel_or_told(data) -> None:
    with suppress(BadInputError):
        found, left_out, _ = read(data, Names())
        assert found is not None or all(one.message for one in left_out)
        read_activities(data, Names())


def test_two_panels_are_joined_by_code_wherever_their_columns_stand(names) -> None:
    gdp, _, _ = read("year,宁夏,广东\n2000,10,300\n".encode(), names)
    people, _, _ = read("year,广东,宁夏,北京\n2000,100,5,9\n".encode(), names)
    found = gdp.per(people)
    assert found.regions == ("440000", "640000")
    assert found.value.tolist() == [[3.0, 2.0]]
    assert found.weight.tolist() == [[100.0, 5.0]]


def test_amounts_of_activities_are_read_and_wrong_ones_told(names) -> None:
    rows = "地区,行业,数值\n宁夏,J66,5\n宁夏,J66,6\n广东,,1\n广东,C39,-2\n广东,C39,7\n".encode()
    found, left_out = read_activities(rows, names)
    assert (found.regions, found.activities) == (("440000", "640000"), ("C39", "J66"))
    assert found.value.tolist() == [[7.0, 0.0], [0.0, 5.0]]
    assert [(one.row, one.rule) for one in left_out] == [
        (3, "value_repeated"), (4, "cell_empty"), (5, "value_unreadable"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "adcode,year,value\n440000,2000,3\n640000,2000,1\n440000,2001,\n",
        "state,year,value\nGuangdong,2000,3\nNingxia,2000,1\n",
        'code,"Year","Value"\n440000.0,2000,3\n640000,2000,1\n',
        "uCode,Time,value\n440000,2000,3\n640000,2000,1\n",
        '"","region","year","value"\n"1","广东",2000,3\n"2","宁夏",2000,1\n',
        '"","year","广东","宁夏"\n"1",2000,3,1\n',
        "Region,Year,Value\n广东,2000,3\n宁夏,2000,1\n",
        "region,province,year,value\nwest,广东,2000,3\nwest,宁夏,2000,1\n",
        "地区代码,年份,数值\n440000,2000,3\n640000,2000,1\n",
        ",2000\n广东,3\n宁夏,1\n",
    ],
)
def test_columns_go_by_many_names_and_r_counts_its_rows(names, text) -> None:
    found, left_out, _ = read(text.encode(), names)
    assert (left_out, found.regions) == ((), ("440000", "640000"))
    assert found.value.tolist() == [[3.0, 1.0]]


@pytest.mark.parametrize(
    "text",
    [
        "state,year,income\na,2000,1\nb,2000,2\n",
        "name,year,income\na,2000,1\nb,2000,2\n",
        "year,value\n2000,1\n",
        "Year,a,b\n2000,1,2\n2000年,3,4\n",
    ],
)
def test_a_long_panel_is_never_taken_for_a_wide_one(names, text) -> None:
    found, left_out, _ = read(text.encode(), names)
    assert found is None
    assert [one.rule for one in left_out] == ["columns_differ"]


def test_commas_set_thousands_apart_and_nothing_else(names) -> None:
    rows = 'region,year,value\na,2000,"1,5"\nb,2000,"1,234,567.5"\nc,2000,"12,34"\nd,2000,-1e3\n'
    found, left_out, _ = read(rows.encode(), names)
    assert [(one.row, one.rule) for one in left_out] == [(2, "value_unreadable"), (4, "value_unreadable")]
    assert found.value.tolist() == [[1234567.5, -1000.0]]
    amounts, wrong = read_activities(b'Region,Industry,Value\na,x,"1,000"\nb,y,"1,5"\n', names)
    assert amounts.value.tolist() == [[1000.0]]
    assert [(one.row, one.rule) for one in wrong] == [(3, "value_unreadable")]


def test_a_weight_that_does_not_count_is_told(names) -> None:
    _, left_out, noted = read(b"region,year,value,weight\na,2000,1,2\nb,2000,1,0\nc,2000,1,-1\n", names)
    assert left_out == ()
    assert [(one.row, one.rule) for one in noted] == [(3, "weight_not_positive"), (4, "weight_not_positive")]


def test_amounts_of_several_years_are_refused() -> None:
    found, wrong = read_activities(b"region,product,year,value\na,x,2000,1\na,x,2001,2\n", Names())
    assert found is None
    assert wrong[-1].rule == "years_several"


@pytest.mark.parametrize(("head", "reader"), [("region,year,value", read), ("region,activity,value", read_activities)])
def test_a_file_that_is_torn_is_refused_with_the_line_on_which_that_begins(names, head, reader) -> None:
    rows = "".join(f"宁夏,{year},1\n" for year in range(2001, 2011))
    with pytest.raises(BadInputError, match="not from line 12 on") as caught:
        reader(f'{head}\n{rows}宁夏,"2011,1\n'.encode(), names)
    assert caught.value.code == "file_torn"
