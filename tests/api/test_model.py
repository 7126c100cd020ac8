"""What the interface gives is JSON."""

from __future__ import annotations

import json
import math

from qipan.interfaces.api.model import finite, utilisation_out
from qipan.kernel.resources import Kind
from qipan.ledger.model.use import Utilisation


def test_finite_replaces_at_every_depth() -> None:
    given = {"a": [1.0, math.nan, (math.inf, "x")], "b": {"c": -math.inf, "d": True}}
    assert finite(given) == {"a": [1.0, None, [None, "x"]], "b": {"c": None, "d": True}}
    json.dumps(finite(given), allow_nan=False)


def test_utilisation_without_capacity_has_no_share() -> None:
    told = utilisation_out(Utilisation("north", Kind.INTELLIGENT, 0.0, 0.0, math.nan))
    assert (told.used_share, told.energy_wh, told.idle_unit_h) == (None, None, 0.0)
