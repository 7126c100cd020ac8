"""Say how far a plan is carried out, from what the books hold of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qipan.dispatch.attempts.count import WELL, by_job, state_of
from qipan.dispatch.model.submission import OPEN, Attempt, Engines, SiteState, State
from qipan.workflows.model import Followed, FollowedSite


@dataclass(frozen=True, slots=True)
class Held:
    """A submitted plan as the books hold it."""

    plan_id: str
    submitted: datetime
    engines: Engines
    attempts: tuple[Attempt, ...]
    sites: Mapping[str, SiteState]
    told_until: Mapping[str, datetime]

    def at(self, site_id: str) -> list[Attempt]:
        """Return the attempts that a site was meant for."""
        return [one for one in self.attempts if one.site_id == site_id]

    def site(self, site_id: str) -> SiteState:
        """Return what is known of a site."""
        return self.sites.get(site_id, SiteState(site_id))


def tally(held: Held, answering: Collection[str] | None = None) -> Followed:
    """Count jobs and attempts.

    Parameters
    ----------
    answering
        Sites that answered when they were asked last, nothing where none was asked.
    """
    jobs = by_job(held.attempts)
    states = Counter(state_of(attempts) for attempts in jobs.values())
    sites = [_site(held, site.site_id, answering) for site in held.engines.sites]
    is_open = sum(states[state] for state in OPEN)
    told = all(_is_told(held, site.site_id) for site in held.engines.sites if site.site_id in (answering or ()))
    return Followed(
        plan_id=held.plan_id,
        jobs=len(jobs),
        open=is_open,
        waiting=states[State.WAITING],
        running=states[State.RUNNING],
        finished=states[State.FINISHED],
        failed=states[State.FAILED],
        cancelled=states[State.CANCELLED],
        unplaced=states[State.LOST],
        attempts=sum(one.state is not State.MEANT for one in held.attempts),
        late=sum(one.state is State.LATE for one in held.attempts),
        twice=sum(sum(one.state in WELL for one in attempts) > 1 for attempts in jobs.values()),
        is_over=answering is not None and not is_open and not states[State.LOST] and told,
        sites=sites,
    )


def last_end(attempts: Sequence[Attempt]) -> datetime | None:
    """Return when the last attempt that was offered to a site had ended at the latest; nothing where none was."""
    return max((one.ended or one.lease_ends for one in attempts if one.lease_ends is not None), default=None)


def _is_told(held: Held, site_id: str) -> bool:
    site, last, told = held.engines.site(site_id), last_end(held.at(site_id)), held.told_until.get(site_id)
    return site is None or not site.source_id or last is None or (told is not None and told >= last)


def _site(held: Held, site_id: str, answering: Collection[str] | None) -> FollowedSite:
    states = Counter(one.state for one in held.at(site_id))
    state = held.site(site_id)
    return FollowedSite(
        site_id=site_id,
        is_answering=None if answering is None else site_id in answering,
        answered=state.answered,
        fenced=state.fenced,
        open=sum(states[one] for one in OPEN),
        finished=states[State.FINISHED],
        failed=states[State.FAILED] + states[State.CANCELLED],
        lost=states[State.LOST],
        late=states[State.LATE],
        told_until=held.told_until.get(site_id),
    )
