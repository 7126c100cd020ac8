"""Files of the exchange: good rows are read, bad ones are left out, each with what is wrong."""

from __future__ import annotations

import pytest

from qipan.kernel.errors import BadInputError
from qipan.talent.model.post import Quota
from qipan.talent.model.terms import Mode, read_month
from qipan.talent.sources import contracts, courses, experts, posts

E = "expert,region,home,fields,portions,partner"
P = "post,region,employer,fields,most,quotas,terms,mode,from,until,days_a_month,pay_fen_per_month,equity_ppm"
C = "expert,post,terms,expert_points,post_points"
LI = "li,110000,,ai; chips,2027-01/2028-01:10,"
LAB = "lab,640000,Works,ai,2,region=110000:1,1,visit,2027-01,2027-07,10,100,5"


def file(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def rules(findings) -> list[tuple[int, str]]:
    return [(one.row, one.rule) for one in findings]


def test_read_experts_keeps_good_rows() -> None:
    found, findings = experts.read(file(E, LI, 'wu,440000,640000,"ai","2027-01/2027-07:15; 2027-07/2028-01:5",'))
    assert findings == ()
    assert [(one.expert_id, one.region, one.home, one.fields) for one in found] == [
        ("li", "110000", "110000", ("ai", "chips")), ("wu", "440000", "640000", ("ai",)),
    ]  # fmt: skip
    assert [str(one) for one in found[1].portions] == ["2027-01/2027-07:15", "2027-07/2028-01:5"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (",110000,,,2027-01/2028-01:10,", "cell_empty"),
        ("x,110000,,,,", "cell_empty"),
        ("x,110000,,,2027,", "portion_unreadable"),
        ("x,110000,,,2027-13/2028-01:10,", "month_unreadable"),
        ("x,110000,,,2028-01/2028-01:10,", "span_unfit"),
        (f"x,110000,,,{';'.join(f'2027-01/2028-01:{day}' for day in range(1, 8))},", "portions_unfit"),
        ("x,110000,,,2027-01/2027-07:1;2027-07/2028-01:1,y", "partner_portions"),
        ("x,110000,,,2027-01/2028-01:10,nobody", "partner_unknown"),
        ("x,110000,,,2027-01/2028-01:10,li", "partner_unknown"),
        ("x,110000,,,2027-01/2028-01:10,x", "partner_unknown"),
        (LI, "expert_twice"),
        ("x,110000", "row_torn"),
    ],
)
def test_read_experts_leaves_a_bad_row_out(line, rule) -> None:
    found, findings = experts.read(file(E, LI, line))
    assert [one.expert_id for one in found] == ["li"]
    assert rules(findings) == [(3, rule)]


def test_read_experts_keeps_two_who_name_each_other() -> None:
    found, findings = experts.read(file(E, "a,1,,,2027-01/2028-01:1,b", "b,1,,,2027-01/2028-01:1,a"))
    assert (len(found), findings) == (2, ())


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"\xff\xfe", "file_unreadable"), (b"expert,region\na,b\n", "column_missing"), (file(E + ",x"), "column_unknown"),
     (b'"expert', "file_unreadable")],
)  # fmt: skip
def test_read_experts_tells_what_is_wrong_with_a_file(data, rule) -> None:
    found, findings = experts.read(data)
    assert found == ()
    assert rules(findings) == [(0, rule)]


def test_read_posts_joins_rows_of_terms() -> None:
    rows = (
        LAB,
        "lab,,,,,,2,技术入股,2027-01,2028-01,5,,",
        "hub,110000,,,1,region=1 mode=候鸟:2;field=ai:0,1,enclave,2027-01,2028-01,5,,",
    )
    found, findings = posts.read(file(P, *rows))
    assert rules(findings) == [(4, "quotas_cross")]
    (lab,) = found
    assert (lab.most, lab.fields, lab.quotas) == (2, ("ai",), (Quota(1, region="110000"),))
    assert [(one.number, one.mode, one.pay_fen_per_month, one.equity_ppm) for one in lab.terms] == [
        (1, Mode.VISIT, 100, 5), (2, Mode.EQUITY, 0, 0),
    ]  # fmt: skip
    assert lab.terms[0].span.until_month == read_month("2027-07")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (",1,,,1,,1,visit,2027-01,2027-07,10,,", "cell_empty"),
        ("x,,,,1,,1,visit,2027-01,2027-07,10,,", "cell_empty"),
        ("x,1,,,0,,1,visit,2027-01,2027-07,10,,", "whole_unfit"),
        ("x,1,,,1,,1,visit,2027-01,2027-07,40,,", "whole_unfit"),
        ("x,1,,,1,,1,visit,2027-01,2027-07,10,-1,", "whole_unfit"),
        ("x,1,,,1,,1,stroll,2027-01,2027-07,10,,", "mode_unreadable"),
        ("x,1,,,1,mode=stroll:1,1,visit,2027-01,2027-07,10,,", "mode_unreadable"),
        ("x,1,,,1,region=1,1,visit,2027-01,2027-07,10,,", "quota_unreadable"),
        ("x,1,,,1,region=1 region=2:1,1,visit,2027-01,2027-07,10,,", "quota_unreadable"),
        ("x,1,,,1,region=1:1;mode=visit:1,1,visit,2027-01,2027-07,10,,", "quotas_cross"),
        ("x,1,,,1,,1,visit,soon,2027-07,10,,", "month_unreadable"),
        ("x,1,,,1,,1,visit,2027-07,2027-07,10,,", "span_unfit"),
        ("lab,1,,,,,2,visit,2027-01,2027-07,10,,", "post_differs"),
        ("lab,,,,,,1,visit,2027-01,2027-07,10,,", "terms_twice"),
    ],
)
def test_read_posts_leaves_a_bad_row_out(line, rule) -> None:
    found, findings = posts.read(file(P, LAB, line))
    assert [(one.post_id, len(one.terms)) for one in found] == [("lab", 1)]
    assert rules(findings) == [(3, rule)]


