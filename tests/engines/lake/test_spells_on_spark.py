"""Jobs counted from spells on Sail and on a cluster of Apache Spark are those of DuckDB."""

from datetime import date

import pytest
from benchmarks.bench_spells import made

from qipan.bootstrap.spells import Question, ask
from qipan.labour.sources import spells
from qipan.labour.store.spell import SPELLS, SPELLS_SCHEMA
from qipan.storage.lake import Lake

pytestmark = [pytest.mark.engine, pytest.mark.slow]

QUESTION = Question(60, by_occupation=False, since=date(2021, 2, 1), until=date(2026, 1, 1), today=date(2026, 1, 1))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a lake of spells that went through the reader."""
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("spells")
    pq.write_table(next(made(8, 200_000)), folder / "spells.parquet")
    lake = Lake(folder / "lake")
    lake.create(SPELLS, SPELLS_SCHEMA)
    parts = spells.read(folder / "spells.parquet", b"a key for the tests", spells.Tally(), today=QUESTION.today)
    assert lake.append(SPELLS, parts, source="made", sequence=1, after=0)
    return lake.root


@pytest.mark.parametrize("engine", ["sail", "spark"])
def test_jobs_are_those_of_duckdb(root, request, engine):
    here = ask(Lake(root), QUESTION)
    there = ask(Lake(root, engine=request.getfixturevalue(engine)), QUESTION)
    assert (there.cells, there.months) == (here.cells, here.months)
    assert here.lost.sum() > 10_000
    for name in ("held", "separated", "lost"):
        assert (getattr(there, name) == getattr(here, name)).all(), name
