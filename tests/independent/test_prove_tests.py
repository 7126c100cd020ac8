"""What the proof of tests runs on, and how it counts."""

from __future__ import annotations

import tomllib
from pathlib import Path

from benchmarks import prove_tests
from benchmarks.prove_tests import GROUPS, Mutant, lay_out, score, tell

ROOT = Path(__file__).resolve().parents[2]


MODULES = {module: tests for group in GROUPS.values() for module, tests in group.items()}


def test_modules_and_their_tests_are_there() -> None:
    assert sum(len(group) for group in GROUPS.values()) == len(MODULES)
    for module, tests in MODULES.items():
        assert (ROOT / "src/qipan" / f"{module}.py").is_file()
        assert all((ROOT / path).is_file() for path in prove_tests.test_files(tests))


def test_every_verb_and_service_of_accounts_is_in_a_group() -> None:
    source = ROOT / "src/qipan"
    found = [*source.glob("accounts/*.py"), *source.glob("accounts/service/*.py")]
    assert {str(path.relative_to(source).with_suffix("")) for path in found if path.stem != "__init__"} <= set(MODULES)


def test_the_folder_of_a_module_tells_mutmut_what_to_change(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(prove_tests, "WORK", tmp_path)
    folder = lay_out("market/clear", "market/clear")
    told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    assert told["only_mutate"] == ["src/qipan/market/clear.py"]
    assert told["pytest_add_cli_args_test_selection"] == ["tests/market/test_clear.py"]
    assert (folder / "src/qipan/market/clear.py").samefile(ROOT / "src/qipan/market/clear.py")
    (folder / "left").touch()
    assert not (lay_out("market/clear", "market/clear") / "left").exists()


def test_what_is_killed_or_never_ends_is_seen_and_nothing_else() -> None:
    statuses = ["killed"] * 6 + ["timeout"] + ["survived", "no_tests", "suspicious"]
    group = [Mutant(f"m{i}", status, f"- {i}") for i, status in enumerate(statuses)]
    assert score(group)["score"] == 0.7
    told = tell({"a": group[:8], "b": group[8:]})
    assert (told["mutants"], told["killed"], told["timeout"], told["no_tests"]) == (10, 6, 1, 1)
    assert {name: one["score"] for name, one in told["modules"].items()} == {"a": 0.875, "b": 0.0}
    assert told["hung"] == ["m6"]
    assert told["survivors"] == {"m7": "survived: - 7", "m8": "no_tests: - 8", "m9": "suspicious: - 9"}
