"""``qipan accounts``: a file is posted whole or not at all, and a statement is verified with nothing but a key."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app

HEAD = "transfer_id,reason,action,debit,credit,amount\n"
GOOD = f"{HEAD}in,deposit,move,bank,east,500\nout,fee,move,east,west,20\n"


def typed(home: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(home), "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def with_accounts(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home with three accounts of money, in which nothing was posted."""
    home = tmp_path_factory.mktemp("accounts") / "home"
    assert typed(home, "init").exit_code == 0
    assert typed(home, "accounts", "asset", "fen", "--kind", "money").exit_code == 0
    for name, purpose, floor in (("bank", "issued", "none"), ("east", "cash", "0"), ("west", "cash", "-10")):
        words = ("--owner", name, "--asset", "fen", "--purpose", purpose, "--floor", floor)
        assert typed(home, "accounts", "open", name, *words).exit_code == 0
    return home


@pytest.fixture
def opened(with_accounts: Path, tmp_path: Path) -> Qipan:
    """Return a way to type commands in such a home of the test's own."""
    return partial(typed, Path(shutil.copytree(with_accounts, tmp_path / "home")))


def written(folder: Path, text: str) -> str:
    path = folder / "transfers.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_post_a_file_twice_posts_it_once(opened, tmp_path):
    file = written(tmp_path, GOOD)
    assert shown(opened("accounts", "post", file, "--json")) == {"transfers": 2, "new": 2}
    assert shown(opened("accounts", "post", file, "--json")) == {"transfers": 2, "new": 0}
    held = {one["account_id"]: one["periods"][0] for one in shown(opened("accounts", "show", "--json"))}
    assert held["east"]["credits_posted"] - held["east"]["debits_posted"] == 480
    assert held["west"]["credits_posted"] == 20
    table = opened("accounts", "show", "--owner", "east", "--lang", "zh").stdout
    assert "余额" in table
    assert "480" in table
    assert opened("accounts", "check").exit_code == 0


@pytest.mark.parametrize(
    ("rows", "exit_code", "code", "word"),
    [
        ("in,deposit,move,bank,east,500\nx,fee,move,east,west,501\n", 5, "transfers_refused", "below_floor"),
        ("in,deposit,move,bank,east,500\nx,fee,move,east,none,1\n", 5, "transfers_refused", "credit_unknown"),
        ("in,deposit,move,bank,east,500\nin,deposit,move,bank,east,1\n", 5, "transfers_refused", "different_amount"),
        ("in,deposit,move,bank,east,500\nx,fee,move,east,west,-1\n", 5, "transfers_refused", "amount_out_of_range"),
        ("in,deposit,move,bank,east,500\nx,fee,move,east,west,1.5\n", 3, "transfers_unreadable", "not_whole"),
        ("in,deposit,move,bank,east,500\nx,fee,move,east\n", 3, "transfers_unreadable", "row_torn"),
    ],
)
def test_post_a_file_with_a_bad_row_posts_nothing(opened, tmp_path, rows, exit_code, code, word):
    assert_refused(opened("accounts", "post", written(tmp_path, HEAD + rows)), exit_code, code, word)
    assert all(one["periods"][0]["credits_posted"] == 0 for one in shown(opened("accounts", "show", "--json")))


def test_post_names_a_refused_row_by_its_line(opened, tmp_path):
    rows = "in,deposit,move,bank,east,500\nout,fee,move,nobody,east,5\n"
    told = opened("accounts", "post", written(tmp_path, HEAD + rows), "--json")
    assert [(one["row"], one["column"]) for one in json.loads(told.stderr)["findings"]] == [(3, "transfer_id")]


def test_statement_is_verified_and_one_that_was_changed_is_not(opened, tmp_path):
    opened("accounts", "post", written(tmp_path, GOOD))
    file = tmp_path / "statement.json"
    key = shown(opened("accounts", "statement", "east", str(file), "--json"))["key"]
    verified = opened("accounts", "verify-statement", str(file), "--key", key)
    assert (verified.exit_code, verified.stdout) == (0, "Proved: 2 transfers, none missing, and the balances.\n")
    told = json.loads(file.read_text(encoding="utf-8"))
    told["lines"].pop(0)
    file.write_text(json.dumps(told), encoding="utf-8")
    changed = opened("accounts", "verify-statement", str(file), "--key", key, "--json")
    assert changed.exit_code == 5
    rules = {one["rule"] for one in json.loads(changed.stdout)["findings"]}
    assert {"entry_missing", "balance_differs"} <= rules
    file.write_text("{", encoding="utf-8")
    assert opened("accounts", "verify-statement", str(file), "--key", key).exit_code == 3


def test_expire_without_an_account_and_open_with_a_strange_floor_are_refused(opened):
    assert opened("accounts", "expire", "fen").exit_code == 4
    words = ("--owner", "x", "--asset", "fen", "--purpose", "cash", "--floor", "low")
    assert opened("accounts", "open", "x", *words).exit_code == 2
