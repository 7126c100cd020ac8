"""``qipan agreements`` in the books: what is typed is durable before it is answered, refusals end with a code."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown
from tests.cli.test_agreements import block
from typer.testing import CliRunner, Result

from qipan.interfaces.cli import session
from qipan.interfaces.cli.app import app

DUE_FEN = 576_000 * 1_155
"""What January owes: four fifths of the volume, at half a per cent above the base price."""
JANUARY = ("bill", "sh-nx", "--month", "2027-01", "--taken", 500_000, "--index", "101.5")
BOND = ("pledge", "sh-nx", "--id", "bond-1", "--holder", "trustee", "--share", "0.6", "--from", "2027-01")


def typed(home: Path, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(home), "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def in_force(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home with an agreement that both have signed, and money."""
    folder = tmp_path_factory.mktemp("agreed")
    deal, money = folder / "sh-nx.toml", folder / "money.csv"
    deal.write_text(block("sh-nx.toml"), encoding="utf-8")
    money.write_text(block("money.csv"), encoding="utf-8")
    for words in (
        ("init",),
        ("agreements", "sign", deal, "--party", "310000"),
        ("agreements", "sign", deal, "--party", "640000"),
        ("accounts", "open", "bank", "--owner", "bank", "--asset", "fen", "--purpose", "issued", "--floor", "none"),
        ("accounts", "open", "market/rent", "--owner", "market", "--asset", "fen", "--purpose", "rent"),
        ("accounts", "open", "park", "--owner", "park", "--asset", "fen", "--purpose", "park"),
        ("accounts", "post", money),
    ):
        result = typed(folder / "home", *words)
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def agreements(in_force: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Qipan:
    """Return a way to type commands in such a home of the test's own, once January is over."""
    monkeypatch.setattr(session, "now", lambda: max(datetime.now(UTC), datetime(2027, 2, 1, tzinfo=UTC)))
    home = Path(shutil.copytree(in_force / "home", tmp_path / "home"))
    return partial(typed, home, "agreements")


def held(agreements: Qipan, account: str) -> int:
    home = agreements.args[0]
    told = shown(typed(home, "accounts", "show", "--asset", "fen", "--json"))
    (one,) = [one for one in told if one["account_id"] == account]
    return sum(period["credits_posted"] - period["debits_posted"] for period in one["periods"])


def test_a_signature_again_changes_nothing_and_a_stranger_cannot_sign(agreements: Qipan, in_force: Path) -> None:
    told = shown(agreements("sign", in_force / "sh-nx.toml", "--party", "310000", "--json"))
    assert (told["is_new"], told["is_in_force"], told["text"]) == (False, True, 1)
    assert set(told["signed"]) == {"310000", "640000"}
    assert_refused(agreements("sign", in_force / "sh-nx.toml", "--party", "110000"), 5, "party_foreign")


def test_a_month_is_billed_once_and_its_pledge_paid(agreements: Qipan) -> None:
    assert shown(agreements(*BOND, "--until", "2028-01", "--json"))["is_new"] is True
    told = shown(agreements(*JANUARY, "--json"))
    assert (told["due_fen"], told["untaken_card_h"], told["is_new"]) == (DUE_FEN, 76_000, True)
    assert shown(agreements(*JANUARY, "--json"))["is_new"] is False
    assert "nothing has changed" in agreements(*JANUARY).stderr
    assert held(agreements, "agreements/trustee") == DUE_FEN * 6 // 10
    assert held(agreements, "agreements/640000") == DUE_FEN - DUE_FEN * 6 // 10
    assert_refused(agreements(*JANUARY[:-1], "102", "--json"), 6, "posting_taken")
    assert agreements("check").exit_code == 0
    assert shown(agreements("check", "--json")) == {"findings": []}


def test_rent_and_events_are_told_by_region(agreements: Qipan) -> None:
    rent = ("share", "sh-nx", "rent", "--month", "2027-01", "--fen", 9_000_000, "--from", "market/rent", "--json")
    assert shown(agreements(*rent))["parts_fen"] == {"640000": 6_300_000, "310000": 2_700_000}
    year = ("split", "sh-nx", "park-2027", "--day", "2027-12-31", "--from", "park", "--tax", 1_000_001, "--memo", 9)
    told = shown(agreements(*year, "--json"))
    assert told["parts"]["640000"] == {"tax_fen": 550_001, "memo_fen": 5}
    assert "450,000" in agreements(*year, "--lang", "zh").output
    assert_refused(agreements("split", "sh-nx", "other", "--day", "2027-12-31", "--tax", 1), 3, "source_missing")


def test_revenue_is_pledged_once_and_free_again_when_released(agreements: Qipan) -> None:
    assert agreements(*BOND, "--until", "2028-01").exit_code == 0
    second = ("pledge", "sh-nx", "--id", "reit-1", "--holder", "reit", "--share", "0.5", "--from", "2027-06")
    assert_refused(agreements(*second, "--until", "2027-09"), 5, "revenue_pledged", "0.4 free")
    assert shown(agreements("release", "sh-nx", "bond-1", "--json"))["is_new"] is True
    assert agreements(*second, "--until", "2027-09").exit_code == 0
    told = shown(agreements("show", "sh-nx", "--json"))
    assert [(one["pledge"], one["share"]) for one in told["pledges"]] == [("reit-1", 0.5)]


def test_an_agreement_is_shown_with_what_followed_from_it(agreements: Qipan) -> None:
    assert agreements(*JANUARY).exit_code == 0
    assert agreements(*BOND[:-1], "2027-02", "--until", "2028-01").exit_code == 0
    english, chinese = (agreements("show", "sh-nx", "--lang", lang).output for lang in ("en", "zh"))
    for words in ("720,000", "take-or-pay", "640000 0.55", f"{DUE_FEN:,}", "bond-1"):
        assert words in english
    for words in ("720,000", "照付不议", "640000 0.55", f"{DUE_FEN:,}", "质押"):
        assert words in chinese
    assert [one["agreement"] for one in shown(agreements("show", "--json"))] == ["sh-nx"]
    assert "sh-nx" in agreements("show").output
    assert_refused(agreements("show", "nobody"), 4, "agreement_unknown")


@pytest.mark.parametrize(
    ("words", "told"),
    [((*JANUARY[:-1], "1e9"), "A decimal is written as 0.6"),
     ((*JANUARY[:3], "2027-1", *JANUARY[4:]), "A month is written")],
)  # fmt: skip
def test_what_is_mistyped_is_refused(agreements: Qipan, words: tuple[object, ...], told: str) -> None:
    result = agreements(*words)
    assert result.exit_code == 2
    assert told in result.stderr
