"""Facts become the criteria by which compute centres are certified."""

from __future__ import annotations

from datetime import date

from qipan.certificates.model.certification import PPM, Criteria, Criterion, Measure
from qipan.facts.catalog import Catalog


def criteria_of(catalog: Catalog) -> tuple[Criteria, ...]:
    """Return the releases of the criteria by which centres are certified; within one, the best grade stands first."""
    found: dict[str, dict[str, list[Criterion]]] = {}
    for fact in catalog.under("certification"):
        _, version, what, *rest = fact.fact_id.split("/")
        if what == "grade":
            value_ppm = round(catalog.number(fact.fact_id) * PPM)
            criterion = Criterion(Measure(rest[1]), fact.bound == ">=", value_ppm)
            found.setdefault(version, {}).setdefault(rest[0], []).append(criterion)
    return tuple(
        Criteria(
            version,
            date.fromisoformat(catalog.fact(f"certification/{version}/period_months").as_of),
            tuple((name, tuple(some)) for name, some in grades.items()),
            *(
                round(catalog.number(f"certification/{version}/{name}"))
                for name in ("period_months", "stale_months", "valid_months")
            ),
        )
        for version, grades in found.items()
    )
