"""The generic form: every rule of a row, the schema beside it, and an account of every row."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan import dispatch
from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.model.job import KINDS, DataClass, Intake, Tier, Workload
from qipan.dispatch.sources.forms import GENERIC
from qipan.dispatch.sources.generic import (
    DATA_CLASS_WORDS,
    OPTIONAL,
    TIER_WORDS,
    WORKLOAD_WORDS,
    read,
)

SCHEMA = json.loads((Path(dispatch.__file__).parent / "jobs.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
COLUMNS = (*GENERIC.needed, *OPTIONAL)

PLAIN: dict[str, Any] = {
    "job_id": "a",
    "submit": "2017-10-09T08:00:00+08:00",
    "kind": "intelligent",
    "quantity": 2,
    "requested_s": 3600,
}
FULL: dict[str, Any] = PLAIN | {
    "actual_s": 1800.5,
    "card_model": "A100-80G",
    "cpu": 12,
    "memory_gb": 64,
    "command": "python train.py --lr 1e-3, twice",
    "origin": "640000",
    "tier": "batch",
    "data_class": "region",
    "workload": "rendering",
    "start_by": "2017-10-09T09:00:00+08:00",
    "finish_by": "2017-10-09T03:00:00Z",
    "data_gb": 10,
    "preemptible": True,
    "priority": 3,
}


def cell(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"' if "," in text else text


def csv_of(*rows: Mapping[str, Any], columns: tuple[str, ...] = COLUMNS) -> bytes:
    lines = [",".join(columns), *(",".join(cell(row.get(column, "")) for column in columns) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def rows_in_findings(intake: Intake) -> int:
    return len({finding.row for finding in intake.findings} - {0})


def test_read_full_row_keeps_every_value() -> None:
    intake = read(csv_of(FULL))
    jobs = intake.jobs
    assert (intake.rows_read, intake.rows_accepted, intake.findings) == (1, 1, ())
    submit_s = 1_507_507_200.0
    assert jobs.submit_s.tolist() == [submit_s]
    assert (jobs.start_by_s - submit_s).tolist() == [3600.0]
    assert (jobs.finish_by_s - submit_s).tolist() == [3 * 3600.0]
    assert (jobs.kind[0], jobs.tier[0], jobs.data_class[0], jobs.workload[0]) == (
        KINDS.index("intelligent"),
        Tier.BATCH,
        DataClass.REGION,
        Workload.RENDERING,
    )
    assert (jobs.quantity[0], jobs.requested_s[0], jobs.actual_s[0], jobs.data_gb[0]) == (2.0, 3600.0, 1800.5, 10.0)
    assert (jobs.card_model[0], jobs.origin[0], jobs.preemptible[0], jobs.priority[0]) == (
        "A100-80G",
        "640000",
        True,
        3,
    )
    assert jobs.assumed.tolist() == [0]


def test_read_plain_row_leaves_the_rest_missing() -> None:
    jobs = read(csv_of(PLAIN, columns=GENERIC.needed)).jobs
    assert np.isnan([jobs.actual_s[0], jobs.start_by_s[0], jobs.finish_by_s[0], jobs.data_gb[0]]).all()
    assert (jobs.tier[0], jobs.data_class[0], jobs.workload[0], jobs.priority[0]) == (-1, -1, -1, -1)
    assert jobs.origin[0] == ""
    assert jobs.assumed.tolist() == [assumed_bit("preemptible")]


BAD = [
    ({"job_id": ""}, "job_id", "job_id_missing", "job_id must be given, was empty."),
    (
        {"submit": "2017-10-09T08:00:00"},
        "submit",
        "submit_naive",
        "submit must carry its zone, for example 2017-10-09T08:00:00+08:00, was '2017-10-09T08:00:00'.",
    ),
    (
        {"submit": "Monday"},
        "submit",
        "submit_unreadable",
        "submit must be a time such as 2017-10-09T08:00:00+08:00, was 'Monday'.",
    ),
    (
        {"submit": ""},
        "submit",
        "submit_unreadable",
        "submit must be a time such as 2017-10-09T08:00:00+08:00, was empty.",
    ),
    ({"quantity": 0}, "quantity", "quantity_not_positive", "quantity must be above zero, was '0'."),
    ({"quantity": "many"}, "quantity", "number_unreadable", "quantity must be a number up to 1e15, was 'many'."),
    ({"quantity": ""}, "quantity", "number_unreadable", "quantity must be a number up to 1e15, was empty."),
    ({"requested_s": -60}, "requested_s", "requested_not_positive", "requested_s must be above zero, was '-60'."),
    ({"actual_s": -1}, "actual_s", "actual_negative", "actual_s must be zero or more, was '-1'."),
    (
        {"kind": "quantum"},
        "kind",
        "kind_unknown",
        "kind must be one of intelligent, general, supercomputing, storage, was 'quantum'.",
    ),
    (
        {"tier": "urgent"},
        "tier",
        "tier_unknown",
        "tier must be one of realtime, interactive, batch, offline, was 'urgent'.",
    ),
    (
        {"data_class": "secret"},
        "data_class",
        "data_class_unknown",
        "data_class must be one of free, region, province, was 'secret'.",
    ),
    (
        {"workload": "mining"},
        "workload",
        "workload_unknown",
        "workload must be one of training, inference, analytics, rendering, scientific, storage, was 'mining'.",
    ),
    (
        {"start_by": "2017-10-09T07:59:59+08:00"},
        "start_by",
        "deadline_before_submit",
        "start_by must not lie before submit, was '2017-10-09T07:59:59+08:00'.",
    ),
    (
        {"finish_by": "2017-10-08T23:59:59Z"},
        "finish_by",
        "deadline_before_submit",
        "finish_by must not lie before submit, was '2017-10-08T23:59:59Z'.",
    ),
    (
        {"finish_by": "later"},
        "finish_by",
        "deadline_unreadable",
        "finish_by must be a time such as 2017-10-09T08:00:00+08:00, was 'later'.",
    ),
    (
        {"start_by": "2017-10-09 09:00"},
        "start_by",
        "deadline_naive",
        "start_by must carry its zone, for example 2017-10-09T08:00:00+08:00, was '2017-10-09 09:00'.",
    ),
    ({"preemptible": "maybe"}, "preemptible", "boolean_unreadable", "preemptible must be true or false, was 'maybe'."),
    ({"data_gb": -1}, "data_gb", "number_negative", "data_gb must be zero or more, was '-1'."),
    ({"memory_gb": "big"}, "memory_gb", "number_unreadable", "memory_gb must be a number up to 1e15, was 'big'."),
    ({"priority": 1.5}, "priority", "priority_not_whole", "priority must be a whole number, was '1.5'."),
]


@pytest.mark.parametrize(("change", "column", "rule", "message"), BAD, ids=[f"{next(iter(b[0]))}-{b[2]}" for b in BAD])
def test_read_bad_row_is_quarantined_between_good_ones(
    change: dict[str, Any], column: str, rule: str, message: str
) -> None:
    intake = read(csv_of(FULL, FULL | {"job_id": "b"} | change, FULL | {"job_id": "c"}))
    assert intake.jobs.job_id.tolist() == ["a", "c"]
    (finding,) = intake.findings
    assert (finding.row, finding.column, finding.rule, finding.message) == (3, column, rule, message)
    assert finding.value == str(change.get(column, ""))
    assert (intake.rows_read, intake.rows_accepted) == (3, 2)


def test_read_row_with_several_faults_names_each() -> None:
    intake = read(csv_of(FULL | {"quantity": -1, "tier": "urgent", "actual_s": "x"}))
    assert [(f.row, f.rule) for f in intake.findings] == [
        (2, "quantity_not_positive"),
        (2, "number_unreadable"),
        (2, "tier_unknown"),
    ]


def test_read_duplicate_ids_keep_the_first_good_row() -> None:
    rows = [PLAIN | {"quantity": 0}, PLAIN | {"quantity": 5}, PLAIN | {"quantity": 6}, PLAIN | {"job_id": "b"}, PLAIN]
    intake = read(csv_of(*rows))
    assert intake.jobs.quantity.tolist() == [5.0, 2.0]
    assert [(f.row, f.rule) for f in intake.findings] == [
        (2, "quantity_not_positive"),
        (4, "job_id_duplicate"),
        (6, "job_id_duplicate"),
    ]
    assert intake.findings[1].message == "job_id must be unique in the file, and the first row with it stays, was 'a'."


def test_read_unknown_columns_are_named_and_cost_no_row() -> None:
    intake = read(csv_of(PLAIN | {"colour": "red"}, columns=(*GENERIC.needed, "colour", "note")))
    (finding,) = intake.findings
    assert (finding.row, finding.rule, finding.value) == (0, "column_unknown", "colour, note")
    assert (intake.rows_read, intake.rows_accepted) == (1, 1)


def test_read_booleans_as_sheets_write_them() -> None:
    rows = [PLAIN | {"job_id": word, "preemptible": word} for word in ("TRUE", "False", "1", "0")]
    assert read(csv_of(*rows)).jobs.preemptible.tolist() == [True, False, True, False]


def test_read_parquet_and_gzip_equal_the_plain_file() -> None:
    data = csv_of(FULL, PLAIN | {"job_id": "b", "quantity": 0.25})
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([FULL, PLAIN | {"job_id": "b", "quantity": 0.25}], schema=typed_schema()), out)
    plain, packed, typed = read(data), read(gzip.compress(data)), read(out.getvalue())
    for other in (packed, typed):
        for name in ("job_id", "card_model", "origin"):
            assert getattr(other.jobs, name).tolist() == getattr(plain.jobs, name).tolist()
        for name in (
            "submit_s",
            "quantity",
            "requested_s",
            "actual_s",
            "tier",
            "data_class",
            "workload",
            "start_by_s",
            "priority",
            "assumed",
        ):
            np.testing.assert_array_equal(getattr(other.jobs, name), getattr(plain.jobs, name))


def typed_schema() -> pa.Schema:
    numbers = {"quantity", "requested_s", "actual_s", "cpu", "memory_gb", "data_gb"}
    kinds = {"preemptible": pa.bool_(), "priority": pa.int64()} | dict.fromkeys(numbers, pa.float64())
    return pa.schema([(column, kinds.get(column, pa.string())) for column in COLUMNS])


def test_schema_is_valid_and_names_what_the_adapter_reads() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert tuple(properties) == COLUMNS
    assert tuple(SCHEMA["required"]) == GENERIC.needed
    assert tuple(properties["kind"]["enum"]) == tuple(KINDS)
    assert tuple(properties["tier"]["enum"]) == TIER_WORDS
    assert tuple(properties["data_class"]["enum"]) == DATA_CLASS_WORDS
    assert tuple(properties["workload"]["enum"]) == WORKLOAD_WORDS
    assert all(properties[column]["description"].endswith(".") for column in COLUMNS)


@pytest.mark.parametrize("row", [PLAIN, FULL, PLAIN | {"quantity": 0.46}, FULL | {"submit": "2017-10-09 00:00Z"}])
def test_schema_and_adapter_take_the_same_good_rows(row: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(row)
    assert read(csv_of(row)).findings == ()


@pytest.mark.parametrize("change", [b[0] for b in BAD if b[2] != "deadline_before_submit"])
def test_schema_and_adapter_refuse_the_same_bad_rows(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(FULL | change)
    assert rows_in_findings(read(csv_of(FULL | change))) == 1


@pytest.mark.parametrize("column", GENERIC.needed)
def test_schema_wants_every_required_column(column: str) -> None:
    assert not VALIDATOR.is_valid({name: value for name, value in FULL.items() if name != column})


CORRUPTION = st.one_of(
    st.sampled_from([b[0] for b in BAD]),
    st.dictionaries(
        st.sampled_from(COLUMNS), st.text(st.characters(codec="utf-8", exclude_characters='",\r\n')), max_size=3
    ),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), CORRUPTION), max_size=6), st.lists(st.integers(0, 9), max_size=3))
def test_read_corrupted_file_accounts_for_every_row(changes: list[tuple[int, dict[str, Any]]], cut: list[int]) -> None:
    rows = [FULL | {"job_id": f"job-{index}"} for index in range(10)]
    for index, change in changes:
        rows[index] = rows[index] | change
    lines = csv_of(*rows).decode().split("\n")
    for index in cut:
        lines[index + 1] = lines[index + 1].rsplit(",", 1)[0]
    intake = read("\n".join(lines).encode())
    assert intake.rows_read == 10
    assert intake.rows_accepted == len(intake.jobs)
    assert intake.rows_read == intake.rows_accepted + rows_in_findings(intake)
    untouched = {f"job-{index}" for index in range(10)} - {f"job-{index}" for index, _ in changes}
    untouched -= {f"job-{index}" for index in cut}
    assert untouched <= set(intake.jobs.job_id.tolist())
