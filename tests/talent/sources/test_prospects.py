"""Persons, jobs and chances as files have them, and chances that are assumed where there are none."""

from __future__ import annotations

import pytest

from qipan.bootstrap.guidance import read_chances, read_jobs, read_persons
from qipan.kernel.errors import BadInputError
from qipan.talent.guide.suppose import Supposed, suppose
from qipan.talent.model.guidance import Job, Person
from qipan.talent.sources import prospects

PERSONS = b"person,region,skills,pay_fen_per_month\nli,45,sql; care; sql,300000\nwu,,,\n"
JOBS = b"job,openings,skills\nb,2,sql\na,1,\n"


def read(chances: bytes):
    return prospects.read_chances(chances, read_persons(PERSONS)[0], read_jobs(JOBS)[0])


def test_read_persons_and_jobs() -> None:
    assert read_persons(PERSONS)[0] == (Person("li", "45", frozenset({"sql", "care"}), 300_000), Person("wu"))
    assert read_jobs(JOBS)[0] == (Job("a", 1), Job("b", 2, skills=frozenset({"sql"})))


def test_read_chances_lays_pairs_out_person_by_person() -> None:
    found, findings = read(b"person,job,chance,gain\nwu,b,0.5,3\nli,b,1,\nli,a,0.2,2\n")
    assert findings == ()
    assert found.first.tolist() == [0, 2, 3]
    assert (found.job.tolist(), found.chance.tolist(), found.gain.tolist()) == ([0, 1, 1], [0.2, 1, 0.5], [2, 1, 3])
    assert (found.person.tolist(), found.openings.tolist()) == ([0, 0, 1], [1, 2])


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("x,a,0.5,1", "person_unlisted"),
        ("wu,x,0.5,1", "job_unlisted"),
        ("li,a,0.5,1", "pair_twice"),
        ("wu,a,1.5,1", "chance_unfit"),
        ("wu,a,0,1", "chance_unfit"),
        ("wu,a,often,1", "chance_unfit"),
        ("wu,a,0.5,-1", "gain_unfit"),
        ("wu,a,0.5,nan", "gain_unfit"),
        ("wu,a,,1", "cell_empty"),
    ],
)
def test_read_chances_leaves_out_bad_rows_each_with_its_reason(row, rule) -> None:
    found, findings = read(f"person,job,chance,gain\nli,a,0.2,2\n{row}\n".encode())
    assert [(one.row, one.rule) for one in findings] == [(3, rule)]
    assert len(found.job) == 1


def test_persons_and_jobs_that_stand_twice_or_cannot_be_read_are_left_out() -> None:
    found, findings = read_persons(PERSONS + b"li,,,\nzhu,,,much\n,,,\n")
    assert (len(found), [one.rule for one in findings]) == (2, ["person_twice", "whole_unfit", "cell_empty"])
    offered, wrong = read_jobs(JOBS + b"a,1,\nc,-1,\nd,,\n")
    assert (len(offered), [one.rule for one in wrong]) == (2, ["job_twice", "whole_unfit", "cell_empty"])


@pytest.mark.parametrize("read_it", [read_persons, read_jobs, lambda data: read_chances(data, (), ())])
def test_files_without_a_good_row_are_refused(read_it) -> None:
    with pytest.raises(BadInputError) as refused:
        read_it(b"nothing\n")
    assert refused.value.code == "guidance_unreadable"
    assert refused.value.findings


def test_suppose_asks_for_skills_gain_and_nearness() -> None:
    persons = [Person("p", "45", frozenset({"sql", "care"}), 300_000), Person("q", "44", frozenset({"law"}), 0)]
    jobs = [
        Job("all", 1, "45", "", frozenset({"sql", "care"}), 400_000),
        Job("away", 1, "44", "", frozenset({"sql"}), 400_000),
        Job("half", 1, "45", "", frozenset({"sql", "law"}), 400_000),
        Job("less", 1, "45", "", frozenset({"sql"}), 300_000),
        Job("none", 1, "45", "", frozenset(), 400_000),
        Job("third", 1, "45", "", frozenset({"sql", "law", "tax"}), 400_000),
    ]
    found = suppose(persons, jobs, Supposed(fit=0.8, away=0.25, least=0.5))
    told = {
        (persons[who].person_id, jobs[job].job_id): (chance, gain)
        for who, job, chance, gain in zip(found.person, found.job, found.chance, found.gain, strict=True)
    }
    assert told == {
        ("p", "all"): (0.8, 100_000), ("p", "away"): (0.2, 100_000), ("p", "half"): (0.4, 100_000),
        ("p", "none"): (0.8, 100_000), ("q", "half"): (0.1, 400_000), ("q", "none"): (0.2, 400_000),
    }  # fmt: skip
