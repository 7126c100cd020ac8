"""What was kept with a plan comes back as it was, also where it is older than a column."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pytest
from tests.dispatch.explanation.test_explain import solved

from qipan.dispatch.explanation.recall import recall_terms
from qipan.dispatch.model.board import Rules
from qipan.dispatch.store.plan import PLACEMENT_SCHEMA, widened


@pytest.mark.parametrize("cap_kw", [6.0, float("inf")])
def test_recall_terms_gives_back_what_was_noted(make_board: Any, make_jobs: Any, rules: Rules, cap_kw: float) -> None:
    jobs = make_jobs(*({"quantity": 8.0, "slack_h": 0.0} for _ in range(2)))
    terms = solved(jobs, make_board(power_cap_kw=(float("inf"), cap_kw)), rules).terms
    assert recall_terms({"terms": json.loads(json.dumps(asdict(terms), allow_nan=False))}) == terms


def test_widened_batch_has_the_columns_that_it_is_too_old_for() -> None:
    needed = pa.schema([column for column in PLACEMENT_SCHEMA if not column.nullable])
    batch = widened(needed.empty_table())
    assert set(batch.schema.names) == set(PLACEMENT_SCHEMA.names)
    assert widened(batch) is batch
