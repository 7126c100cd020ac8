"""What a person asks of a day or of days that roll, and what must hold of it before anything is read or planned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from qipan.dispatch.model.job import Intake
from qipan.dispatch.placement.uphold import POLICIES
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import zone
from qipan.kernel.units import S_PER_DAY, S_PER_H
from qipan.workflows.fleet import NATIONAL

OUTLOOK_H_MAX = 168
DAYS_MOST = 31
TABLES: Final = ("reservations", "substitutes", "links")
"""Files of a roll besides its jobs, by their fields."""
DAY_TABLES: Final = ("grid_load", *TABLES)
"""Files of a day besides its jobs, by their fields."""


@dataclass(frozen=True, slots=True)
class DayRequest:
    """What a person asks of a day.

    Attributes
    ----------
    data, name, format
        The file of jobs, how to call it, and how to read it.
    day
        Civil day of the fleet's zone; may be left out when the file holds a single one.
    fleet_id
        The fleet; without one, the one that was registered last.
    load
        How many times the work; copies draw their own assumed values.
    seed
        Seed of everything that is assumed.
    strict
        Refuse a file with any bad row instead of setting the rows aside.
    epoch
        Moment of second 0 of a trace without dates.
    zone_name
        Zone whose clocks a trace shows, that of the fleet if empty.
    carbon_yuan_per_t, carbon_account
        Price of carbon in the plan, and the account it applies to: ``location`` or ``market``.
    green_share
        Share of use covered by retired certificates at every site, instead of each site's own.
    outlook_h
        Hours after the day in which tolerant work may be placed tentatively.
    models_power
        Whether sites and regions get the plants, stores and areas of the grid that the facts assume, where the fleet
        states none.
    grid_load, grid_load_scale
        A file of hourly load by region, and by how much it is multiplied; without it, typical days of the facts.
    reservations
        A file of contracts of reserved capacity.
    no_worse_than
        A simple rule, or ``any``, or none: no more of any tier is to be left unserved than it leaves.
    substitutes
        A file that tells on what else work may run, and how many units of that stand for one that is asked for.
    links
        A file of backbone links that limit what moves; without it nothing does.
    file_names
        How to call those other files, by the names of their fields; a file that is not named is called by its field.
    """

    data: bytes
    name: str
    format: str
    day: date | None = None
    fleet_id: str | None = None
    load: float = 1.0
    seed: int = 0
    strict: bool = False
    epoch: datetime | None = None
    zone_name: str | None = None
    carbon_yuan_per_t: float = 0.0
    carbon_account: str = "location"
    green_share: float | None = None
    outlook_h: int = 24
    models_power: bool = False
    grid_load: bytes | None = None
    grid_load_scale: float = 1.0
    reservations: bytes | None = None
    no_worse_than: str = ""
    substitutes: bytes | None = None
    links: bytes | None = None
    file_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RollRequest:
    """What a person asks of rolling operation.

    Attributes
    ----------
    data, name, format
        The file of jobs, how to call it, and how to read it; days before ``first_day`` in it serve the forecast.
    first_day, days
        Civil days of the fleet's zone.
    every_s
        Between two re-plans, whole minutes.
    errors
        Sizes of forecast errors by name: ``demand``, ``price``, ``renewable``. A run without errors comes first.
    plants_share
        Peak of a made solar plant at each site, as a share of its power cap; assumed, and 0 for none.
    reservations
        A file of contracts of reserved capacity, which is kept free for their holders.
    notice_s
        How long before it starts a job is told that names a reservation, whole minutes.
    keeps_reserve
        Whether as much of each kind and model is kept free as the largest site has (N-1).
    substitutes, links
        Files of what else work may run on, and of links that limit what moves.
    file_names
        How the last three files are called, by their fields.
    """

    data: bytes
    name: str
    format: str
    first_day: date
    days: int
    every_s: float = 900.0
    errors: dict[str, float] = field(default_factory=dict)
    load: float = 1.0
    seed: int = 0
    fleet_id: str = NATIONAL
    epoch: datetime | None = None
    zone_name: str | None = None
    plants_share: float = 0.0
    gap: float = 1e-2
    reservations: bytes | None = None
    notice_s: float = 0.0
    keeps_reserve: bool = False
    substitutes: bytes | None = None
    links: bytes | None = None
    file_names: Mapping[str, str] = field(default_factory=dict)


def check_day(request: DayRequest) -> None:
    """Refuse a request with options out of range.

    Raises
    ------
    BadInputError
        ``option_out_of_range``, ``zone_unknown``.
    """
    if request.zone_name is not None:
        zone(request.zone_name)
    rules = {
        "load must be above 0": request.load > 0 and math.isfinite(request.load),
        "seed must be 0 or more": request.seed >= 0,
        "carbon price must be 0 or more": 0 <= request.carbon_yuan_per_t < math.inf,
        "carbon account must be location or market": request.carbon_account in ("location", "market"),
        "green share must be 0 to 1": request.green_share is None or 0 <= request.green_share <= 1,
        "scale of the grid's load must be above 0": 0 < request.grid_load_scale < math.inf,
        f"outlook must be 0 to {OUTLOOK_H_MAX} h": 0 <= request.outlook_h <= OUTLOOK_H_MAX,
        f"the rule that no tier is served worse than by must be one of {', '.join(POLICIES)}": (
            request.no_worse_than in ("", *POLICIES)
        ),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise BadInputError(
            f"Options must be in range, was not: {'; '.join(broken)}.",
            code="option_out_of_range",
            hint="Correct the named options.",
        )


def refuse_bad_rows(request: DayRequest, intake: Intake) -> None:
    """Refuse a file of jobs with a bad row where the request is strict.

    Raises
    ------
    BadInputError
        ``rows_bad``.
    """
    bad = [finding for finding in intake.findings if finding.row > 0]
    if request.strict and bad:
        raise BadInputError(
            f"Every row must be good in a strict import, was bad in {len({f.row for f in bad})} of "
            f"{intake.rows_read} rows of {request.name}.",
            code="rows_bad",
            hint="Correct these rows, or leave out --strict to set them aside.",
            findings=intake.findings,
        )


def check_roll(request: RollRequest) -> None:
    """Refuse what no run can take.

    Raises
    ------
    BadInputError
        ``option_out_of_range``, ``zone_unknown``.
    """
    if request.zone_name is not None:
        zone(request.zone_name)
    if request.seed < 0:
        raise BadInputError(
            f"A seed must be 0 or more, was {request.seed}.",
            code="option_out_of_range",
            hint="Write 0, or any whole number above.",
            field="seed",
        )
    limits: dict[str, tuple[float, float, float]] = {
        "days": (request.days, 1, DAYS_MOST),
        "every": (request.every_s, 60, 3600),
        "plants": (request.plants_share, 0, 10),
        "notice": (request.notice_s, 0, S_PER_DAY),
        **{f"errors {name}": (size, 0, 2) for name, size in request.errors.items()},
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            told = [_duration(one) if name in ("every", "notice") else f"{one:g}" for one in (least, most, value)]
            raise BadInputError(
                f"{name} must be {told[0]} to {told[1]}, was {told[2]}.",
                code="option_out_of_range",
                hint=f"Write {told[0]} to {told[1]}.",
                field=name,
            )
    for name in ("every", "notice"):
        if limits[name][0] % 60:
            raise BadInputError(
                f"{name} must be whole minutes, was {_duration(limits[name][0])}.",
                code="option_out_of_range",
                hint="Write whole minutes.",
                field=name,
            )
    if set(request.errors) - {"demand", "price", "renewable"}:
        raise BadInputError(
            f"Errors must be of demand, price or renewable, was {', '.join(request.errors)}.",
            code="option_out_of_range",
            hint="Write for example --errors demand=0.2,price=0.1.",
            field="errors",
        )


def _duration(seconds: float) -> str:
    """Write a time as it is typed: in whole hours or minutes, where it is such."""
    for unit_s, unit in ((S_PER_H, "h"), (60.0, "m")):
        if seconds % unit_s == 0:
            return f"{seconds / unit_s:g}{unit}"
    return f"{seconds:g}s"
