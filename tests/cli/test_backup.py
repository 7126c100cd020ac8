"""A home is backed up while it is written to, and restored; whatever is wrong with a backup is told."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, NOW, move
from tests.cli.conftest import Qipan, assert_refused, shown

from qipan.bootstrap.backup import back_up, restore
from qipan.bootstrap.services import build
from qipan.kernel.errors import BadInputError
from qipan.settings import Settings

SECRETS = ("key", "log.key")


@pytest.fixture(scope="module")
def backup(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of the home with one day."""
    services = build(Settings(home=home))
    path = tmp_path_factory.mktemp("backup") / "backup.tar"
    back_up(services, path, NOW)
    services.books.close()
    return path


def seen(qipan: Qipan, at: Path) -> list[object]:
    """Return the days, users and, out of the lake, the jobs of the day of a home."""
    days = shown(qipan("day", "list", "--json", at=at))
    jobs = shown(qipan("day", "jobs", days[0]["plan_id"], "--json", at=at))
    assert jobs["total"] == 12
    return [days, jobs, shown(qipan("access", "users", "--json", at=at))]


def files(tar: Path) -> dict[str, bytes]:
    with tarfile.open(tar) as opened:
        return {one.name: opened.extractfile(one).read() for one in opened}  # type: ignore[union-attr]


