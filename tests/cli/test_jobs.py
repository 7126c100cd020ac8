from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import GOOD, HEADER, Qipan, assert_refused, csv, shown

BAD = (
    "bad-1,2025-01-06T01:00:00+08:00,intelligent,1,-60,batch,110000",
    "bad-2,2025-01-06T01:00:00+08:00,intelligent,0,60,batch,110000",
    "bad-3,2025-01-06T01:00:00,intelligent,1,60,batch,110000",
    "job-00,2025-01-06T01:00:00+08:00,intelligent,1,60,batch,110000",
)
NATIONAL = ("--fleet", "national")
RULES = ("requested_not_positive", "quantity_not_positive", "submit_naive", "job_id_duplicate")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (gzip.compress(csv(*GOOD))[:-20], "file_truncated"),
        (csv(*GOOD).replace(b"job-03", b"job-\xff3"), "file_not_utf8"),
        (b"name,when\na,b\n", "columns_missing"),
        (b"PAR1 is how Parquet begins", "file_truncated"),
    ],
    ids=["empty", "truncated", "non_utf8", "wrong_columns", "half_parquet"],
)
def test_import_of_a_file_that_cannot_be_read_is_refused(
    qipan: Qipan, trace: Callable[..., Path], data: bytes, code: str
) -> None:
    assert_refused(qipan("jobs", "import", trace(data)), 3, code)


@pytest.mark.parametrize(
    "data", [gzip.compress(csv(*GOOD)), b"\xef\xbb\xbf" + csv(*GOOD)], ids=["gzip", "byte_order_mark"]
)
def test_import_of_gzip_and_byte_order_mark_loses_nothing(
    qipan: Qipan, trace: Callable[..., Path], data: bytes
) -> None:
    account = shown(qipan("jobs", "import", trace(data), *NATIONAL, "--json"))
    assert (account["rows_read"], account["rows_accepted"]) == (12, 12)
    assert account["days"] == {"2025-01-06": 12}


def test_import_with_bad_rows_quarantines_them_and_keeps_the_good(qipan: Qipan, trace: Callable[..., Path]) -> None:
    path = trace(csv(*GOOD, *BAD))
    account = shown(qipan("jobs", "import", path, *NATIONAL, "--json"))
    assert (account["rows_read"], account["rows_accepted"], account["rows_quarantined"]) == (16, 12, 4)
    assert [finding["rule"] for finding in account["findings"]] == list(RULES)
    kept = shown(qipan("jobs", "findings", str(account["sequence"]), "--json"))
    assert kept == account["findings"]
    assert shown(qipan("jobs", "findings", "--json")) == kept
    assert f"Import {account['sequence']}: " in qipan("jobs", "findings").stderr
    told = qipan("jobs", "import", path, *NATIONAL)
    assert "16 rows read = 12 accepted + 4 quarantined + 0 out of scope" in told.stdout
    assert all(rule in told.stdout for rule in RULES)
    assert all(rule in qipan("jobs", "findings", str(account["sequence"])).stdout for rule in RULES)


def test_import_strict_of_one_bad_row_refuses_the_file(qipan: Qipan, trace: Callable[..., Path]) -> None:
    result = qipan("jobs", "import", trace(csv(*GOOD, BAD[0])), "--strict")
    assert_refused(result, 3, "rows_bad", "requested_not_positive", "--strict")


def test_import_of_an_unknown_format_names_the_known(qipan: Qipan, trace: Callable[..., Path]) -> None:
    assert_refused(qipan("jobs", "import", trace(csv(*GOOD)), "--format", "excel"), 3, "format_unknown", "philly")


def test_import_of_a_trace_without_a_date_needs_an_epoch_with_a_zone(qipan: Qipan, trace: Callable[..., Path]) -> None:
    pods = (
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
        "pod-1,4000,1000,1,500,,LS,Succeeded,10,3610,20\n"
    )
    path = trace(pods.encode())
    assert_refused(qipan("jobs", "import", path, "--format", "openb"), 3, "epoch_missing", "--epoch")
    naive = qipan("jobs", "import", path, "--format", "openb", "--epoch", "2023-01-01T00:00:00")
    assert_refused(naive, 3, "time_naive")
    account = shown(
        qipan("jobs", "import", path, "--format", "openb", "--epoch", "2023-01-01T00:00:00+08:00", "--json")
    )
    assert account["days"] == {"2023-01-01": 1}


