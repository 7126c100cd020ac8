"""``qipan talent``: files in, who signs what and what each region gives and gets out."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

EXPERTS = "expert,region,home,portions,partner\na,310000,640000,2027-01/2028-01:10,\nb,310000,,2027-01/2028-01:10,\n"
POSTS = "post,region,most,terms,mode,from,until,days_a_month,equity_ppm\np,640000,1,1,equity,2027-01,2027-07,10,5000\n"
CONTRACTS = "expert,post,terms,expert_points,post_points\na,p,1,1,2\nb,p,1,1,1\nc,p,1,1,1\n"


@pytest.fixture
def typed(tmp_path):
    def typed(command: str, *words: str, contracts: str = CONTRACTS, experts: str = EXPERTS):
        files = {"experts.csv": experts, "posts.csv": POSTS, "contracts.csv": contracts}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return CliRunner().invoke(app, ["talent", command, *(str(tmp_path / name) for name in files), *words])

    return typed


def test_match_tells_who_signs_what_blocks_and_how_far_the_optimum_is(typed) -> None:
    told = shown(typed("match", "--json"))
    assert [(one["expert"], one["post"], one["from"], one["until"]) for one in told["signed"]] == [
        ("a", "p", "2027-01", "2027-07")
    ]
    assert (told["blocking"], told["overbooked"], told["overfull"], told["together"]) == ([], [], [], [])
    assert (told["value"], told["best_found"]) == (3.0, 3.0)
    assert told["gap"] == pytest.approx(0.0, abs=0.001)
    assert [one["rule"] for one in told["rows_left_out"]["contracts"]] == ["expert_unlisted"]
    text = typed("match", "--lang", "zh")
    assert "技术入股" in text.stdout
    assert "专家须在专家文件中" in text.stderr.replace("\n", "")
    assert "1 of 2 possible contracts are signed" in typed("match").stdout


def test_match_tells_of_pairs(typed) -> None:
    experts = EXPERTS.replace(":10,\nb", ":10,b\nb").replace(":10,\n", ":10,a\n")
    told = shown(typed("match", "--json", experts=experts))
    assert [(one["experts"], one["signed"]) for one in told["together"]] == [(["a", "b"], [])]
    assert "0 of 1 signed" in typed("match", experts=experts).stdout


def test_balance_tells_what_regions_give_and_get(typed) -> None:
    told = shown(typed("balance", "--json"))
    assert [(one["region"], one["net_days"], one["returned_days"]) for one in told["regions"]] == [
        ("310000", -60, 0), ("640000", 60, 60),
    ]  # fmt: skip
    # What is told of regions names nobody: rows that are left out are counted.
    assert told["rows_left_out"] == {"experts": {}, "posts": {}, "contracts": {"expert_unlisted": 1}}
    assert "留存率" in typed("balance", "--lang", "zh").stdout


@pytest.mark.parametrize("command", ["match", "balance"])
def test_files_without_a_good_row_are_refused(typed, command) -> None:
    assert_refused(typed(command, "--json", contracts="expert,post\n"), 3, "exchange_unreadable")
    assert_refused(typed(command, "--json", experts="expert\n"), 3, "exchange_unreadable")
