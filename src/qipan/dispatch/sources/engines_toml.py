"""Read how sites are reached from a TOML file: one table for each site, and what holds for all of them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

from qipan.dispatch.model.submission import PATIENCE_S, Engines, Reached
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind

KEYS: Final = ("command", "patience_s", "silence_s", "attempts_max", "early", "sites")
SITE_KEYS: Final = ("engine", "resources", "patience_s", "source", "map")
SETTINGS: Final = {
    "slurm": (("conf", "folder"), ("partition", "timeout_s")),
    "kueue": (("namespace", "queue", "image"), ()),
    "skypilot": (("infra",), ("image",)),
}
"""Settings that each engine needs, and those that it may have."""

FIELDS: Final = ("{job_id}", "{quantity}", "{seconds}")

OpenFile = Callable[[str], bytes]
"""Returns what stands in a file that the file names, relative to it."""


def read(data: bytes, open_file: OpenFile) -> Engines:
    r"""Read a file of engines.

    Raises
    ------
    BadInputError
        ``engines_invalid`` with everything that is wrong with it.

    Examples
    --------
    >>> engines = read(
    ...     b'command = "sleep {seconds}"\n[sites.north]\nengine = "slurm"\nconf = "north.conf"\nfolder = "shared"\n'
    ...     b'resources = { intelligent = "gres/gpu" }\n',
    ...     lambda name: b"",
    ... )
    >>> engines.site("north").settings["conf"], engines.site("north").patience_s
    ('north.conf', 3600.0)
    """
    file = _File(open_file)
    try:
        root = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        root = {}
        file.note("", "file_not_toml", f"A file must be TOML, was broken: {error}.")
    found = file.engines(root)
    if file.findings:
        raise BadInputError(
            f"A file of engines must keep the rules, was broken {len(file.findings)} times.",
            code="engines_invalid",
            hint="Correct what the findings name.",
            findings=file.findings,
        )
    return found


class _File:
    """Reads values by their path and remembers what was wrong."""

    def __init__(self, open_file: OpenFile) -> None:
        self.findings: list[Finding] = []
        self._open_file = open_file

    def engines(self, root: Mapping[str, Any]) -> Engines:
        """Read the whole file."""
        self._keys(root, "", KEYS)
        sites = root.get("sites", {})
        if not self.findings and (not isinstance(sites, dict) or not sites):
            self.note("sites", "key_missing", "There must be a table sites.NAME for each site, was none.")
        patience_s = self._number(root, "patience_s", PATIENCE_S, least=1)
        tables = sites.items() if isinstance(sites, dict) else ()
        return Engines(
            sites=tuple(self._site(name, one, patience_s) for name, one in tables),
            command=self._text(root, "command"),
            silence_s=self._number(root, "silence_s", 60.0, least=0),
            attempts_max=int(self._number(root, "attempts_max", 5, least=1)),
            is_early=self._flag(root, "early"),
        )

    def note(self, path: str, rule: str, message: str, value: str = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(0, path, rule, message, value))

    def _site(self, name: str, table: Any, patience_s: float) -> Reached:
        at = f"sites.{name}"
        if not isinstance(table, dict):
            self.note(at, "not_a_table", f"A site must be a table, was {table!r}.")
            return Reached(name, "", {})
        engine = self._text(table, "engine", at)
        if engine not in SETTINGS:
            told = f"An engine must be one of {', '.join(SETTINGS)}, was {engine!r}."
            self.note(f"{at}.engine", "engine_unknown", told, engine)
            return Reached(name, engine, {})
        needed, optional = SETTINGS[engine]
        self._keys(table, at, (*SITE_KEYS, *needed, *optional))
        for key in (*needed, "resources"):
            if key not in table:
                self.note(f"{at}.{key}", "key_missing", f"Key {key} must have a value, was missing.")
        source, map_name = self._text(table, "source", at), self._text(table, "map", at)
        if bool(source) != bool(map_name):
            self.note(at, "account_incomplete", "A site must name both source and map, or neither, was one of them.")
        settings = {key: str(table[key]) for key in (*needed, *optional) if key in table}
        map_text = self._file(f"{at}.map", map_name) if map_name else ""
        patience_s = self._number(table, "patience_s", patience_s, least=1, at=at)
        return Reached(name, engine, self._resources(table, at), settings, patience_s, source, map_text)

    def _resources(self, table: Mapping[str, Any], at: str) -> dict[str, str]:
        told = table.get("resources", {})
        if not isinstance(told, dict):
            self.note(f"{at}.resources", "not_a_table", f"resources must be a table, was {told!r}.")
            return {}
        for key in told:
            if key.partition("/")[0] not in set(Kind):
                words = ", ".join(Kind)
                self.note(f"{at}.resources", "kind_unknown", f"A resource must be of {words}, was {key!r}.", key)
        return {key: str(value) for key, value in told.items()}

    def _file(self, path: str, name: str) -> str:
        try:
            return self._open_file(name).decode()
        except (OSError, UnicodeDecodeError) as error:
            self.note(path, "file_unreadable", f"A map must be a file of text, was not: {error}.", name)
            return ""

    def _keys(self, table: Mapping[str, Any], at: str, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                path = f"{at}.{key}" if at else key
                self.note(path, "key_unknown", f"A key must be one of {', '.join(known)}, was {key!r}.", key)

    def _text(self, table: Mapping[str, Any], key: str, at: str = "") -> str:
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.note(f"{at}.{key}".strip("."), "not_text", f"One text must stand here, was {value!r}.")
        return ""

    def _flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.note(key, "not_a_flag", f"{key} must be true or false, was {value!r}.")
        return bool(value)

    def _number(self, table: Mapping[str, Any], key: str, stand_in: float, *, least: float, at: str = "") -> float:
        value = table.get(key, stand_in)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if is_number and value >= least:
            return float(value)
        self.note(
            f"{at}.{key}".strip("."),
            "number_out_of_range",
            f"{key} must be a number of {least} at least, was {value!r}.",
        )
        return stand_in
