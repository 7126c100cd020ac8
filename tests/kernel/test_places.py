"""Distances on the earth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.places import Point, great_circle_km

POINTS = st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))


@given(a=POINTS, b=POINTS, c=POINTS)
def test_great_circle_is_a_distance(a: Point, b: Point, c: Point) -> None:
    assert great_circle_km(a, b) == pytest.approx(great_circle_km(b, a), abs=1e-6)
    assert great_circle_km(a, a) == 0.0
    assert great_circle_km(a, c) <= great_circle_km(a, b) + great_circle_km(b, c) + 1e-6
