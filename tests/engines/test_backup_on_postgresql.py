"""Books on a real PostgreSQL are backed up while they are written to, and restored into an empty database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, NOW, move

from qipan.bootstrap.backup import back_up, restore
from qipan.bootstrap.services import build, initialise
from qipan.kernel.errors import BadInputError, ConflictError, EngineError
from qipan.settings import Settings
from qipan.storage.downgrade import downgrade

pytestmark = pytest.mark.engine


@pytest.fixture
def empty(postgresql):
    """Return a way to make an empty database."""

    def made(name):
        postgresql.call("createdb", "-h", postgresql.folder, "-U", "qipan", name)
        return postgresql.address(name)

    return made


@pytest.fixture
def opened(empty, tmp_path, request):
    """Return the services of a home on PostgreSQL with a few accounts."""
    settings = Settings(home=tmp_path / "home", books=empty(f"of_{request.node.originalname}"[:60]))
    initialise(settings, NOW)
    services = build(settings)
    with services.books.begin() as unit:
        for asset in ASSETS:
            services.accounts.open_asset(unit, asset, NOW)
        for account in ACCOUNTS:
            services.accounts.open_account(unit, account, NOW)
        services.accounts.post(unit, [move("first", "bank", "a", 1)], NOW)
    yield services
    services.books.close()


def cash(services):
    with services.books.read() as unit:
        (balance,) = services.accounts.balances(unit, ["a"]).values()
        assert services.accounts.check(unit) == ()
        assert services.log.check(unit) == ()
    return balance.posted


def test_a_backup_taken_under_load_restores_to_a_log_that_verifies(opened, empty, tmp_path):
    acknowledged, over = [1], Event()

    def write():
        while not over.is_set():
            with opened.books.begin() as unit:
                opened.accounts.post(unit, [move(f"transfer-{acknowledged[0]}", "bank", "a", 1)], NOW)
            acknowledged[0] += 1

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        before = acknowledged[0]
        made = back_up(opened, tmp_path / "backup.tar", NOW)
        after = acknowledged[0]
        over.set()
        writing.result()
    assert made.engine == "postgresql"
    assert after > before
    again = Settings(home=tmp_path / "again", books=empty("again"))
    assert restore(again, tmp_path / "backup.tar").findings == ()
    services = build(again)
    assert before <= cash(services) <= after + 1
    services.books.close()


def test_restore_refuses_a_database_in_which_something_stands_and_books_of_sqlite(opened, tmp_path):
    back_up(opened, tmp_path / "backup.tar", NOW)
    with pytest.raises(ConflictError) as taken:
        restore(Settings(home=tmp_path / "again", books=opened.settings.books), tmp_path / "backup.tar")
    assert taken.value.code == "books_taken"
    assert not (tmp_path / "again").exists()
    assert cash(opened) == 1
    with pytest.raises(BadInputError) as other:
        restore(Settings(home=tmp_path / "again"), tmp_path / "backup.tar")
    assert other.value.code == "backup_engine_differs"
    assert not (tmp_path / "again").exists()


def test_a_machine_without_the_programs_is_told_which(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="pg_dump") as refused:
        back_up(opened, tmp_path / "backup.tar", NOW)
    assert refused.value.code == "books_program_missing"
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_downgrade_and_upgrade_keep_every_balance(opened):
    downgrade(opened.books, "0023")
    assert opened.books.revision() == "0023"
    opened.books.migrate()
    assert opened.books.revision() == opened.books.newest_revision()
    assert cash(opened) == 1
