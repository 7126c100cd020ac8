"""Read YAML node by node, so that every finding knows its line and all of them are told at once.

A node is read instead of a value, because it keeps the text of ``640000`` or ``NO`` as it stands, and nothing that a
file names is ever constructed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final, TypeVar

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.resolver import Resolver

from qipan.kernel.errors import Finding
from qipan.ledger.check_meters import nearest

Fields = Mapping[str, yaml.Node]
"""Nodes of a mapping by their key; an empty value counts as none."""

GZIP_MAGIC: Final = b"\x1f\x8b"

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_NULL = "tag:yaml.org,2002:null"

_Part = TypeVar("_Part")


class _Loader(Composer, CParser, Resolver):
    """Takes a file apart in C and puts its nodes together in Python: in C that crashes on deep nesting."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)


class Nodes:
    """The nodes of one file and what was found wrong with them.

    A field is asked for by its path, such as ``sites[0].pue``. One with a finding, or without a value, gives the
    stand-in of whoever asks: a value that breaks no rule, so that the rest is read and checked all the same.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._broken: set[str] = set()
        self._lines: dict[str, int] = {}
        self._told: dict[str, str] = {}

    def root(self, data: bytes) -> yaml.Node | None:
        """Return the node of the whole file, or nothing and a finding."""
        if data.startswith(GZIP_MAGIC):
            self.note(0, "", "file_compressed", "A file must be plain YAML, was compressed with gzip.")
            return None
        try:
            node = _Loader(data.decode("utf-8-sig")).get_single_node()
        except UnicodeDecodeError as error:
            self.note(0, "", "file_not_utf8", f"A file must be UTF-8, was not at byte {error.start + 1}.")
            return None
        except yaml.MarkedYAMLError as error:
            # What ends too soon is told of the line after the last.
            line = min(error.problem_mark.line + 1, data.count(b"\n") + 1) if error.problem_mark else 0
            self.note(line, "", "file_not_yaml", f"A file must be YAML, was broken: {error.problem}.")
            return None
        except (yaml.YAMLError, RecursionError):
            told = "A file must be YAML, was text with characters or nesting that cannot be read."
            self.note(0, "", "file_not_yaml", told)
            return None
        if node is None:
            self.note(0, "", "file_empty", "A file must state something, was empty.")
        return node

    def fields(
        self, node: yaml.Node, path: str, keys: Collection[str] | None = None, *, needed: Collection[str] = ()
    ) -> dict[str, yaml.Node]:
        """Return the fields of a mapping by key, in the order of the file; without ``keys`` every key is good."""
        self._lines[path] = _line(node)
        if not isinstance(node, yaml.MappingNode):
            self.note(_line(node), path, "not_a_mapping", f"Keys and values must stand here, was {_shown(node)}.")
            return {}
        fields: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key, line = _shown(key_node), _line(key_node)
            at = below(path, key)
            if keys is not None and key not in keys:
                self.note(line, at, "key_unknown", f"A key must be known, was {key!r}{nearest(key, keys)}.", key)
            elif key in fields:
                told = f"A key must stand once, was in line {self._lines[at]} already."
                self.note(line, at, "key_repeated", told, key)
            elif value.tag != _NULL:
                fields[key] = value
                self._lines[at] = line
        for key in needed:
            if key not in fields:
                told = f"Key {key} must have a value, was missing."
                self.note(_line(node), below(path, key), "key_missing", told)
        return fields

    def each(self, fields: Fields, path: str, part: Callable[[yaml.Node, str], _Part]) -> tuple[_Part, ...]:
        """Read every item of a list with ``part``, which is given the node and its path."""
        node = fields.get(_key(path))
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.note(_line(node), path, "not_a_list", f"A list must stand here, was {_shown(node)}.")
            return ()
        return tuple(part(item, f"{path}[{i}]") for i, item in enumerate(node.value))

    def text(self, fields: Fields, path: str, stand_in: str) -> str:
        """Return a text as it is written."""
        node = fields.get(_key(path))
        if node is None:
            return stand_in
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.note(_line(node), path, "not_text", f"One text must stand here, was {_shown(node)}.")
        return stand_in

    def number(self, fields: Fields, path: str, stand_in: float, *, shift: int = 0) -> float:
        """Return a number, its decimal point moved ``shift`` places to the right."""
        node = fields.get(_key(path))
        return stand_in if node is None else self.figure(node, path, stand_in, shift=shift)

    def figure(self, node: yaml.Node, path: str, stand_in: float, *, shift: int = 0) -> float:
        """Return the number of a node, its decimal point moved ``shift`` places to the right.

        Moving the point of a decimal loses nothing; multiplying 0.29 by 100 gives 28.999999999999996.
        """
        self._lines[path] = _line(node)
        self._told[path] = told = _shown(node)
        if isinstance(node, yaml.ScalarNode) and _NUMBER.fullmatch(told):
            number = float(told)
            if shift and math.isfinite(number):
                number = float(Decimal(told).scaleb(shift))
            if math.isfinite(number):
                return number
        self.note(_line(node), path, "not_a_number", f"A finite number must stand here, was {told!r}.", told)
        return stand_in

    def note(self, line: int, path: str, rule: str, message: str, value: str = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(line, path, rule, message, value))
        self._broken.add(path)

    def add(self, finding: Finding, path: str) -> None:
        """Keep a finding about a path, with its line; leave it out when one about it, or above it, is kept already."""
        if self._broken.isdisjoint(_above(path)):
            value = self._told.get(path, finding.value)
            self.note(self.line(path), path, finding.rule, finding.message, value)

    def line(self, path: str) -> int:
        """Return the line of a path, or of the nearest one above it."""
        return next((self._lines[part] for part in _above(path) if part in self._lines), 1)


def below(path: str, key: str) -> str:
    """Return the path of a key below a path.

    Examples
    --------
    >>> below("sites[0]", "pue"), below("", "sites")
    ('sites[0].pue', 'sites')
    """
    return f"{path}.{key}" if path else key


def _above(path: str) -> tuple[str, ...]:
    """Return a path and all those above it, the nearest first, the file as a whole last: a.b[0], a.b, a, nothing."""
    ends = [len(path), *(match.start() for match in reversed([*re.finditer(r"[.\[]", path)])), 0]
    return tuple(path[:end] for end in ends)


def _key(path: str) -> str:
    return path.rpartition(".")[2]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "keys and values"
