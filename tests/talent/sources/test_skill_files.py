"""Files of skills, courses and persons: what is read, and what is wrong with each row that is not."""

from __future__ import annotations

import math

import pytest

from qipan.bootstrap.skills import read_skills
from qipan.kernel.errors import BadInputError
from qipan.talent.model.course import Presence
from qipan.talent.sources import courses, esco, onet, skills

RATED = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tRecommend Suppress\tNot Relevant\tDate\n"
# Ratings of 17-3024.00 as the dictionary of O*NET 27.2 shows them.
SHOWN = (
    "17-3024.00\t2.A.1.a\tReading Comprehension\tIM\t3.25\t8\tN\tn/a\t08/2022\n"
    "17-3024.00\t2.A.1.a\tReading Comprehension\tLV\t4.00\t8\tN\tN\t08/2022\n"
    "17-3024.00\t2.A.1.c\tWriting\tIM\t3.12\t8\tN\tn/a\t08/2022\n"
    "17-3024.00\t2.A.1.c\tWriting\tLV\t3.12\t8\tN\tN\t08/2022\n"
)


def rules(findings) -> list[tuple[int, str]]:
    return [(one.row, one.rule) for one in findings]


def test_own_table_is_read_and_bad_rows_are_told() -> None:
    needs, names, findings = skills.read(
        "occupation,occupation_name,skill,skill_name,level,importance\n"
        "4-04-05-03,客服,typing,打字,0.6,1\n4-04-05-03,,typing,,0.6,1\n4-04-05-00,,typing,,0.6,1\n"
        "x,,typing,,nan,1\nx,,typing,,0.5,-1\nx,,,,0.5,1\nx,,typing,,0,0\n".encode()
    )
    assert [(one.occupation, one.level) for one in needs] == [("4-04-05-03", 0.6), ("x", 0.0)]
    assert names == {"4-04-05-03": "客服", "typing": "打字"}
    assert rules(findings) == [
        (3, "need_twice"), (4, "csco_unfit"), (5, "scale_unfit"), (6, "scale_unfit"), (7, "cell_empty"),
    ]  # fmt: skip


def test_tasks_and_outlooks_are_read_and_bad_rows_are_told() -> None:
    tasks, findings = skills.read_tasks(b"occupation,task,importance,exposure\na,t,,\na,t,1,1\na,u,2,\nb,v,0.5,0.4\n")
    assert [(one.task_id, one.importance) for one in tasks] == [("t", 1.0), ("v", 0.5)]
    assert math.isnan(tasks[0].exposure)
    assert rules(findings) == [(3, "task_twice"), (4, "scale_unfit")]
    outlooks, findings = skills.read_outlooks(
        b"occupation,wage_fen_per_month,demand,demand_low,demand_high\na,500000,0.1,0,0.2\nb,,,,\na,1,,,\n"
        b"c,1.5,,,\nd,,0.3,0,0.2\ne,,much,,\nf,,-2,,\n"
    )
    assert [(one.occupation, one.wage_fen_per_month, one.demand) for one in outlooks] == [
        ("a", 500_000, 0.1), ("b", None, None),
    ]  # fmt: skip
    assert rules(findings) == [
        (4, "outlook_twice"), (5, "whole_unfit"), (6, "change_unfit"), (7, "change_unfit"), (8, "change_unfit"),
    ]  # fmt: skip


