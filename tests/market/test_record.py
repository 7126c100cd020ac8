"""A request is written in one way and read back the same; a chain of digests tells any two books apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Cover, Passing
from qipan.market.record import link, read, record

NAMES = st.text("abcXYZ019._-", min_size=1, max_size=20)
MOMENTS = st.integers(0, 4 * 10**15).map(
    lambda after_us: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=after_us)
)
REQUESTS = st.one_of(
    st.builds(
        Order,
        NAMES,
        NAMES,
        NAMES,
        st.sampled_from(Side),
        st.integers(1, 10**6),
        st.integers(0, 10**7),
        st.sampled_from(Entry),
        st.booleans(),
        st.none() | MOMENTS,
    ),
    st.builds(Cancel, NAMES, NAMES, NAMES, NAMES),
    st.builds(Cover, NAMES, NAMES, NAMES, st.integers(-(10**6), 10**6)),
    st.builds(Passing, NAMES, NAMES, NAMES),
)


@given(REQUESTS)
def test_record_is_read_back_the_same_and_is_canonical(request_):
    text = record(request_)
    assert read(text) == request_
    assert record(read(text)) == text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@given(REQUESTS, REQUESTS)
def test_two_requests_have_one_record_only_if_they_are_the_same(one, other):
    assert (record(one) == record(other)) == (one == other)


def test_record_writes_one_moment_in_one_way_whatever_its_zone():
    order = Order("a", "m", "i", Side.BUY, 1, 1, good_until=datetime(2026, 1, 1, tzinfo=UTC))
    east = replace(order, good_until=order.good_until.astimezone(timezone(timedelta(hours=8))))
    assert record(order) == record(east)


def test_link_changes_with_everything_that_it_holds():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    links = {
        link("{}", number=1, at=at, signature="", before=""),
        link("{ }", number=1, at=at, signature="", before=""),
        link("{}", number=2, at=at, signature="", before=""),
        link("{}", number=1, at=at + timedelta(microseconds=1), signature="", before=""),
        link("{}", number=1, at=at, signature="s", before=""),
        link("{}", number=1, at=at, signature="", before=sha256(b"").hexdigest()),
    }
    assert len(links) == 6