def test_read_contracts_keeps_what_both_accept() -> None:
    who, where = experts.read(file(E, LI))[0], posts.read(file(P, LAB))[0]
    exchange, one_sided, findings = contracts.read(file(C, "li,lab,1,2.5,3"), who, where)
    assert (one_sided, findings, exchange.contracts.value.tolist()) == (0, (), [5.5])
    exchange, one_sided, findings = contracts.read(file(C, "li,lab,1,,3"), who, where)
    assert (one_sided, findings, len(exchange.contracts)) == (1, (), 0)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("li,,1,1,1", "cell_empty"),
        ("wu,lab,1,1,1", "expert_unlisted"),
        ("li,bar,1,1,1", "post_unlisted"),
        ("li,lab,9,1,1", "terms_unlisted"),
        ("li,lab,1,1,1", "contract_twice"),
        ("ma,lab,1,1,1", "field_missing"),
        ("li,lab,2,1,1", "portion_missing"),
        *((f"xu,lab,1,1,{points}", "points_unreadable") for points in ("many", "0", "-1", "nan", "inf")),
    ],
)
def test_read_contracts_leaves_a_bad_row_out(line, rule) -> None:
    who = experts.read(file(E, LI, LI.replace("li", "xu"), "ma,1,,,2027-01/2028-01:10,"))[0]
    where = posts.read(file(P, LAB, "lab,,,,,,2,visit,2027-01,2028-02,10,,"))[0]
    exchange, _, findings = contracts.read(file(C, "li,lab,1,1,1", line), who, where)
    assert len(exchange.contracts) == 1
    assert rules(findings) == [(3, rule)]


def test_an_unclosed_quote_is_refused_with_the_line_on_which_it_begins() -> None:
    torn = file(E, LI, 'wu,"440000,,,2027-01/2028-01:10,', "xu,440000,,,2027-01/2028-01:10,")
    with pytest.raises(BadInputError, match="not from line 3 on") as refused:
        experts.read(torn)
    assert refused.value.code == "file_torn"


def test_a_column_named_twice_is_told() -> None:
    found, findings = experts.read(file(E + ",region", LI + ",640000"))
    assert (found, rules(findings)) == ((), [(0, "columns_duplicate")])


@pytest.mark.parametrize(
    ("cells", "rule"),
    [(("9" * 5000, "region=110000:1"), "whole_unfit"), (("2", "region=110000:" + "9" * 5000), "quota_unreadable"),
     (("2", "region=110000:9999999"), "quota_unreadable")],
)  # fmt: skip
def test_numbers_without_end_are_findings(cells, rule) -> None:
    line = LAB.replace(",2,region=110000:1,", f",{cells[0]},{cells[1]},")
    found, findings = posts.read(file(P, line))
    assert (found, rules(findings)) == ((), [(2, rule)])
    assert len(findings[0].message) < 200


def test_full_width_marks_part_what_plain_ones_part() -> None:
    plain, wide = (
        experts.read(file(E, f"li,110000,,ai{at} chips,2027-01/2028-01{to}10,")) for at, to in (";:", "；：")
    )
    assert plain == wide
    assert len(plain[0]) == 1
    quota = LAB.replace("region=110000:1", "region=110000：2；region=110000 mode=visit：1")
    (post,) = posts.read(file(P, quota))[0]
    assert post.quotas == (Quota(2, "110000"), Quota(1, "110000", mode=Mode.VISIT))


@pytest.mark.parametrize("column", [1, 3, 4, 5])
def test_a_blank_of_a_job_that_is_open_is_no_zero(column) -> None:
    cells = ["j", "370000", "o", "a：0.5；b:1", "2", "500000"]
    good, none = courses.read_jobs(file(",".join(courses.OF_JOBS), ",".join(cells)))
    assert (good[0].skills, none) == ({"a": 0.5, "b": 1.0}, ())
    cells[column] = ""
    assert rules(courses.read_jobs(file(",".join(courses.OF_JOBS), ",".join(cells)))[1]) == [(2, "cell_empty")]


def test_who_has_no_skills_says_so() -> None:
    (one,), findings = courses.read_persons(file(",".join(courses.OF_PERSONS), "p,370000,-,10,0", "q,370000,,10,0"))
    assert (one.skills, rules(findings)) == ({}, [(3, "cell_empty")])
