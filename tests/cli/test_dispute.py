"""``qipan accounts dispute``: from a wrong fee to its correction, and to evidence that needs only a key."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, shown
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app

TRANSFERS = "transfer_id,reason,action,debit,credit,amount\nin,deposit,move,bank,east,500\nout,fee,move,east,west,20\n"
OPEN = (
    "accounts",
    "dispute",
    "open",
    "d-1",
    "--transfer",
    "out",
    "--party",
    "east",
    "--by",
    "ann",
    "--ground",
    "Twice.",
)


def typed(home: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(home), "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def with_fee(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home in which east paid west a fee, with a user for each and an auditor."""
    folder = tmp_path_factory.mktemp("disputes")
    home, file = folder / "home", folder / "transfers.csv"
    file.write_text(TRANSFERS, encoding="utf-8")
    commands: list[tuple[object, ...]] = [("init",), ("accounts", "asset", "fen", "--kind", "money")]
    for name, purpose, floor in (("bank", "issued", "none"), ("east", "cash", "0"), ("west", "cash", "0")):
        words = ("--owner", name, "--asset", "fen", "--purpose", purpose, "--floor", floor)
        commands.append(("accounts", "open", name, *words))
    commands.append(("accounts", "post", file))
    for user, duty in (
        ("ann", ("trader", "--party", "east")),
        ("bo", ("site", "--party", "west")),
        ("kim", ("auditor",)),
    ):
        commands += [("access", "user", user, "--role", "viewer"), ("access", "grant", user, *duty)]
    for words in commands:
        result = typed(home, *words)
        assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def opened(with_fee: Path, tmp_path: Path) -> Qipan:
    """Return a way to type commands in such a home of the test's own, with a dispute in it."""
    qipan = partial(typed, Path(shutil.copytree(with_fee, tmp_path / "home")))
    assert shown(qipan(*OPEN, "--json"))["is_new"] is True
    return qipan


def dispute(qipan: Qipan, *words: object) -> Result:
    return qipan("accounts", "dispute", *words)


def test_a_dispute_goes_from_opening_to_correction(opened, tmp_path):
    assert shown(opened(*OPEN, "--json"))["is_new"] is False
    answered = shown(dispute(opened, "answer", "d-1", "--party", "west", "--by", "bo", "--words", "Once.", "--json"))
    assert answered["state"] == "answered"
    decide = ("decide", "d-1", "--by", "kim", "--words", "Half of it.", "--correct", "out=10")
    assert "Dispute d-1 is upheld." in dispute(opened, *decide).stderr
    assert "already" in dispute(opened, *decide).stderr
    held = {one["account_id"]: one["periods"][0] for one in shown(opened("accounts", "show", "--json"))}
    assert held["west"]["credits_posted"] - held["west"]["debits_posted"] == 10
    told = shown(dispute(opened, "show", "d-1", "--json"))
    assert told["corrections"][0]["transfer_id"] == "dispute/d-1/1"
    page = dispute(opened, "show", "d-1").stdout
    for word in ("upheld", "dispute/d-1/1", "Half of it."):
        assert word in page
    assert "更正" in dispute(opened, "show", "d-1", "--lang", "zh").stdout
    assert dispute(opened, "check").exit_code == 0
    assert shown(dispute(opened, "check", "--json")) == {"findings": []}
    file = tmp_path / "evidence.json"
    key = shown(dispute(opened, "evidence", "d-1", file, "--json"))["key"]
    assert "Proved: 5 exhibits" in dispute(opened, "verify", file, "--key", key).stdout
    told = json.loads(file.read_text(encoding="utf-8"))
    del told["exhibits"][-1]
    file.write_text(json.dumps(told), encoding="utf-8")
    wrong = dispute(opened, "verify", file, "--key", key)
    assert (wrong.exit_code, "correction_differs" in wrong.stdout) == (5, True)


def test_disputes_are_listed_and_withdrawn(opened):
    assert [one["dispute_id"] for one in shown(dispute(opened, "list", "--json"))] == ["d-1"]
    assert "Twice." in dispute(opened, "list", "--lang", "zh").stdout
    assert "withdrawn" in dispute(opened, "withdraw", "d-1", "--by", "ann", "--words", "A slip.").stderr
    assert "There is no dispute." in dispute(opened, "list", "--open").stdout


def test_who_has_no_part_or_no_duty_is_refused(opened, tmp_path):
    answer = dispute(opened, "answer", "d-1", "--party", "west", "--by", "ann", "--words", "No.")
    assert "duty_missing" in answer.stderr
    assert "duty_missing" in dispute(opened, "decide", "d-1", "--by", "ann", "--words", "Mine.").stderr
    assert "dispute_unknown" in dispute(opened, "show", "d-9").stderr
    assert dispute(opened, "decide", "d-1", "--by", "kim", "--words", "So.", "--correct", "out").exit_code == 2
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    assert "evidence_malformed" in dispute(opened, "verify", bad, "--key", "x").stderr


def test_a_quiet_market_has_nothing_to_be_looked_at(opened):
    assert "Nothing is to be looked at" in opened("market", "monitor").stdout
    told = shown(opened("market", "monitor", "--since", "2026-01-01T00:00Z", "--until", "2026-02-01T00:00Z", "--json"))
    assert (told["trades"], told["flags"], told["concentrations"]) == (0, [], [])
