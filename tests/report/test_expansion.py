"""What building otherwise costs is told on one basis at every door: the plan's cost."""

from __future__ import annotations

from typing import Any

import pytest

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.show_expansion import _show_costs
from qipan.interfaces.report.expansion import costs, more_than_plan
from qipan.interfaces.report.words import words

EN = words("en")


def way(cost_fen: float) -> dict[str, Any]:
    one = [cost_fen]
    return {
        "cost_fen": cost_fen,
        "build_fen": one,
        "run_fen": one,
        "carbon_kg": one,
        "unserved_unit_h": {"intelligent": one, "general": [5.0]},
    }


TOLD = {
    "years": [2026, 2027],
    "discount_rate": 0.05,
    "bound_fen": 100_000.0,
    "gap": 0.0,
    "steps": 3,
    "plan": way(100_000.0),
    "followed": way(110_000.0),
    "nothing": way(150_000.0),
}


def test_more_than_the_plan_is_a_share_of_the_plan() -> None:
    assert more_than_plan(TOLD, "nothing") == (50_000.0, 0.5)
    assert more_than_plan(TOLD | {"plan": way(0.0)}, "nothing") == (150_000.0, None)


def test_terminal_and_console_say_the_same_share(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row.cells[0].text: [cell.text for cell in row.cells] for row in costs(TOLD, EN).rows}
    assert rows["Building nothing"][2:4] == ["500", "50.00 %"]
    _show_costs(TOLD, Language("en"))
    assert "500 more than the plan (50.00 % of it)" in capsys.readouterr().out.replace("\n", " ")


def test_unserved_work_of_two_kinds_is_not_added() -> None:
    row = costs(TOLD, EN).rows[0]
    assert row.cells[-1].text == "100,000.0 card-hours, 5.0 core-hours"
