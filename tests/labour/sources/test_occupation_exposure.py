"""Exposure from files: our own, and those that are published, real ones where the data are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qipan.bootstrap.indicators import read_exposure
from qipan.facts.catalog import Catalog
from qipan.labour.model.exposure import Channel, Exposures, Triangle
from qipan.labour.sources.occupation_exposure import read

ROOT = Path(__file__).resolve().parents[3]
MEANS = dict.fromkeys(Channel, Triangle(0.1, 0.25, 0.5))


@pytest.fixture(scope="module")
def published() -> dict[str, Exposures]:
    """Exposure from the published files, by the first word of their name."""
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "labour"
    names = {
        "rated": "occupation_llm_exposure.csv.gz",
        "patents": "occupation_patent_exposure.csv.gz",
        "yearly": "occupation_exposure_by_year.csv.gz",
    }
    if not (folder / names["rated"]).is_file():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    catalog = Catalog.load()
    found = {}
    for name, file in names.items():
        rows, findings = read_exposure((folder / file).read_bytes(), catalog)
        assert findings == ()
        found[name] = Exposures.of(rows)
    return found


def test_rated_files_have_the_occupations_of_the_paper(published):
    shares = {
        code: published["rated"].share(code, Channel.LANGUAGE_MODELS, 2024)
        for code in ("51-2092", "43-4051", "43-9021", "27-3091")
    }
    # Raters disagree on data entry, agree on translation, and find little on the line.
    assert shares["43-9021"].high - shares["43-9021"].low > 0.5
    assert shares["27-3091"].low > 0.7
    assert shares["51-2092"].likely < 0.2
    assert len(published["rated"].occupations) > 750


def test_robots_see_the_line_and_not_the_translator(published):
    share = published["patents"].share
    assert share("51-2092", Channel.ROBOTS, 2024).likely > 10 * share("27-3091", Channel.ROBOTS, 2024).likely
    assert share("51-2092", Channel.LANGUAGE_MODELS, 2024) is None


def test_yearly_scores_grow_over_the_years(published):
    path = [
        published["yearly"].share("43-9021", Channel.LANGUAGE_MODELS, year).likely for year in (2010, 2016, 2020, 2023)
    ]
    assert path == sorted(path)
    assert path[0] == 0.0
    assert path[-1] == published["yearly"].share("43-9021", Channel.LANGUAGE_MODELS, 2030).likely


def test_catalogue_means_are_those_of_the_rated_file(published):
    # The fact is of all 923 occupations of O*NET, these are taken together by SOC.
    rated = published["rated"]
    shares = [rated.share(one, Channel.LANGUAGE_MODELS, 2024).likely for one in rated.occupations]
    mean = Catalog.load().number("replacement/mean_share/language_models/likely")
    assert sum(shares) / len(shares) == pytest.approx(mean, abs=0.02)


def test_details_of_an_occupation_are_averaged():
    head = "O*NET-SOC Code,Title," + ",".join(
        f"{who}_rating_{kind}" for who in ("dv", "human") for kind in ("alpha", "beta", "gamma")
    )
    rows = "11-1011.00,Chiefs,0.1,0.4,0.8,0.2,0.4,0.6\n11-1011.03,Others,0.3,0.6,1.0,0.4,0.6,0.8\n"
    (one,), findings = read(f"{head}\n{rows}".encode(), MEANS)
    assert findings == ()
    assert one.occupation == "11-1011"
    assert (one.share.low, one.share.likely, one.share.high) == pytest.approx((0.2, 0.5, 0.9))


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("a,robots,0.1,0.2", "", "row_torn"),
        (",robots,0.1,0.2,0.3,", "occupation", "cell_empty"),
        ("a,magic,0.1,0.2,0.3,", "channel", "channel_unknown"),
        ("a,robots,0.1,nan,0.3,", "likely", "number_unfit"),
        ("a,robots,0.1,0.2,1.3,", "high", "number_unfit"),
        ("a,robots,0.3,0.2,0.3,", "likely", "triangle_unordered"),
        ("a,robots,0.1,0.2,0.3,soon", "year", "year_unreadable"),
        ("b,robots,0.1,0.2,0.3,2020", "", "row_repeated"),
    ],
)
def test_a_bad_row_has_a_finding_and_the_others_stand(row, column, rule):
    text = f"occupation,channel,low,likely,high,year\nb,robots,0.1,0.2,0.3,2020\n{row}\n"
    rows, findings = read(text.encode(), MEANS)
    assert [one.occupation for one in rows] == ["b"]
    assert [(one.row, one.column, one.rule) for one in findings] == [(3, column, rule)]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x1f\x8bno", "file_unreadable"),
        (b"\xff", "file_unreadable"),
        (b"a,b\n1,2\n", "columns_differ"),
        (b"", "columns_differ"),
    ],
)
def test_a_bad_file_has_a_finding(data, rule):
    assert [one.rule for one in read(data, MEANS)[1]] == [rule]
