"""As-of: the query over the lake equals the sentence that defines it."""

from datetime import UTC, datetime, timedelta

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.time import Interval
from qipan.observations.model import Observation
from qipan.observations.store import RELEASES_SCHEMA, latest, observations_of, releases_table

START = datetime(2017, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

# (series, hour of the period, its length, hour of the release, value, batch); few of each, so that they collide.
RELEASE = st.tuples(
    st.sampled_from(["load", "price", "负荷"]),
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(0, 4),
    st.integers(-5, 5),
    st.integers(1, 4),
)


def observation(release):
    series_id, hour, length_h, released_h, value, _ = release
    period = Interval(START + hour * HOUR, START + (hour + length_h) * HOUR)
    return Observation(series_id, period, START + released_h * HOUR, float(value))


def table(releases):
    if not releases:
        return ibis.memtable(RELEASES_SCHEMA.empty_table())
    parts = [releases_table([observation(release)], release[-1]) for release in releases]
    return ibis.memtable(parts[0].from_batches([batch for part in parts for batch in part.to_batches()]))


def identity(release):
    """Return what one batch can say only once."""
    return release[:4] + release[5:]


def folded(releases, series_ids, moment):
    """Say the definition: go through the releases in order of release and batch; the last one stands."""
    known = {}
    for release in sorted(releases, key=lambda release: (release[3], release[5])):
        one = observation(release)
        if one.series_id in series_ids and one.released <= moment:
            known[one.series_id, one.period] = one
    return tuple(known[key] for key in sorted(known))


@settings(max_examples=25)
@given(
    releases=st.lists(RELEASE, max_size=25, unique_by=identity),
    series_ids=st.sets(st.sampled_from(["load", "price", "负荷", "none"])),
    moment_h=st.integers(-1, 5),
)
def test_latest_of_any_releases_equals_the_fold(releases, series_ids, moment_h):
    moment = START + moment_h * HOUR
    found = observations_of(latest(table(releases), series_ids, moment).to_pyarrow())
    assert found == folded(releases, series_ids, moment)


def test_latest_on_the_very_moment_of_release_counts():
    release = ("load", 0, 1, 2, 7, 1)
    assert latest(table([release]), {"load"}, START + 2 * HOUR).count().to_pyarrow().as_py() == 1
    just_before = START + 2 * HOUR - timedelta(microseconds=1)
    assert latest(table([release]), {"load"}, just_before).count().to_pyarrow().as_py() == 0


@pytest.mark.parametrize("turn", [1, -1])
def test_latest_of_equal_releases_is_the_later_batch(turn):
    releases = [("load", 0, 1, 2, 7, 1), ("load", 0, 1, 2, 8, 2)][::turn]
    (found,) = observations_of(latest(table(releases), {"load"}, START + 5 * HOUR).to_pyarrow())
    assert found.value == 8.0
