"""``qipan ledger certify``, ``meter``, ``source`` and ``history`` on the example fleet."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Qipan, assert_refused, shown

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/fleet.yaml"
PUBLIC = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
MOMENT = "2027-01-01T00:00:00+00:00"


def test_changes_of_the_register_stand_in_its_history(qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "home"
    commands = [
        ("init",),
        ("ledger", "import", "sites", EXAMPLE),
        ("ledger", "certify", "luleaa/intelligent/A100", "1400", "--from", MOMENT, "--certificate", "NC-27"),
        ("ledger", "meter", "end", "luleaa/pdu", "--at", MOMENT),
        ("ledger", "meter", "add", "luleaa", "pdu-2", "--measure", "pdu_j", "--source", "luleaa", "--from", MOMENT),
        ("ledger", "source", "add-key", "luleaa", "k2", PUBLIC, "--from", MOMENT),
        ("ledger", "source", "end-key", "luleaa", "luleaa-2026", "--at", MOMENT),
        ("ledger", "source", "agree", "grid-north", "NC-8", "--shared-with", "region", "--from", MOMENT),
    ]
    for command in commands:
        done = qipan(*command, at=at)
        assert done.exit_code == 0, done.output
    releases = shown(qipan("ledger", "history", "nordsee", "--json", at=at))
    assert [change["path"] for release in releases for change in release["changes"]] == [
        f"sites[luleaa].pools[luleaa/intelligent/A100].certified[{MOMENT}]",
        "sites[luleaa].meters[luleaa/pdu].end",
        "sites[luleaa].meters[pdu-2]",
        "sources[luleaa].keys[k2]",
        "sources[luleaa].keys[luleaa-2026].end",
        "sources[grid-north].agreement",
    ]
    assert "NC-27" in qipan("ledger", "history", "nordsee", at=at).stdout
    refused = qipan("ledger", "certify", "nowhere", "1", "--from", MOMENT, at=at)
    assert_refused(refused, 4, "holder_unknown", "nowhere")


def test_a_fleet_exported_is_imported_as_the_same_in_both_forms(qipan: Qipan, tmp_path: Path) -> None:
    at, tables, file = tmp_path / "home", tmp_path / "tables", tmp_path / "again.yaml"
    for command in [
        ("init",),
        ("ledger", "import", "sites", EXAMPLE),
        ("ledger", "export", "sites", "nordsee", tables, "--format", "csv"),
        ("ledger", "import", "sites", tables),
        ("ledger", "export", "sites", "nordsee", file),
        ("ledger", "import", "sites", file),
    ]:
        done = qipan(*command, at=at)
        assert done.exit_code == 0, done.output
    assert len(shown(qipan("ledger", "history", "nordsee", "--json", at=at))) == 1
    again = qipan("ledger", "export", "sites", "nordsee", tables, "--format", "csv", at=at)
    assert_refused(again, 3, "folder_not_empty", str(tables))
    (tables / "pools.csv").unlink()
    assert_refused(qipan("ledger", "import", "sites", tables, at=at), 3, "fleet_invalid", "pools.csv")
