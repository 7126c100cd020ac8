"""Exposures are read whole, and each bad row is named."""

from __future__ import annotations

import pytest

from qipan.labour.model.panel import Cell
from qipan.labour.sources.exposure import read

ROWS = """\
industry,occupation,channel,exposure,year
retail,,robots,0.2,
retail,,robots,0.3,2020
,clerk,language_models,0.8,
retail,,,0.2,
,,robots,0.2,
retail,,robots,much,
retail,,robots,0.2,20
retail,,robots,0.4,
retail,,robots,inf,2021
"""


def test_each_bad_row_is_named_and_the_others_are_read():
    found, findings = read(ROWS.encode())
    assert found is not None
    assert found.channels == ("language_models", "robots")
    assert found.rows[1] == ("robots", Cell("", "retail"), 2020, 0.3)
    assert [(one.row, one.column, one.rule) for one in findings] == [
        (5, "channel", "cell_empty"),
        (6, "industry", "cell_empty"),
        (7, "exposure", "value_unreadable"),
        (8, "year", "year_unreadable"),
        (9, "exposure", "value_repeated"),
        (10, "exposure", "value_unreadable"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"region,channel,exposure\n", "columns_differ"),
        (b"industry,channel\n", "columns_differ"),
        (b"\xff\xfe", "file_unreadable"),
        (b"industry,channel,exposure\nretail,robots\n", "row_torn"),
    ],
)
def test_a_file_without_a_good_row_is_told(text, rule):
    found, (finding,) = read(text)
    assert (found, finding.rule) == (None, rule)


def test_names_of_columns_in_chinese():
    found, findings = read("行业,渠道,暴露度\n65,语言模型,0.5\n".encode())
    assert (found is not None and found.channels, findings) == (("语言模型",), ())
