"""The official layout of SOC and ISCO-08: lines above the heads, pairs that count alike, codes held to lists."""

from __future__ import annotations

import io

import openpyxl
import pytest

from qipan.bootstrap.crosswalks import choose
from qipan.labour.sources import soc_isco

TITLE = ["Crosswalk", "", "", "", "", ""]
HEAD = ["ISCO-08 Code", "ISCO-08 Title EN", "part", "2018 SOC Code ", "2018 SOC Title", "Comment"]
ROWS = [
    ["4222", "Contact centre clerks", "*", "43-4051", "Customer service", ""],
    ["4222", "Contact centre clerks", "*", "43-2021", "Telephone operators", ""],
    ["4225", "Enquiry desk clerks", "", "43-4051", "Customer service", ""],
]


def sheet(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(*rows):
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


@pytest.mark.parametrize("write", [sheet, text])
def test_pairs_below_lines_of_text_count_alike_both_ways(write):
    data = write(TITLE, ["Revised 2015", *TITLE[1:]], HEAD, *ROWS)
    there, findings = choose("isco", "soc2018", data, "official")
    back, _ = choose("soc2018", "isco", data, "official")
    assert there.links == {"4222": (("43-2021", 0.5), ("43-4051", 0.5)), "4225": (("43-4051", 1.0),)}
    assert back.links == {"43-4051": (("4222", 0.5), ("4225", 0.5)), "43-2021": (("4222", 1.0),)}
    assert [(one.rule, one.value) for one in findings] == [("codes_lacking", "434")]


@pytest.mark.parametrize(("code", "is_known"), [(110, True), ("0110", True), ("9999", False), ("42", False)])
def test_codes_of_isco_are_held_against_its_list_and_keep_their_zero(code, is_known):
    there, findings = choose("isco", "soc2018", sheet(HEAD, *ROWS, [code, "x", "", "55-1011", "y", ""]), "official")
    assert ("0110" in there.links) is is_known
    wrong = [(one.row, one.rule, one.value) for one in findings if one.row]
    assert wrong == ([] if is_known else [(5, "code_unlisted", code)])


@pytest.mark.parametrize("code", ["43-405", "12-1011", "434051", "43-4051.00"])
def test_codes_that_have_not_the_form_of_soc_are_left_out_with_a_finding(code):
    there, _, findings = soc_isco.read(text(HEAD, *ROWS, ["2111", "x", "", code, "y", ""]))
    assert "2111" not in there.links
    assert [(one.row, one.rule) for one in findings] == [(5, "code_unlisted")]


def test_rows_that_lack_a_code_or_repeat_are_told():
    _, _, findings = soc_isco.read(text(HEAD, *ROWS, ROWS[0], ["2111", "x", "", "", "", ""], [""] * 6, ["2111"]))
    assert [(one.row, one.rule) for one in findings] == [(5, "row_repeated"), (6, "cell_empty"), (8, "row_torn")]


def test_years_of_soc_are_read_the_same_way():
    data = text(["2010 SOC Code", "title", "2018 SOC Code", "title2"], ["15-1131", "", "15-1251", ""])
    there, _ = choose("soc2010", "soc2018", data, "official")
    assert there.links == {"15-1131": (("15-1251", 1.0),)}
