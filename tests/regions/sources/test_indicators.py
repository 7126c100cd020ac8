"""Figures of indicators from tables: long, wide, damaged, of several releases; never joined by position."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.bootstrap.regions import names_of, read_index, template
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.regions.model.framework import Node, grow
from qipan.regions.sources import indicators
from qipan.regions.sources.panel import Names

CATALOG = Catalog.load(None)
FRAMEWORK = grow(
    [Node("gdp", "GDP", "all", denominator="people"), Node("patents", "Patents", "all")], [Node("all", "All", "")]
)
META = b"code,parent,denominator\ngdp,all,people\npatents,all,\nall,,\n"
RULES = ["region", "column", "rule"]


def read(text: str, names=None):
    return indicators.read(text.encode(), names_of(CATALOG) if names is None else names, FRAMEWORK)


def test_long_and_wide_tables_bring_the_same() -> None:
    wide, _, _ = read(
        "uCode,uName,Time,gdp,patents,people,Group_A\n宁夏,宁夏,2018.0,5,NA,2,n\n广东省,广东,2018,9,3,4,s\n"
    )
    long, _, _ = read(
        "地区,年份,指标,数值\n640000,2018,gdp,5\n广东,2018,patents,3\n广东,2018,gdp,9\n广东,2018,people,4\n宁夏,2018,people,2\n"
    )
    assert wide.regions == long.regions == ("440000", "640000")
    assert wide.years == long.years == (2018,)
    assert np.array_equal(wide.value, long.value, equal_nan=True)
    assert np.array_equal(wide.value[0], [[9, 3], [5, np.nan]], equal_nan=True)
    assert wide.others["people"].tolist() == long.others["people"].tolist() == [[4.0, 2.0]]
    assert wide.groups == {"Group_A": ("s", "n")}


@pytest.mark.parametrize(
    "text",
    [
        "gdp,patents,people\n1,2,3\n4,5,6\n",
        "year,gdp,patents\n2018,1,2\n2018,4,5\n",
        "region,gdp\n0,1\n1,2\n2,3\n3,4\n",
        "code,gdp\n1,1\n2,2\n3,3\n4,4\n",
    ],
)
def test_a_table_that_names_no_regions_is_refused(text) -> None:
    with pytest.raises(BadInputError) as caught:
        read_index(text.encode(), META, None, CATALOG)
    assert caught.value.code == "regions_unnamed"
    assert caught.value.findings


def test_damaged_names_are_mended_or_set_aside_and_each_is_told() -> None:
    found, left_out, noted = read(
        "region,gdp,patents\n内蒙占,1,2\n浙汀,2,3\n北京,3,4\n上海,4,5\n某地,5,6\n全国,15,20\n尔部地区,9,9\n"
    )
    assert found.regions == ("110000", "150000", "310000", "330000")
    assert [(one.row, one.rule, one.value) for one in left_out] == [(6, "region_unknown", "某地")]
    assert [(one.rule, one.value) for one in noted if one.value] == [
        ("name_mended", "内蒙占"), ("name_mended", "浙汀"), ("nation_left_out", "全国"),
        ("nation_left_out", "尔部地区"),
    ]  # fmt: skip


def test_every_row_that_is_wrong_is_told() -> None:
    _, left_out, _ = read("region,year,gdp,patents\na,20x8,1,2\nb,2018,many,2\n,2018,1,2\nc,2018,1\nb,2018,7,5\n")
    assert [(one.row, one.rule) for one in left_out] == [
        (5, "row_torn"), (2, "year_unreadable"), (3, "value_unreadable"), (4, "cell_empty"), (6, "value_repeated"),
    ]  # fmt: skip


def test_mixed_releases_of_one_statistic_are_noticed() -> None:
    rows = "region,year,indicator,value,release\na,2017,gdp,5,2018-02\na,2018,gdp,6,2020-02\na,2018,gdp,9,2019-02\n"
    found, left_out, noted = read(rows)
    assert found.value[:, 0, 0].tolist() == [5.0, 6.0]
    assert [(one.row, one.rule) for one in left_out] == [(4, "release_older")]
    assert ("releases_mixed", "2018-02, 2020-02") in [(one.rule, one.value) for one in noted]


def test_a_jump_of_some_provinces_is_noticed_without_a_release_too() -> None:
    names = ["北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "上海", "江苏", "浙江"]
    rows = [
        f"{name},{year},gdp,{100 * 1.08 ** (year - 2010) * (0.7 if name in {'天津', '内蒙古'} and year > 2014 else 1)}"
        for name in names
        for year in range(2010, 2018)
    ]
    text = "\n".join(["region,year,indicator,value", *rows, ""])
    *_, noted = read_index(text.encode(), META, b"[normalise]\n[aggregate]\n", CATALOG)
    (one,) = [one for one in noted if one.rule == "series_breaks"]
    assert (one.column, one.value) == ("gdp", "2015")
    assert "120000, 150000" in one.message


def test_what_stands_in_no_framework_is_told() -> None:
    _, _, noted = read("region,gdp,other\na,1,2\nb,2,3\n")
    assert [(one.rule, one.value) for one in noted] == [("column_unused", "other"), ("indicator_absent", "patents")]


def test_the_template_of_the_divides_is_read_again_with_its_gaps() -> None:
    found, framework, recipe, left_out, _ = read_index(template(CATALOG, 2025).encode(), None, None, CATALOG)
    assert left_out == ()
    assert framework.top.code == "divide"
    assert len(found.regions) == 31
    assert found.value[0, found.regions.index("110000"), found.column("deep_synthesis_filings")] == 1010
    assert np.isnan(found.value[0, :, found.column("ai_talent")]).all()
    assert recipe.doubt is not None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_figures_or_told(data) -> None:
    with suppress(BadInputError):
        found, left_out, _ = indicators.read(data, Names(), FRAMEWORK)
        assert found is not None or all(one.message for one in left_out)


def test_of_columns_that_may_name_regions_the_one_that_tells_rows_apart_is_taken() -> None:
    found, _, _ = read("Region,uCode,gdp,patents\nEurope,a,1,2\nEurope,b,3,4\n", Names())
    assert (found.regions, found.groups) == (("a", "b"), {"Region": ("Europe", "Europe")})
    found, _, _ = read("country,province,year,gdp,patents\nx,a,2000,1,2\nx,b,2000,3,4\nx,a,2001,5,6\n", Names())
    assert (found.regions, found.years) == (("a", "b"), (2000, 2001))


def test_denominators_of_a_framework_are_used_or_it_is_told() -> None:
    text = b"region,gdp,patents,people\na,1,2,1\nb,3,4,2\n"
    _, _, recipe, _, noted = read_index(text, META, None, CATALOG)
    assert recipe.steps[0].name == "denominate"
    assert "denominators_unused" not in {one.rule for one in noted}
    *_, noted = read_index(text, META, b"[normalise]\n[aggregate]\n", CATALOG)
    assert [(one.rule, one.value) for one in noted] == [("denominators_unused", "gdp")]


@pytest.mark.parametrize(
    "text", ["[normalise.indicators.zzz]\ncap = true\n", "[weigh]\nweights = {zzz = 3}\n", "[weigh.pairs.zzz]\n"]
)
def test_a_recipe_that_names_what_the_framework_lacks_is_refused(text) -> None:
    with pytest.raises(BadInputError) as caught:
        read_index(b"region,gdp,patents,people\na,1,2,1\nb,3,4,2\n", META, f"{text}[aggregate]\n".encode(), CATALOG)
    assert caught.value.code == "recipe_unreadable"
    assert [(one.rule, one.value) for one in caught.value.findings] == [("code_unknown", "zzz")]


def test_a_column_of_figures_with_a_gap_is_no_partition() -> None:
    found, _, noted = read("region,gdp,patents,other\na,1,2,NA\nb,2,3,4\n", Names())
    assert found.groups == {}
    assert [(one.rule, one.value) for one in noted] == [("column_unused", "other")]


def test_a_file_that_is_torn_is_refused_with_the_line_on_which_that_begins() -> None:
    rows = "".join(f"宁夏,{year},gdp,1\n" for year in range(2001, 2011))
    with pytest.raises(BadInputError, match="not from line 12 on") as caught:
        read(f'region,year,indicator,value\n{rows}宁夏,"2011,gdp,1\n')
    assert caught.value.code == "file_torn"
