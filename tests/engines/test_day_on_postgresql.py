"""A day with its books on a real PostgreSQL: one setting, the same report as on SQLite."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qipan.bootstrap.services import build, initialise
from qipan.settings import Settings
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.engine

NOW = datetime(2024, 6, 11, 4, 0, tzinfo=UTC)
JOBS = "job_id,submit,kind,quantity,requested_s,origin,tier\n" + "".join(
    f"j{i},2024-06-10T{i:02d}:30:00+08:00,intelligent,1,3600,广东,batch\n" for i in range(20)
)


def test_run_with_books_on_postgresql_tells_the_same_as_on_sqlite(books, postgresql, tmp_path):
    documents = []
    for name, address in (("sqlite", ""), ("postgresql", postgresql.address("books"))):
        settings = Settings(home=tmp_path / name, books=address)
        assert initialise(settings, NOW).admin_password
        services = build(settings)
        assert services.books.is_shared is (name == "postgresql")
        report = services.day.run(DayRequest(JOBS.encode(), "jobs.csv", "generic"), NOW)
        documents.append(services.day.report(report.plan_id))
        assert services.day.jobs(report.plan_id).total == 20
        with services.books.read() as unit:
            assert services.log.check(unit) == ()
        services.books.close()
    assert documents[0] == documents[1]
