"""A rendered Job is one that Kubernetes takes, once, and that Kueue holds until there is room."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import yaml

from qipan.dispatch.engines.kueue import LONGEST, QUEUE, render
from qipan.dispatch.model.submission import Reached

SITE = Reached(
    "north",
    "kueue",
    {"intelligent": "nvidia.com/gpu"},
    {"namespace": "research", "queue": "north", "image": "example/train:1"},
)
LABEL = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def test_render_is_a_job_by_the_schema_of_kubernetes(kubernetes, order_of) -> None:
    job = yaml.safe_load(render(order_of(resource="nvidia.com/gpu"), SITE))
    assert [error.message for error in kubernetes.iter_errors(job)] == []
    job["spec"]["backoffLimits"] = 0
    assert [error.message for error in kubernetes.iter_errors(job)]


def test_render_asks_whole_cards_once_and_waits_for_kueue(order_of) -> None:
    job = yaml.safe_load(render(order_of("任务 1", resource="nvidia.com/gpu"), SITE))
    labels, spec = job["metadata"]["labels"], job["spec"]
    assert labels == {QUEUE: "north", LONGEST: "5410"}
    assert all(LABEL.fullmatch(value) for value in labels.values())
    assert NAME.fullmatch(job["metadata"]["name"])
    assert job["metadata"]["annotations"]["qipan/job"] == "任务 1"
    assert (spec["suspend"], spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (True, 0, "Never")
    (container,) = spec["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "8"}
    assert container["command"] == ["/bin/sh", "-c", "run 'a b'"]


def test_annotation_says_when_the_plan_has_a_job_stop_and_go(order_of) -> None:
    at = datetime(2026, 6, 1, 2, tzinfo=UTC)
    parts = ((at, at + timedelta(hours=1)), (at + timedelta(hours=3), at + timedelta(hours=4)))
    told = yaml.safe_load(render(replace(order_of("a", "run"), stretches=parts), SITE))["metadata"]["annotations"]
    assert told["qipan/stretches"] == (
        "2026-06-01T02:00:00+00:00/2026-06-01T03:00:00+00:00,2026-06-01T05:00:00+00:00/2026-06-01T06:00:00+00:00"
    )
    assert "qipan/stretches" not in yaml.safe_load(render(order_of("a", "run"), SITE))["metadata"]["annotations"]
