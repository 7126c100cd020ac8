"""Nouns of what is carried out: attempts at jobs, what an engine knows of them, and how a site is reached.

An *attempt* is one giving of a job to a site, under a *lease*: before it ends the job has ended there, after it nothing
of it starts or runs there. A job has one open attempt at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

GRACE: Final = timedelta(seconds=10)
"""What a job that ran out of time is given to end by itself; part of every lease."""

MARGIN: Final = timedelta(seconds=5)
"""How far clocks of sites may differ: a lease counts as over so much later."""


PATIENCE_S: Final = 3600.0
"""How long after its planned start a job may still start, where nobody says."""


class State(StrEnum):
    """What is known of an attempt.

    ``meant`` stands in the books alone; ``offered`` may have reached the engine or not; ``waiting`` and ``running``
    are the engine's words; ``failed`` is the job's own doing and ``cancelled`` somebody's at the site; ``lost`` will
    not end there and may be given elsewhere; ``late`` was lost and ended all the same.
    """

    MEANT = "meant"
    OFFERED = "offered"
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    LATE = "late"


OPEN: Final = (State.MEANT, State.OFFERED, State.WAITING, State.RUNNING)
GIVEN: Final = (State.OFFERED, State.WAITING, State.RUNNING)
ENDED: Final = (State.FINISHED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One giving of a job to a site.

    Attributes
    ----------
    number
        1 for the first attempt at the job.
    start
        When the plan lets it start.
    lease_ends
        From the offer on.
    engine_id
        What the engine calls it.
    reason
        Why it ended so, in the engine's words or in ours.
    """

    plan_id: str
    job_id: str
    number: int
    site_id: str
    start: datetime
    state: State = State.MEANT
    lease_ends: datetime | None = None
    engine_id: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """What the engine is told to call it."""
        return name_of(self.plan_id, self.job_id, self.number)

    @property
    def is_open(self) -> bool:
        """Whether it may still end at its site."""
        return self.state in OPEN


def name_of(plan_id: str, job_id: str, number: int) -> str:
    """Return the name of an attempt: of plan, job and number alone, and good for every engine.

    Examples
    --------
    >>> name_of("2026-01-01-3", "any / text", 2)
    'qipan-2026-01-01-3-2-e664ac448adb7027'
    """
    return f"{prefix_of(plan_id)}{number}-{sha256(job_id.encode()).hexdigest()[:16]}"


def prefix_of(plan_id: str) -> str:
    """Return what the names of all attempts of a plan begin with."""
    return f"qipan-{plan_id.lower()}-"


@dataclass(frozen=True, slots=True)
class Known:
    """What an engine knows of an attempt.

    Attributes
    ----------
    state
        Open with an end where it is over and what became of it is not known.
    twins
        Others of the same name that wait, by the engine's ids; a reply was lost and the attempt submitted again.
    """

    name: str
    engine_id: str
    state: State
    began: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    twins: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs at its site, and so can be cancelled there."""
        return self.state in OPEN and self.ended is None


@dataclass(frozen=True, slots=True)
class Order:
    """An attempt as an engine or a rendered file carries it out.

    Attributes
    ----------
    resource
        What one unit is in the engine's words.
    stretches
        When the plan has it run, where it stops and goes; none where it runs through from its start. No engine stops a
        job in between: it holds its place from the first start on until it ends.
    """

    attempt: Attempt
    command: str
    quantity: float
    requested_s: float
    resource: str
    card_model: str = ""
    stretches: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """How one site is reached; ``settings`` are the engine's own.

    Attributes
    ----------
    resources
        Kind, or ``kind/card model``, to what one unit is in the engine's words.
    patience_s
        How long after its planned start a job may still start; its lease ends when it must have ended then.
    source_id, map_text
        The ledger's source that the site's accounting is told under, and the map of it; empty for none.
    """

    site_id: str
    engine: str
    resources: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = PATIENCE_S
    source_id: str = ""
    map_text: str = ""

    def resource(self, kind: str, card_model: str) -> str:
        """Return what one unit is in the engine's words, empty where nobody said.

        Examples
        --------
        >>> site = Reached("north", "slurm", {"intelligent": "gres/gpu", "intelligent/A100": "gres/gpu:a100"})
        >>> site.resource("intelligent", "A100"), site.resource("intelligent", ""), site.resource("general", "")
        ('gres/gpu:a100', 'gres/gpu', '')
        """
        return self.resources.get(f"{kind}/{card_model}") or self.resources.get(kind, "")


@dataclass(frozen=True, slots=True)
class Engines:
    """How the sites of a plan are reached, and how patient whoever follows it is.

    Attributes
    ----------
    command
        What jobs run that bring no command of their own; ``{job_id}``, ``{quantity}`` and ``{seconds}`` are filled in.
    silence_s
        How long a site may stay silent before work that it was not offered yet goes elsewhere.
    attempts_max
        How often a job is given to a site before it counts as failed.
    is_early
        Whether a job may start before its planned start, as soon as the site has room.
    """

    sites: tuple[Reached, ...]
    command: str = ""
    silence_s: float = 60.0
    attempts_max: int = 5
    is_early: bool = False

    def site(self, site_id: str) -> Reached | None:
        """Return how a site is reached, nothing where nobody said."""
        return next((one for one in self.sites if one.site_id == site_id), None)


@dataclass(frozen=True, slots=True)
class SiteState:
    """What is known of a site.

    Attributes
    ----------
    answered
        When it answered last.
    silent_since
        Since when it does not answer.
    fenced
        Since when it is declared that nothing of ours runs there.
    """

    site_id: str
    answered: datetime | None = None
    silent_since: datetime | None = None
    fenced: datetime | None = None


class Engine(Protocol):
    """What carries orders out at one site. Each method raises ``engine_silent`` where the site does not answer.

    Where the site is there and what has ended cannot be told, `known` raises ``accounting_silent``.
    """

    def known(self, plan_id: str, since: datetime) -> Sequence[Known]:
        """Return what the engine knows of a plan, the running and the ended."""

    def ended(self, plan_id: str, since: datetime) -> Sequence[Known]:
        """Return what the accounting knows of a plan; it may answer where the engine is silent."""

    def submit(self, order: Order) -> str:
        """Give an attempt to the engine and return what it calls it."""

    def cancel(self, engine_ids: Sequence[str]) -> None:
        """End what has these ids; what has ended already stays as it is."""

    def accounting(self, since: datetime) -> bytes:
        """Return the accounting of all jobs of the site since a moment, as the ledger reads it."""
