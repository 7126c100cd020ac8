"""Bring the tables of books back to an older revision, without losing a row unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from qipan.kernel.errors import Finding, NotFoundError, RuleBrokenError
from qipan.storage.books import Books, UnitOfWork, kept_revision, migrations


def downgrade(books: Books, revision: str, *, drops: bool = False) -> None:
    """Undo the migrations after a revision; all or nothing.

    Parameters
    ----------
    drops
        Whether rows, and values of columns, that the older tables have no place for may go.

    Raises
    ------
    NotFoundError
        ``revision_unknown`` unless every migration since can be undone.
    RuleBrokenError
        ``migration_drops_rows``, with a finding for each table and column.
    EngineError
        As `Books.migrate`.
    """
    with books.begin() as unit:
        unit.lock("migrate")
        with migrations(unit, str(books)) as (command, config):
            possible = _reachable(config, kept_revision(unit))
            if revision not in possible:
                raise NotFoundError(
                    f"Books can be brought back to {', '.join(possible)}, was {revision}, in {books}.",
                    code="revision_unknown",
                    hint="Choose one of these; for an older one, restore a backup of that time.",
                )

            def run() -> None:
                command.downgrade(config, revision)

            found = () if drops else tuple(_dropped(unit, run))
            if found:
                raise RuleBrokenError(
                    f"Books must lose nothing on the way back to {revision}, was {len(found)} tables and columns.",
                    code="migration_drops_rows",
                    hint="Back up first, then say --drop if they may go.",
                    findings=found,
                )
            run()


def _reachable(config: Config, revision: str | None) -> tuple[str, ...]:
    """Return the revisions to which books can be brought back, up to the present one."""
    found: list[str] = []
    for script in ScriptDirectory.from_config(config).iterate_revisions(revision, "base") if revision else ():
        found.insert(0, script.revision)
        if not hasattr(script.module, "downgrade"):
            break
    return tuple(found)


def _dropped(unit: UnitOfWork, run: Callable[[], None]) -> Iterator[Finding]:
    """Run on trial, see which tables and columns are gone, undo it, and tell those in which something stood."""
    before = _columns(unit)
    trial = unit.connection.begin_nested()
    run()
    after = _columns(unit)
    trial.rollback()
    for name, columns in sorted(before.items()):
        table = sa.table(name)
        gone = [None] if name not in after else sorted(columns - after[name])
        for column in gone:
            counted = sa.select(sa.func.count()).select_from(table)
            if column is not None:
                held: sa.ColumnClause[object] = sa.column(column)
                counted = counted.where(held.is_not(None))
            count = unit.execute(counted).scalar_one()
            if count:
                where = name if column is None else f"{name}.{column}"
                yield Finding(0, where, "dropped", f"What is dropped must be empty, was {count} rows.")


def _columns(unit: UnitOfWork) -> Mapping[str, set[str]]:
    inspector = sa.inspect(unit.connection)
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()}