def written(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in contents.items():
            told = tarfile.TarInfo(name)
            told.size = len(data)
            tar.addfile(told, io.BytesIO(data))
    return path


def test_a_restored_home_shows_the_same_day_and_a_log_that_verifies(
    qipan: Qipan, home: Path, backup: Path, tmp_path: Path
) -> None:
    at = tmp_path / "restored"
    done = shown(qipan("restore", backup, "--json", at=at))
    assert done["findings"] == []
    assert done["leaves"] > 0
    assert seen(qipan, at) == seen(qipan, home)
    for name in SECRETS:
        assert (at / name).read_bytes() == (home / name).read_bytes()
        assert stat.S_IMODE((at / name).stat().st_mode) == 0o600
    assert qipan("doctor", at=at).exit_code == 0


def test_only_its_owner_may_read_a_backup(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_backups_taken_under_load_hold_all_that_was_acknowledged_before(tmp_path: Path, qipan: Qipan) -> None:
    at = tmp_path / "home"
    assert qipan("init", at=at).exit_code == 0
    services = build(Settings(home=at))
    with services.books.begin() as unit:
        for asset in ASSETS:
            services.accounts.open_asset(unit, asset, NOW)
        for account in ACCOUNTS:
            services.accounts.open_account(unit, account, NOW)
    acknowledged, over = [0], Event()

    def write() -> None:
        while not over.is_set():
            with services.books.begin() as unit:
                name = f"transfer-{acknowledged[0]}"
                services.observations.receive(unit, source="load", kind="note", data=name.encode(), now=NOW, rows=1)
                services.accounts.post(unit, [move(name, "bank", "a", 1)], NOW)
            acknowledged[0] += 1

    taken: list[tuple[Path, int, int]] = []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not acknowledged[0] and not writing.done():
            pass
        for number in range(3):
            path, before = tmp_path / f"{number}.tar", acknowledged[0]
            back_up(services, path, NOW)
            taken.append((path, before, acknowledged[0]))
        over.set()
        writing.result()
    services.books.close()
    assert taken[-1][2] > taken[0][1]
    for path, before, after in taken:
        again = Settings(home=tmp_path / path.stem)
        assert restore(again, path).findings == ()
        found = build(again)
        with found.books.read() as unit:
            (cash,) = found.accounts.balances(unit, ["a"]).values()
            assert before <= cash.posted <= after + 1
            assert found.accounts.check(unit) == ()
            # Whatever the books acknowledge lies in the archive.
            received = found.observations.batches(unit, kind="note")
            assert len(received) == cash.posted
            assert all(found.observations.data(one) for one in received)
        found.books.close()


def test_a_backup_is_never_written_over(qipan: Qipan, backup: Path) -> None:
    before = backup.read_bytes()
    assert_refused(qipan("backup", backup), 6, "backup_exists")
    assert backup.read_bytes() == before


def test_a_backup_that_cannot_be_written_leaves_nothing(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("backup", tmp_path / "none" / "backup.tar"), 8, "backup_unwritable")
    assert list(tmp_path.iterdir()) == []


def test_restore_refuses_a_home_that_is_there(qipan: Qipan, home: Path, backup: Path) -> None:
    key = (home / "key").read_bytes()
    assert_refused(qipan("restore", backup), 6, "home_taken")
    assert (home / "key").read_bytes() == key


def test_restore_without_its_file_says_so(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("restore", tmp_path / "none.tar", at=tmp_path / "new"), 4, "backup_not_found")


def cut(whole: Path, path: Path) -> None:
    path.write_bytes(whole.read_bytes()[:-30_000])


def changed(whole: Path, path: Path) -> None:
    contents = files(whole)
    contents["home/key"] = b"another key"
    written(path, contents)


def lacking(whole: Path, path: Path) -> None:
    contents = files(whole)
    del contents["home/log.key"]
    written(path, contents)


def other(_: Path, path: Path) -> None:
    path.write_text("job_id,submit\n")


@pytest.mark.parametrize("spoil", [cut, changed, lacking, other])
def test_a_backup_that_is_not_whole_restores_nothing(
    spoil: Callable[[Path, Path], None], qipan: Qipan, backup: Path, tmp_path: Path
) -> None:
    path = tmp_path / "spoilt.tar"
    spoil(backup, path)
    assert_refused(qipan("restore", path, at=tmp_path / "new"), 3, "backup_torn")
    assert list(tmp_path.iterdir()) == [path]


def strangers() -> Iterator[tarfile.TarInfo]:
    for name in ("../outside", "/etc/outside", "home/../../outside", "archive/ab/cd/outside", "elsewhere"):
        yield tarfile.TarInfo(name)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        link = tarfile.TarInfo("home/link")
        link.type, link.linkname = kind, "/etc/passwd"
        yield link
    yield tarfile.TarInfo("books")


@pytest.mark.parametrize("stranger", list(strangers()), ids=lambda one: f"{one.name}-{one.type!r}")
def test_a_backup_that_holds_anything_else_is_refused(
    stranger: tarfile.TarInfo, backup: Path, qipan: Qipan, tmp_path: Path
) -> None:
    path = tmp_path / "made.tar"
    shutil.copy(backup, path)
    with tarfile.open(path, "a") as tar:
        tar.addfile(stranger, io.BytesIO())
    assert_refused(qipan("restore", path, at=tmp_path / "new"), 3, "backup_malformed")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("word", "value", "code"),
    [
        ("format", "qipan backup 9", "backup_malformed"),
        ("files", None, "backup_malformed"),
        ("engine", "postgresql", "backup_engine_differs"),
        ("made", "yesterday", "backup_malformed"),
        ("revision", 26, "backup_malformed"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    word: str, value: object, code: str, backup: Path, qipan: Qipan, tmp_path: Path
) -> None:
    contents = files(backup)
    contents["manifest.json"] = json.dumps(json.loads(contents["manifest.json"]) | {word: value}).encode()
    path = written(tmp_path / "made.tar", contents)
    assert_refused(qipan("restore", path, at=tmp_path / "new"), 3, code)
    assert list(tmp_path.iterdir()) == [path]


def test_a_backup_of_a_newer_qipan_is_refused(backup: Path, qipan: Qipan, tmp_path: Path) -> None:
    contents = files(backup)
    contents["manifest.json"] = json.dumps(json.loads(contents["manifest.json"]) | {"revision": "9999"}).encode()
    path = written(tmp_path / "made.tar", contents)
    assert_refused(qipan("restore", path, at=tmp_path / "new"), 8, "backup_newer", "9999")


def test_restore_tells_a_log_that_was_changed(home: Path, qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "forged"
    shutil.copytree(home, at)
    services = build(Settings(home=at))
    connection = services.books.engine.raw_connection()
    connection.execute("pragma query_only = off")
    triggers = connection.execute("select name from sqlite_master where type = 'trigger' and tbl_name = 'log_leaf'")
    for (name,) in triggers.fetchall():
        connection.execute(f"drop trigger {name}")
    connection.execute("update log_leaf set digest = replace(digest, substr(digest, 1, 1), '0') where seq = 0")
    connection.execute("update log_leaf set kind = 'forged' where seq = 0")
    connection.commit()
    connection.close()
    services.books.close()
    assert qipan("backup", tmp_path / "forged.tar", at=at).exit_code == 0
    result = qipan("restore", tmp_path / "forged.tar", at=tmp_path / "again")
    assert result.exit_code == 5
    assert "NOT proved" in result.stdout


def test_migrate_makes_a_lake_that_is_gone_anew(qipan: Qipan, home: Path, tmp_path: Path) -> None:
    at = tmp_path / "home"
    shutil.copytree(home, at)
    shutil.rmtree(at / "lake")
    assert shown(qipan("migrate", "--json", at=at))["filled"] > 0
    assert seen(qipan, at) == seen(qipan, home)
    assert shown(qipan("migrate", "--json", at=at))["filled"] == 0


def test_migrate_without_a_home_and_to_an_unknown_revision_is_refused(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("migrate", at=tmp_path / "none"), 4, "not_initialised")
    assert_refused(qipan("migrate", "--to", "0001"), 4, "revision_unknown")


def test_a_backup_of_a_missing_file_tells_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refused:
        restore(Settings(home=tmp_path / "new"), written(tmp_path / "empty.tar", {}))
    assert refused.value.code == "backup_torn"
