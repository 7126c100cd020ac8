"""What follows from the figures of a site and of its use."""

from __future__ import annotations

import pytest

from qipan.kernel.resources import Kind
from qipan.ledger.model.fleet import FIGURES
from qipan.ledger.model.use import Utilisation


def test_site_derives_power_quantity_and_status_from_its_pools(fleet):
    alpha, beta = fleet.sites
    assert alpha.full_kw == pytest.approx(100 * 0.5 * 1.2)
    assert (alpha.quantity(Kind.INTELLIGENT), alpha.quantity(Kind.STORAGE)) == (100.0, 0.0)
    assert (alpha.has_power, beta.has_power) == (True, False)
    assert {alpha.status_of(figure) for figure in FIGURES} == {"declared"}
    assert (beta.status_of("pue"), beta.status_of("quantity")) == ("assumed", "declared")


def test_utilisation_without_capacity_has_no_share():
    assert Utilisation("alpha", Kind.GENERAL, 0.0, 0.0, 0.0).used_share is None
    assert Utilisation("alpha", Kind.GENERAL, 8.0, 2.0, 0.0).idle_unit_h == 6.0
