"""The source as text and as syntax trees, read once for every test of the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One module of the package."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """Path from the project root, as a person writes it."""
        return str(self.path.relative_to(ROOT))

    def public_functions(self) -> Iterator[tuple[str, Function, bool]]:
        """Yield dotted name, function and whether it is a method, for what has no underscore on its way."""
        yield from _public_functions(self.tree.body, "", is_method=False)

    def public_classes(self) -> Iterator[ast.ClassDef]:
        """Yield the classes at the top of the module without a leading underscore."""
        yield from (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")


def _public_functions(body: list[ast.stmt], path: str, *, is_method: bool) -> Iterator[tuple[str, Function, bool]]:
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield f"{path}{node.name}", node, is_method
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public_functions(node.body, f"{path}{node.name}.", is_method=True)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    source = ROOT / "src"
    found = []
    for path in sorted(source.glob("qipan/**/*.py")):
        name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return found