def test_onet_is_read_on_its_scales_and_bad_rows_are_told() -> None:
    needs, names, findings = onet.read_rated((RATED + SHOWN).encode())
    assert findings == ()
    assert names["2.A.1.c"] == "Writing"
    assert [(one.skill, one.importance, one.level) for one in needs] == [
        ("2.A.1.a", pytest.approx(2.25 / 4), pytest.approx(4 / 7)),
        ("2.A.1.c", pytest.approx(2.12 / 4), pytest.approx(3.12 / 7)),
    ]  # fmt: skip
    bad = (
        '17-3024.00\t2.B\t"Odd" quote\tIM\t3\t8\tN\tn/a\t\n17-3024.00\t2.B\t"Odd" quote\tLV\t3\t8\tN\tY\t\n'
        "17-3024\t2.C\tC\tIM\t3\t8\tN\tn/a\t\n17-3024.00\t2.C\tC\tIM\t9\t8\tN\tn/a\t\n"
        "17-3024.00\t2.C\tC\tXX\t3\t8\tN\tn/a\t\n17-3024.00\t2.C\tC\tIM\t3\t8\tY\tn/a\t\n"
        "17-3024.00\t2.D\tD\tIM\t3\t8\tN\tn/a\t\n17-3024.00\t2.D\tD\tIM\t3\t8\tN\tn/a\t\nshort\n"
    )
    needs, names, findings = onet.read_rated((RATED + bad).encode())
    assert [(one.skill, one.level) for one in needs] == [("2.B", 0.0)]
    assert names["2.B"] == '"Odd" quote'
    assert sorted(rules(findings)) == [
        (4, "onet_code_unfit"), (5, "scale_unfit"), (6, "scale_unknown"), (7, "row_suppressed"), (8, "need_half"),
        (9, "need_twice"), (10, "row_torn"),
    ]  # fmt: skip


def test_folder_of_onet_is_joined_and_tasks_of_ours_give_exposure() -> None:
    found = read_skills(
        {
            "Skills.txt": (RATED + SHOWN).encode(),
            "Task Statements.txt": b"O*NET-SOC Code\tTask ID\tTask\tTask Type\n17-3024.00\t1\tTest parts.\tCore\n"
            b"17-3024.00\t2\tRepair.\tCore\nx\t3\tz\tCore\n",
            "Occupation Data.txt": b"O*NET-SOC Code\tTitle\tDescription\n17-3024.00\tMechatronics Technologists\td\n",
        },
        tasks={"tasks.csv": b"occupation,task,exposure\n17-3024.00,1,0.4\n"},
        outlook={"outlook.csv": b"occupation,demand\n17-3024.00,0.1\n"},
    )
    graph = found.graph
    assert graph.name("17-3024.00") == "Mechatronics Technologists"
    tasks = graph.tasks_of("17-3024.00")
    assert [one.text for one in tasks] == ["Test parts.", "Repair."]
    assert (tasks[0].exposure, math.isnan(tasks[1].exposure)) == (0.4, True)
    assert rules(found.left_out["Task Statements.txt"]) == [(4, "onet_code_unfit")]
    assert graph.outlooks["17-3024.00"].demand == 0.1


def test_folder_of_esco_goes_by_codes_and_says_that_levels_are_assumed() -> None:
    found = read_skills(
        {
            "occupationSkillRelations_en.csv": b"occupationUri,relationType,skillType,skillUri\nu/o1,essential,k,u/s1\n"
            b"u/o1,optional,k,u/s2\nu/o2,essential,k,u/s1\nu/o2,needed,k,u/s2\nu/o1,optional,k,u/s2\n",
            "occupations_en.csv": b'conceptType,conceptUri,preferredLabel,altLabels,code\nO,u/o1,clerk,"a\nb",4110.1\n'
            b"O,u/o2,typist,,\nO,u/o3,other,,4110.1\n",
            "skills_en.csv": b"conceptType,conceptUri,preferredLabel\nS,u/s1,type\n",
        }
    )
    graph = found.graph
    assert graph.occupations == ("4110.1", "u/o2")
    assert (graph.name("4110.1"), graph.name("u/s1"), graph.name("u/s2")) == ("clerk", "type", "u/s2")
    assert graph.levels_assumed
    assert rules(found.left_out["occupationSkillRelations_en.csv"]) == [(5, "relation_unknown"), (6, "need_twice")]
    assert rules(found.left_out["occupations_en.csv"]) == [(5, "code_twice")]
    assert esco.IMPORTANCE["optional"] < esco.IMPORTANCE["essential"]


