"""Find every error and finding that the source can make, by reading its syntax trees.

A code is followed through one function that makes the error for others (``_unknown(..., code="fact_unknown")``), and a
text through the local name that holds it. What is filled in when the program runs stands as ``…``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

CLASSES = {
    "BadInputError": "What was given cannot be read, or breaks a written form",
    "NotFoundError": "Nothing stands under that name",
    "RuleBrokenError": "The request is readable, a rule of the domain refuses it",
    "ConflictError": "The same identifier already holds other content",
    "NotAllowedError": "Who asks may not",
    "EngineError": "A database, solver or server outside failed",
}
FINDING = "Finding"
FIELDS = {FINDING: ("row", "column", "rule", "message", "value")} | dict.fromkeys(CLASSES, ("message",))
FILLED = "…"
OPEN = "\0"
"""Stands for what only the caller knows."""
OR = "\1"
"""Stands between texts of which one is told, as the case may be."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Texts = Mapping[str, str]


@dataclass(frozen=True, order=True)
class Raised:
    """One error or finding as a reader meets it, and the module that makes it."""

    code: str
    kind: str
    message: str
    hint: str
    module: str


@dataclass(frozen=True)
class Place:
    """A call inside a function of a module; the function is None at the top of the module."""

    module: str
    function: Function | None
    call: ast.Call


@dataclass
class Source:
    """All calls of the source, and the functions that make an error whose code the caller names."""

    places: list[Place] = field(default_factory=list)
    makers: dict[str, list[Place]] = field(default_factory=dict)
    imports: dict[str, set[str]] = field(default_factory=dict)

    def reached_from(self, module: str) -> set[str]:
        """Return the modules that one imports, and those that they import: a maker may be that of a parent class."""
        near = self.imports[module]
        return near.union(*(self.imports.get(other, ()) for other in near))


def raised_in(source: Path) -> list[Raised]:
    """Return what the package under ``source`` can raise or report, each once, in order."""
    read = Source()
    for path in sorted(source.glob("qipan/**/*.py")):
        module = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        read.places += calls_in(tree, module)
        read.imports[module] = imported_by(tree)
    # A maker may stand on another one: twice around finds both.
    for _ in range(2):
        for place in read.places:
            if place.function and any(OPEN in made.code for made in made_by(place, opened(place), read)):
                known = read.makers.setdefault(place.function.name, [])
                if place not in known:
                    known.append(place)
    made = {
        one
        for place in read.places
        if not any(OPEN in made.code for made in made_by(place, opened(place), read))
        for one in made_by(place, held_texts(place), read)
    }
    return sorted(one for one in made if one.code.strip(FILLED + "_"))


def calls_in(tree: ast.Module, module: str) -> Iterator[Place]:
    """Yield every call with the innermost function around it."""

    def below(node: ast.AST, function: Function | None) -> Iterator[Place]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield Place(module, function, child)
            yield from below(child, child if isinstance(child, Function) else function)

    yield from below(tree, None)


def imported_by(tree: ast.Module) -> set[str]:
    """Return the modules from which a module takes something, and the modules that it takes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def made_by(place: Place, texts: Texts, read: Source) -> Iterator[Raised]:
    """Yield what a call makes, itself or through the maker that it calls."""
    name = name_of(place.call)
    if name in FIELDS:
        given = bound(place.call, FIELDS[name], texts)
        code = given.get("rule" if name == FINDING else "code", "")
        told_as = (text.split(OR) for text in (code, given.get("message", ""), given.get("hint", "")))
        yield from (Raised(one, name, message, hint, place.module) for one, message, hint in product(*told_as) if one)
        return
    makers = read.makers.get(name, [])
    if not makers:
        return
    others = {other: places for other, places in read.makers.items() if other != name}
    without = Source(read.places, others, read.imports)
    near = [maker for maker in makers if maker.module == place.module]
    for maker in near or [maker for maker in makers if maker.module in read.reached_from(place.module)]:
        if maker.function is not None and maker.call is not place.call:
            inner = held_texts(maker) | bound(place.call, parameters(maker.function), texts)
            for made in made_by(maker, inner, without):
                yield Raised(made.code, made.kind, made.message, made.hint, place.module)


def opened(place: Place) -> Texts:
    """Return the texts of a function in which every parameter is left to the caller."""
    names = parameters(place.function) if place.function else ()
    return held_texts(place) | dict.fromkeys(names, OPEN)


def held_texts(place: Place) -> dict[str, str]:
    """Return the texts that local names hold when the call is reached."""
    held: dict[str, str] = {}
    for node in assigned_in(place.function) if place.function else ():
        if node.lineno <= place.call.lineno and isinstance(node.targets[0], ast.Name):
            held[node.targets[0].id] = told(node.value, held)
    return held


@cache
def assigned_in(function: Function) -> tuple[ast.Assign, ...]:
    """Return the assignments of a function in the order of their lines."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    return tuple(sorted(found, key=lambda node: node.lineno))


def bound(call: ast.Call, names: tuple[str, ...], texts: Texts) -> dict[str, str]:
    """Return the texts that a call gives to the parameters of what it calls."""
    given = {name: told(value, texts) for name, value in zip(names, call.args, strict=False)}
    return given | {keyword.arg: told(keyword.value, texts) for keyword in call.keywords if keyword.arg}


def parameters(function: Function) -> tuple[str, ...]:
    """Return the names of the parameters of a function, without ``self``."""
    arguments = function.args
    names = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return tuple(name for name in names if name not in {"self", "cls"})


def name_of(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def told(value: ast.expr, texts: Texts) -> str:
    """Return an expression as the reader of a message sees it; whole texts of which one is told stand side by side."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.Name):
        return texts.get(value.id, FILLED)
    if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add)):
        values = value.values if isinstance(value, ast.JoinedStr) else [value.left, value.right]
        text = "".join(FILLED if OR in part else part for part in (told(one, texts) for one in values))
        return FILLED if text == FILLED * 2 else text
    if isinstance(value, ast.FormattedValue) and value.conversion == -1 and value.format_spec is None:
        return told(value.value, texts)
    if isinstance(value, ast.IfExp):
        return OR.join(dict.fromkeys([told(value.body, texts), told(value.orelse, texts)]))
    return FILLED
