"""The words of the doors in English and Chinese; the English text is the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import Any, Final

from qipan.kernel.errors import BadInputError, EngineError

LANGUAGES: Final = ("en", "zh")
"""Languages of the doors; the first is that of the keys."""

NAMES: Final = {"en": "English", "zh": "中文"}
"""What each language calls itself."""

_TAGS: Final = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Examples
    --------
    >>> words("zh").say("Cost"), words("en").say("Cost")
    ('费用', 'Cost')
    """

    lang: str
    catalogue: NullTranslations

    @property
    def tag(self) -> str:
        """Language tag of a page in this language."""
        return _TAGS[self.lang]

    def say(self, text: str, **values: Any) -> str:
        """Return a text in this language, with its named values filled in."""
        # The empty text is the key of a catalogue's header.
        said = self.catalogue.gettext(text) if text else ""
        return said % values if values else said

    def name(self, row: Mapping[str, Any], stem: str = "name") -> str:
        """Return what a row is called: its field ``<stem>_<language>``, or the other one where that is empty."""
        own, *others = sorted(LANGUAGES, key=lambda lang: lang != self.lang)
        return str(row[f"{stem}_{own}"] or next((row[f"{stem}_{other}"] for other in others), ""))


def mark(text: str) -> str:
    """Return a text as it is and mark it for translation."""
    return text


@cache
def words(lang: str) -> Words:
    """Return the words of a language.

    Raises
    ------
    BadInputError
        ``language_unknown``.
    EngineError
        ``words_missing`` when the package was built without the translations.
    """
    if lang not in LANGUAGES:
        raise BadInputError(
            f"A language must be one of {', '.join(LANGUAGES)}, was {lang!r}.",
            code="language_unknown",
            hint="Write en or zh.",
            field="lang",
        )
    if lang == LANGUAGES[0]:
        return Words(lang, NullTranslations())
    file = resources.files("qipan.interfaces") / "locale" / lang / "LC_MESSAGES" / "qipan.mo"
    if not file.is_file():
        raise EngineError(
            f"The package must hold the words of the language {lang}, was built without.",
            code="words_missing",
            hint="Install Qipan again; the build compiles them.",
        )
    with file.open("rb") as opened:
        return Words(lang, GNUTranslations(opened))
