"""The build hook brings the console's assets as the lock pins them, and leaves what is right alone."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def hook(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(root: Path, tmp_path: Path, hook: ModuleType) -> Path:
    """Return a project that holds the lock file and the assets alone."""
    if not (root / hook.VENDOR / hook.SUMS).is_file():
        pytest.fail("The console's assets must be built, were not found; run: make setup")
    shutil.copytree(root / hook.VENDOR, tmp_path / hook.VENDOR)
    shutil.copy(root / "package-lock.json", tmp_path)
    return tmp_path


def test_assets_as_built_are_current(hook: ModuleType, copy: Path) -> None:
    assert hook.assets_are_current(copy)


@pytest.mark.parametrize("name", ["echarts.min.js", "htmx.LICENSE.txt", "package-lock.json"])
def test_assets_with_a_changed_byte_are_not_current(hook: ModuleType, copy: Path, name: str) -> None:
    path = copy / name if name == "package-lock.json" else copy / hook.VENDOR / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert not hook.assets_are_current(copy)


def test_assets_with_a_missing_file_are_not_current(hook: ModuleType, copy: Path) -> None:
    (copy / hook.VENDOR / "htmx.min.js").unlink()
    assert not hook.assets_are_current(copy)


def test_lock_pins_every_package_by_digest_and_names_no_address(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    pinned = {name: package for name, package in packages.items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in pinned.values())
    assert not any("resolved" in package for package in pinned.values())


def test_node_wheel_is_the_same_in_hook_and_requirements(root: Path, hook: ModuleType) -> None:
    assert hook.NODE_WHEEL in (root / "requirements/node.in").read_text(encoding="utf-8")
    assert f"{hook.NODE_WHEEL} \\" in (root / "requirements/node.txt").read_text(encoding="utf-8")


def test_requirements_for_running_are_a_part_of_those_for_development(root: Path) -> None:
    def pins(name: str) -> set[str]:
        lines = (root / "requirements" / name).read_text(encoding="utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("run.txt")
    assert pins("run.txt") <= pins("dev.txt")


def test_catalogues_are_compiled_once(hook: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / hook.LOCALES / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "qipan.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Board"\nmsgstr "棋盘"\n',
        encoding="utf-8",
    )
    written = [hook.LOCALES / "zh" / "LC_MESSAGES" / "qipan.mo"]
    assert hook.compile_catalogues(tmp_path) == written
    assert "棋盘".encode() in (tmp_path / written[0]).read_bytes()
    assert hook.compile_catalogues(tmp_path) == []