def test_classification_gives_names_and_tasks_of_its_codes() -> None:
    table = (
        "level,code,name,definition,tasks\n3,4-04-05-00,客服人员,,\n"
        "4,4-04-05-03,呼叫员S,定,1.接听 3.5 分钟内的来电；2、记录诉求。\n,,x,,\n3,4-04-05-00,又,,\n"
    )
    found = read_skills(
        {"skills.csv": b"occupation,skill,level,importance\n4-04-05-03,a,1,1\n"},
        classification={"csco22.csv": table.encode()},
        tasks={"tasks.csv": b"occupation,task,exposure\n4-04-05-03,2,0.5\n"},
    )
    assert found.graph.name("4-04-05-03") == "呼叫员"
    assert [(one.text, one.exposure) for one in found.graph.tasks_of("4-04-05-03")][1] == ("记录诉求", 0.5)
    assert found.graph.tasks_of("4-04-05-03")[0].text == "接听 3.5 分钟内的来电"
    assert rules(found.left_out["classification"]) == [(4, "cell_empty"), (5, "code_twice")]


def test_file_without_a_good_row_is_refused_with_its_findings() -> None:
    with pytest.raises(BadInputError) as caught:
        read_skills({"skills.csv": b"occupation,skill,level,importance\na,b,9,1\n"})
    assert caught.value.code == "skills_unreadable"
    assert rules(caught.value.findings) == [(2, "scale_unfit")]


def test_modules_jobs_and_persons_are_read_and_bad_rows_are_told() -> None:
    modules, findings = courses.read_modules(
        "module,provider,region,mode,seats,hours,skills,cost_fen,subsidy_fen,start\n"
        "m1,学校,640000,线上,30,40,a:0.6; http://x:0.5,80000,40000,2027-03-01\nm1,,640000,online,1,1,a:1,0,,\n"
        "m2,,640000,hybrid,1,1,a:1,0,,\nm3,,640000,online,1,1,a:2,0,,\nm4,,640000,online,1,1,a:0.1;a:0.2,0,,\n"
        "m5,,640000,online,1,1,a:1,10,20,\nm6,,640000,online,1,1,a:1,10,,soon\nm7,,640000,online,1,0,a:1,10,,\n".encode()
    )
    assert [(one.module_id, one.presence, dict(one.skills)) for one in modules] == [
        ("m1", Presence.ONLINE, {"a": 0.6, "http://x": 0.5})
    ]
    assert rules(findings) == [
        (3, "name_twice"), (4, "presence_unreadable"), (5, "skills_unreadable"), (6, "skill_twice"),
        (7, "subsidy_unfit"), (8, "day_unreadable"), (9, "whole_unfit"),
    ]  # fmt: skip
    many = ";".join(f"s{at}:1" for at in range(17))
    jobs, findings = courses.read_jobs(
        "job,region,occupation,skills,openings,wage_fen_per_month\nj1,640000,o,-,1,500000\n"
        f"j2,640000,o,{many},1,500000\nj3,640000,,a:1,1,1\n".encode()
    )
    assert [(one.job_id, dict(one.skills)) for one in jobs] == [("j1", {})]
    assert rules(findings) == [(3, "needs_many"), (4, "cell_empty")]
    people, findings = courses.read_persons(
        b"person,region,skills,hours,money_fen,regions,priority\np1,640000,a:0.5,40,100,640000; 310000,2\n"
        b"p2,640000,a,40,100,,\np3,640000,-,40,-1,,\n"
    )
    assert [(one.person_id, one.regions, one.priority) for one in people] == [("p1", ("640000", "310000"), 2)]
    assert rules(findings) == [(3, "skills_unreadable"), (4, "whole_unfit")]
