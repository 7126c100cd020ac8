"""Read values of a TOML file by their path, and keep all that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from qipan.kernel.errors import BadInputError, Finding

DECIMAL: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,15})?")

Table = Mapping[str, Any]
T = TypeVar("T")


def decimal(text: str) -> Decimal | None:
    """Return a plain decimal exactly as it is written; none for what is no such number, or far too long.

    Examples
    --------
    >>> decimal("0.1"), decimal("1e999")
    (Decimal('0.1'), None)
    """
    return Decimal(text) if DECIMAL.fullmatch(text) else None


class Form:
    """A file that is being read.

    Attributes
    ----------
    findings
        What is wrong with it. Rules: ``file_not_toml``, ``key_missing``, ``key_unknown``, ``not_a_table``,
        ``not_text``, ``not_whole``, ``not_decimal``, ``not_a_day``, and the codes of what the nouns themselves refuse.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def root(self, data: bytes) -> Table:
        """Return the whole file; nothing where it is not TOML."""
        try:
            return tomllib.loads(data.decode("utf-8-sig"), parse_float=lambda text: decimal(text) or text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            self.note("", "file_not_toml", f"A file must be TOML in UTF-8, was not: {error}.")
            return {}

    def note(self, path: str, rule: str, message: str, value: object = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(0, path, rule, message, str(value)))

    def keys(self, table: Table, at: str, needed: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Note keys that lack and keys that nobody knows."""
        for key in needed:
            if key not in table:
                self.note(_path(at, key), "key_missing", f"Key {key} must have a value, was missing.")
        for key in table:
            if key not in (*needed, *optional):
                told = f"A key must be one of {', '.join((*needed, *optional))}, was {key!r}."
                self.note(_path(at, key), "key_unknown", told, key)

    def text(self, table: Table, at: str, key: str) -> str:
        """Return a text."""
        return self._value(table, at, key, str, "", "not_text", "a text")

    def whole(self, table: Table, at: str, key: str) -> int:
        """Return a whole number."""
        return self._value(table, at, key, int, 0, "not_whole", "a whole number")

    def day(self, table: Table, at: str, key: str) -> date:
        """Return a day."""
        return self._value(table, at, key, date, date.min, "not_a_day", "a day as 2027-01-01, without quotes")

    def decimal(self, table: Table, at: str, key: str, stand_in: Decimal = Decimal(0)) -> Decimal:
        """Return a decimal, written with or without quotes, or its stand-in."""
        told = table.get(key, stand_in)
        found = decimal(told) if isinstance(told, str) else told
        if isinstance(found, int) and not isinstance(found, bool):
            return Decimal(found)
        if isinstance(found, Decimal):
            return found
        self.note(_path(at, key), "not_decimal", f"A decimal must stand here, as 0.8, was {_shown(told)}.", told)
        return stand_in

    def table(self, table: Table, at: str, key: str) -> tuple[str, Table]:
        """Return a table with its path; an empty one where there is none."""
        told = table.get(key, {})
        if isinstance(told, dict):
            return _path(at, key), told
        self.note(_path(at, key), "not_a_table", f"A table must stand here, was {_shown(told)}.", told)
        return _path(at, key), {}

    def tables(self, table: Table, at: str, key: str) -> list[tuple[str, Table]]:
        """Return the tables of a list, each with its path."""
        told = table.get(key, [])
        if isinstance(told, list) and all(isinstance(one, dict) for one in told):
            return [(f"{_path(at, key)}[{number}]", one) for number, one in enumerate(told)]
        self.note(
            _path(at, key), "not_a_table", f"Tables [[{_path(at, key)}]] must stand here, was {_shown(told)}.", told
        )
        return []

    def made(self, at: str, before: int, make: Callable[[], T]) -> T | None:
        """Return what is made of values that were read; none where they are wrong, or the noun refuses them.

        Parameters
        ----------
        before
            How many findings there were before the values were read.
        """
        if len(self.findings) > before:
            return None
        try:
            return make()
        except BadInputError as error:
            self.note(_path(at, error.field), error.code, error.message)
            return None

    def _value(self, table: Table, at: str, key: str, kind: type[T], stand_in: T, rule: str, must: str) -> T:
        told = table.get(key, stand_in)
        # A flag is a number to Python, and a moment a day; to a reader neither is.
        if isinstance(told, kind) and not isinstance(told, bool | datetime):
            return told
        self.note(_path(at, key), rule, f"{must.capitalize()} must stand here, was {_shown(told)}.", told)
        return stand_in


def _shown(told: object) -> str:
    """Write what was found as the file has it, as near as one can.

    Examples
    --------
    >>> _shown("a"), _shown(Decimal("10.5")), _shown(True), _shown([1]), _shown({})
    ("'a'", '10.5', 'true', 'a list', 'a table')
    """
    if isinstance(told, str):
        return repr(told)
    if isinstance(told, bool):
        return str(told).lower()
    if isinstance(told, list):
        return "a list"
    return "a table" if isinstance(told, dict) else str(told)


def _path(at: str, key: str) -> str:
    return f"{at}.{key}".strip(".")
