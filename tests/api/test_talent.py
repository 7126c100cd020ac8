"""Talent over REST: files in; plans, an exchange and an assessment out, with what is wrong by line; nothing is kept."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response
from tests.api.house import House, code
from tests.cli.test_talent import CONTRACTS, EXPERTS, POSTS
from tests.cli.test_talent_skills import FILES

EXCHANGE = {"experts": EXPERTS, "posts": POSTS, "contracts": CONTRACTS}
COURSES = {name: FILES[f"{name}.csv"] for name in ("persons", "modules", "jobs")}
LOSS = {"region": "640000", "occupation": "a", "persons": 1000, "loss_low": 0.05, "loss_high": 0.155}


def send(house: House, what: str, files: dict[str, str], who: str = "nobody", **form: Any) -> Response:
    """Send texts as files, each under the name of its field."""
    sent = {field: (f"{field}.csv", text.encode()) for field, text in files.items()}
    return house.client.post(f"/api/v1/talent/{what}", files=sent, data=form, headers=house.headers[who])


def told(house: House, what: str, files: dict[str, str], **form: Any) -> Any:
    answer = send(house, what, files, **form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def plan_of(found: Any, person: str) -> Any:
    return next(one for one in found["plans"] if one["person"] == person)


def test_a_plan_leads_to_a_job_or_says_why_none(house: House) -> None:
    before = house.leaves()
    found = told(house, "plan", COURSES, day="2027-01-15", seed=3)
    assert (found["day"], found["seed"], found["persons"], found["planned"]) == ("2027-01-15", 3, 2, 1)
    first, hasty = (plan_of(found, name) for name in "pq")
    assert (first["plan"]["modules"], first["plan"]["hours"], first["plan"]["cost_fen"]) == (["m"], 40, 900)
    assert (hasty["plan"], hasty["obstacles"]) == (None, ["time"])
    helped = told(house, "plan", COURSES, subsidies="true", alternatives=0)
    assert (helped["is_subsidised"], plan_of(helped, "p")["plan"]["cost_fen"]) == (True, 500)
    assert house.leaves() == before


def test_rows_that_are_broken_are_told_by_line_and_lose_nothing_else(house: House) -> None:
    modules = COURSES["modules"] + "n,640000,radio,5,40,z:0.5,900,400\n"
    found = told(house, "plan", COURSES | {"modules": modules})
    assert found["planned"] == 1
    left_out = found["rows_left_out"]
    assert (left_out["persons"][0]["row"], left_out["jobs"]) == (4, [])
    wrong = left_out["modules"]
    assert [(one["row"], one["column"], one["rule"], one["value"]) for one in wrong] == [
        (3, "mode", "presence_unreadable", "radio")
    ]


def test_an_exchange_tells_who_signs_what_blocks_and_what_regions_get(house: House) -> None:
    found = told(house, "exchange", EXCHANGE)
    assert [(one["expert"], one["post"]) for one in found["signed"]] == [("a", "p")]
    assert (found["blocking"], found["overbooked"], found["overfull"], found["value"]) == ([], [], [], 3.0)
    assert [(one["region"], one["net_days"]) for one in found["regions"]] == [("310000", -60), ("640000", 60)]
    assert [(one["row"], one["rule"]) for one in found["rows_left_out"]["contracts"]] == [(4, "expert_unlisted")]


def test_an_assessment_is_modelled_and_says_so(house: House) -> None:
    files = {name: FILES[f"{name}.csv"] for name in ("skills", "tasks", "outlook")}
    found = told(house, "assess", files, **LOSS)
    assert (found["is_modelled"], found["persons_low"], found["persons_high"]) == (True, 50, 155)
    assert {one["task"] for one in found["tasks"]} == {"t", "u"}
    assert found["transitions"]


@pytest.mark.parametrize(
    ("what", "files", "role", "refused"),
    [
        ("plan", COURSES, "jobs", "courses_unreadable"),
        ("exchange", EXCHANGE, "contracts", "exchange_unreadable"),
        ("exchange", EXCHANGE, "experts", "exchange_unreadable"),
    ],
)
def test_a_file_without_a_good_row_is_a_problem_that_names_it(house: House, what, files, role, refused) -> None:
    answer = send(house, what, files | {role: files[role].splitlines()[0].replace(",", ";") + "\nx\n"})
    assert code(answer) == (400, refused)
    assert answer.json()["file"] == f"{role}.csv"
    assert answer.json()["findings"]
    assert code(send(house, what, {})) == (422, "request_malformed")
    assert code(send(house, what, files, who="visitor"))[0] == 401


def test_a_loss_is_given_once(house: House) -> None:
    files = {"skills": FILES["skills.csv"]}
    without = {name: value for name, value in LOSS.items() if name != "loss_low"}
    assert code(send(house, "assess", files, **without)) == (400, "loss_unclear")
    assert code(send(house, "assess", files | {"warning": "{}"}, **LOSS)) == (400, "loss_unclear")
    assert code(send(house, "assess", files, **LOSS | {"loss_high": 0.01})) == (422, "loss_unfit")
    assert code(send(house, "assess", {"skills": "occupation\n"}, **LOSS)) == (400, "skills_unreadable")
