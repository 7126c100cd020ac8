"""Adoption, people and skills from files: every bad row has a finding, and the others stand."""

from __future__ import annotations

import pytest

from qipan.labour.sources import adoption, employed, skills

ADOPTION = "region,channel,year,share,standard_error\n440000,robots,2020,0.1,0.02"
EMPLOYED = "region,occupation,year,persons\n440000,a,2020,120"
SKILLS = "region,occupation,period,skill,postings\n440000,a,2020-Q1,typing,12"


@pytest.mark.parametrize(
    ("read", "good", "row", "rule"),
    [
        (adoption.read, ADOPTION, "440000,magic,2020,0.1,0.02", "channel_unknown"),
        (adoption.read, ADOPTION, "440000,robots,2021,1.1,0.02", "number_unfit"),
        (adoption.read, ADOPTION, "440000,robots,2021,0.1,", "number_unfit"),
        (adoption.read, ADOPTION, "440000,robots,2020,0.2,0.02", "row_repeated"),
        (employed.read, EMPLOYED, "440000,a,2021,-3", "number_unfit"),
        (employed.read, EMPLOYED, "440000,a,2020,130", "row_repeated"),
        (employed.read, EMPLOYED, "440000,,2021,130", "cell_empty"),
        (skills.read, SKILLS, "440000,a,2020-03,typing,12", "cadence_differs"),
        (skills.read, SKILLS, "440000,a,2020,typing,12", "cadence_differs"),
        (skills.read, SKILLS, "440000,a,soon,typing,12", "period_unreadable"),
        (skills.read, SKILLS, "440000,a,2020-Q2,typing,1.5", "number_unfit"),
        (skills.read, SKILLS, f"440000,a,2020-Q2,typing,{'9' * 5000}", "number_unfit"),
        (skills.read, SKILLS, "440000,a,2020-Q1,typing,13", "row_repeated"),
    ],
)
def test_a_bad_row_has_a_finding_and_the_good_one_stands(read, good, row, rule):
    rows, findings = read(f"{good}\n{row}\n".encode())
    assert len(rows) == 1
    assert [(one.row, one.rule) for one in findings] == [(3, rule)]


def test_periods_of_a_bad_first_row_set_no_form():
    rows, findings = skills.read(f"{SKILLS}\n440000,a,2020-Q2,typing,3\n".encode())
    assert (len(rows), findings) == (2, ())
