"""Exposures are read whole, and each bad row is named."""

from __future__ import annotations

import pytest

from qipan.bootstrap.panels import read_exposures
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.labour.attribute import expose
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


def yearly(*rows):
    return "\n".join(["occ_code_onetsoc2010\tyear\tdaioe_lngmod", *rows]).encode()


def test_published_tables_keep_channels_apart_and_exposure_that_changes_by_year():
    clerk, builder = "43-9021.00", "47-2061.00"
    daioe = yearly(f"{clerk}\t2010\t", f"{clerk}\t2020\t1", f"{clerk}\t2023\t4", f"{builder}\t2023\t1")
    webb = f"onetsoccode,software_score,robot_score\n{clerk},0.4,0.1\n{builder},0.1,0.9\n".encode()
    own = b"occupation,channel,exposure,year\n43-9021,robots,0.5,2022\n"
    found, findings = read_exposures([("daioe.tsv", daioe), ("webb.csv", webb), ("own.csv", own)], Catalog.load())
    assert (found.channels, findings) == (("language_models", "robots", "software"), ())
    cell = (Cell("r", "", "43-9021"),)
    by_year = {
        year: dict(zip(found.channels, expose(cell, found, year)[0], strict=True)) for year in (2019, 2021, 2023)
    }
    assert by_year[2019]["language_models"] == 0.0
    assert 0.0 < by_year[2021]["language_models"] == pytest.approx(by_year[2023]["language_models"] / 4)
    assert by_year[2019]["robots"] < by_year[2023]["robots"] == 0.5
    assert by_year[2019]["software"] == by_year[2023]["software"] > 0.0


def test_a_published_table_without_a_good_row_is_refused_by_its_name():
    with pytest.raises(BadInputError) as refused:
        read_exposures([("daioe.tsv", yearly("43-9021.00\tsoon\t1"))], Catalog.load())
    assert (refused.value.code, refused.value.file) == ("table_unreadable", "daioe.tsv")


def test_names_of_columns_in_chinese():
    found, findings = read("行业,渠道,暴露度\n65,语言模型,0.5\n".encode())
    assert (found is not None and found.channels, findings) == (("语言模型",), ())
