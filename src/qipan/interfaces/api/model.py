"""What the interface gives: names and units as in Python."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, Field

from qipan.facts.model import Fact
from qipan.interfaces.api.problem import FindingOut
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.model.use import Utilisation


class FactOut(BaseModel):
    """One shipped number or word, with where it comes from."""

    fact_id: str
    value: float | str
    bound: str = Field(description="How the source compares: empty for is, else >, <, >= or <=.")
    unit: str
    as_of: str
    status: str = Field(description="official, secondary, modelled or assumed.")
    source: str
    label_en: str
    label_zh: str
    note: str


class FactsPage(BaseModel):
    """One page of facts."""

    rows: list[FactOut]
    total: int
    page: int
    size: int


class JobsPageOut(BaseModel):
    """One page of the jobs of a plan; see the field names for units."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    size: int


class JobsImportOut(BaseModel):
    """What became of a file of jobs: rows read = accepted + quarantined + out of scope."""

    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    out_of_scope: dict[str, int]
    days: dict[str, int] = Field(description="Jobs by the day of their submission.")
    are_hours_of_requests: bool = Field(
        description="Each job is an hour of requests; a day splits it over the regions, and each part is a job."
    )
    findings: list[FindingOut]
    sequence: int = Field(description="Number of the batch; its findings can be asked for by it.")
    is_new: bool


class UtilisationOut(BaseModel):
    """How much of what one site or hub had of a kind was used."""

    group: str
    kind: str
    capacity_unit_h: float | None
    used_unit_h: float | None
    idle_unit_h: float | None
    used_share: float | None
    energy_wh: float | None


class ReportRow(BaseModel):
    """One run of a day, in a line; changes are against home-first."""

    plan_id: str
    day: str
    fleet_id: str
    jobs_name: str
    jobs_format: str
    is_generated: bool
    created: str
    load: float
    jobs: int
    placed: int
    carried_over: int
    refused: int
    cost_fen: float
    cost_change: float | None
    location_change: float | None
    market_change: float | None


class StudyRow(BaseModel):
    """A long question, in a line."""

    study_id: int
    name: str = Field(description="Of the file.")
    asked: str
    ended: str | None
    state: str = Field(description="running, done, failed, or interrupted: no answer, and nobody works at it.")
    progress: str = Field(description="How far a running one is.")
    terms: dict[str, Any]


class StudyOut(StudyRow):
    """A long question with its answer, once there is one; see the field names for units."""

    result: dict[str, Any] | None
    error: dict[str, Any] | None = Field(description="Code, message, hint and findings of a failed one.")


def fact_out(fact: Fact) -> FactOut:
    """Return a fact as the interface gives it."""
    return FactOut(**asdict(fact))


def fleet_out(fleet: Fleet) -> dict[str, Any]:
    """Return a fleet as JSON can name it: no limit is null, round trips stand by origin and then by site."""
    by_origin: dict[str, dict[str, float]] = {}
    for (origin_id, site_id), round_trip_ms in fleet.round_trip_ms.items():
        by_origin.setdefault(origin_id, {})[site_id] = round_trip_ms
    found: dict[str, Any] = finite(asdict(fleet) | {"round_trip_ms": by_origin})
    return found


def utilisation_out(used: Utilisation) -> UtilisationOut:
    """Return utilisation as the interface gives it; what nobody has told is null."""
    named = asdict(used) | {"idle_unit_h": used.idle_unit_h, "used_share": used.used_share}
    return UtilisationOut(**finite(named))


def finite(value: Any) -> Any:
    """Replace numbers that JSON cannot hold by None.

    Examples
    --------
    >>> finite({"power_cap_kw": float("inf"), "sites": [1.0]})
    {'power_cap_kw': None, 'sites': [1.0]}
    """
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
