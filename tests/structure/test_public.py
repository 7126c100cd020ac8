"""What the package gives is explained and typed; what the repository holds belongs in it."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

# Hosts of package registries and mirrors: a lock holds digests, the index is the machine's own business.
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|npmmirror\.com|deb\.debian\.org|"
    r"proxy\.golang\.org|static\.crates\.io|repo1\.maven\.org|repo\.anaconda\.com|tuna\.tsinghua\.edu|mirrors\.aliyun|"
    r"^\s*--(extra-)?index-url|^\s*\"resolved\": \"\w+:",
    re.MULTILINE,
)
# Folders of one machine; a text may speak of ~/ and of the system's own /usr, /etc, /var.
MACHINE = re.compile(r"(?<![\w.~}>$])/(home|root|Users|work|workspace|builds|mnt|media)/[\w.-]")
NOT_OURS = re.compile(r"(^|/)(uv\.lock|pylock\.toml|node_modules/.*|.*\.min\.js|.*\.(whl|mo|pyc|parquet))$")
SIZE_MAX_BYTES = 500_000


@pytest.fixture(scope="module")
def committed(root: Path) -> list[Path]:
    """Return what git holds or would add."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in sorted(set(answer.stdout.split("\0"))) if name and (root / name).is_file()]


@pytest.fixture(scope="module")
def texts(committed: list[Path]) -> dict[Path, str]:
    found = {}
    for path in committed:
        content = path.read_bytes()
        if b"\0" not in content:
            found[path] = content.decode("utf-8")
    return found


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE], ids=["registry_host", "machine_path"])
def test_no_file_names_a_place_of_one_machine(texts: dict[Path, str], root: Path, pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1} {match.group().strip()}"
        for path, text in texts.items()
        if path != Path(__file__)
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_file_is_built_or_third_party(committed: list[Path], root: Path) -> None:
    names = [str(path.relative_to(root)) for path in committed]
    assert [name for name in names if NOT_OURS.search(name)] == []
    assert [name for name, path in zip(names, committed, strict=True) if path.stat().st_size > SIZE_MAX_BYTES] == []


def test_every_public_function_and_class_has_a_docstring(modules) -> None:
    found = [module.place for module in modules if ast.get_docstring(module.tree) is None]
    for module in modules:
        found += [
            f"{module.place}:{function.lineno} {name}"
            for name, function, _ in module.public_functions()
            if ast.get_docstring(function) is None and not is_overload(function)
        ]
        found += [
            f"{module.place}:{c.lineno} {c.name}" for c in module.public_classes() if ast.get_docstring(c) is None
        ]
    assert found == []


def is_overload(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in function.decorator_list)


def test_every_public_function_has_full_type_hints(modules) -> None:
    found = []
    for module in modules:
        for name, function, is_method in module.public_functions():
            arguments = function.args
            plain = [*arguments.posonlyargs, *arguments.args][1 if is_method and not is_static(function) else 0 :]
            bare = [a.arg for a in [*plain, *arguments.kwonlyargs] if a.annotation is None]
            if bare or function.returns is None:
                found.append(f"{module.place}:{function.lineno} {name} {bare}")
    assert found == []


def is_static(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator) == "staticmethod" for decorator in function.decorator_list)


def test_public_functions_take_at_most_five_by_position(modules) -> None:
    found = []
    for module in modules:
        for name, function, _ in module.public_functions():
            by_position = [*function.args.posonlyargs, *function.args.args]
            if is_door(module.name) or is_compiled(function):
                continue
            if len([a for a in by_position if a.arg not in {"self", "cls"}]) > 5:
                found.append(f"{module.place}:{function.lineno} {name}")
    assert found == []


def is_compiled(function: ast.FunctionDef) -> bool:
    """Say whether numba compiles the function: it then takes no keyword-only arguments."""
    return any("jit" in ast.unparse(decorator) for decorator in function.decorator_list)


def is_door(module_name: str) -> bool:
    """Say whether arguments are named by a framework there (options of a command, fields of a form)."""
    return module_name.startswith(("qipan.interfaces.cli", "qipan.interfaces.api", "qipan.interfaces.console"))


def test_codes_that_a_public_function_raises_are_told_in_its_docstring(modules) -> None:
    found = []
    for module in modules:
        if is_door(module.name):
            continue
        for name, function, _ in module.public_functions():
            told = ast.get_docstring(function) or ""
            found += [
                f"{module.place}:{function.lineno} {name} raises {code}"
                for code in sorted(codes_raised_in(function))
                if code not in told
            ]
    assert found == []


def codes_raised_in(function: ast.FunctionDef) -> set[str]:
    return {
        keyword.value.value
        for node in ast.walk(function)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        for keyword in node.exc.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_no_file_of_the_source_leaves_work_for_later(modules, root: Path, word: str) -> None:
    found = [m.place for m in modules if re.search(rf"\b{word}\b", m.path.read_text(encoding="utf-8"))]
    assert found == []
