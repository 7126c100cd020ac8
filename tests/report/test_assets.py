"""Files beside the pages: there, whole, and replaceable where they may be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from qipan.interfaces.report import assets
from qipan.kernel.errors import BadInputError, EngineError


def test_vendor_files_carry_the_digests_written_beside_them() -> None:
    lines = assets.text("vendor/SHA256SUMS").splitlines()[1:]
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    assert {assets.ECHARTS, assets.HTMX} <= {f"vendor/{name}" for name in sums}
    assert {name: hashlib.sha256(assets.content(f"vendor/{name}")).hexdigest() for name in sums} == sums


def test_names_list_scripts_style_and_mark() -> None:
    assert {assets.STYLE, "mark.svg", *assets.CHART_SCRIPTS} <= set(assets.names())


def test_text_of_a_missing_file_says_so() -> None:
    with pytest.raises(EngineError) as caught:
        assets.text("vendor/nothing.js")
    assert caught.value.code == "asset_missing"


def test_joined_scripts_are_one_module_with_no_import_left() -> None:
    joined = assets.joined_scripts()
    assert not any(line.startswith(("import ", "export ")) for line in joined.splitlines())
    assert "function decode(" in joined
    assert "function mapOption(" in joined


def test_geometry_takes_a_file_of_the_same_form(tmp_path: Path) -> None:
    own = tmp_path / "own.topojson"
    own.write_text(assets.geometry(), encoding="utf-8")
    assert assets.geometry(own) == assets.geometry()


@pytest.mark.parametrize("content", ["", "[1]", '{"objects": 3}', '{"objects": {"provinces": {}}}', "\ud800"])
def test_geometry_refuses_another_form(tmp_path: Path, content: str) -> None:
    own = tmp_path / "own.topojson"
    own.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadInputError) as caught:
        assets.geometry(own)
    assert caught.value.code == "geometry_unreadable"


def test_geometry_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="FileNotFoundError"):
        assets.geometry(tmp_path / "none.topojson")


def test_shipped_geometry_has_its_layers() -> None:
    assert set(assets.LAYERS) <= json.loads(assets.geometry())["objects"].keys()
