"""Disputes on a real PostgreSQL: what the engine itself has to keep, and what is read from it."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from argon2 import PasswordHasher
from tests.accounts.test_disputes import (
    court,
    test_a_correction_is_disputed_like_any_transfer,
    test_a_dispute_is_dismissed_or_withdrawn_and_nothing_is_posted,
    test_a_dispute_is_opened_answered_and_upheld_in_full_and_the_correction_is_posted,
    test_a_transfer_is_corrected_once_whatever_disputes_it,
    test_check_finds_steps_that_the_log_does_not_hold_and_corrections_that_were_not_decided,
    test_the_engine_refuses_changes_of_steps,
)
from tests.accounts.test_evidence import test_evidence_verifies_with_nothing_but_the_key, told
from tests.market.made_spot import AFTER, BEFORE, NARROW, SpotMarket, auction
from tests.market.test_spot import filled

from qipan.access.model import Duty, Role
from qipan.access.service import Access
from qipan.accounts.model.dispute import Decision, Opening
from qipan.accounts.service.disputes import Disputes
from qipan.kernel.errors import RuleBrokenError
from qipan.market.service import balancing
from qipan.market.service.correctable import correctable

pytestmark = pytest.mark.engine

__all__ = [
    "court",
    "test_a_correction_is_disputed_like_any_transfer",
    "test_a_dispute_is_dismissed_or_withdrawn_and_nothing_is_posted",
    "test_a_dispute_is_opened_answered_and_upheld_in_full_and_the_correction_is_posted",
    "test_a_transfer_is_corrected_once_whatever_disputes_it",
    "test_check_finds_steps_that_the_log_does_not_hold_and_corrections_that_were_not_decided",
    "test_evidence_verifies_with_nothing_but_the_key",
    "test_the_engine_refuses_changes_of_steps",
    "told",
]


def test_a_refund_and_a_correction_that_race_give_a_payment_back_once(books, monkeypatch):
    spot = SpotMarket(books)
    spot.open_spot(auction(NARROW, 25), BEFORE)
    filled(spot)
    access = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    bound = (partial(correctable, spot.accounts),)
    disputes = Disputes(spot.accounts, access, spot.log, window=timedelta(days=30), correctable=bound)
    pay, get = (f"spot/2026-03-03/h100-80g/{word}" for word in ("pay/east", "get/site"))
    with books.begin(caller="test") as unit:
        for user, duty, party in (("ann", Duty.TRADER, "east"), ("aud", Duty.AUDITOR, "")):
            access.create_user(unit, user, password="four unrelated words", role=Role.VIEWER, now=BEFORE)
            access.grant(unit, user, duty, BEFORE, party=party)
        opening = Opening(dispute_id="d-1", party="east", by="ann", transfer_ids=(pay,), ground="down")
        disputes.open(unit, opening, AFTER)
        (fen,) = [one.amount for one in spot.accounts.transfers(unit, "site/margin") if one.transfer_id == get]
    before = spot.posted("east/margin")
    checked, decided = threading.Event(), threading.Event()

    def check_and_wait(*words):
        asked(*words)
        checked.set()
        decided.wait(3)  # As long as a decision would take that nothing holds up.

    def decide():
        decision = Decision(dispute_id="d-1", by="aud", words="down", amounts={pay: fen, get: fen})
        with books.begin(caller="test") as unit, pytest.raises(RuleBrokenError) as refused:
            disputes.decide(unit, decision, AFTER)
        assert refused.value.code == "correction_kept"
        decided.set()

    asked = balancing.check_refundable
    monkeypatch.setattr(balancing, "check_refundable", check_and_wait)
    refund = threading.Thread(target=spot.refund, args=(AFTER, "r-1", "o-2", 16))
    refund.start()
    assert checked.wait(60)
    decide()
    refund.join()
    assert spot.posted("east/margin")[0] - before[0] == 16 * 1300
    assert not spot.wrong()
