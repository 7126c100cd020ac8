"""``qipan labour code`` and ``postings``, on a classification of three occupations."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.bootstrap.panels import read_panel
from qipan.interfaces.cli.app import app


def typed(*words: object):
    return CliRunner().invoke(app, ["labour", *map(str, words)])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("occupations")
    rows = ["4,4-07-05-01,1,保安员,,,1,门卫", "4,2-10-05-00,2,翻译,,,2,口译员", "4,4-02-02-01,3,驾驶员L,,,3,司机"]
    (folder / "csco22.csv").write_text(
        "\n".join(["level,code,code_num,name,definition,tasks,csco_code_num,alias", *rows, ""]), encoding="utf-8-sig"
    )
    pairs = ["夜班保安,4-07-05-01,保安员", "日语翻译,2-10-05-00,翻译", "大巴司机,4-02-02-01,驾驶员L"]
    (folder / "testcases.csv").write_text("\n".join(["job_name,expected_code,expected_name", *pairs, ""]))
    return folder


def test_titles_get_code_name_probability_and_alternatives(data, tmp_path):
    path = tmp_path / "titles.csv"
    path.write_text('岗位名称\n小区保安\n货车司机\n""\n---\n')
    told = shown(typed("code", path, "--classification", data, "--json", "--alternatives", 1))
    best = [[choice["name"] for choice in one["choices"]] for one in told["titles"]]
    assert [len(one) for one in best] == [2, 2, 0]
    assert [one[0] for one in best[:2]] == ["保安员", "驾驶员"]
    assert [one["rule"] for one in told["rows_left_out"]] == ["cell_empty"]
    table = typed("code", path, "--classification", data, "--lang", "zh")
    assert "4-07-05-01" in table.stdout
    assert "概率" in table.stdout


def test_postings_become_a_panel(data, tmp_path):
    path, out = tmp_path / "postings.csv", tmp_path / "panel.csv"
    rows = ["保安,440000,2020-01", "保安,440000,2020-01-15", "英语翻译,440000,2020-02", "司机,110000,2020-02",
            "司机,110000,2099-01", "司机,110000,soon", "司机,,2020-01"]  # fmt: skip
    path.write_text("\n".join(["title,region,month", *rows, ""]))
    told = shown(typed("postings", path, "--out", out, "--classification", data, "--json"))
    assert (told["postings"], told["coded"], told["unsure"]) == (4, 4, 0)
    assert sorted(one["rule"] for one in told["rows_left_out"]) == ["cell_empty", "month_ahead", "month_unreadable"]
    found, findings = read_panel(out.read_bytes())
    assert findings == ()
    assert [str(cell) for cell in found.cells] == ["110000/4-02-02-01", "440000/2-10-05-00", "440000/4-07-05-01"]
    assert found.latest().values.tolist() == [[0.0, 1.0], [0.0, 1.0], [2.0, 0.0]]


def test_titles_that_say_too_little_are_counted_apart(data, tmp_path):
    path, out = tmp_path / "postings.csv", tmp_path / "panel.parquet"
    path.write_text("title,region,month\n保安员,a,2020-01\n什么,a,2020-01\n")
    told = typed("postings", path, "--out", out, "--classification", data, "--least", 0.6, "--lang", "zh")
    assert "2 条招聘中 1 条计入" in told.stdout.replace("\n", "")
    assert read_panel(out.read_bytes())[0].latest().values.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("command", "text", "exit_code", "code"),
    [
        (("code",), "name\nx\n", 3, "titles_unreadable"),
        (("code",), "title\n", 3, "titles_unreadable"),
        (("postings", "--out", "panel.csv"), "title\nx\n", 3, "titles_unreadable"),
    ],
)
def test_a_bad_table_is_refused(tmp_path, command, text, exit_code, code):
    path = tmp_path / "titles.csv"
    path.write_text(text)
    assert_refused(typed(command[0], path, *command[1:], "--json"), exit_code, code)


def test_a_missing_classification_says_how_to_get_it(tmp_path):
    path = tmp_path / "titles.csv"
    path.write_text("title\nx\n")
    assert_refused(typed("code", path, "--classification", tmp_path, "--json"), 4, "classification_missing")
