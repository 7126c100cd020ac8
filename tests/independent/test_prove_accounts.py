"""A part of the proof of accounts, and that it finds what is wrong when a rule is broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import prove_accounts
from benchmarks.prove_accounts import Episode, Tally, make_empty

from qipan.accounts import post
from qipan.accounts.model.posting import Outcome
from qipan.accounts.store import posting as store
from qipan.kernel.errors import EngineError

pytestmark = pytest.mark.slow


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, episodes: int = 2) -> Tally:
    monkeypatch.setattr(prove_accounts, "DRAFTS", 1500)
    make_empty(folder / "empty.sqlite")
    tally = Tally()
    for number in range(episodes):
        Episode(number, 1, folder, tally).run()
    return tally


def test_prove_accounts_finds_nothing(tmp_path, monkeypatch):
    tally = played(tmp_path, monkeypatch, 3)
    assert tally.findings == []
    assert tally.transfers > 500
    assert set(tally.faults) == set(prove_accounts.FAULTS)
    wanted = {"created", "exists", "linked_failed", "below_floor", "pending_lapsed", "period_expired"}
    assert wanted <= set(tally.outcomes)


def always(value):
    """Return a rule that says the same of everything."""

    def rule(*_args, **_words):
        return value

    return rule


def without_pending(amount, *, debit, credit, giving, taking):
    """Look at limits as if nothing was pending."""
    free = replace(giving, debits_pending=0), replace(taking, credits_pending=0)
    return LIMITS(amount, debit=debit, credit=credit, giving=free[0], taking=free[1])


def without_clock(draft, debit, credit, asset, _at):
    """Look at a pair of accounts as if it was always the first moment."""
    return PAIR(draft, debit, credit, asset, prove_accounts.NOW)


LIMITS, PAIR = post.limits, post.pair
BROKEN = {
    "limits_forget_what_is_pending": (post, "limits", without_pending),
    "an_id_may_mean_two_things": (post, "compare", always(Outcome.EXISTS)),
    "pending_never_lapses": (store, "due", always(())),
    "chains_leave_their_parts": (post._Run, "_undo", always(None)),
    "resolved_is_forgotten": (store, "resolved", always({})),
    "units_never_expire": (post, "pair", without_clock),
}


@pytest.mark.parametrize("name", BROKEN)
def test_prove_accounts_with_a_broken_rule_finds_it(tmp_path, monkeypatch, name):
    owner, attribute, broken = BROKEN[name]
    monkeypatch.setattr(owner, attribute, broken)
    try:
        found = played(tmp_path, monkeypatch).findings
    except EngineError as error:
        # The engine may refuse what a broken rule lets through, before the model is asked.
        found = [error.message]
    assert found
