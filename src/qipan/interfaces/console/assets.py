"""Static files under addresses that change with their content, compressed once, so that browsers keep them."""

from __future__ import annotations

import gzip
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from qipan.interfaces.report import assets

GEOMETRY: Final = "map.json"
"""Name of the map among the static files."""

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Suffix to media type; other files are not served."""


class Assets:
    """The static files of one application.

    Parameters
    ----------
    geometry
        Map that replaces the shipped one.

    Raises
    ------
    BadInputError
        ``geometry_unreadable``.
    """

    def __init__(self, geometry: Path | None = None) -> None:
        self._contents = {name: assets.content(name) for name in assets.names() if Path(name).suffix in TYPES}
        self._contents[GEOMETRY] = assets.geometry(geometry).encode()
        whole = sha256()
        for name, content in sorted(self._contents.items()):
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
        self.digest = whole.hexdigest()[:16]
        self.compressed = lru_cache(maxsize=None)(self._compressed)

    def address(self, name: str) -> str:
        """Return where a file stands; one digest for all of them, so that scripts may name each other.

        Raises
        ------
        EngineError
            ``asset_missing``.
        """
        if name not in self._contents:
            assets.content(name)
        return f"/static/{self.digest}/{name}"

    def find(self, digest: str, name: str) -> bytes | None:
        """Return a file, or ``None`` when there is none under that address."""
        return self._contents.get(name) if digest == self.digest else None

    def _compressed(self, name: str) -> bytes:
        return gzip.compress(self._contents[name], mtime=0)
