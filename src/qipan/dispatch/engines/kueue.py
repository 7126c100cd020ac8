"""Render orders as Kubernetes Jobs that Kueue admits: `batch/v1`, held until the site's local queue has room."""

from __future__ import annotations

import math
from typing import Any, Final

import yaml

from qipan.dispatch.model.submission import GRACE, Order, Reached

QUEUE: Final = "kueue.x-k8s.io/queue-name"
"""Label by which Kueue knows where a job queues."""

LONGEST: Final = "kueue.x-k8s.io/max-exec-time-seconds"
"""Label by which Kueue ends a job that runs on, from its admission."""


def render(order: Order, site: Reached) -> str:
    """Return a Job: one pod that is never tried twice, under the attempt's name, which a namespace takes once.

    Kubernetes holds no lease: the job is bounded from its start (``activeDeadlineSeconds``), not by a moment.
    """
    return yaml.safe_dump(job(order, site), sort_keys=False, allow_unicode=True)


def job(order: Order, site: Reached) -> dict[str, Any]:
    """Return a Job as plain values."""
    attempt = order.attempt
    seconds = math.ceil(order.requested_s) + round(GRACE.total_seconds())
    amount = {order.resource: str(max(1, math.ceil(order.quantity)))}
    about = {"qipan/plan": attempt.plan_id, "qipan/job": attempt.job_id, "qipan/attempt": str(attempt.number)}
    names = {"QIPAN_PLAN": attempt.plan_id, "QIPAN_JOB": attempt.job_id, "QIPAN_ATTEMPT": str(attempt.number)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": attempt.name,
            "namespace": site.settings["namespace"],
            "labels": {QUEUE: site.settings["queue"], LONGEST: str(seconds)},
            "annotations": about | {"qipan/start": attempt.start.isoformat()} | _stretches(order),
        },
        "spec": {
            "suspend": True,
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 0,
            "activeDeadlineSeconds": seconds,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [
                        {
                            "name": "job",
                            "image": site.settings["image"],
                            "command": ["/bin/sh", "-c", order.command],
                            "env": [{"name": name, "value": value} for name, value in names.items()],
                            "resources": {"requests": dict(amount), "limits": dict(amount)},
                        }
                    ],
                }
            },
        },
    }


def _stretches(order: Order) -> dict[str, str]:
    """Return when the plan has the job stop and go, as intervals of ISO 8601, for who suspends and resumes jobs."""
    told = [f"{start.isoformat()}/{end.isoformat()}" for start, end in order.stretches]
    return {"qipan/stretches": ",".join(told)} if told else {}
