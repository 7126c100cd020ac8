"""The log from outside: sign, publish, cosign, verify and prove by typing commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

pytestmark = pytest.mark.slow


@pytest.fixture
def at(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def key(qipan: Qipan, at: Path) -> str:
    """Return the key of a log in which the national fleet is entered."""
    assert qipan("init", at=at).exit_code == 0
    return str(shown(qipan("ledger", "checkpoint", "--json", at=at))["key"])


def test_published_log_verifies_without_a_home(qipan: Qipan, key: str, at: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    kept.write_text(shown(qipan("ledger", "checkpoint", "--json", at=at))["checkpoint"], encoding="utf-8")
    assert shown(qipan("ledger", "publish", out, "--json", at=at))["new_payloads"] > 0
    assert shown(qipan("ledger", "publish", out, "--json", at=at))["new_payloads"] == 0
    assert "0 new payloads" in qipan("ledger", "publish", out, at=at).stderr
    nowhere = tmp_path / "nowhere"
    found = shown(qipan("ledger", "verify", out, "--key", key, "--checkpoint", kept, "--json", at=nowhere))
    assert (found["findings"], found["checkpoints"]) == ([], 1)
    assert qipan("ledger", "verify", out, "--key", key, at=nowhere).stdout.startswith("1 checkpoint, ")
    assert not nowhere.exists()
    (out / "entries").write_bytes((out / "entries").read_bytes().replace(b"digest", b"Digest", 1))
    changed = qipan("ledger", "verify", out, "--key", key, "--checkpoint", kept, at=nowhere)
    assert changed.exit_code == 5
    assert "root" in changed.stdout


def test_witness_signs_and_its_signature_is_asked_for(qipan: Qipan, key: str, at: Path, tmp_path: Path) -> None:
    out, secret, state = tmp_path / "out", tmp_path / "secret", tmp_path / "state"
    assert qipan("ledger", "publish", out, at=at).exit_code == 0
    witness = shown(qipan("ledger", "witness", "key", "department", secret, "--json"))["key"]
    assert secret.stat().st_mode & 0o077 == 0
    assert_refused(qipan("ledger", "witness", "key", "department", secret), 3, "key_not_written")
    words = ("ledger", "witness", "sign", out, "--log", key, "--key", secret, "--state", state, "--json")
    line = shown(qipan(*words))["cosignature"]
    assert shown(qipan(*words))["size"] > 0
    asked = ("ledger", "verify", out, "--key", key, "--witness", witness, "--quorum", "1")
    assert qipan(*asked).exit_code == 5
    assert qipan("ledger", "witness", "add", line, "--key", witness, at=at).exit_code == 0
    assert qipan("ledger", "publish", out, at=at).exit_code == 0
    assert qipan(*asked).exit_code == 0, qipan(*asked).output
    state.write_text("{}", encoding="utf-8")
    assert_refused(qipan(*words), 3, "witness_state_strange")


def test_proof_is_written_and_verified_from_the_file_alone(qipan: Qipan, key: str, at: Path, tmp_path: Path) -> None:
    proof, out = tmp_path / "proof", tmp_path / "out"
    assert qipan("ledger", "publish", out, at=at).exit_code == 0
    payload = next(path for path in (out / "payloads").rglob("*") if path.is_file())
    place = shown(qipan("ledger", "prove", payload.name, proof, "--json", at=at))["place"]
    words = ("ledger", "verify-proof", proof, "--key", key, "--payload", payload)
    found = shown(qipan(*words, "--json", at=tmp_path / "nowhere"))
    assert (found["findings"], found["place"]) == ([], place)
    assert payload.name in found["entry"]
    assert "已证明" in qipan(*words, "--lang", "zh").stdout
    payload.write_bytes(payload.read_bytes() + b"x")
    changed = qipan(*words)
    assert changed.exit_code == 5
    assert "must hash to" in " ".join(changed.stdout.split())
    refused = qipan("ledger", "prove", "f" * 64, proof, at=at)
    assert "code: leaf_not_found" in refused.stderr
    assert "code: leaf_not_found" in qipan("ledger", "prove", "999", proof, at=at).stderr
