"""Assessments: how many, in which tasks, what carries; and the letter in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.interfaces.report.assessment import document
from qipan.interfaces.report.labour_bulletin import write
from qipan.interfaces.report.words import words
from qipan.kernel.errors import QipanError
from qipan.talent.model.assessment import Affected
from qipan.talent.model.skills import Need, Outlook, SkillRows, Task
from qipan.talent.skills.assess import assess
from qipan.talent.skills.join import join
from qipan.talent.skills.tell import tell_assessment
from qipan.talent.sources.warning import read

ROWS = SkillRows(
    (
        Need("caller", "listen", 0.8, 0.9), Need("caller", "type", 0.5, 0.5), Need("clerk", "type", 0.4, 0.9),
        Need("carer", "listen", 0.9, 0.9), Need("carer", "lift", 0.5, 0.5),
    ),
    (
        Task("caller", "t1", "answer", 1.0, 0.8), Task("caller", "t2", "calm", 0.5, 0.2),
        Task("caller", "t3", "note", 0.5),
        Task("carer", "t1", "lift", 1.0, 0.0),
    ),
    {"caller": "Call <agent>"},
    (Outlook("caller", 500_000), Outlook("clerk", 450_000, 0.0, -0.1, 0.1)),
)  # fmt: skip
WARNING = {"region": "370000", "industry": "I65", "occupation": "caller", "low": 0.05, "high": 0.2,
           "expected_loss": 0.1, "probability": 0.7}  # fmt: skip


def told_of(*warnings: dict[str, object], rule: str = "fall 10%") -> bytes:
    return json.dumps({"as_of": "2027-03-31", "events_rule": rule, "warnings": warnings}).encode()


@given(st.integers(0, 10**7), st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(sorted))
def test_persons_affected_are_rounded_outwards(persons, ends) -> None:
    affected = Affected("r", "o", persons, ends[0] / 1000, ends[1] / 1000)
    assert affected.persons_low == persons * ends[0] // 1000
    assert affected.persons_high == -(-persons * ends[1] // 1000)


def test_assessment_tells_tasks_what_carries_and_where_to() -> None:
    found = assess(join(ROWS), Affected("370000", "caller", 1200, 0.05, 0.15), top=5)
    assert [one.task_id for one in found.tasks] == ["t1", "t2", "t3"]
    assert (found.exposed_low, found.exposed_high) == (pytest.approx(0.9 / 2), pytest.approx(1.4 / 2))
    assert [one.occupation for one in found.transitions] == ["carer", "clerk"]
    assert [(one.skill, one.needed, one.suffices) for one in found.carried] == [("type", 1, 1), ("listen", 1, 0)]
    told = tell_assessment(join(ROWS), found)
    assert (told["persons_low"], told["persons_high"], told["is_modelled"]) == (60, 180, True)
    assert told["tasks"][2]["exposure"] is None


def test_nothing_is_told_of_tasks_where_none_is_known() -> None:
    found = assess(join(SkillRows(ROWS.needs)), Affected("r", "caller", 1, 0.0, 1.0), top=1)
    assert (found.tasks, found.exposed_low, found.exposed_high) == ((), None, None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_letter_says_it_in_both_languages_and_escapes_names(lang) -> None:
    affected = read(told_of(WARNING), "370000", "caller", 1200)
    told = tell_assessment(join(ROWS), assess(join(ROWS), affected, top=5))
    made = document(told, "山东", words(lang), datetime(2027, 4, 1, tzinfo=UTC))
    page = write(made, "html", lang).decode()
    assert "Call &lt;agent&gt;" in page
    assert ("模型结果" if lang == "zh" else "Modelled") in page
    for number in ("1,200", "60", "240", "120"):
        assert number in page
    assert "fall 10%, 2027-03-31, I65" in page


def test_warning_of_the_region_serves_where_none_names_the_occupation() -> None:
    whole = {**WARNING, "occupation": "", "probability": None}
    milder = {**WARNING, "industry": "O81", "high": 0.15}
    assert read(told_of(milder, WARNING), "370000", "caller", 10).high == 0.2
    found = read(told_of(whole), "370000", "caller", 10)
    assert (found.low, found.expected, found.high, found.probability) == (0.05, 0.1, 0.2, None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "warnings_unreadable"),
        (b"[]", "warnings_unreadable"),
        (b'{"as_of": "2027-03-31", "warnings": [{"region": "370000"}]}', "warnings_unreadable"),
        (told_of({**WARNING, "region": "110000"}), "warning_unlisted"),
        (told_of(WARNING, rule="rise 2.0"), "loss_not_share"),
        (told_of({**WARNING, "low": None}), "loss_unknown"),
        (told_of({**WARNING, "high": float("nan")}), "loss_unknown"),
    ],
)
def test_warnings_that_cannot_be_used_are_refused(data, code) -> None:
    with pytest.raises(QipanError) as caught:
        read(data, "370000", "caller", 10)
    assert caught.value.code == code


def test_loss_that_is_no_share_is_refused() -> None:
    for ends in ((0.2, 0.1), (-0.1, 0.1), (0.1, 1.1)):
        with pytest.raises(QipanError) as caught:
            assess(join(ROWS), Affected("r", "caller", 1, *ends), top=1)
        assert caught.value.code == "loss_unfit"
