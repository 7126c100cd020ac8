"""Prove that tests see what they are there to see: change the code of money and claims, one place at a time.

mutmut makes mutants of the modules below: a sum becomes a difference, a bound moves by one, an argument is left out, a
code is another word. Each runs the tests of its module that reach it, and is killed where one of them fails. The score
is the killed share of all mutants, those that hang counted as killed, those that no test reaches as survivors.

Not mutated are texts for people: messages of errors and findings, and hints; nor what mutmut leaves alone: constants of
modules and functions with decorators. Hypothesis draws the same few examples each time. No survivor is excused: those
that no test could ever kill, as a dtype that NumPy would choose anyway, count as well.

Folders of the work, one a module, lie in ``build/mutants``; ``mutmut show NAME`` and ``mutmut browse`` run there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.record import RESULTS, ROOT, measured_commit, write

WORK = ROOT / "build" / "mutants"
TARGET = 0.9
"""Least score of a group."""

SEED = "derandomized"
PROFILE = "mutants"
"""Profile of Hypothesis in ``tests/conftest.py``: always the same few examples, and none is made smaller."""

TEXTS = (r"hint=", r"""^\s+f?"[A-Z{]""", r"""\b(told|told_row) = f?["]""")
"""Lines on which texts for people begin."""

STATUS = {0: "survived", 1: "killed", 3: "killed", 5: "no_tests", 33: "no_tests", None: "not_checked"}
HUNG = {36, 24, -24, 152, 255}
SEEN = ("killed", "timeout")
"""What became of mutants; that which never ends is seen too."""


GROUPS: Mapping[str, Mapping[str, str]] = {
    "accounts": {
        "accounts/admit": "accounts/admit",
        "accounts/correct": "accounts/correct",
        "accounts/dispute": "accounts/dispute accounts/disputes",
        "accounts/evidence": "accounts/evidence accounts/disputes",
        "accounts/periods": "accounts/periods",
        "accounts/post": "accounts/post",
        "accounts/record": "accounts/record",
        "accounts/refuse": "accounts/refuse",
        "accounts/replay": "accounts/replay",
        "accounts/statement": "accounts/statement",
        "accounts/service/disputes": "accounts/disputes accounts/evidence",
        "accounts/service/posting": "accounts/service accounts/trace",
    },
    "claim": {
        "accounts/claim": "accounts/claims",
        "accounts/service/claims": "accounts/claims accounts/trace",
        "certificates/balance": "certificates/balance",
        "certificates/bundle": "certificates/bundle",
        "certificates/issue": "certificates/issue",
        "certificates/match": "certificates/match",
        "certificates/quota": "certificates/quota_form",
        "certificates/select": "certificates/select",
    },
    "clear": {"market/auction": "market/auction", "market/clear": "market/clear"},
    "margin": {
        "market/cover": "market/cover",
        "market/default": "market/default",
        "market/margin": "market/margin",
        "market/service/margin": "market/margin_service market/clearing",
    },
}
"""By the words of the promise, modules and the tests that must see through each: those of its name."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change, told where no test saw it, and what became of it."""

    name: str
    status: str
    change: str = ""


def main() -> int:
    """Run the proof; exit 1 where a group scores less than its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", help=f"which groups, all without any: {', '.join(GROUPS)}")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--go-on", action="store_true", help="go on with a run that was stopped")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    told: dict[str, Any] = {}
    for name in options.groups or GROUPS:
        began = time.monotonic()
        group = {module: prove(module, tests, options) for module, tests in GROUPS[name].items()}
        took_s = round(time.monotonic() - began)
        told[name] = {**measured_commit(), "took_s": took_s, **tell(group)}
        # Each group stands for its own commit; what is not run again stays as it was.
        groups = {**earlier(options.results), **told}
        result = {"seed": SEED, "mutmut": version("mutmut"), "target": TARGET, "groups": groups}
        print(write("prove_tests", result, options.results))
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 1 if any(one["score"] < TARGET for one in told.values()) else 0


def earlier(results: Path) -> dict[str, Any]:
    """Return what an earlier run found, by group."""
    path = results / "prove_tests.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))["groups"]) if path.exists() else {}


def prove(module: str, tests: str, options: argparse.Namespace) -> list[Mutant]:
    """Make and try the mutants of a module."""
    folder = WORK / module
    if not (options.go_on and folder.exists()):
        lay_out(module, tests)
    # Of the plugins only that of Hypothesis is needed, and a mutant takes as long as pytest takes to begin.
    few = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", str(options.processes)], cwd=folder, env=few, check=True)
    return mutants(module)


def lay_out(module: str, tests: str) -> Path:
    """Make the folder in which mutmut works on a module; what an earlier run left is gone."""
    folder = WORK / module
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in ("src", "tests", "benchmarks", "tools"):
        (folder / part).symlink_to(ROOT / part)
    words = {
        "source_paths": ["src"],
        "only_mutate": [f"src/qipan/{module}.py"],
        "do_not_mutate_patterns": list(TEXTS),
        "also_copy": ["benchmarks", "tools"],
        # By the wall clock, and 15 times that: a busy machine must make no test hang that would only be late.
        "timeout_constant": 3.0,
        "pytest_add_cli_args_test_selection": test_files(tests),
        "pytest_add_cli_args": [
            "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "_hypothesis_pytestplugin",
            "-m", "not slow and not engine and not browser", f"--hypothesis-profile={PROFILE}",
        ],
    }  # fmt: skip
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in words.items())
    own = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(f"{own}\n[tool.mutmut]\n{table}", encoding="utf-8")
    return folder


def test_files(tests: str) -> list[str]:
    """Return the files of tests that are named.

    Examples
    --------
    >>> test_files("accounts/service accounts/trace")
    ['tests/accounts/test_service.py', 'tests/accounts/test_trace.py']
    """
    return [f"tests/{folder}/test_{name}.py" for folder, name in (one.split("/") for one in tests.split())]


def mutants(module: str) -> list[Mutant]:
    """Return the mutants of a module as mutmut left them."""
    folder, found = WORK / module, []
    kept = json.loads((folder / f"mutants/src/qipan/{module}.py.meta").read_text(encoding="utf-8"))
    for name, code in kept["exit_code_by_key"].items():
        status = "timeout" if code in HUNG else STATUS.get(code, "suspicious")
        found.append(Mutant(name, status, "" if status in SEEN else changed(folder, module, name)))
    return found


def changed(folder: Path, module: str, name: str) -> str:
    """Return the lines that a mutant takes out and puts in."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with chdir(folder):
        shown = get_diff_for_mutant(name, path=Path(f"src/qipan/{module}.py"))
    lines = [line for line in shown.splitlines() if line[:1] in {"-", "+"} and line[:3] not in {"---", "+++"}]
    return " | ".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def tell(group: Mapping[str, Sequence[Mutant]]) -> dict[str, Any]:
    """Return the score of a group and of its modules, and by name every mutant that was not seen."""
    whole = [one for some in group.values() for one in some]
    return {
        **score(whole),
        "modules": {module: score(some) for module, some in group.items()},
        "hung": [one.name for one in whole if one.status == "timeout"],
        "survivors": {one.name: f"{one.status}: {one.change}" for one in whole if one.status not in SEEN},
    }


def score(some: Sequence[Mutant]) -> dict[str, Any]:
    """Return the share of mutants that the tests have seen, and counts by what became of them."""
    counts = Counter(one.status for one in some)
    seen = sum(counts[status] for status in SEEN)
    return {"score": round(seen / len(some), 4), "mutants": len(some), **dict(sorted(counts.items()))}


if __name__ == "__main__":
    raise SystemExit(main())
