"""One word, one meaning: names of the package, their units, the size of things, the wording of errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

# What stands left is said with the word on the right. Field terms win; the glossary is in ARCHITECTURE.md.
GLOSSARY = {
    "accelerator": "card",
    "alarm": "warning",
    "alert": "warning",
    "cent": "fen",
    "cny": "fen",
    "datacenter": "site",
    "datacentre": "site",
    "dc": "site",
    "facility": "site",
    "gpu": "card",
    "gpus": "card",
    "lmps": "lmp",
    "nodal": "lmp",
    "prefecture": "region",
    "province": "region",
    "provinces": "region",
    "rmb": "fen",
    "task": "job",
    "tasks": "job",
    "timeslot": "slot",
    "timestep": "slot",
    "vintage": "release",
}
TWO_WORDS = {
    "compute_node": "site",
    "data_center": "site",
    "data_centre": "site",
    "shadow_price": "lmp",
    "time_slot": "slot",
    "time_step": "slot",
}
# The same for texts in Chinese.
GLOSSARY_ZH = {"算力群": "机群", "假设": "假定"}
# Where the same word means another thing, and which.
MEANT_OTHERWISE = {
    ("qipan.labour", "alarm"),  # what a detector raises and is judged by; a warning is what is told to people
    ("qipan.labour", "alarms"),
    ("qipan.talent", "task"),  # what is done in an occupation; a job is what a person is employed in
    ("qipan.talent", "tasks"),
    ("qipan.bootstrap.skills", "tasks"),
    ("qipan.interfaces.cli.talent_skills", "tasks"),
    ("qipan.interfaces.api.talent", "tasks"),
    ("qipan.interfaces.report", "provinces"),  # the layer of the map file carries this name
    ("qipan.interfaces.console", "provinces"),
}
SPEAK_FOREIGN = re.compile(r"^qipan\.\w+\.(sources|engines)\b")  # adapters use the words of what they read

NO_ROOM = {"utils", "util", "common", "helpers", "helper", "misc", "manager", "managers"}
NO_CLASS = re.compile(r"(Util|Utils|Helper|Helpers|Manager|Common|Misc)$")

LONGER_ON_PURPOSE: dict[str, str] = {
    "qipan.interfaces.api.day.run": "a field of the form a parameter",
    "qipan.interfaces.cli.day.run": "an option a parameter",
    "qipan.interfaces.console.pages.days.run": "a field of the form a parameter",
    "qipan.interfaces.cli.roll.roll": "an option a parameter, of the simulated and of the live run",
}
"""Files and functions that asked themselves the question and stay long: place or name, and the reason."""

MONEY = {"price", "cost", "money", "payment"}
QUANTITIES = MONEY | {"energy", "power", "latency", "duration", "distance", "emissions", "carbon"}
UNITLESS = {"float": QUANTITIES, "float | None": QUANTITIES, "int": MONEY, "int | None": MONEY}
"""Last words of a name that lack a unit, by type; other whole numbers may be positions."""


def names_of(module) -> Iterator[tuple[str, int]]:
    """Yield each public name that a module gives: its own, functions, parameters, classes, fields."""
    yield module.name.rsplit(".", 1)[-1], 1
    for path, function, _ in module.public_functions():
        yield path.rsplit(".", 1)[-1], function.lineno
        for argument in arguments_of(function):
            yield argument.arg, argument.lineno
    for owner in module.public_classes():
        yield re.sub(r"(?<=[a-z])(?=[A-Z])", "_", owner.name).lower(), owner.lineno
        for field in fields_of(owner):
            yield field.target.id, field.lineno


def arguments_of(function) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def fields_of(owner: ast.ClassDef) -> list[ast.AnnAssign]:
    return [
        node
        for node in owner.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_"
    ]


def is_meant_otherwise(module_name: str, word: str) -> bool:
    return any(module_name.startswith(room) and word == other for room, other in MEANT_OTHERWISE)


def test_names_hold_no_banned_synonym(modules) -> None:
    found = []
    for module in modules:
        if SPEAK_FOREIGN.match(module.name):
            continue
        for name, line in names_of(module):
            for word in name.lower().split("_"):
                if word in GLOSSARY and not is_meant_otherwise(module.name, word):
                    found.append(f"{module.place}:{line} {name}: say {GLOSSARY[word]}")
            found += [f"{module.place}:{line} {name}: say {TWO_WORDS[two]}" for two in TWO_WORDS if two in name.lower()]
    assert found == []


def test_chinese_texts_hold_no_banned_synonym(root) -> None:
    places = [root / "README.zh-CN.md", *(root / "docs").glob("*.md"), *(root / "docs/examples").iterdir()]
    places += [path for form in ("py", "po", "csv", "html") for path in (root / "src").rglob(f"*.{form}")]
    texts = {path: path.read_text(encoding="utf-8") for path in places}
    found = [
        f"{path.relative_to(root)} {word}: say {GLOSSARY_ZH[word]}"
        for path, text in texts.items()
        for word in GLOSSARY_ZH
        if word in text
    ]
    assert found == []


def test_no_module_or_class_is_a_drawer(modules) -> None:
    found = [module.place for module in modules if set(module.name.split(".")) & NO_ROOM]
    found += [f"{m.place} {c.name}" for m in modules for c in m.public_classes() if NO_CLASS.search(c.name)]
    assert found == []


def test_every_init_holds_a_docstring_only(modules) -> None:
    found = []
    for module in modules:
        if module.path.name != "__init__.py":
            continue
        if ast.get_docstring(module.tree) is None or len(module.tree.body) != 1:
            found.append(module.place)
    assert found == []


def test_numbers_end_with_their_unit(modules) -> None:
    found = []
    for module in modules:
        named = [
            (a.arg, a.annotation, a.lineno)
            for _, f, _ in module.public_functions()
            for a in arguments_of(f)
            if a.annotation
        ]
        named += [(f.target.id, f.annotation, f.lineno) for c in module.public_classes() for f in fields_of(c)]
        for name, annotation, line in named:
            if name.lower().rsplit("_", 1)[-1] in UNITLESS.get(ast.unparse(annotation), ()):
                found.append(f"{module.place}:{line} {name} lacks its unit")
    assert found == []


def code_lines(node: ast.stmt) -> int:
    """Count the lines of a function without its docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = first.end_lineno - first.lineno + 1 if is_docstring else 0
    return node.end_lineno - node.lineno + 1 - told


