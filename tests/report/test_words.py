"""Every text of the doors is in the Chinese catalogue, once and with the same values."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import qipan
from qipan.interfaces.report.words import LANGUAGES, NAMES, words
from qipan.kernel.errors import BadInputError

DOORS = Path(qipan.__file__).parent / "interfaces"
CATALOGUE = DOORS / "locale" / "zh" / "LC_MESSAGES" / "qipan.po"
VALUES = re.compile(r"%\((\w+)\)s")


def spoken() -> set[str]:
    """Return every text that a page may ask for, read from syntax trees and templates."""
    found = set()
    # The command line says both languages at once where it speaks by itself.
    for path in sorted(path for room in ("report", "console") for path in (DOORS / room).glob("**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in {"say", "mark"}:
                    found.add(str(node.args[0].value))
    for room in ("report", "console"):
        options = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
        found |= {
            str(message)
            for _, _, message, _, _ in extract_from_dir(DOORS / room / "templates", [("**.html", "jinja2")], options)
        }
    return found


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    with CATALOGUE.open("rb") as opened:
        return {
            str(entry.id): str(entry.string) for entry in read_po(opened, locale="zh", abort_invalid=True) if entry.id
        }


def test_catalogue_holds_every_text_and_no_other(catalogue: dict[str, str]) -> None:
    assert spoken() - catalogue.keys() == set()
    assert catalogue.keys() - spoken() == set()


def test_catalogue_translates_every_text_with_its_values(catalogue: dict[str, str]) -> None:
    assert [key for key, text in catalogue.items() if not text] == []
    assert [key for key, text in catalogue.items() if set(VALUES.findall(key)) != set(VALUES.findall(text))] == []


def test_compiled_words_are_those_of_the_catalogue(catalogue: dict[str, str]) -> None:
    assert {key: words("zh").say(key) for key in catalogue} == catalogue


def test_words_fill_in_named_values() -> None:
    assert words("en").say("Page %(page)s of %(pages)s", page=2, pages=9) == "Page 2 of 9"
    assert words("zh").say("Page %(page)s of %(pages)s", page=2, pages=9) == "第 2 页，共 9 页"


def test_words_leave_an_unknown_or_empty_text_as_it_is() -> None:
    assert words("zh").say("not in the catalogue") == "not in the catalogue"
    assert words("zh").say("") == ""


@pytest.mark.parametrize(("lang", "name"), [("en", "Zhongwei"), ("zh", "中卫")])
def test_name_prefers_the_language_and_falls_back_to_the_other(lang: str, name: str) -> None:
    assert words(lang).name({"name_en": "Zhongwei", "name_zh": "中卫"}) == name
    assert words(lang).name({"name_en": "", "name_zh": "中卫"}) == "中卫"
    assert words(lang).name({"why_en": "Too far.", "why_zh": ""}, "why") == "Too far."


def test_words_refuse_an_unknown_language() -> None:
    with pytest.raises(BadInputError) as caught:
        words("fr")
    assert caught.value.code == "language_unknown"


def test_every_language_has_a_name_and_a_tag() -> None:
    assert {lang: words(lang).tag for lang in LANGUAGES} == {"en": "en", "zh": "zh-CN"}
    assert NAMES.keys() == set(LANGUAGES)
