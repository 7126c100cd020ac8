"""PostgreSQL keeps attempts as SQLite does: one open at a job, and no change over another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from qipan.dispatch.model.submission import Attempt, Engines, Reached, SiteState, State
from qipan.dispatch.store import submission as store
from qipan.dispatch.store.plan import insert_plan
from qipan.kernel.errors import EngineError
from qipan.observations.store import BATCH
from qipan.storage.books import Books

pytestmark = pytest.mark.engine

NOW = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
PLAN = "2026-01-02-1"
FIRST = Attempt(PLAN, "a", 1, "north", NOW)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request):
    """Return books with one plan."""
    if request.param == "postgresql":
        made = request.getfixturevalue("books")
    else:
        made = Books("sqlite://")
        made.migrate()
    with made.begin() as unit:
        batch = {"source": "s", "kind": "k", "digest": "d", "previous": 0, "received": NOW, "rows": 0, "quarantined": 0}
        sequence = unit.execute(sa.insert(BATCH).values(batch).returning(BATCH.c.sequence)).scalar_one()
        sequences = {"jobs_sequence": sequence, "placement_sequence": sequence}
        insert_plan(unit, plan_id=PLAN, fleet_id="f", day=date(2026, 1, 2), created=NOW, document={}, **sequences)
        store.insert_attempts(unit, [FIRST, replace(FIRST, job_id="b")])
    return made


def test_a_second_open_attempt_is_refused_and_one_after_a_lost_is_not(kept) -> None:
    with pytest.raises(EngineError), kept.begin() as unit:
        store.insert_attempts(unit, [replace(FIRST, number=2)])
    with kept.begin() as unit:
        assert store.update_attempts(unit, [replace(FIRST, state=State.LOST)], [State.MEANT])
        store.insert_attempts(unit, [replace(FIRST, number=2, site_id="south")])
    with kept.read() as unit:
        assert [(one.job_id, one.number, one.state) for one in store.attempts_of(unit, PLAN)] == [
            ("a", 1, State.LOST),
            ("a", 2, State.MEANT),
            ("b", 1, State.MEANT),
        ]


def test_a_change_over_the_change_of_another_is_told(kept) -> None:
    both = [replace(FIRST, state=State.OFFERED), replace(FIRST, job_id="b", state=State.OFFERED)]
    with kept.begin() as unit:
        assert store.update_attempts(unit, both[:1], [State.MEANT])
        assert not store.update_attempts(unit, both, [State.MEANT, State.MEANT])
        assert store.update_attempts(unit, [], [])


def test_engines_sites_and_accounts_come_back_as_they_were(kept) -> None:
    engines = Engines(
        (Reached("north", "slurm", {"intelligent": "gres/gpu"}, {"conf": "c"}, 60.0),), "run", 5.0, 2, True
    )
    with kept.begin() as unit:
        store.insert_engines(unit, PLAN, engines, NOW)
        for state in (SiteState("north", NOW), SiteState("north", None, NOW, NOW)):
            store.set_site(unit, state)
            store.set_told_until(unit, PLAN, "north", NOW)
    with kept.read() as unit:
        assert store.engines_of(unit, PLAN) == (NOW, engines)
        assert store.site_states(unit) == {"north": SiteState("north", None, NOW, NOW)}
        assert store.told_until(unit, PLAN) == {"north": NOW}
