"""What is asked of the registry of certificates; each under an id of its own, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qipan.certificates.model.certificate import Granularity, Production
from qipan.certificates.model.certification import Criteria, Evidence, Measure


@dataclass(frozen=True, slots=True)
class Selection:
    """Which Wh of a holder are meant; the oldest first.

    Attributes
    ----------
    wh
        How many; ``None`` for all of them.
    month
        Only of this month, as 2026-03; empty for any.
    device_id
        Only of this device; empty for any.
    bundle_ids
        These national certificates, whole, and nothing else.
    """

    wh: int | None = None
    month: str = ""
    device_id: str = ""
    bundle_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """Issue what a device made."""

    request_id: str
    device_id: str
    productions: tuple[Production, ...]


@dataclass(frozen=True, slots=True)
class Bundling:
    """Make national certificates of what a device made until the end of a month, and its owner still has."""

    request_id: str
    device_id: str
    month: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand certificates over."""

    request_id: str
    holder: str
    to: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class Allocate:
    """Set certificates of a consumer apart for what it used in a month.

    Attributes
    ----------
    usage_ids
        These rows of use; empty for all of the month.
    """

    request_id: str
    consumer: str
    month: str
    by: Granularity
    usage_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """Undo an allocation that is not retired yet."""

    request_id: str
    allocation_id: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Retire an allocation for its consumer, or what is selected for a named beneficiary; it never moves again.

    Attributes
    ----------
    allocation_id
        Request that has allocated what is retired; empty where `selection` says what.
    """

    request_id: str
    holder: str
    beneficiary: str
    selection: Selection = Selection()
    allocation_id: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back what was issued by mistake, all that a request has issued and its owner still has."""

    request_id: str
    issue_id: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Nothing but time: what is over expires."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Attest:
    """Say what a document tells of a site."""

    request_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Audit:
    """Certify a site by what is found, under criteria as they were.

    Attributes
    ----------
    evidence_ids
        Requests that have attested what the registry does not know.
    found_ppm
        What was found by measure, in millionths, the shares of the registry among it.
    """

    request_id: str
    site: str
    auditor: str
    first: str
    last: str
    evidence_ids: tuple[str, ...]
    criteria: Criteria
    found_ppm: tuple[tuple[Measure, int], ...]


@dataclass(frozen=True, slots=True)
class Revoke:
    """End a certification before its time."""

    request_id: str
    certification_id: str
    auditor: str
    reason: str


Certifying = Attest | Audit | Revoke
"""What is asked of certification."""

Request = Issue | Bundling | Transfer | Allocate | Release | Retire | Withdraw | Expire
"""What changes who holds what; nothing else does."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A request as it stands; it is never changed.

    Attributes
    ----------
    kind
        What it asks, in one word.
    record
        The request in canonical JSON.
    wh
        How many Wh it has moved; of a bundling, how many it has bundled.
    count
        How many issuances, bundles or parts they are.
    """

    request_id: str
    kind: str
    record: str
    wh: int
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A request as it stands, and whether it is new."""

    entered: Entered
    is_new: bool
