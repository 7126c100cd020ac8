"""The openb trace is read whole: shares of cards stay shares, pods without cards are counted."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.model.job import Intake
from qipan.dispatch.sources.openb import read
from qipan.kernel.errors import BadInputError

EPOCH = datetime(2023, 1, 1, tzinfo=timezone(timedelta(hours=8)))
HEADER = "name,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time,scheduled_time\n"


def of_rows(*rows: str) -> Intake:
    return read((HEADER + "\n".join(rows)).encode(), epoch=EPOCH)


@pytest.fixture(scope="module")
def packed(compute: Path) -> bytes:
    return (compute / "openb_pods.csv.gz").read_bytes()


def test_read_trace_agrees_with_a_count_line_by_line(packed: bytes) -> None:
    intake = read(packed, epoch=EPOCH)
    pods = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    with_cards = [pod for pod in pods if pod["num_gpu"] != "0"]
    assert intake.rows_read == len(pods) == 8_152
    assert intake.out_of_scope == {"without_cards": len(pods) - len(with_cards)} == {"without_cards": 1_088}
    assert (intake.rows_accepted, intake.findings) == (len(with_cards), ())
    assert intake.jobs.job_id.tolist() == [pod["name"] for pod in with_cards]
    milli = sum(int(pod["num_gpu"]) * int(pod["gpu_milli"]) for pod in with_cards)
    assert intake.jobs.quantity.sum() == pytest.approx(milli / 1000)
    assert (intake.jobs.quantity == 0.46).any()
    assert (intake.jobs.label == "best_effort").sum() == sum(pod["qos"] == "BE" for pod in with_cards)
    assert np.isnan(intake.jobs.actual_s).sum() == sum(not pod["scheduled_time"] for pod in with_cards)


def test_read_dates_follow_the_epoch_and_are_marked() -> None:
    intake = of_rows("p,1,460,,LS,3600,5000,4000")
    assert intake.jobs.submit_s.tolist() == [datetime(2022, 12, 31, 17, tzinfo=UTC).timestamp()]
    assert intake.jobs.actual_s.tolist() == [1000.0]
    assert intake.jobs.assumed[0] & assumed_bit("submit_s")


def test_read_without_an_epoch_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        read(HEADER.encode(), epoch=None)
    assert caught.value.code == "epoch_missing"
    assert "--epoch 2023-01-01T00:00:00+08:00" in caught.value.hint


def test_read_with_a_naive_epoch_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        read(HEADER.encode(), epoch=EPOCH.replace(tzinfo=None))
    assert caught.value.code == "time_naive"


def test_read_card_models_keeps_one_and_counts_alternatives_as_out_of_scope() -> None:
    intake = of_rows("a,1,1000,T4,BE,0,9,1", "b,1,1000,V100M16|V100M32,LS,0,9,1", "c,2,1000,,Guaranteed,0,9,1")
    assert intake.jobs.card_model.tolist() == ["T4", ""]
    assert intake.out_of_scope == {"card_model_alternatives": 1}
    assert intake.jobs.label.tolist() == ["best_effort", "latency_sensitive"]


def test_read_bad_rows_are_quarantined_and_the_good_ones_stay() -> None:
    intake = of_rows(
        "a,1,500,,LS,0,9,1",
        "a,1,500,,LS,0,9,1",
        "b,-1,500,,LS,0,9,1",
        "c,1,0,,LS,0,9,1",
        "d,1,500,,Gold,0,9,1",
        "e,1,500,,LS,,9,1",
        "f,1,500,,LS,0,1,9",
        ",1,500,,LS,0,9,1",
        "g,0,x,,Gold,x,x,x",
        "h,1,500,,LS,0,,",
    )
    assert intake.jobs.job_id.tolist() == ["a", "h"]
    assert [(f.row, f.column, f.rule) for f in intake.findings] == [
        (3, "name", "job_id_duplicate"),
        (4, "num_gpu", "quantity_not_positive"),
        (5, "gpu_milli", "quantity_not_positive"),
        (6, "qos", "qos_unknown"),
        (7, "creation_time", "number_unreadable"),
        (8, "deletion_time", "actual_negative"),
        (9, "name", "job_id_missing"),
    ]
    assert intake.rows_read == intake.rows_accepted + sum(intake.out_of_scope.values()) + len(intake.findings) == 10
