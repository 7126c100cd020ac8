"""Verbs are pure and stand above the model: the rule that a layers contract cannot say, since verbs have free names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_verbs_are_pure_and_stand_above_the_model(root: Path) -> None:
    answer = subprocess.run(
        [sys.executable, str(root / "tools/check_verbs.py")], cwd=root, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout.strip(), answer.stderr) == (0, "", "")


def test_guarded_pillars_are_those_that_have_a_model(root: Path) -> None:
    rule = (root / "tools/check_verbs.py").read_text(encoding="utf-8")
    source = root / "src/qipan"
    with_a_model = {path.relative_to(source).parts[0] for path in source.glob("*/model*")} - {"facts", "workflows"}
    assert with_a_model <= set(re.findall(r"\w+", rule))
