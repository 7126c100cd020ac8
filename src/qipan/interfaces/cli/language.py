"""The language of tables: English or Chinese, as asked for or as the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

VARIABLE: Final = "QIPAN_LANG"
"""Environment variable that names the language; what the system says of its own comes after it."""


class Language(StrEnum):
    """A language that tables are printed in."""

    EN = "en"
    ZH = "zh"

    def say(self, en: str, zh: str) -> str:
        """Return the text in this language.

        Examples
        --------
        >>> Language.ZH.say("Cost", "费用")
        '费用'
        """
        return zh if self is Language.ZH else en

    def name_in(self, row: Mapping[str, Any], stem: str = "name") -> str:
        """Return a name that a row holds both ways, for example ``name_en`` and ``name_zh``.

        Examples
        --------
        >>> Language.ZH.name_in({"name_en": "Ningxia", "name_zh": "宁夏"})
        '宁夏'
        """
        return str(row[f"{stem}_{self}"] or row[f"{stem}_en"])


def spoken(chosen: Language | None) -> Language:
    """Return the language that was chosen, else that of the environment, else English."""
    if chosen is not None:
        return chosen
    for variable in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return Language.ZH if os.environ[variable].lower().startswith("zh") else Language.EN
    return Language.EN


def asked_language(words: Sequence[str]) -> Language:
    """Return the language that the words of a command ask for, else that of the environment.

    Examples
    --------
    >>> asked_language(["run", "--lang", "zh"]), asked_language(["run", "--lang=en"])
    (<Language.ZH: 'zh'>, <Language.EN: 'en'>)
    """
    parts = [part for word in words for part in word.split("=", 1)]
    chosen = [after for word, after in pairwise(parts) if word == "--lang" and after in set(Language)]
    return spoken(Language(chosen[-1]) if chosen else None)