def test_import_of_requests_counts_hours_and_says_what_a_day_makes_of_them(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    rows = (f"2023-11-16 {at}:17:03,400,40" for at in ("18", "18", "19"))
    file = trace("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]).encode())
    done = qipan("jobs", "import", file, "--format", "llm")
    assert done.exit_code == 0
    assert "hours of requests" in done.stdout
    assert "splits each hour of requests over the regions" in " ".join(done.stdout.split())
    assert done.stdout.split("2023-11-16")[1].split()[0] == "2"


def test_schema_is_a_json_schema_that_good_rows_keep(qipan: Qipan) -> None:
    schema = shown(qipan("jobs", "schema"))
    Draft202012Validator.check_schema(schema)
    row = dict(zip(HEADER.split(","), GOOD[0].split(","), strict=True))
    Draft202012Validator(schema).validate({**row, "quantity": 1, "requested_s": 7200})
    assert not Draft202012Validator(schema).is_valid({**row, "quantity": 0, "requested_s": 7200})


def test_findings_of_an_unknown_import_say_how_to_find_its_number(qipan: Qipan) -> None:
    result = qipan("jobs", "findings", "999999")
    assert result.exit_code == 4
    assert "import_unknown" in result.output
    assert "Import the file again" in result.output


def test_import_checks_origins_as_a_day_does(qipan: Qipan, trace: Callable[..., Path]) -> None:
    stray = GOOD[0].replace("job-00", "stray").replace("110000", "999999")
    path = trace(csv(*GOOD, stray))
    account = shown(qipan("jobs", "import", path, *NATIONAL, "--json"))
    assert (account["rows_accepted"], account["rows_quarantined"]) == (12, 1)
    assert [(one["row"], one["rule"]) for one in account["findings"]] == [(14, "origin_unknown")]
    assert_refused(qipan("jobs", "import", path, *NATIONAL, "--strict"), 3, "rows_bad", "origin_unknown")
    assert_refused(qipan("jobs", "import", path, "--fleet", "nowhere"), 4, "fleet_unknown")
    # The day gives the same file the same number, and finds the same.
    document = shown(qipan("day", "run", "--jobs", path, "--day", "2025-01-06", *NATIONAL, "--json"))
    assert document["account"]["import_sequence"] == account["sequence"]


def test_findings_of_a_clean_import_say_that_nothing_was_wrong(qipan: Qipan, trace: Callable[..., Path]) -> None:
    path = trace(csv(*GOOD))
    sequence = str(shown(qipan("jobs", "import", path, *NATIONAL, "--json"))["sequence"])
    assert "nothing was wrong with it" in qipan("jobs", "import", path, *NATIONAL).stdout
    assert qipan("jobs", "findings", sequence).stdout == f"Nothing was wrong with import {sequence}.\n"
    assert qipan("jobs", "findings", sequence, "--lang", "zh").stdout == f"第 {sequence} 次导入没有问题。\n"


def test_strict_import_names_faults_of_form_and_of_meaning_at_once(qipan: Qipan, trace: Callable[..., Path]) -> None:
    stray = GOOD[0].replace("job-00", "stray").replace("110000", "999999")
    path = trace(csv(GOOD[0], BAD[1], stray), name="monday.csv")
    for words in (("jobs", "import", path), ("day", "run", "--jobs", path)):
        told = qipan(*words, *NATIONAL, "--strict", "--json")
        assert_refused(told, 3, "rows_bad", '"file": "monday.csv"')
        assert [(one["row"], one["rule"]) for one in json.loads(told.stderr)["findings"]] == [
            (3, "quantity_not_positive"),
            (4, "origin_unknown"),
        ]


def test_findings_are_listed_in_chinese(qipan: Qipan, trace: Callable[..., Path]) -> None:
    sequence = shown(qipan("jobs", "import", trace(csv(*GOOD, BAD[2])), *NATIONAL, "--json"))["sequence"]
    told = " ".join(qipan("jobs", "findings", str(sequence), "--lang", "zh").stdout.split())
    assert "submit 须带时区" in told
    assert "must" not in told
