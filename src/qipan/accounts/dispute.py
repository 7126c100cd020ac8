"""What a dispute must be, and what may follow in it.

A party opens it within a time after the transfers; parties answer; someone else decides. A dispute ends once: upheld,
dismissed or withdrawn.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from qipan.accounts.correct import MOVES
from qipan.accounts.model.dispute import Act, Answer, Decision, Dispute, DisputeState, Opening, Step
from qipan.accounts.model.posting import Transfer
from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError, RuleBrokenError

WORDS_MOST: Final = 2000
"""Letters of a ground, answer or reason."""

TRANSFERS_MOST: Final = 1000
"""Transfers that one dispute names."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def check_opening(
    opening: Opening, disputed: Mapping[str, Transfer], owners: Mapping[str, str], now: datetime, window: timedelta
) -> None:
    """Refuse a dispute that cannot be opened.

    Parameters
    ----------
    disputed
        The transfers that are there of those that it names.
    owners
        By account, of all accounts of these transfers.
    window
        How long after it was posted a transfer may be disputed.

    Raises
    ------
    BadInputError
        ``dispute_unfit``.
    NotAllowedError
        ``dispute_stranger`` where there is no such transfer on an account of the party.
    RuleBrokenError
        ``transfer_unmoved`` where nothing moved yet; ``dispute_late``.
    """
    _check_form(opening)
    for name in opening.transfer_ids:
        one = disputed.get(name)
        # Whether others have such a transfer is not told.
        if one is None or opening.party not in {owners[one.debit], owners[one.credit]}:
            raise NotAllowedError(
                f"Who disputes a transfer must be a party to it, was not: {opening.party} of {name}.",
                code="dispute_stranger",
                hint="Dispute what moved on an account of yours; take its id from the statement of that.",
            )
        if one.action not in MOVES:
            raise RuleBrokenError(
                f"What is disputed must have moved, was {one.action} only: {name}.",
                code="transfer_unmoved",
                hint="Dispute the transfer that posted it, or wait until one does.",
            )
        if now > one.at + window:
            raise RuleBrokenError(
                f"A transfer must be disputed within {window.days} days, until {one.at + window}, was {now}: {name}.",
                code="dispute_late",
                hint="What is older stands; agree on a transfer of its own.",
            )


def follow(steps: Sequence[Step]) -> Dispute:
    """Return the dispute that steps lead to.

    Raises
    ------
    RuleBrokenError
        ``dispute_closed`` where a step comes after the end, or another than the first opens.
    """
    opening = steps[0].act
    if not isinstance(opening, Opening):
        raise _closed("", "opened by another step")
    state = DisputeState.OPENED
    for one in steps[1:]:
        state = _next(state, one.act)
    return Dispute(opening, state, tuple(steps))


def check_act(dispute: Dispute, act: Act, parties: Collection[str], acts_for: Collection[str]) -> None:
    """Refuse an act that may not follow in a dispute.

    Parameters
    ----------
    parties
        Owners of the accounts of all that is disputed or linked with it.
    acts_for
        Parties for which who asks has a mandate.

    Raises
    ------
    BadInputError
        ``dispute_unfit``.
    NotAllowedError
        ``dispute_stranger`` where an answer is of no party; ``dispute_own`` where who decides opened it, answered, or
        acts for a party.
    RuleBrokenError
        ``dispute_closed``.
    """
    _check_words(act)
    _next(dispute.state, act)
    if isinstance(act, Answer) and act.party not in parties:
        raise NotAllowedError(
            f"Who answers must be a party to what is disputed, was {act.party}.",
            code="dispute_stranger",
            hint="Answer where something moved on an account of yours.",
        )
    if isinstance(act, Decision):
        spoke = act.by in {one.act.by for one in dispute.steps}
        own = sorted(set(acts_for) & set(parties))
        if spoke or own:
            raise NotAllowedError(
                f"Who decides must not have spoken in the dispute nor act for a party, was {act.by} "
                f"{f'of {own[0]}' if own else 'who has spoken'}.",
                code="dispute_own",
                hint="Let someone else decide who has the duty auditor, or clearing where the house is no party.",
            )


def check_uncorrected(amounts: Mapping[str, int], corrected: Mapping[str, str]) -> None:
    """Refuse to correct a transfer twice.

    Parameters
    ----------
    corrected
        The dispute that has corrected a transfer, by its id.

    Raises
    ------
    ConflictError
        ``corrected_before``.
    """
    twice = sorted(set(amounts) & set(corrected))
    if twice:
        raise ConflictError(
            f"A transfer must be corrected once at most, was by {corrected[twice[0]]}: {twice[0]}.",
            code="corrected_before",
            hint="Dispute the correction itself if that is wrong.",
        )


def _next(state: DisputeState, act: Act) -> DisputeState:
    if state.is_over or isinstance(act, Opening):
        raise _closed(act.dispute_id, state.value)
    if isinstance(act, Answer):
        return DisputeState.ANSWERED
    if isinstance(act, Decision):
        return DisputeState.UPHELD if act.amounts else DisputeState.DISMISSED
    return DisputeState.WITHDRAWN


def _check_form(opening: Opening) -> None:
    names = opening.transfer_ids
    if not _ID.fullmatch(opening.dispute_id):
        raise _unfit(f"A dispute must be named with 1 to 40 small letters, digits and -, was {opening.dispute_id!r}.")
    if not 1 <= len(names) <= TRANSFERS_MOST or len(set(names)) < len(names):
        raise _unfit(f"A dispute must name 1 to {TRANSFERS_MOST} transfers, each once, was {len(names)}.")
    if len(opening.cites) > WORDS_MOST:
        raise _unfit(f"What is cited must have at most {WORDS_MOST} letters, was {len(opening.cites)}.")
    _check_words(opening)


def _check_words(act: Act) -> None:
    words = act.ground if isinstance(act, Opening) else act.words
    if not words.strip() or len(words) > WORDS_MOST or "\0" in words:
        raise _unfit(f"A ground, answer or reason must have 1 to {WORDS_MOST} letters, was {len(words)}.")


def _unfit(told: str) -> BadInputError:
    return BadInputError(told, code="dispute_unfit", hint="Say what is wrong with which transfer, and why.")


def _closed(dispute_id: str, state: str) -> RuleBrokenError:
    return RuleBrokenError(
        f"A dispute must be open for what follows in it, was {state}: {dispute_id}.",
        code="dispute_closed",
        hint="What was decided stands; dispute the correction if that is wrong.",
    )
