"""A table of links is read whole or refused with every fault."""

from __future__ import annotations

import pytest

from qipan.dispatch.model.board import Link
from qipan.dispatch.sources.links import read
from qipan.kernel.errors import BadInputError

HEADER = "link,from,to,gb_per_h,km"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def test_read_gives_every_link_with_or_without_a_limit_and_a_length() -> None:
    told = read(b"\xef\xbb\xbf" + table("a, x ,y,900,1700", "", "b,y,z,,", "c,x,z,0,0"))
    assert told == (
        Link("a", "x", "y", 900.0, 1700.0),
        Link("b", "y", "z", None, 1.0),
        Link("c", "x", "z", 0.0, 0.0),
    )
    assert read(table("900,y,x,a", header="gb_per_h,to,from,link")) == (Link("a", "x", "y", 900.0, 1.0),)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (table("a,x,,900,1", ",x,y,900,1"), [(2, "to", "name_missing"), (3, "link", "name_missing")]),
        (table("a,x,x,900,1"), [(2, "to", "ends_alike")]),
        (table("a,x,y,900,1", "a,y,z,1,1"), [(3, "link", "link_repeated")]),
        (table("a,x,y,-1,1", "a,y,z,1,1"), [(2, "gb_per_h", "number_malformed"), (3, "link", "link_repeated")]),
        (
            table(*(f"{place},x,y,{gb},1" for place, gb in enumerate(("-1", "nan", "inf", "many")))),
            [(row, "gb_per_h", "number_malformed") for row in range(2, 6)],
        ),
        (table("a,x,y,1,far"), [(2, "km", "number_malformed")]),
        (table("a,x,y,1"), [(2, "", "row_width")]),
        (
            table("a,x,y,-1,1", header="link,from,to,gb_per_h,rate"),
            [(0, "rate", "column_unknown"), (2, "gb_per_h", "number_malformed")],
        ),
    ],
)
def test_read_refuses_with_every_fault(data: bytes, found) -> None:
    with pytest.raises(BadInputError) as caught:
        read(data)
    assert caught.value.code == "links_unreadable"
    assert [(one.row, one.column, one.rule) for one in caught.value.findings] == found


@pytest.mark.parametrize(
    ("data", "code", "hint"),
    [
        (table(header="link,from,gb_per_h"), "columns_missing", "Check that the format fits"),
        (table(header="line,from,to,gb_per_h"), "columns_missing", "Rename line to link."),
        (b"", "file_empty", "Check the path"),
        (table("甲,x,y,900,1").decode().encode("gb18030"), "file_not_utf8", "GB18030"),
        (b"kind,card_model,by_kind,by_card_model,units\n", "columns_missing", "--substitutes"),
    ],
)
def test_read_refuses_another_file_with_the_way_out(data: bytes, code: str, hint: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(data)
    assert caught.value.code == code
    assert hint in caught.value.hint
