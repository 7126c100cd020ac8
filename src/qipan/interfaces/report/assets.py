"""The files that pages need beside their text: style sheet, scripts, the map. All are in the package."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from qipan.kernel.errors import BadInputError, EngineError

ECHARTS: Final = "vendor/echarts.min.js"
HTMX: Final = "vendor/htmx.min.js"
STYLE: Final = "app.css"
CHART_SCRIPTS: Final = ("js/topojson.js", "js/theme.js", "js/map.js", "js/hours.js", "js/draw.js")
"""Our scripts that draw charts, each after what it imports."""

LAYERS: Final = ("provinces", "dashes")
"""Layers that a map file must have."""


def text(name: str) -> str:
    """Return a file of the static folder.

    Raises
    ------
    EngineError
        ``asset_missing`` when the package was built without it.
    """
    return content(name).decode("utf-8")


@cache
def content(name: str) -> bytes:
    """Return the bytes of a file of the static folder.

    Raises
    ------
    EngineError
        ``asset_missing`` when the package was built without it.
    """
    file = _static()
    for part in name.split("/"):
        file = file / part
    if not file.is_file():
        raise EngineError(
            f"The package must hold the console's file {name}, was missing.",
            code="asset_missing",
            hint="Install Qipan again; the build brings the file.",
        )
    return file.read_bytes()


def echarts() -> str:
    """Return the charting library.

    Raises
    ------
    EngineError
        ``asset_missing``, as `text`.
    """
    return text(ECHARTS)


def geometry(path: Path | None = None) -> str:
    """Return the map as TopoJSON: the shipped one, or a file that replaces it.

    Raises
    ------
    BadInputError
        ``geometry_unreadable`` unless the file is TopoJSON with the layers of the shipped map.
    """
    if path is None:
        shipped = resources.files("qipan.interfaces") / "console" / "geometry" / "china.topojson"
        return shipped.read_text(encoding="utf-8")
    try:
        read = path.read_text(encoding="utf-8")
        layers = json.loads(read)["objects"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, type(error).__name__) from error
    if not set(LAYERS) <= layers:
        raise _unreadable(path, f"layers {', '.join(sorted(layers)) or 'none'}")
    return read


def joined_scripts() -> str:
    """Return the scripts that draw charts as one module, for a page that cannot load files.

    Each begins with its imports and says ``export`` before what it gives; both fall away.
    """
    return "\n".join(
        re.sub(r"^export ", "", re.sub(r"^import .*;\n", "", text(name), flags=re.MULTILINE), flags=re.MULTILINE)
        for name in CHART_SCRIPTS
    )


def names() -> tuple[str, ...]:
    """Return the names of all files of the static folder."""
    return tuple(sorted(_names(_static(), "")))


def _names(folder: Traversable, prefix: str) -> list[str]:
    found = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        found += _names(entry, f"{name}/") if entry.is_dir() else [name]
    return found


def _static() -> Traversable:
    return resources.files("qipan.interfaces") / "console" / "static"


def _unreadable(path: Path, found: str) -> BadInputError:
    return BadInputError(
        f"A map must be TopoJSON with the layers {' and '.join(LAYERS)}, was {found} at {path}.",
        code="geometry_unreadable",
        hint="See the README beside the shipped map, or leave QIPAN_GEOMETRY unset.",
    )
