"""``qipan labour panel``: spells become panels that the back-test reads, and small cells stay back."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.bootstrap.panels import read_panel
from qipan.interfaces.cli.app import app


def typed(*words: object):
    return CliRunner().invoke(app, ["labour", *map(str, words)])


@pytest.fixture(scope="module")
def spells(tmp_path_factory):
    """Return spells of 40 persons in one cell and 3 in another; of the 40, every fourth loses the job in March."""
    rows = [f"p{at},440000,I,2020-01-01,{'2020-03-16' if at % 4 == 0 else ''}" for at in range(40)]
    rows += [f"q{at},110000,I,2020-01-01,2020-09-01" for at in range(3)]
    path = tmp_path_factory.mktemp("spells") / "spells.csv"
    path.write_text("\n".join(["person,region,industry,start,end", *rows, ",440000,I,2020-01-01,", ""]))
    return path


@pytest.mark.parametrize("form", [(), ("--parquet",)])
def test_panels_of_spells_are_read_as_any_panel(spells, tmp_path, form):
    told = shown(typed("panel", spells, "--out", tmp_path, "--json", *form))
    assert (told["rows"], told["rows_left_out"], told["cells"], told["least"]) == (44, 1, 2, 10)
    found, findings = read_panel((tmp_path / f"job_loss_rate.{'parquet' if form else 'csv'}").read_bytes())
    assert findings == ()
    assert (found.unit, found.direction, found.sources) == ("percent", "rise", ("spells.csv",))
    assert found.latest().values.tolist()[0][:3] == [0.0, 0.0, 25.0]
    assert str(found.released[2]) == "2020-05-31"


def test_small_cells_are_told_and_no_person_is(spells, tmp_path):
    told = shown(typed("panel", spells, "--out", tmp_path, "--json"))
    with (tmp_path / "withheld.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["region"] for row in rows} == {"110000"}
    assert len(rows) == sum(one["withheld"] for one in told["panels"]) > 10
    whole = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "p1" not in whole
    assert "q1" not in whole


def test_the_table_speaks_chinese(spells, tmp_path):
    told = typed("panel", spells, "--out", tmp_path, "--least", 1, "--within", 10, "--lang", "zh")
    assert "岗位流失率" in told.stdout
    assert "10 天内未再就业计为岗位流失" in told.stdout.replace("\n", "")
    assert "略去 1 行" in told.stderr


@pytest.mark.parametrize(
    ("text", "exit_code", "code"),
    [
        ("person,region\n", 3, "spells_unreadable"),
        ("person,region,start\n,a,2020-01-01\n", 3, "spells_unreadable"),
        ("person,region,start\np,a,2020-01-02\n", 5, "jobs_without_month"),
        (None, 3, "spells_missing"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, exit_code, code):
    path = tmp_path / "spells.csv"
    if text is not None:
        path.write_text(text)
    assert_refused(typed("panel", path, "--out", tmp_path / "out", "--json"), exit_code, code)


def test_the_rate_can_be_back_tested(tmp_path):
    rng = np.random.default_rng(8)
    rows = []
    for region in "abcdef":
        for at in range(400):
            start, month = 2010 * 12 + rng.integers(0, 24), 0
            while start < 2022 * 12:
                is_bad = 2016 * 12 <= start < 2017 * 12 and region in "abcd"
                month = int(start + rng.integers(2, 6 if is_bad else 40))
                rows.append(
                    f"{region}{at},{region},{start // 12}-{start % 12 + 1:02}-01,{month // 12}-{month % 12 + 1:02}-11"
                )
                start = month + int(rng.integers(1, 12 if is_bad else 4))
    path = tmp_path / "spells.csv"
    path.write_text("\n".join(["person,region,start,end", *rows, ""]))
    assert typed("panel", path, "--out", tmp_path, "--since", "2012-01-01", "--least", 1).exit_code == 0
    told = shown(
        typed("backtest", tmp_path / "job_loss_rate.csv", "--events", "rise 4", "--detector", "rise", "--json")
    )
    assert told["detectors"][0]["events"] > 0


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("QIPAN_HOME", str(tmp_path / "home"))
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    for name, holder in (("insured", "A"), ("posted", "B")):
        (tmp_path / f"{name}.toml").write_text(
            f'name = "{name}"\ntitle = "x"\nholder = "{holder}"\nsource = "insurance"\nindicator = "jobs"\n'
            'unit = "jobs"\ndirection = "fall"\nby = ["region"]\ncadence = "month"\ndelay_days = 9\n'
            'grace_days = 9\n[sharing]\nparties = ["A", "B"]\npurposes = ["warning"]\nsince = 2026-01-01\n'
            "until = 2030-01-01\ncolumns = []\nleast_shown = 10\nkept_days = 999\n"
        )
        assert typed("feed", "add", tmp_path / f"{name}.toml").exit_code == 0
    return tmp_path


def test_panel_with_noise_spends_the_budget_of_its_feed_and_is_refused_when_it_is_over(spells, house):
    asked = ("panel", spells, "--out", house / "out", "--feed", "insured", "--until", "2020-06-01", "--json")
    told = shown(typed(*asked, "--noise", "0.1"))
    assert (told["cells"], told["months"], told["epsilon_spent"], told["epsilon_left"]) == (2, 5, 0.5, 0.5)
    found, findings = read_panel((house / "out/employment.csv").read_bytes())
    assert (findings, found.unit, found.latest().values.shape) == ((), "jobs", (2, 5))
    assert found.sources == ("spells.csv, noise 0.1 a month",)
    assert [path.name for path in (house / "out").iterdir()] == ["employment.csv"]
    before = (house / "out/employment.csv").read_bytes()
    assert_refused(typed(*asked, "--noise", "0.2"), 5, "privacy_budget_over")
    assert (house / "out/employment.csv").read_bytes() == before
    (one,) = shown(typed("budget", "--json"))["budgets"]
    assert (one["feed"], one["spent"], len(one["releases"])) == ("insured", 0.5, 1)
    assert_refused(typed("budget", "insured", "--epsilon", "5", "--json"), 5, "privacy_budget_used")
    assert shown(typed("budget", "posted", "--epsilon", "5", "--json"))["budgets"][0]["left"] == 5.0
    assert_refused(typed(*asked[:5], "posted", *asked[6:], "--noise", "0.1"), 5, "data_of_other_feed")
    assert_refused(typed(*asked[:5], "invented", *asked[6:], "--noise", "0.1"), 4, "feed_unknown")
    assert "剩余" in typed("budget", "--lang", "zh").stdout
    assert shown(typed("check", "--json")) == {"findings": []}


def test_panel_with_noise_and_no_feed_is_refused(spells, tmp_path):
    assert_refused(typed("panel", spells, "--out", tmp_path, "--noise", "0.1", "--json"), 3, "noise_without_feed")
