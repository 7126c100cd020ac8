"""Write what was measured, with the commit and the machine that it was measured on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MEASURED = ("src", "benchmarks", "tests/independent", "requirements")
PACKAGES = ("highspy", "linopy", "numba", "numpy", "scipy")


def write(name: str, result: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write a result as ``<name>.json`` and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    date = datetime.now(UTC).date().isoformat()
    whole = {"name": name, "date": date, **measured_commit(), "machine": machine(), **result}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return path


def measured_commit() -> dict[str, Any]:
    """Name the commit that the run began with, and whether what was measured differed from it then or does now."""
    head, was_edited = BEGAN
    moved = _measured(_git("diff", "--name-only", head, "--", *MEASURED).splitlines())
    return {"commit": head or "unknown", "is_changed_since": was_edited or moved or not head}


def standing() -> tuple[str, bool]:
    """Return the commit that stands, and whether what is measured differs from it."""
    edited = _git("status", "--porcelain", "--", *MEASURED).splitlines()
    return _git("rev-parse", "HEAD"), _measured(line[3:] for line in edited)


def _measured(paths: Iterable[str]) -> bool:
    """Tell whether any path is more than a result."""
    return any(not path.startswith("benchmarks/results") for path in paths)


def machine() -> dict[str, Any]:
    """Describe the machine and the versions that matter."""
    return {
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def _git(*words: str) -> str:
    answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.rstrip() if answer.returncode == 0 else ""


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


BEGAN = standing()
"""What stood when the run began: long runs outlive a commit."""
