"""``/jobs``: every job of a plan, where it went or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import plan_of, render, words_of
from qipan.interfaces.entry import require, services_of
from qipan.interfaces.report import day, labels, substitutes
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import clock, grouped, yuan
from qipan.interfaces.report.words import Words, mark

SIZE: Final = 20
"""Rows of a page."""

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table and its sort key."""

    sort: str
    title: str
    unit: str = ""
    is_number: bool = False


COLUMNS: Final = (
    Column("job_id", mark("Job")),
    Column("submit", mark("Submitted")),
    Column("tier", mark("Tier")),
    Column("quantity", mark("Units"), is_number=True),
    Column("requested_h", mark("Asked for"), mark("h"), is_number=True),
    Column("origin", mark("From")),
    Column("site", mark("Site")),
    Column("start", mark("Start")),
    Column("wait_h", mark("Wait"), mark("h"), is_number=True),
    Column("round_trip_ms", mark("Round trip"), mark("ms"), is_number=True),
    Column("cost_fen", mark("Cost"), mark("yuan"), is_number=True),
    Column("status", mark("Status"), mark("and why")),
)
"""The table, from left to right."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for: filter, order, page."""

    text: str = ""
    status: str = ""
    tier: str = ""
    site_id: str = ""
    sort: str = "submit"
    is_descending: bool = False
    page: int = 1
    plan: str = ""

    def address(self, **changes: Any) -> str:
        """Return the address of the page with some answers changed; a change begins at page 1."""
        named = {
            "text": self.text,
            "status": self.status,
            "tier": self.tier,
            "site": self.site_id,
            "sort": self.sort,
            "descending": "1" if self.is_descending else "",
            "page": "",
            "plan": self.plan,
        } | changes
        return "/jobs?" + urlencode({name: value for name, value in named.items() if value not in ("", None)})


@router.get("/jobs")
def jobs(
    request: Request,
    text: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    tier: Annotated[str, Query(max_length=20)] = "",
    site_id: Annotated[str, Query(alias="site", max_length=64)] = "",
    sort: Annotated[str, Query(max_length=20)] = "submit",
    descending: Annotated[str, Query(max_length=1)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    plan: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show one page of the jobs."""
    document, said = plan_of(request), words_of(request)
    asked = Asked(text, status, tier, site_id, sort, bool(descending), page, plan)
    found = services_of(request).day.jobs(
        document["plan_id"],
        text=text,
        status=status,
        tier=tier,
        site_id=site_id,
        sort=sort,
        descending=asked.is_descending,
        page=page,
        size=SIZE,
    )
    pages = max(1, ceil(found.total / SIZE))
    return render(
        request,
        "jobs.html",
        document=document,
        title=day.title(document, said),
        particulars=day.particulars(document, said),
        asked=asked,
        has_terms="terms" in document,
        columns=COLUMNS,
        rows=[_row(row, document, said) for row in found.rows],
        carried_over=day.carried_over(said) if any(row["status"] == "carried_over" for row in found.rows) else "",
        total=grouped(found.total),
        page=page,
        pages=pages,
        sites=sorted((said.name(site), site["site_id"]) for site in document["sites"]),
        statuses=[(code, said.say(title)) for code, title in labels.JOB_STATUS.items()],
        tiers=[(code, said.say(title)) for code, title in labels.TIER.items()],
    )


def _row(row: Mapping[str, Any], document: day.Document, said: Words) -> dict[str, Any]:
    """Return one job as it is shown."""
    zone_name, on = document["zone_name"], document["day"]
    return {
        "job_id": row["job_id"],
        "status": row["status"],
        "cells": (
            clock(row["submit"], zone_name, on),
            label(labels.TIER, row["tier"], said),
            substitutes.quantity(row, said),
            grouped(row["requested_h"], 2),
            said.name(row, "origin"),
            said.name(row, "site") if row["site_id"] else "–",
            _start(row, document, said),
            grouped(row["wait_h"], 1),
            grouped(row["round_trip_ms"], 1),
            yuan(row["cost_fen"], 2),
        ),
        "status_words": label(labels.JOB_STATUS, row["status"], said),
        "why": said.name(row, "why"),
        "assumed": said.say(", ").join(label(labels.COLUMN, name, said) for name in row["assumed"]),
    }


def _start(row: Mapping[str, Any], document: day.Document, said: Words) -> str:
    """Return when a job starts, and in how many stretches it runs if it stops and goes."""
    start, count = clock(row["start"], document["zone_name"], document["day"]), len(row["stretches"])
    return start if count < 2 else said.say("%(start)s, in %(count)s stretches", start=start, count=count)