def test_functions_stay_under_60_lines_and_files_under_400(modules) -> None:
    found = []
    for module in modules:
        length = len(module.path.read_text(encoding="utf-8").splitlines())
        if length > 400 and module.place not in LONGER_ON_PURPOSE:
            found.append(f"{module.place} has {length} lines")
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if code_lines(node) > 60 and f"{module.name}.{node.name}" not in LONGER_ON_PURPOSE:
                found.append(f"{module.place}:{node.lineno} {node.name} has {code_lines(node)} lines")
    assert found == []


def texts_of(value: ast.expr) -> str:
    """Return the text of a string expression; what is put in stands as ``…``."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in value.values)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return texts_of(value.left) + texts_of(value.right)
    return ""


def raised_errors(module) -> Iterator[tuple[ast.Call, str, str, str]]:
    """Yield each call that makes one of Qipan's errors: the call, its message, code and hint."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            given = {keyword.arg: texts_of(keyword.value) for keyword in node.keywords}
            if "code" in given:
                yield node, texts_of(node.args[0]) if node.args else "", given["code"], given.get("hint", "")


@pytest.mark.parametrize("rule", ["sentence", "was", "code", "hint"])
def test_errors_keep_the_house_wording(modules, rule: str) -> None:
    found = []
    for module in modules:
        for call, message, code, hint in raised_errors(module):
            broken = {
                "sentence": bool(message) and not (message[0].isupper() or message[0] in "…'"),
                "was": bool(re.search(r"\bgot\b|\bplease\b|\bsorry\b|\boops\b|!$", message, re.IGNORECASE)),
                "code": bool(code) and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code) is None,
                "hint": bool(hint) and re.search(r"([.?…]\)?|: qipan [\w -]+)$", hint) is None,
            }[rule]
            if broken:
                found.append(f"{module.place}:{call.lineno} {rule}: {message!r} {code!r} {hint!r}")
    assert found == []


def test_errors_written_in_one_place_differ_by_code(modules) -> None:
    of_code: dict[str, set[str]] = {}
    for module in modules:
        for call, _, code, _ in raised_errors(module):
            if code:
                of_code.setdefault(code, set()).add(call.func.id)
    assert {code: kinds for code, kinds in of_code.items() if len(kinds) > 1} == {}
