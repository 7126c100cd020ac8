from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Qipan

from qipan.storage.lake import Lake


def checks(output: str) -> dict[str, str]:
    """Return what each check came to, by its name."""
    lines = [line.split() for line in output.splitlines() if line.startswith(("ok", "failed"))]
    return {words[1]: words[0] for words in lines}


def test_doctor_in_a_good_home_passes_every_check(qipan: Qipan) -> None:
    result = qipan("doctor")
    assert checks(result.stdout) == dict.fromkeys(
        ("python", "settings", "home", "books", "lake", "archive", "facts", "assets", "solver"), "ok"
    )
    assert result.exit_code == 0


def test_doctor_without_a_home_says_what_to_do_and_checks_the_rest(qipan: Qipan, tmp_path: Path) -> None:
    result = qipan("doctor", at=tmp_path / "none")
    found = checks(result.stdout)
    assert (found["home"], found["books"], found["facts"], found["solver"]) == ("failed", "failed", "ok", "ok")
    assert "qipan init" in result.stdout
    assert result.exit_code == 1
    assert not (tmp_path / "none").exists()


def test_doctor_finds_a_batch_that_the_archive_has_lost(qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "home"
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("job_id,submit,kind,quantity,requested_s\na,2025-01-06T01:00:00+08:00,general,1,60\n")
    assert qipan("init", at=at).exit_code == 0
    assert qipan("jobs", "import", jobs, at=at).exit_code == 0
    for kept in (at / "archive").rglob("*"):
        if kept.is_file():
            kept.unlink()
    result = qipan("doctor", at=at)
    assert checks(result.stdout)["archive"] == "failed"
    assert result.exit_code == 1


def test_doctor_finds_a_lake_ahead_of_restored_books(qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "home"
    assert qipan("init", at=at).exit_code == 0
    rows = Lake(at / "lake")
    rows.append("reading", rows.table("reading").to_pyarrow(), source="reading", sequence=7)
    result = qipan("doctor", at=at)
    assert checks(result.stdout)["lake"] == "failed"
    assert "Rebuild the lake" in result.stdout
    assert result.exit_code == 1


def test_doctor_with_a_broken_setting_names_it(qipan: Qipan) -> None:
    result = qipan("doctor", QIPAN_PORT="eighty")
    assert checks(result.stdout)["settings"] == "failed"
    assert "QIPAN_PORT" in result.stdout
    assert result.exit_code == 1
