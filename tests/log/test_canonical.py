"""Canonical JSON: one value, one writing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.log.canonical import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_canonical_of_any_value_reads_back_and_is_stable(value):
    written = canonical(value)
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written


def test_canonical_orders_keys_by_utf16_as_the_example_of_the_rfc():
    # RFC 8785, section 3.2.3.
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert [pair[1] for pair in json.loads(canonical(value), object_pairs_hook=list)] == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_canonical_escapes_as_the_example_of_the_rfc():
    # RFC 8785, section 3.2.2.
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(value).decode() == expected


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), 2**53, -(2**53), {1: 2}, {"a": {3}}, b"x", "\ud800"])
def test_canonical_of_what_has_no_one_writing_is_refused(value):
    with pytest.raises(BadInputError) as caught:
        canonical(value)
    assert caught.value.code == "payload_not_canonical"
