"""Read from what was kept with a plan what an explanation needs, and write explanations as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from qipan.dispatch.explanation.explain import explain_job, explain_price
from qipan.dispatch.model.board import Substitute
from qipan.dispatch.model.explanation import JobTerms, Option, ProductTerms, Terms
from qipan.dispatch.model.job import DataClass, Tier
from qipan.dispatch.model.plan import Reason
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.units import S_PER_H

Row = Mapping[str, Any]


def recall_terms(document: Row) -> Terms:
    """Return the terms of a plan from its report."""
    kept = dict(document["terms"])
    substitutes = [Substitute(**one) for one in kept.get("substitutes", ())]
    products = [ProductTerms(**product) for product in kept["products"]]
    return Terms(**kept | {"products": products, "substitutes": substitutes})


def recall_job(row: Row, document: Row, terms: Terms) -> JobTerms:
    """Return a job as its plan saw it, from its placement."""
    site = None if row["site_id"] is None else terms.site_ids.index(row["site_id"])
    return JobTerms(
        kind=row["kind"],
        card_model=row["card_model"],
        tier=int(Tier[row["tier"].upper()]),
        data_class=int(DataClass[row["data_class"].upper()]),
        origin=terms.origin_ids.index(row["origin_id"]),
        quantity=row["quantity"],
        requested_h=row["requested_h"],
        planned_h=row["planned_h"],
        data_gb=row["data_gb"],
        first_h=max(_hours_after(document, row["submit"]), 0.0),
        latest_h=row["latest_h"],
        site=site,
        placed_kind=row.get("placed_kind") or row["kind"],
        placed_model=row["placed_model"] or "",
        may_split=row["may_split"],
        is_covered=row["reason"] == Reason.COVERED,
        runs=_runs(row, document),
    )


def tell_job(row: Row, document: Row) -> dict[str, Any]:
    """Explain a placement: where the job is, the cheapest other sites, and the sites that a limit excludes."""
    terms = recall_terms(document)
    found = explain_job(recall_job(row, document, terms), terms)
    names = _names(document)
    own = ("job_id", "tier", "workload", "kind", "quantity", "requested_h", "origin_id")
    told = ("status", "reason", "why_en", "why_zh")
    origin = next(one for one in document["origins"] if one["origin_id"] == row["origin_id"])
    return {
        **_plan(document),
        **{name: row[name] for name in own},
        "origin_en": origin["name_en"],
        "origin_zh": origin["name_zh"],
        **{name: row[name] for name in told},
        "stretches": row["stretches"],
        "chosen": None if found.chosen is None else _option(found.chosen, document, terms),
        "alternatives": [_option(one, document, terms) for one in found.alternatives],
        "excluded": [names[terms.site_ids[site]] | {"reason": reason} for site, reason in found.excluded.items()],
    }


def tell_price(site_id: str, slot: int, document: Row) -> dict[str, Any]:
    """Explain the price of each product of a site in a slot.

    Raises
    ------
    NotFoundError
        ``site_unknown`` for a site that is not in the plan.
    BadInputError
        ``slot_out_of_range``.
    """
    terms = recall_terms(document)
    if site_id not in terms.site_ids:
        raise NotFoundError(
            f"A site must be one of the plan's, was {site_id!r} in plan {document['plan_id']}.",
            code="site_unknown",
            hint=f"Choose one of {', '.join(terms.site_ids)}.",
            field="site",
        )
    if not 0 <= slot < terms.slot_count:
        raise BadInputError(
            f"A slot of plan {document['plan_id']} must be 0 to {terms.slot_count - 1}, was {slot}.",
            code="slot_out_of_range",
            hint="Slots are counted from the start of the day, the first is 0.",
            field="slot",
        )
    found = explain_price(terms, terms.site_ids.index(site_id), slot)
    where = _names(document)[site_id]
    return {
        **_plan(document),
        **where,
        "slot": slot,
        "start": document["slots"][slot],
        "rows": [asdict(one) | {"binding": list(one.binding)} for one in found],
    }


def _plan(document: Row) -> dict[str, Any]:
    named = {name: document[name] for name in ("plan_id", "day", "zone_name")}
    return named | {"is_final": document["bound"]["is_final"]}


def _option(option: Option, document: Row, terms: Terms) -> dict[str, Any]:
    start = _horizon_start(document) + timedelta(hours=option.start_h)
    told = {name: value for name, value in asdict(option).items() if name not in ("site", "start_h")}
    begins = start.isoformat(timespec="seconds").replace("+00:00", "Z")
    return _names(document)[terms.site_ids[option.site]] | {"start": begins} | told


def _names(document: Row) -> dict[str, dict[str, str]]:
    return {
        site["site_id"]: {"site_id": site["site_id"], "site_en": site["name_en"], "site_zh": site["name_zh"]}
        for site in document["sites"]
    }


def _runs(row: Row, document: Row) -> tuple[tuple[float, float], ...]:
    begins = [_hours_after(document, one["start"]) for one in row["stretches"]]
    ends = [_hours_after(document, one["end"]) for one in row["stretches"]]
    return tuple((begin, end - begin) for begin, end in zip(begins, ends, strict=True))


def _horizon_start(document: Row) -> datetime:
    return datetime.fromisoformat(document["slots"][0]).astimezone(UTC)


def _hours_after(document: Row, moment: str) -> float:
    return (datetime.fromisoformat(moment) - _horizon_start(document)).total_seconds() / S_PER_H
