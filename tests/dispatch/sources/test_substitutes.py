"""A table of substitutes is read whole or refused with every fault."""

from __future__ import annotations

import pytest

from qipan.dispatch.model.board import Substitute
from qipan.dispatch.sources.substitutes import read
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind

HEADER = "kind,card_model,by_kind,by_card_model,units"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def test_read_gives_every_pair_in_any_order_of_columns() -> None:
    told = read(b"\xef\xbb\xbf" + table("intelligent, A ,intelligent,B,2.5", "", "general,,supercomputing,,0.02"))
    assert told == (
        Substitute(Kind.INTELLIGENT, "A", Kind.INTELLIGENT, "B", 2.5),
        Substitute(Kind.GENERAL, "", Kind.SUPERCOMPUTING, "", 0.02),
    )
    turned = table("2.5,B,A,intelligent,intelligent", header="units,by_card_model,card_model,by_kind,kind")
    assert read(turned) == told[:1]
    assert read(table()) == ()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (table("cards,A,intelligent,B,2"), [(2, "kind", "kind_unknown")]),
        (table("intelligent,A,gpu,B,2"), [(2, "by_kind", "kind_unknown")]),
        (table(*(f"intelligent,A{at},intelligent,B,{units}"
                 for at, units in enumerate(("0", "-1", "nan", "inf", "two", "")))),
         [(row, "units", "units_malformed") for row in range(2, 8)]),
        (table("intelligent,A,intelligent,B,2", "intelligent,A,intelligent,B,2"),
         [(3, "by_card_model", "pair_repeated")]),
        (table("intelligent,A,intelligent,B,-2", "intelligent,A,intelligent,B,2"),
         [(2, "units", "units_malformed"), (3, "by_card_model", "pair_repeated")]),
        (table("intelligent,A,intelligent,A,2"), [(2, "units", "fits_itself")]),
        (table("intelligent,,intelligent,A,2", "intelligent,A,intelligent,,2"),
         [(2, "units", "fits_itself"), (3, "units", "fits_itself")]),
        (table("intelligent,A,intelligent,B"), [(2, "", "row_width")]),
        (table("gpu,A,general,B,1,9", header=HEADER + ",rate"),
         [(0, "rate", "column_unknown"), (2, "kind", "kind_unknown")]),
    ],
)  # fmt: skip
def test_read_refuses_with_every_fault(data: bytes, found) -> None:
    with pytest.raises(BadInputError) as caught:
        read(data)
    assert caught.value.code == "substitutes_unreadable"
    assert [(one.row, one.column, one.rule) for one in caught.value.findings] == found
    places = len(found)
    assert caught.value.message == f"Every row of a table of substitutes must be sound, was wrong in {places} places."


def test_read_says_that_pools_without_a_model_take_any_one_for_one() -> None:
    with pytest.raises(BadInputError) as caught:
        read(table("intelligent,A,intelligent,,2", "intelligent,A,intelligent,A,2"))
    any_model, itself = (one.message for one in caught.value.findings)
    assert "pools that state none take any model one for one, was '2'" in any_model
    assert "what stands for it is what is asked for, was '2'" in itself


def test_read_takes_what_fits_anyway_one_for_one() -> None:
    assert read(table("intelligent,A,intelligent,A,1"))[0].units == 1.0


@pytest.mark.parametrize(
    ("data", "code", "hint"),
    [
        (
            table(header="kind,card_model,by_kind,by_model,units"),
            "columns_missing",
            "Rename by_model to by_card_model.",
        ),
        (table(header=HEADER + ",kind"), "columns_duplicate", "Rename or remove"),
        (b"", "file_empty", "Check the path"),
        (table("intelligent,昇腾,intelligent,B,1").decode().encode("gb18030"), "file_not_utf8", "GB18030"),
        (b"link,from,to,gb_per_h\n", "columns_missing", "--links"),
    ],
)
def test_read_refuses_another_file_with_the_way_out(data: bytes, code: str, hint: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(data)
    assert caught.value.code == code
    assert hint in caught.value.hint
