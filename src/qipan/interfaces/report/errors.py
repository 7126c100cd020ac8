"""What an error says in the language of a door.

Errors are written in English where they are raised. A table holds their texts, ``…`` for what is filled in, and the
same in another language, with ``{1}``, ``{2}`` for what was filled in, in the order of the English; a text is known by
its code and its wording. Words that are filled in have texts of their own. What the table lacks stays in English.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from qipan.kernel.errors import Finding, QipanError

FILLED: Final = "…"
"""What is filled in when an error is raised."""
SHOWN_MOST: Final = 100
"""How many findings a page lists before it counts the rest."""
_NAMES: Final = re.compile(r"[^\s,']+(, [^\s,']+)+")
PART: Final = "part"
"""In the place of a code: words that are filled into others; ``part/<code>`` has those of one code alone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and whether it is in the language that was asked for."""

    text: str
    is_translated: bool


@dataclass(frozen=True, slots=True)
class _Text:
    pattern: re.Pattern[str]
    translated: str


def message(error: QipanError, lang: str) -> Said:
    """Return what must hold and what was found, in a language."""
    told = {found.message: finding(found, lang).text for found in error.findings}
    return _said(error.code, error.message, lang, told)


def hint(error: QipanError, lang: str) -> Said:
    """Return what to do, in a language."""
    return _said(error.code, error.hint, lang)


def finding(found: Finding, lang: str) -> Said:
    """Return what a row breaks and what was found, in a language."""
    return _said(found.rule, found.message, lang)


def _said(code: str, text: str, lang: str, told: Mapping[str, str] = MappingProxyType({})) -> Said:
    """Return a text in a language; ``told`` has the sentences of others that may be filled into it."""
    for known in _texts(lang).get(code, ()):
        found = known.pattern.fullmatch(text)
        if found:
            parts = (told.get(filled) or part(filled, lang, code) for filled in found.groups())
            return Said(known.translated.format("", *parts), is_translated=True)
    return Said(text, is_translated=False)


def part(text: str, lang: str, code: str = "") -> str:
    """Return what is filled into a text of a code, as far as the table knows it; parts of a list one by one."""
    if not code.startswith(PART):
        own = _said(f"{PART}/{code}", text, lang)
        if own.is_translated:
            return own.text
    if ";" in text:
        return "；".join(_said(PART, one, lang).text for one in text.split("; "))
    # A list of names has the commas of the language; sentences of others stay as they are.
    return text.replace(", ", "、") if _NAMES.fullmatch(text) else _said(PART, text, lang).text


@cache
def _texts(lang: str) -> dict[str, list[_Text]]:
    """Return the known texts of each code, the most particular first."""
    file = resources.files("qipan.interfaces") / "locale" / lang / "errors.csv"
    if not file.is_file():
        return {}
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    known: dict[str, list[_Text]] = {}
    for row in sorted(rows, key=lambda row: -len(row["en"])):
        pattern = "(.*?)".join(map(re.escape, row["en"].split(FILLED)))
        for code in row["codes"].split():
            known.setdefault(code, []).append(_Text(re.compile(pattern, re.DOTALL), row["zh"]))
    return known
