"""A home with warnings: industries in regions by their codes, losses that begin and come."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.labour.conftest import panel_of, waves
from tests.labour.test_warn import released, terms_of

from qipan.bootstrap.services import Services
from qipan.labour.model.panel import Cell
from qipan.labour.warn import warn

REGIONS, INDUSTRIES = ("110000", "440000", "520000", "640000"), ("C39", "I64", "I65")
DAYS = (date(2015, 9, 1), date(2015, 12, 1))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


PLACES = ("110000", "120000", "130000", "140000", "150000", "210000", "370000", "410000", "440000", "450000", "460000")
"""Provinces of the panel in which Beijing, Tianjin and Hebei lose work in two industries of one section."""
LOST = ("110000", "120000", "130000")
KINDRED = ("C38", "C39", "I64", "I65")


def issue_clustered(services: Services) -> None:
    """Issue what can be said of a panel in which three provinces that adjoin have just lost work in C38 and C39."""
    cells = [Cell(region, industry) for region in PLACES for industry in KINDRED]
    values = waves(len(cells), 190, seed=5)
    hit = [at for at, one in enumerate(cells) if one.region in LOST and one.industry in KINDRED[:2]]
    values[hit, -1:] += 1.2
    releases = released(panel_of(values, cells=cells))
    with services.books.begin(caller="user:li.wei") as unit:
        services.warnings.issue(unit, "places", warn(releases, date(2015, 11, 15), terms_of()), NOW)


def issue_some(services: Services) -> None:
    """Issue what can be said of a panel on two days."""
    cells = [Cell(region, industry) for region in REGIONS for industry in INDUSTRIES]
    releases = released(panel_of(waves(12, 240, seed=5), cells=cells))
    for day in DAYS:
        with services.books.begin(caller="user:li.wei") as unit:
            services.warnings.issue(unit, "insured", warn(releases, day, terms_of()), NOW)
