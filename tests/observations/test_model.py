"""Observation: a release is a moment with a zone."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import civil_day
from qipan.observations.model import Observation

DAY = civil_day(date(2017, 10, 9))


def test_observation_released_in_another_zone_is_kept_in_utc():
    released = datetime(2017, 10, 10, 8, tzinfo=timezone(timedelta(hours=8)))
    assert Observation("load", DAY, released, 1.0).released == datetime(2017, 10, 10, tzinfo=UTC)
    assert Observation("load", DAY, released, 1.0).released.tzinfo is UTC


def test_observation_released_without_a_zone_is_refused():
    with pytest.raises(BadInputError) as caught:
        Observation("load", DAY, datetime(2017, 10, 10), 1.0)  # noqa: DTZ001 - the point
    assert caught.value.code == "time_naive"
