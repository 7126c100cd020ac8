"""An installation is brought to the revision of this Qipan, or back to an older one."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.bootstrap.services import open_stores
from qipan.settings import Settings
from qipan.storage.downgrade import downgrade


@dataclass(frozen=True, slots=True)
class Migration:
    """From which revision of the books to which.

    Attributes
    ----------
    filled
        Batches that the lake lacked and now holds.
    """

    before: str | None
    after: str | None
    filled: int


def migrate(settings: Settings, *, to: str | None = None, drops: bool = False) -> Migration:
    """Bring books to the newest revision, or back to an older one, and the newest books into the lake.

    A lake whose folder is gone is made anew, from the archive.

    Parameters
    ----------
    drops
        Whether an older revision may drop rows that it has no place for.

    Raises
    ------
    NotFoundError
        ``not_initialised``, ``revision_unknown``.
    RuleBrokenError
        ``migration_drops_rows``.
    EngineError
        ``books_newer``, or what a store says.
    """
    settings.require_home()
    services = open_stores(settings)
    try:
        before, newest = services.books.revision(), services.books.newest_revision()
        if to is not None and to != newest:
            downgrade(services.books, to, drops=drops)
            return Migration(before, to, 0)
        services.books.migrate()
        services.create_lake()
        return Migration(before, newest, services.fill_lake())
    finally:
        services.books.close()
