"""The bulletin of jobs at risk: one account in three forms and two languages, of the same bytes whenever it is made."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import openpyxl
import pytest
from tests.labour.issued import DAYS, INDUSTRIES, REGIONS, issue_some

from qipan.access.model import Scope
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.report.labour_bulletin import FORMS, document, served, write
from qipan.interfaces.report.labour_month import tell
from qipan.interfaces.report.words import words
from qipan.kernel.errors import BadInputError
from qipan.labour.model.issued import Act
from qipan.settings import Settings

MARCH, LATER = date(2026, 3, 1), datetime(2026, 5, 2, tzinfo=UTC)
COUNTRY = Scope(is_country=True)


@pytest.fixture(scope="module")
def services(tmp_path_factory) -> Services:
    settings = Settings(home=tmp_path_factory.mktemp("bulletin") / "home")
    initialise(settings, LATER)
    made = build(settings, caller="test")
    issue_some(made)
    return made


def told_of(services, scope=COUNTRY):
    with services.books.read() as unit:
        return tell(services, unit, "insured", MARCH, LATER, scope=scope)


def made_of(services, lang="en", scope=COUNTRY):
    return document(told_of(services, scope), services.catalog, words(lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_done_later_moves_no_byte(services, form, lang):
    before = write(made_of(services, lang), form, lang)
    with services.books.begin() as unit:
        name = next(
            one.warning_id for one in services.warnings.warnings(unit, open_only=True) if not one.has(Act.CONFIRMED)
        )
        services.warnings.act(unit, name, Act.TREATED, "courses", datetime(2026, 4, 2, tzinfo=UTC))
    assert write(made_of(services, lang), form, lang) == before


def test_counts_by_grade_add_up(services):
    told = told_of(services)
    with services.books.read() as unit:
        count = len(services.warnings.warnings(unit))
    assert sum(one["issued"] for one in told["grades"]) == count > 0
    for one in told["grades"]:
        assert one["stood"] + one["issued"] - one["resolved"] - one["withdrawn"] == one["stands"]
    assert sum(told["standings"].values()) == len(REGIONS) * len(INDUSTRIES)
    assert len(told["steps"]) == sum(one[act.value] for one in told["grades"] for act in Act)


def test_the_watch_list_begins_with_the_worst_and_says_when(services):
    watch = told_of(services)["watch"]
    ranks = [["blue", "yellow", "orange", "red"].index(one["grade"]) for one in watch]
    assert ranks == sorted(ranks, reverse=True)
    assert all(one["low"] <= one["expected_loss"] <= one["high"] for one in watch)
    table = made_of(services).parts[1].tables[0]
    at = [head.title for head in table.heads].index("Loss foretold for")
    assert all(re.fullmatch(r"201\d-\d\d – 201\d-\d\d", one.cells[at].text) for one in table.rows)


def test_the_heat_map_has_a_word_in_every_square(services):
    (table,) = next(part for part in made_of(services).parts if part.is_wide).tables
    assert len(table.rows) == len(REGIONS)
    assert all(cell.text and cell.tone for one in table.rows for cell in one.cells[1:])
    words_of = {cell.tone: cell.text for one in table.rows for cell in one.cells[1:]}
    assert all(tone in text for tone, text in words_of.items() if tone in {"blue", "yellow", "orange", "red"})


def test_promises_stand_beside_what_came_of_them_and_the_years_they_rest_on(services):
    told = told_of(services)
    part = next(part for part in made_of(services).parts if part.title == "Promised and realised")
    texts = [[cell.text for cell in one.cells] for one in part.tables[0].rows]
    assert texts[0][:2] == ["promised", "0.1"]
    assert texts[1][4] == f"{told['promise']['quiet_years']:,.4g}"
    assert "no outcome is known yet" in part.notes[-1]


def test_the_data_is_named_by_its_digest(services):
    page = write(made_of(services), "html", "en").decode()
    for one in told_of(services)["outlooks"]:
        assert one["data"]["digest"] in page
    assert [one["as_of"] for one in told_of(services)["outlooks"]] == [str(day) for day in DAYS]


def test_a_department_is_told_of_its_regions_only(services):
    page = write(made_of(services, scope=Scope(adcodes=frozenset({"520000"}))), "html", "en").decode()
    assert "Guizhou" in page
    assert not [name for name in ("Beijing", "Guangdong", "Ningxia") if f">{name}" in page]


def test_it_speaks_chinese_down_to_the_reasons(services):
    page = write(made_of(services, "zh"), "html", "zh").decode()
    assert '<html lang="zh-CN">' in page
    for text in ("就业风险月报（2026-03）", "关注清单", "广东", "损失自 2015-11-01 起的一期达到规模"):
        assert text in page
    assert "as of 2015" not in page


def test_the_workbook_has_a_sheet_a_part_and_numbers_as_numbers(services):
    made = made_of(services)
    book = openpyxl.load_workbook(io.BytesIO(write(made, "xlsx", "en")))
    assert book.sheetnames == [part.title for part in made.parts]
    rows = list(book["Watch list"].iter_rows(values_only=True))
    head = next(one for one in rows if one[0] == "Cell")
    first = rows[rows.index(head) + 1]
    assert isinstance(first[head.index("Probability")], float)
    assert isinstance(first[head.index("Expected loss")], float)


def test_a_form_that_is_none_is_refused(services):
    with pytest.raises(BadInputError, match="html, pdf, xlsx") as error:
        write(made_of(services), "docx", "en")
    assert error.value.code == "bulletin_form_unknown"


def test_pages_are_shown_and_files_are_kept():
    assert "sandbox" in served("insured", "2026-03", "html")["Content-Security-Policy"]
    assert served("insured", "2026-03", "pdf")["Content-Disposition"].endswith('"jobs-at-risk-insured-2026-03.pdf"')
