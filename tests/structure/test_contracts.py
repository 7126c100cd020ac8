"""The import contracts hold, and each deliberate violation of them is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LINT = Path(sys.executable).with_name("lint-imports")
VERBS = Path(__file__).resolve().parents[2] / "tools/check_verbs.py"

FLOORS = "Floors: imports only go down; pillars do not know each other"
ROOMS = "Inside every pillar"
DISPATCH = "Rooms of dispatch"
PURE = "Kernel and models are pure"
ADAPTERS = "Only bootstrap knows an adapter"
STORES = "Doors ask services, never stores"
DOORS = "The doors do not know each other"


@dataclass(frozen=True)
class Violation:
    """One line that a careless hand could add, and the rule that must refuse it."""

    name: str
    module: str
    line: str
    rule: str


LINTED = [
    Violation("pillar_imports_pillar", "ledger/trespass.py", "import qipan.dispatch.model", FLOORS),
    Violation("market_imports_dispatch", "market/trespass.py", "import qipan.dispatch.model", FLOORS),
    Violation("agreements_import_market", "agreements/trespass.py", "import qipan.market.model", FLOORS),
    Violation("talent_imports_labour", "talent/trespass.py", "import qipan.labour.model", FLOORS),
    Violation("policy_imports_regions", "policy/trespass.py", "import qipan.regions.measure", FLOORS),
    Violation("policy_model_imports_its_adapters", "policy/model/study.py", "import qipan.policy.sources", ROOMS),
    Violation("talent_model_imports_its_adapters", "talent/model/terms.py", "import qipan.talent.sources", ROOMS),
    Violation("dispatch_imports_market", "dispatch/trespass.py", "import qipan.market.model", FLOORS),
    Violation("certificates_import_market", "certificates/trespass.py", "import qipan.market.model", FLOORS),
    Violation("pillar_imports_workflow", "dispatch/trespass.py", "import qipan.workflows", FLOORS),
    Violation("pillar_imports_settings", "dispatch/trespass.py", "import qipan.settings", FLOORS),
    Violation("workflow_imports_bootstrap", "workflows/trespass.py", "import qipan.bootstrap", FLOORS),
    Violation("workflow_imports_a_door", "workflows/trespass.py", "import qipan.interfaces.report", FLOORS),
    Violation("foundation_imports_its_sibling", "log/trespass.py", "import qipan.access.model", FLOORS),
    Violation("log_imports_accounts", "log/trespass.py", "import qipan.accounts.model", FLOORS),
    Violation("accounts_import_a_pillar", "accounts/trespass.py", "import qipan.ledger.model", FLOORS),
    Violation("accounts_model_imports_its_store", "accounts/model/posting.py", "import qipan.accounts.store", ROOMS),
    Violation("foundation_imports_a_pillar", "observations/trespass.py", "import qipan.ledger.model", FLOORS),
    Violation("storage_names_a_pillar", "storage/trespass.py", "import qipan.ledger.model", FLOORS),
    Violation("storage_names_a_pillar_lazily", "storage/trespass.py", "def f(): import qipan.ledger.model", FLOORS),
    Violation(
        "kernel_names_a_pillar_for_its_types",
        "kernel/trespass.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import qipan.dispatch.model",
        FLOORS,
    ),
    Violation("facts_import_storage", "facts/trespass.py", "import qipan.storage", FLOORS),
    Violation("a_stray_room_at_the_root", "utils.py", "", FLOORS),
    Violation("store_imports_service", "ledger/store/fleet.py", "import qipan.ledger.service", ROOMS),
    Violation("model_imports_store", "ledger/model/fleet.py", "import qipan.ledger.store", ROOMS),
    Violation("prices_import_a_placement", "dispatch/prices/trespass.py", "import qipan.dispatch.placement", DISPATCH),
    Violation(
        "solver_imports_its_neighbour", "dispatch/solver/trespass.py", "import qipan.dispatch.placement", DISPATCH
    ),
    Violation("model_imports_the_database", "dispatch/model/plan.py", "import sqlalchemy", PURE),
    Violation("kernel_reads_a_clock", "kernel/trespass.py", "import time", PURE),
    Violation("service_imports_an_adapter", "dispatch/service.py", "import qipan.dispatch.sources", ADAPTERS),
    Violation("workflow_imports_an_adapter", "workflows/trespass.py", "import qipan.dispatch.sources", ADAPTERS),
    Violation("door_imports_a_store", "interfaces/api/trespass.py", "import qipan.ledger.store", STORES),
    Violation("door_opens_the_books", "interfaces/console/trespass.py", "import qipan.storage", STORES),
    Violation("door_imports_another_door", "interfaces/cli/trespass.py", "import qipan.interfaces.api", DOORS),
]

GUARDED = [
    Violation("verb_imports_its_store", "dispatch/trespass.py", "import qipan.dispatch.store", "dispatch.trespass"),
    Violation("verb_imports_its_service", "ledger/trespass.py", "import qipan.ledger.service", "ledger.trespass"),
    Violation("verb_imports_storage", "ledger/trespass.py", "import qipan.storage", "ledger.trespass"),
    Violation(
        "verb_of_accounts_imports_its_store", "accounts/trespass.py", "import qipan.accounts.store", "accounts.trespass"
    ),
    Violation("market_reads_a_clock", "market/trespass.py", "import time", "market.trespass"),
    Violation("verb_draws_at_random", "dispatch/trespass.py", "import random", "dispatch.trespass"),
    Violation(
        "verb_in_a_room_imports_its_store",
        "dispatch/jobs/trespass.py",
        "import qipan.dispatch.store",
        "dispatch.jobs.trespass",
    ),
    Violation("verb_reads_a_clock", "dispatch/trespass.py", "from time import time", "dispatch.trespass"),
    Violation("verb_reads_the_environment", "log/trespass.py", "import os", "log.trespass"),
    Violation("model_imports_a_verb", "dispatch/model/plan.py", "import qipan.dispatch.plan", "dispatch.model.plan"),
]


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """Return a project of its own: the source and the contracts, free to be broken."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    shutil.copytree(
        root / "src/qipan",
        tmp_path / "src/qipan",
        ignore=lambda folder, names: [n for n in names if not n.endswith(".py") and not Path(folder, n).is_dir()],
    )
    return tmp_path


def commit(violation: Violation, copy: Path) -> None:
    """Write the violation into the copy, into a new module or at the end of one that exists."""
    path = copy / "src/qipan" / violation.module
    text = path.read_text(encoding="utf-8") if path.exists() else '"""A deliberate violation."""\n'
    path.write_text(f"{text}\n{violation.line}\n", encoding="utf-8")


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "COLUMNS": "200"}
    return subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def test_contracts_hold_on_the_source_as_it_is(copy: Path) -> None:
    answer = run(copy, str(LINT), "--no-cache")
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("violation", LINTED, ids=lambda violation: violation.name)
def test_contracts_catch_a_deliberate_violation(copy: Path, violation: Violation) -> None:
    commit(violation, copy)
    answer = run(copy, str(LINT), "--no-cache")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"{violation.rule} BROKEN" in answer.stdout


@pytest.mark.parametrize("violation", GUARDED, ids=lambda violation: violation.name)
def test_verbs_rule_catches_a_deliberate_violation(copy: Path, violation: Violation) -> None:
    commit(violation, copy)
    answer = run(copy, sys.executable, str(VERBS))
    assert answer.returncode == 1, answer.stderr
    assert f"qipan.{violation.rule} imports" in answer.stdout
