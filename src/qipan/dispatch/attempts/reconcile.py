"""Hold what the books say of attempts against what a site's engine knows: what changed, and what must be cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qipan.dispatch.model.submission import ENDED, GIVEN, MARGIN, OPEN, Attempt, Known, State


@dataclass(frozen=True, slots=True)
class Changes:
    """Attempts as they stand now, and the engine's ids of what must not go on."""

    attempts: tuple[Attempt, ...]
    cancel: tuple[str, ...]


def reconcile(
    attempts: Sequence[Attempt], known: Mapping[str, Known], now: datetime, *, is_fenced: bool = False
) -> Changes:
    """Return what changed at a site that answers.

    An attempt that the engine does not know stays as it is until its lease is over: accounting may be behind.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> lost = Attempt("p", "a", 1, "north", at, State.LOST, at)
    >>> reconcile([lost], {lost.name: Known(lost.name, "7", State.WAITING)}, at).cancel
    ('7',)
    >>> reconcile([lost], {lost.name: Known(lost.name, "7", State.FINISHED)}, at).attempts[0].state.value
    'late'
    """
    changed: list[Attempt] = []
    cancel: list[str] = []
    for attempt in attempts:
        one = known.get(attempt.name)
        after = _after(attempt, one, now, is_fenced=is_fenced)
        if after != attempt:
            changed.append(after)
        if one is not None:
            cancel += one.twins
            if after.state is State.LOST and one.is_active:
                cancel.append(one.engine_id)
    return Changes(tuple(changed), tuple(cancel))


def give_up(
    attempts: Sequence[Attempt], ended: Mapping[str, Known], now: datetime, *, is_fenced: bool, is_quiet: bool
) -> Changes:
    """Return what changed at a site that does not answer: what its accounting says has ended, and what is lost.

    Parameters
    ----------
    is_fenced
        Whether the site's operator said that nothing of ours runs there; then no lease is waited for.
    is_quiet
        Whether the site has been silent for so long that what it was not offered yet goes elsewhere.
    """
    changed = []
    why = "site_fenced" if is_fenced else "site_silent"
    for attempt in attempts:
        one = ended.get(attempt.name)
        is_given = attempt.state in GIVEN
        is_gone = is_over(attempt, now) if is_given else attempt.state is State.MEANT and is_quiet
        if is_given and one is not None and one.state in ENDED:
            changed.append(_told(attempt, one))
        elif is_gone or (attempt.is_open and is_fenced):
            changed.append(replace(attempt, state=State.LOST, reason=why))
    return Changes(tuple(changed), ())


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Return whether an attempt's lease has ended on every clock."""
    return attempt.lease_ends is not None and now >= attempt.lease_ends + MARGIN


def _after(attempt: Attempt, one: Known | None, now: datetime, *, is_fenced: bool) -> Attempt:
    if attempt.state is State.LOST:
        return _gone(attempt, now) if one is None else attempt if one.is_active else _lost(attempt, one)
    if not attempt.is_open:
        return attempt
    after = attempt if one is None else _told(attempt, one)
    if after.state is State.CANCELLED and is_over(attempt, now):
        # Whoever ended it, it was past its lease: the engine itself, or the one who followed before.
        return replace(after, state=State.LOST, reason="lease_over")
    if after.is_open and is_fenced:
        return replace(after, state=State.LOST, reason="site_fenced")
    if after.state in GIVEN and is_over(attempt, now):
        return replace(after, state=State.LOST, reason="lease_over")
    return after


def _gone(attempt: Attempt, now: datetime) -> Attempt:
    """Return a lost attempt that its site, which answers, knows nothing of: it has ended there by now."""
    is_new = attempt.lease_ends is not None and attempt.ended is None
    return replace(attempt, ended=now) if is_new else attempt


def _lost(attempt: Attempt, one: Known) -> Attempt:
    """Return a lost attempt that is over at its site: late where it ended well."""
    if one.state is State.FINISHED:
        return _told(attempt, one, State.LATE)
    return replace(_told(attempt, one, State.LOST), reason=attempt.reason)


def _told(attempt: Attempt, one: Known, state: State | None = None) -> Attempt:
    return replace(
        attempt,
        state=state or one.state,
        engine_id=one.engine_id,
        began=one.began or attempt.began,
        ended=one.ended if (state or one.state) not in OPEN else None,
        reason=one.reason,
    )
