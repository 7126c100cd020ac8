"""Facts from text: the forms of the files and what breaks them."""

from __future__ import annotations

import math

import pytest

from qipan.facts.model import Source, Status, Unit
from qipan.facts.read import melt, read_facts, read_units, rows
from qipan.kernel.errors import BadInputError

SOURCES = {
    "letter": Source("letter", "A letter", "an office", "2022"),
    "choice": Source("choice", "Ours", "us", "2026"),
}
UNITS = {
    "ms": Unit("ms", True, 0.0, math.inf, "milliseconds", "毫秒"),
    "text": Unit("text", False, -math.inf, math.inf, "text", "文字"),
}
HEAD = "fact_id,bound,value,unit,as_of,status,source,label_en,label_zh,note\n"
COLUMNS = (
    "column,unit,as_of,status,source,label_en,label_zh,note\n"
    "name_en,text,2022,secondary,letter,name,名称,\n"
    "limit_ms,ms,2022,secondary,letter,limit,上限,as written\n"
)
TABLE = "site_id,name_en,limit_ms\na,Alpha,20\nb,Beta,\n"
CELLS = "key,column,as_of,status,source,note\n"


def test_rows_with_blank_lines_and_spaces_are_clean() -> None:
    assert rows(" a , b\n\n1 , 2\n", where="x", required=("a",), extras=("b", "c")) == ({"a": "1", "b": "2", "c": ""},)


def test_facts_of_a_good_row_keep_bound_and_number() -> None:
    (fact,) = read_facts(
        HEAD + "x/y,<=,20,ms,2022-05,assumed,choice,X,甲,why\n", where="x", units=UNITS, sources=SOURCES
    )
    assert (fact.value, fact.bound, fact.status, fact.note) == (20.0, "<=", Status.ASSUMED, "why")


def test_facts_of_broken_rows_name_row_and_rule() -> None:
    text = (
        HEAD
        + "x/y,<=,20,ms,2022-05,assumed,choice,X,甲,\n"
        + "X,~,-1,ms,2022-13,sure,rumour,X,甲,\n"
        + "x/z,,1,mile,2022,assumed,choice,X,甲,\n"
    )
    with pytest.raises(BadInputError) as caught:
        read_facts(text, where="mine.csv", units=UNITS, sources=SOURCES)
    assert {(finding.row, finding.rule) for finding in caught.value.findings} == {
        (3, "fact_id_form"),
        (3, "bound_unknown"),
        (3, "as_of_form"),
        (3, "status_unknown"),
        (3, "source_unknown"),
        (3, "value_out_of_range"),
        (4, "unit_unknown"),
    }
    assert "mine.csv" in caught.value.message


def test_melt_gives_a_fact_for_each_filled_cell() -> None:
    facts = melt("site", TABLE, columns=COLUMNS, cells=CELLS, where="x", units=UNITS, sources=SOURCES)
    assert [fact.fact_id for fact in facts] == ["site/a/name_en", "site/a/limit_ms", "site/b/name_en"]
    assert (facts[1].value, facts[1].label_en, facts[1].note) == (20.0, "Alpha: limit", "as written")


def test_melt_lets_a_cell_differ_from_its_column() -> None:
    cells = CELLS + "a,limit_ms,2026,assumed,choice,guessed\n"
    facts = melt("site", TABLE, columns=COLUMNS, cells=cells, where="x", units=UNITS, sources=SOURCES)
    assert (facts[1].status, facts[1].source, facts[1].as_of, facts[1].note) == (
        Status.ASSUMED,
        "choice",
        "2026",
        "guessed",
    )
    assert facts[0].status is Status.SECONDARY


def test_melt_with_a_cell_that_is_nowhere_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        melt(
            "site",
            TABLE,
            columns=COLUMNS,
            cells=CELLS + "c,limit_ms,2026,assumed,choice,\n",
            where="x",
            units=UNITS,
            sources=SOURCES,
        )
    assert [finding.rule for finding in caught.value.findings] == ["cell_unknown"]


def test_melt_with_a_column_nobody_described_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        melt(
            "site",
            "site_id,name_en,limit_ms,hue\n",
            columns=COLUMNS,
            cells=CELLS,
            where="x",
            units=UNITS,
            sources=SOURCES,
        )
    assert [(finding.rule, finding.column) for finding in caught.value.findings] == [("column_unknown", "hue")]


def test_units_without_ends_are_unbounded() -> None:
    units = read_units("unit,kind,least,most,label_en,label_zh\nyuan,number,,,yuan,元\n", where="x")
    assert (units["yuan"].least, units["yuan"].most, units["yuan"].is_number) == (-math.inf, math.inf, True)
