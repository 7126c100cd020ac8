"""Disputes on a real PostgreSQL: what the engine itself has to keep, and what is read from it."""

import pytest
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
