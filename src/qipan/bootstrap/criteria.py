"""Facts become dated rules: criteria of centres, what a card-hour is matched with, limits of the market's monitor."""

from __future__ import annotations

from datetime import date

from qipan.certificates.model.certification import PPM, Criteria, Criterion, Measure
from qipan.certificates.model.quota import QuotaRule
from qipan.facts.catalog import Catalog
from qipan.market.model.monitor import Limits


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


def quota_rules_of(catalog: Catalog) -> tuple[QuotaRule, ...]:
    """Return the releases of the rule that matches compute with quota or certificates."""
    versions = dict.fromkeys(fact.fact_id.split("/")[1] for fact in catalog.under("quota"))
    return tuple(
        QuotaRule(
            version,
            date.fromisoformat(catalog.fact(f"quota/{version}/g_per_card_h").as_of),
            g_per_card_h=round(catalog.number(f"quota/{version}/g_per_card_h")),
            wh_per_card_h=round(catalog.number(f"quota/{version}/wh_per_card_h")),
        )
        for version in versions
    )


def limits_of(catalog: Catalog) -> Limits:
    """Return from where on the market's monitor flags something."""
    told = {name: catalog.number(f"monitor/{name}") for name in Limits.__dataclass_fields__}
    return Limits(
        hhi=round(told.pop("hhi")),
        reference_days=round(told.pop("reference_days")),
        reference_offers=round(told.pop("reference_offers")),
        permutations=round(told.pop("permutations")),
        **told,
    )
