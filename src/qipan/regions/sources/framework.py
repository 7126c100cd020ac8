"""Read the framework of an index from a table: a row for each indicator, and for each group where groups have rows.

Either ``code, parent`` and more, a row for groups too; or ``IndCode, Agg1, Agg2 ...``, where each indicator names all
that it is grouped under. Names of columns are those of COINr, old and new, or in plain English or Chinese.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from qipan.kernel.errors import Finding
from qipan.regions.model.framework import Framework, Node, grow
from qipan.storage import table
from qipan.storage.table import read_number

HEADS: Final = {
    "icode": "code", "indcode": "code", "indicator": "code", "指标代码": "code", "代码": "code",
    "iname": "name", "indname": "name", "名称": "name", "指标": "name", "name_en": "name",
    "parent": "parent", "上级": "parent", "type": "type", "类型": "type",
    "direction": "direction", "方向": "direction", "weight": "weight", "indweight": "weight", "权重": "weight",
    "denominator": "denominator", "分母": "denominator", "unit": "unit", "indunit": "unit", "单位": "unit",
    "target": "target", "目标": "target", "goalpost_lower": "low", "goalpost_upper": "high", "low": "low",
    "high": "high", "下限": "low", "上限": "high", "code": "code", "name": "name",
}  # fmt: skip
"""Columns by the names that they may have, in small letters."""
DIRECTIONS: Final = {
    **dict.fromkeys(("", "1", "+1", "+", "more", "positive", "正", "正向"), 1),
    **dict.fromkeys(("-1", "-", "less", "negative", "负", "负向"), -1),
}
OTHERS: Final = frozenset({"group", "denominator", "other"})
"""Types of rows that are no part of the hierarchy."""
_STEP: Final = re.compile(r"agg(\d+)")


def read(data: bytes) -> tuple[Framework | None, tuple[Finding, ...]]:
    r"""Return a framework and what of it is taken as 1, or what is wrong with its rows: half would be another index.

    Rules: ``file_unreadable``, ``columns_differ``, ``row_torn``, ``cell_empty``, ``node_repeated``,
    ``direction_unfit``, ``value_unreadable``, ``parent_differs``; beside a framework ``taken_as_one``.

    Raises
    ------
    BadInputError
        ``file_torn``; ``framework_unfit`` where rows do not lead up to one index.

    Examples
    --------
    >>> found, _ = read(b"IndCode,Direction,Agg1,Agg2\na,1,x,all\nb,-1,x,all\nc,1,y,all\n")
    >>> [(one.code, one.level) for one in found.nodes]
    [('a', 1), ('b', 1), ('c', 1), ('x', 2), ('y', 2), ('all', 3)]
    """
    try:
        found = table.read(data)
        head = [HEADS.get(name.casefold(), name.casefold()) for name in found.head]
        steps = sorted((name for name in head if _STEP.fullmatch(name)), key=lambda name: int(name[3:]))
        if "code" not in head or not ("parent" in head or steps) or len(set(head)) < len(head):
            told = (
                "A framework must have the columns code and parent, or code and Agg1, each once, was "
                f"{', '.join(head)}."
            )
            return None, (Finding(0, "", "columns_differ", told),)
        rows: list[tuple[int, dict[str, str]]] = []
        wrong: list[Finding] = []
        for line in found.lines:
            if line.cells is None:
                told = f"A row must have {len(head)} cells, had more or fewer."
                wrong.append(Finding(line.number, "", "row_torn", told))
                continue
            cells = dict(zip(head, (text.strip() for text in line.cells.values()), strict=True))
            if cells.get("type", "").casefold() not in OTHERS:
                rows.append((line.number, cells))
    except table.UnreadableError as error:
        return None, (table.unreadable(error, is_whole=True),)
    nodes: dict[str, Node] = {}
    for number, cells in rows:
        wrong += _wrong(cells, number, nodes)
        if cells["code"]:
            nodes[cells["code"]] = _node(cells, steps[0] if steps else "parent")
    if steps:
        wrong += _add_groups(nodes, rows, steps)
    if wrong or not nodes:
        return None, tuple(wrong)
    parents = {one.parent for one in nodes.values()}
    inner = {code for code in nodes if code in parents}
    typed = {cells["code"]: cells.get("type", "").casefold() for _, cells in rows}
    inner |= {code for code, kind in typed.items() if kind == "aggregate"}
    return grow(
        [one for code, one in nodes.items() if code not in inner], [nodes[code] for code in nodes if code in inner]
    ), _taken_as_one(rows, inner)


def _taken_as_one(rows: list[tuple[int, dict[str, str]]], inner: set[str]) -> tuple[Finding, ...]:
    """Return where an indicator has no direction or weight while others have one."""
    indicators = [(number, cells) for number, cells in rows if cells["code"] not in inner]
    found = []
    for name in ("direction", "weight"):
        open_ = [(number, cells["code"]) for number, cells in indicators if cells.get(name, "").casefold() in EMPTY]
        if len(open_) == len(indicators):
            continue
        for number, code in open_:
            told = f"A {name} should be written where others are, that of {code} is taken as 1."
            found.append(Finding(number, name, "taken_as_one", told, code))
    return tuple(found)


def _node(cells: Mapping[str, str], parent: str) -> Node:
    def number(name: str, default: float = math.nan) -> float:
        found = read_number(cells.get(name, ""))
        return default if math.isnan(found) else found

    above = cells.get(parent, "")
    denominator = cells.get("denominator", "")
    return Node(
        cells["code"],
        cells.get("name") or cells["code"],
        "" if above.casefold() in EMPTY else above,
        direction=DIRECTIONS.get(_plain(cells.get("direction", "")), 1),
        weight=number("weight", 1.0),
        denominator="" if denominator.casefold() in EMPTY else denominator,
        unit=cells.get("unit", ""),
        target=number("target"),
        low=number("low"),
        high=number("high"),
    )


EMPTY: Final = frozenset({"", "na", "nan", "n/a", "null", "none"})
NUMBERS: Final = ("weight", "target", "low", "high")


def _plain(direction: str) -> str:
    return re.sub(r"\.0*$", "", direction.casefold()) if direction.casefold() not in EMPTY else ""


def _wrong(cells: Mapping[str, str], line: int, nodes: Mapping[str, Node]) -> list[Finding]:
    code, found = cells["code"], []
    if not code:
        found.append(Finding(line, "code", "cell_empty", "A row must name its code, was ''."))
    if code in nodes:
        found.append(Finding(line, "code", "node_repeated", f"A code must stand once, was again {code}.", code))
    direction = cells.get("direction", "")
    if _plain(direction) not in DIRECTIONS:
        told = f"A direction must be 1 or -1, was {direction!r}."
        found.append(Finding(line, "direction", "direction_unfit", told, direction))
    for name in NUMBERS:
        text = cells.get(name, "")
        if text.casefold() not in EMPTY and math.isnan(read_number(text)):
            found.append(Finding(line, name, "value_unreadable", f"A figure must be a number, was {text!r}.", text))
    return found


def _add_groups(nodes: dict[str, Node], rows: list[tuple[int, dict[str, str]]], steps: list[str]) -> list[Finding]:
    """Add the groups that indicators name, each under the next one; say where two rows differ."""
    wrong = []
    for number, cells in rows:
        chain = [cells[step] for step in steps if cells[step].casefold() not in EMPTY]
        for at, code in enumerate(chain):
            above = chain[at + 1] if at + 1 < len(chain) else ""
            there = nodes.get(code)
            if there is None:
                nodes[code] = Node(code, code, above)
            elif there.parent != above:
                told = (
                    f"{code} must be grouped under one thing, was under {there.parent or 'none'} and {above or 'none'}."
                )
                wrong.append(Finding(number, steps[at], "parent_differs", told, code))
    return wrong
