"""A rendered Job is one that Kubernetes takes, once, and that Kueue holds until there is room."""

from __future__ import annotations

import re

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
