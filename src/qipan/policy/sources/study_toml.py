"""Read a study from a TOML file: regions, time, properties, levers, and parameters that replace the shipped ones."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.policy.model.lever import Lever, Pull
from qipan.policy.model.parameter import Parameter, Parameters
from qipan.policy.model.study import Property, Step, Study

NEEDED: Final = ("name", "panel", "start", "periods")
MAY: Final = ("step", "members", "seed", "off", "history", "levers", "parameters")
OF_LEVER: Final = (("cost_100m_yuan_a_year",), ("where", "from", "until"))
OF_PARAMETER: Final = (("low", "likely", "high", "source"), ())


def read(data: bytes, shipped: Parameters) -> tuple[Study | None, tuple[Finding, ...]]:
    r"""Return a study, or all that is wrong with its file.

    Rules: ``file_not_toml``, ``key_missing``, ``key_unknown``, ``not_text``, ``not_whole``, ``not_a_number``,
    ``not_a_list``, ``not_a_table``, ``word_unknown``, and the codes of what the nouns refuse.

    Examples
    --------
    >>> study, _ = read(b'name = "x"\npanel = "regions.csv"\nstart = 2025\nperiods = 10\n', {})
    >>> study.periods, study.step.value, study.members
    (10, 'year', 1000)
    """
    form = _Form()
    try:
        root = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        form.note("", "file_not_toml", f"A file must be TOML in UTF-8, was not: {error}.")
        return None, tuple(form.findings)
    form.keys(root, "", NEEDED, MAY)
    told: dict[str, Any] = {
        "name": form.text(root, "", "name"),
        "panel": form.text(root, "", "panel"),
        "start_year": form.whole(root, "", "start", 0),
        "periods": form.whole(root, "", "periods", 1),
        "members": form.whole(root, "", "members", 1000),
        "seed": form.whole(root, "", "seed", 0),
        "off": frozenset(Property(one) for one in form.words(root, "off", tuple(Property))),
        "history": tuple(form.words(root, "history", None)),
        "levers": _levers(form, root),
        "parameters": _parameters(form, root, shipped),
    }
    steps = form.word(root.get("step", Step.YEAR), "step", tuple(Step))
    if form.findings:
        return None, tuple(form.findings)
    study = form.made("", lambda: Study(**told, step=Step(steps)))
    return study, tuple(form.findings)


class _Form:
    """Reads values by their path and remembers what was wrong."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def note(self, path: str, rule: str, message: str, value: object = "") -> None:
        self.findings.append(Finding(0, path, rule, message, str(value)))

    def keys(self, table: Mapping[str, Any], at: str, needed: Sequence[str], optional: Sequence[str]) -> None:
        for key in needed:
            if key not in table:
                self.note(f"{at}{key}", "key_missing", f"Key {key} must have a value, was missing.")
        for key in table:
            if key not in (*needed, *optional):
                told = f"A key must be one of {', '.join((*needed, *optional))}, was {key!r}."
                self.note(f"{at}{key}", "key_unknown", told, key)

    def text(self, table: Mapping[str, Any], at: str, key: str) -> str:
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.note(f"{at}{key}", "not_text", f"One text must stand here, was {value!r}.", value)
        return ""

    def whole(self, table: Mapping[str, Any], at: str, key: str, stand_in: int) -> int:
        value = table.get(key, stand_in)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.note(f"{at}{key}", "not_whole", f"A whole number must stand here, was {value!r}.", value)
        return stand_in

    def number(self, table: Mapping[str, Any], at: str, key: str) -> float:
        value = table.get(key, 0.0)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        self.note(f"{at}{key}", "not_a_number", f"A finite number must stand here, was {value!r}.", value)
        return 0.0

    def table(self, table: Mapping[str, Any], at: str, key: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.note(f"{at}{key}", "not_a_table", f"A table must stand here, was {value!r}.", value)
        return {}

    def words(self, table: Mapping[str, Any], key: str, known: Sequence[str] | None, at: str = "") -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.note(f"{at}{key}", "not_a_list", f"A list must stand here, was {value!r}.", value)
            return []
        return [one for one in value if known is None or self.word(one, f"{at}{key}", known) == one]

    def word(self, value: object, path: str, known: Sequence[str]) -> str:
        if value in known:
            return str(value)
        self.note(path, "word_unknown", f"A word must be one of {', '.join(known)}, was {value!r}.", value)
        return known[0]

    def made(self, at: str, make: Any) -> Any:
        try:
            return make()
        except BadInputError as error:
            self.note(f"{at}{error.field}", error.code, error.message)
            return None


def _levers(form: _Form, root: Mapping[str, Any]) -> tuple[Pull, ...]:
    found = []
    tables = form.table(root, "", "levers")
    for name in tables:
        lever = form.word(name, f"levers.{name}", tuple(Lever))
        table, at = form.table(tables, "levers.", name), f"levers.{name}."
        form.keys(table, at, *OF_LEVER)
        spent = form.number(table, at, "cost_100m_yuan_a_year")
        where = tuple(form.words(table, "where", None, at))
        first, end = (form.whole(table, at, key, 0) or None for key in ("from", "until"))
        pulled = Lever(lever), spent, where, first, end
        found.append(form.made(at, lambda one=pulled: Pull(*one)))
    return tuple(one for one in found if one is not None)


def _parameters(form: _Form, root: Mapping[str, Any], shipped: Parameters) -> dict[str, Parameter]:
    found = {}
    tables = form.table(root, "", "parameters")
    for name in tables:
        if name not in shipped:
            told = f"A key must be one of {', '.join(shipped)}, was {name!r}."
            form.note(f"parameters.{name}", "key_unknown", told, name)
            continue
        table, at = form.table(tables, "parameters.", name), f"parameters.{name}."
        form.keys(table, at, *OF_PARAMETER)
        low, likely, high = (form.number(table, at, key) for key in ("low", "likely", "high"))
        source, unit = form.text(table, at, "source"), shipped[name].unit
        made = form.made("parameters.", lambda one=(name, low, likely, high, unit, source): Parameter(*one))
        if made is not None:
            found[name] = made
    return found
