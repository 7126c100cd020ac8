"""Books are dumped while others write, and loaded into empty ones."""

import pytest
import sqlalchemy as sa
from tests.accounts.conftest import house, opened
from tests.accounts.made import NOW, move

from qipan.kernel.errors import ConflictError, EngineError
from qipan.storage.books import Books
from qipan.storage.dump import dump, load

__all__ = ["house", "opened"]


def cash(house, unit):
    (balance,) = house.accounts.balances(unit, ["a"]).values()
    return balance.posted


def test_a_dump_is_loaded_as_it_was(opened, house, tmp_path):
    with opened.begin() as unit:
        house.accounts.post(unit, [move("first", "bank", "a", 30)], NOW)
    dump(opened, tmp_path / "dump")
    with opened.begin() as unit:
        house.accounts.post(unit, [move("second", "bank", "a", 5)], NOW)
    again = Books(f"sqlite:///{tmp_path}/again.sqlite")
    load(tmp_path / "dump", again)
    with again.read() as unit, opened.read() as newer:
        assert cash(house, unit) == 30
        assert cash(house, newer) == 35
        assert house.log.check(unit) == ()
        assert house.log.root(unit) == house.log.root(newer, house.log.head(unit).size)
    again.close()


def test_a_dump_holds_nothing_that_was_deleted(books, tmp_path):
    with books.begin() as unit:
        unit.execute(sa.text("create table note (word text)"))
        unit.execute(sa.text("insert into note values ('zhang-san-13800000000')"))
    with books.begin() as unit:
        unit.execute(sa.text("delete from note"))
    dump(books, tmp_path / "dump")
    assert b"zhang-san-13800000000" not in (tmp_path / "dump").read_bytes()


def test_load_refuses_books_in_which_something_stands(books, tmp_path):
    dump(books, tmp_path / "dump")
    with pytest.raises(ConflictError) as refused:
        load(tmp_path / "dump", books)
    assert refused.value.code == "books_taken"


def test_dump_to_where_nothing_can_be_written_is_told(books, tmp_path):
    with pytest.raises(EngineError) as refused:
        dump(books, tmp_path / "none" / "dump")
    assert refused.value.code == "books_program_failed"
