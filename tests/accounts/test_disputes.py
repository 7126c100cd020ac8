"""Disputes in the books: who may open, answer and decide, what a decision posts, and what proves it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from tests.accounts.made import NOW, later, move
from tests.accounts.made_dispute import (
    WHOLE,
    WINDOW,
    answer,
    court_in,
    decision,
    do,
    opening,
    withdrawal,
)

from qipan.access.model import Duty, Role
from qipan.accounts.model.dispute import DisputeState, Step
from qipan.accounts.model.posting import Action
from qipan.accounts.record import step_record
from qipan.accounts.service.disputes import Disputes
from qipan.accounts.store.dispute import CORRECTED, STEP, insert_step
from qipan.kernel.errors import (
    BadInputError,
    ConflictError,
    EngineError,
    NotAllowedError,
    NotFoundError,
    QipanError,
    RuleBrokenError,
)
from qipan.storage.trail import TRAIL


@pytest.fixture
def court(books):
    return court_in(books)


def refused(books, ask, act, code, kind=QipanError, now=NOW):
    """Hold that an act is refused and leaves nothing behind."""
    with books.read() as unit:
        before = unit.execute(sa.select(sa.func.count()).select_from(TRAIL)).scalar_one()
    with pytest.raises(kind) as caught:
        do(books, ask, act, now)
    assert caught.value.code == code
    with books.read() as unit:
        assert unit.execute(sa.select(sa.func.count()).select_from(TRAIL)).scalar_one() == before


def held(books, court, *names):
    with books.read() as unit:
        found = court.accounts.balances(unit, names)
    return tuple(found[name, None].posted for name in names)


def all_is_well(books, court):
    with books.read() as unit:
        return (*court.disputes.check(unit), *court.accounts.check(unit), *court.log.check(unit)) == ()


def test_a_dispute_is_opened_answered_and_upheld_in_full_and_the_correction_is_posted(books, court):
    opened, is_new = do(books, court.disputes.open, opening())
    assert (opened.state, is_new) == (DisputeState.OPENED, True)
    answered, _ = do(books, court.disputes.answer, answer(), later(10))
    assert answered.state is DisputeState.ANSWERED
    decided, _ = do(books, court.disputes.decide, decision(WHOLE), later(20))
    assert decided.state is DisputeState.UPHELD
    assert held(books, court, "a", "b", "c", "through") == (950, 950, 1100, 0)
    with books.read() as unit:
        posted = court.disputes.corrections(unit, decided)
        kinds = [leaf.kind for leaf in court.log.leaves(unit)]
    assert [(one.transfer_id, one.debit, one.credit, one.amount, one.reference) for one in posted] == [
        ("dispute/d-1/1", "c", "through", 300, "s/c"),
        ("dispute/d-1/2", "through", "a", 300, "s/a"),
    ]
    assert {one.chain for one in posted} == {"dispute/d-1/1"}
    assert kinds.count("dispute") == 3
    assert all_is_well(books, court)


def test_a_dispute_is_upheld_in_part(books, court):
    do(books, court.disputes.open, opening(transfers=("fee",)))
    do(books, court.disputes.decide, decision({"fee": 20}))
    assert held(books, court, "a", "b") == (670, 930)
    assert all_is_well(books, court)


def test_a_dispute_is_dismissed_or_withdrawn_and_nothing_is_posted(books, court):
    for name in ("d-1", "d-2"):
        do(books, court.disputes.open, opening(name))
    assert do(books, court.disputes.decide, decision())[0].state is DisputeState.DISMISSED
    assert do(books, court.disputes.withdraw, withdrawal("d-2"))[0].state is DisputeState.WITHDRAWN
    assert held(books, court, "a", "b", "c") == (650, 950, 1400)
    with books.read() as unit:
        assert court.disputes.disputes(unit, open_only=True) == ()
        assert [one.dispute_id for one in court.disputes.disputes(unit)] == ["d-1", "d-2"]
    assert all_is_well(books, court)


def test_the_same_act_again_changes_nothing(books, court):
    acts = [
        (court.disputes.open, opening()),
        (court.disputes.answer, answer()),
        (court.disputes.decide, decision(WHOLE)),
    ]
    for ask, act in acts:
        assert do(books, ask, act)[1]
    after = held(books, court, "a", "c")
    for ask, act in acts:
        again, is_new = do(books, ask, act, later(3600))
        assert (again.state, is_new) == (DisputeState.UPHELD, False)
    assert held(books, court, "a", "c") == after
    with books.read() as unit:
        assert len(court.log.leaves(unit, kind="dispute")) == 3


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        ({"dispute_id": "D 1"}, "dispute_unfit", BadInputError),
        ({"dispute_id": "d" * 41}, "dispute_unfit", BadInputError),
        ({"ground": "  "}, "dispute_unfit", BadInputError),
        ({"ground": "x" * 2001}, "dispute_unfit", BadInputError),
        ({"cites": "x" * 2001}, "dispute_unfit", BadInputError),
        ({"transfer_ids": ()}, "dispute_unfit", BadInputError),
        ({"transfer_ids": ("s/a", "s/a")}, "dispute_unfit", BadInputError),
        ({"transfer_ids": ("s/none",)}, "dispute_stranger", NotAllowedError),
        ({"transfer_ids": ("fund-b",)}, "dispute_stranger", NotAllowedError),
        ({"transfer_ids": ("s/a", "s/b")}, "dispute_stranger", NotAllowedError),
        ({"by": "bob"}, "duty_missing", NotAllowedError),
        ({"by": "auditor"}, "duty_missing", NotAllowedError),
        ({"by": "clerk"}, "duty_missing", NotAllowedError),
        ({"by": "nobody"}, "duty_missing", NotAllowedError),
        ({"by": "ghost"}, "user_not_found", NotFoundError),
    ],
)
def test_an_opening_that_is_unfit_or_forged_is_refused(books, court, change, code, kind):
    refused(books, court.disputes.open, replace(opening(), **change), code, kind)


def test_parties_are_those_of_all_that_is_linked(books, court):
    made, _ = do(books, court.disputes.open, opening(transfers=("s/a", "fee")))
    with books.read() as unit:
        assert [one.transfer_id for one in court.disputes.group(unit, made)] == ["s/a", "s/b", "s/c", "fee"]
        assert court.disputes.parties(unit, made) == {"a", "b", "c", "house"}


def test_open_another_under_the_id_is_refused(books, court):
    do(books, court.disputes.open, opening())
    refused(books, court.disputes.open, opening(ground="Another."), "dispute_taken", ConflictError)


def test_open_after_the_window_is_refused_and_at_its_end_is_not(books, court):
    refused(books, court.disputes.open, opening(), "dispute_late", now=NOW + WINDOW + timedelta(seconds=1))
    assert do(books, court.disputes.open, opening(), NOW + WINDOW)[1]


def test_open_what_has_not_moved_is_refused(books, court):
    with books.begin() as unit:
        court.accounts.post_whole(unit, [move("hold", "a", "b", 5, action=Action.PENDING)], NOW)
    refused(books, court.disputes.open, opening(transfers=("hold",)), "transfer_unmoved", RuleBrokenError)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (answer(by="ann"), "duty_missing"),
        (answer(party="a", by="ann", words=""), "dispute_unfit"),
        (answer(dispute_id="d-9"), "dispute_unknown"),
    ],
)
def test_an_answer_that_is_unfit_or_forged_is_refused(books, court, act, code):
    do(books, court.disputes.open, opening())
    refused(books, court.disputes.answer, act, code)


def test_answer_of_who_is_no_party_is_refused(books, court):
    do(books, court.disputes.open, opening(transfers=("fee",)))
    refused(books, court.disputes.answer, answer(), "dispute_stranger", NotAllowedError)
    with pytest.raises(NotAllowedError) as caught:
        do(books, court.disputes.answer, answer())
    assert "house" not in f"{caught.value.message} {caught.value.hint}"
    assert "a, b" not in caught.value.hint


def test_withdraw_by_another_party_is_refused(books, court):
    do(books, court.disputes.open, opening())
    refused(books, court.disputes.withdraw, withdrawal(by="bob"), "duty_missing", NotAllowedError)


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ({"s/a": 300}, "correction_one_sided"),
        ({"s/a": 300, "s/c": 200}, "correction_one_sided"),
        ({"s/a": 301, "s/c": 301}, "correction_unfit"),
        ({"s/a": 0}, "correction_unfit"),
        ({"fee": 1}, "correction_foreign"),
    ],
)
def test_a_correction_that_does_not_fit_leaves_the_dispute_open(books, court, amounts, code):
    do(books, court.disputes.open, opening())
    refused(books, court.disputes.decide, decision(amounts), code)
    with books.read() as unit:
        assert court.disputes.dispute(unit, "d-1").state is DisputeState.OPENED
    assert held(books, court, "a", "b", "c") == (650, 950, 1400)


def test_a_correction_honours_floors_and_posts_nothing_where_they_would_break(books, court):
    with books.begin() as unit:
        court.accounts.post_whole(unit, [move("spent", "c", "bank", 1200)], NOW)
    do(books, court.disputes.open, opening())
    refused(books, court.disputes.decide, decision(WHOLE), "transfers_refused", RuleBrokenError)
    assert all_is_well(books, court)


def test_what_a_pillar_keeps_does_not_go_back(books, court, monkeypatch):
    do(books, court.disputes.open, opening(transfers=("fee",)))
    monkeypatch.setattr(court.disputes, "_correctable", (lambda *_: 20, lambda *_: 50))
    refused(books, court.disputes.decide, decision({"fee": 21}), "correction_kept", RuleBrokenError)
    assert do(books, court.disputes.decide, decision({"fee": 20}))[1]
    assert all_is_well(books, court)


def test_nobody_decides_a_dispute_of_their_own(books, court):
    with books.begin() as unit:
        for name in ("ann", "bob"):
            court.access.grant(unit, name, Duty.AUDITOR, NOW)
        court.access.create_user(unit, "chief", password="four unrelated words", role=Role.ADMIN, now=NOW)
    do(books, court.disputes.open, opening(by="chief"))
    for by in ("chief", "CHIEF", "ann", "bob"):
        refused(books, court.disputes.decide, decision(WHOLE, by=by), "dispute_own", NotAllowedError)
    for by in ("cat", "nobody"):
        refused(books, court.disputes.decide, decision(WHOLE, by=by), "duty_missing", NotAllowedError)
    assert do(books, court.disputes.decide, decision(WHOLE, by="clerk"))[1]


def test_where_the_house_is_a_party_only_who_does_not_act_for_it_decides(books, court):
    court.disputes.house = "house"
    with books.begin() as unit:
        court.access.create_user(unit, "both", password="four unrelated words", role=Role.VIEWER, now=NOW)
        for duty in (Duty.AUDITOR, Duty.CLEARING):
            court.access.grant(unit, "both", duty, NOW)
    do(books, court.disputes.open, opening())
    do(books, court.disputes.open, opening("d-2", transfers=("fee",)))
    for by in ("clerk", "both"):
        refused(books, court.disputes.decide, decision(WHOLE, by=by), "dispute_own", NotAllowedError)
    assert do(books, court.disputes.decide, decision(WHOLE))[1]
    assert do(books, court.disputes.decide, decision({"fee": 50}, dispute_id="d-2", by="clerk"))[1]


def test_who_was_disabled_decides_nothing(books, court):
    do(books, court.disputes.open, opening())
    with books.begin() as unit:
        court.access.disable_user(unit, "clerk", NOW)
    refused(books, court.disputes.decide, decision(WHOLE, by="clerk"), "user_disabled", NotAllowedError)


def test_nothing_follows_the_end(books, court):
    do(books, court.disputes.open, opening())
    do(books, court.disputes.decide, decision(WHOLE))
    refused(books, court.disputes.decide, decision(), "dispute_closed", RuleBrokenError)
    refused(books, court.disputes.answer, answer(), "dispute_closed", RuleBrokenError)
    refused(books, court.disputes.withdraw, withdrawal(), "dispute_closed", RuleBrokenError)


def test_a_transfer_is_corrected_once_whatever_disputes_it(books, court):
    do(books, court.disputes.open, opening())
    do(books, court.disputes.open, opening("d-2", party="c", by="cat", transfers=("s/c",)))
    do(books, court.disputes.decide, decision({"s/a": 1, "s/c": 1}))
    again = decision({"s/b": 1, "s/c": 1}, dispute_id="d-2")
    refused(books, court.disputes.decide, again, "corrected_before", ConflictError)
    with pytest.raises(EngineError), books.begin() as unit:
        unit.execute(sa.insert(CORRECTED).values(transfer_id="s/c", dispute_id="d-2", amount=1))


def test_a_correction_is_disputed_like_any_transfer(books, court):
    do(books, court.disputes.open, opening(transfers=("fee",)))
    do(books, court.disputes.decide, decision({"fee": 50}))
    do(books, court.disputes.open, opening("d-2", party="b", by="bob", transfers=("dispute/d-1/1",)))
    do(books, court.disputes.decide, decision({"dispute/d-1/1": 50}, dispute_id="d-2", by="clerk"))
    assert held(books, court, "a", "b") == (650, 950)
    assert all_is_well(books, court)


@pytest.mark.parametrize("verb", ["UPDATE dispute_step SET record = ''", "DELETE FROM dispute_step"])
def test_the_engine_refuses_changes_of_steps(books, court, verb):
    do(books, court.disputes.open, opening())
    with pytest.raises(EngineError), books.begin() as unit:
        unit.execute(sa.text(verb))


def test_check_finds_steps_that_the_log_does_not_hold_and_corrections_that_were_not_decided(books, court):
    do(books, court.disputes.open, opening())
    with books.begin() as unit:
        unit.execute(sa.insert(CORRECTED).values(transfer_id="fee", dispute_id="d-7", amount=1))
        row = unit.execute(sa.select(STEP)).mappings().one()
        record = row["record"].replace("d-1", "d-3")
        unit.execute(sa.insert(STEP).values({**row, "dispute_id": "d-3", "record": record}))
    with books.read() as unit:
        found = court.disputes.check(unit)
    assert [(one.column, one.rule) for one in found] == [("d-3", "step_differs"), ("d-7", "correction_differs")]


def test_check_tells_of_a_dispute_whose_steps_do_not_follow_and_goes_on_to_the_next(books, court):
    for name in ("d-1", "d-2", "d-3"):
        do(books, court.disputes.open, opening(name))
    with books.begin() as unit:
        for name, number in (("d-1", 2), ("d-3", 3)):
            (step,) = court.disputes.dispute(unit, name).steps
            digest = sha256(step_record(step)).hexdigest()
            forged = Step(number, NOW, digest, opening(name) if number == 2 else answer(name))
            insert_step(unit, forged, step_record(forged))
    with books.read() as unit:
        found = court.disputes.check(unit)
    assert [(one.row, one.column, one.rule) for one in found] == [
        (0, "d-1", "step_differs"),
        (2, "d-3", "step_differs"),
    ]
    assert found[0].message == "A dispute must be open for what follows in it, was opened: d-1."
    assert found[1].message == "Step 2 of d-3 must follow the one before, in the log, did not."


def test_what_check_finds_of_corrections_is_told_by_name(books, court):
    do(books, court.disputes.open, opening())
    do(books, court.disputes.decide, decision(WHOLE))
    with books.begin() as unit:
        unit.execute(sa.insert(CORRECTED).values(transfer_id="fee", dispute_id="d-1", amount=1))
        unit.execute(sa.insert(CORRECTED).values(transfer_id="s/b", dispute_id="d-7", amount=1))
    with books.read() as unit:
        found = court.disputes.check(unit)
    assert [(one.row, one.column, one.rule, one.message) for one in found] == [
        (0, "d-1", "correction_differs", f"What d-1 corrects must be {WHOLE}, was posted otherwise."),
        (0, "d-7", "correction_differs", "What is corrected must be decided, was not: d-7."),
    ]


def test_an_answer_is_by_the_user_as_known_and_its_act_stands_in_the_trail(books, court):
    do(books, court.disputes.open, opening())
    found, _ = do(books, court.disputes.answer, answer(by="CAT"), later(60))
    assert found.steps[-1].act.by == "cat"
    found, _ = do(books, court.disputes.withdraw, withdrawal(by="ANN"), NOW)
    assert found.steps[-1].act.by == "ann"
    # Time never goes back in a dispute, whatever the clock says.
    assert found.steps[-1].at == found.steps[-2].at
    with books.read() as unit:
        rows = (
            unit.execute(sa.select(TRAIL).where(TRAIL.c.subject == "d-1").order_by(TRAIL.c.entry_id)).mappings().all()
        )
    assert [(one["action"], json.loads(one["detail"])) for one in rows] == [
        ("dispute_opened", {"by": "ann"}), ("dispute_answered", {"by": "cat"}), ("dispute_withdrawn", {"by": "ann"}),
    ]  # fmt: skip


def test_who_speaks_for_nobody_is_told_which_duty_lacks(books, court):
    with pytest.raises(NotAllowedError, match=r"duty trader.*a,") as caught:
        do(books, court.disputes.open, opening(by="nobody"))
    assert caught.value.code == "duty_missing"
    do(books, court.disputes.open, opening())
    with pytest.raises(NotAllowedError, match="auditor"):
        do(books, court.disputes.decide, decision(WHOLE, by="nobody"))


def test_pillars_are_asked_for_each_transfer_that_a_decision_names(books, court):
    asked = []
    keeper = Disputes(
        court.accounts,
        court.access,
        court.log,
        window=WINDOW,
        correctable=[lambda unit, one: asked.append((unit is None, one.transfer_id)) or one.amount],
    )
    do(books, keeper.open, opening())
    assert do(books, keeper.decide, decision(WHOLE))[1]
    assert asked == [(False, "s/a"), (False, "s/c")]


def test_check_finds_a_decision_that_was_changed_to_name_another_transfer(books, court):
    do(books, court.disputes.open, opening())
    opened = held(books, court, "a", "b")
    with books.begin() as unit:
        (step,) = court.disputes.dispute(unit, "d-1").steps
        forged = Step(2, NOW, sha256(step_record(step)).hexdigest(), decision({"fee": 50}))
        insert_step(unit, forged, step_record(forged))
    with books.read() as unit:
        found = court.disputes.check(unit)
    assert [(one.column, one.rule) for one in found] == [("d-1", "step_differs"), ("d-1", "correction_differs")]
    assert held(books, court, "a", "b") == opened
