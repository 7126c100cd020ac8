"""Every code that a day can carry is called something, in both languages."""

from __future__ import annotations

import pytest

from qipan.access.model import Role
from qipan.dispatch.model.expansion import Build
from qipan.dispatch.model.job import ASSUMABLE, Tier
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.model.plan import Status as JobStatus
from qipan.dispatch.placement.baseline import Baseline
from qipan.dispatch.placement.uphold import POLICIES
from qipan.facts.model import Status
from qipan.interfaces.report import labels
from qipan.interfaces.report.words import words
from qipan.kernel.resources import Kind
from qipan.ledger.model.fleet import STATUSES

CODES = {
    "POLICY": ["plan", *Baseline],
    "POLICY_RULE": ["plan", *Baseline],
    "NO_WORSE_THAN": list(POLICIES),
    "TIER": [tier.label for tier in Tier],
    "JOB_STATUS": list(JobStatus),
    "REASON": [reason for reason in Reason if reason],
    "FACT_STATUS": [*Status, *STATUSES],
    "FACT_STATUS_RULE": [*Status, *STATUSES],
    "KIND": list(Kind),
    "UNITS": list(Kind),
    "UNIT_HOURS": list(Kind),
    "ROLE": list(Role),
    "BUILD": list(Build),
    "BUILD_UNIT": list(Build),
}


@pytest.mark.parametrize("table", CODES)
def test_table_names_every_code_and_no_other(table: str) -> None:
    assert set(getattr(labels, table)) == set(map(str, CODES[table]))


def test_columns_name_everything_that_can_be_assumed() -> None:
    assert set(ASSUMABLE) <= labels.COLUMN.keys()


def test_label_says_a_code_in_its_language() -> None:
    assert labels.label(labels.REASON, "too_far", words("zh")) == "时延限制内没有站点"
    assert labels.label(labels.REASON, "new_reason", words("zh")) == "new_reason"
