"""Render orders as SkyPilot tasks, one file each, for ``sky jobs launch``."""

from __future__ import annotations

import math
import shlex
from typing import Any

import yaml

from qipan.dispatch.model.submission import GRACE, Order, Reached


def render(order: Order, site: Reached) -> str:
    """Return a task: one node, where the plan says, that is not tried again by itself and ends when its time is over.

    SkyPilot holds no lease and no claim: a file that is launched twice runs twice.
    """
    return yaml.safe_dump(task(order, site), sort_keys=False, allow_unicode=True)


def task(order: Order, site: Reached) -> dict[str, Any]:
    """Return a task as plain values."""
    attempt = order.attempt
    units = max(1, math.ceil(order.quantity))
    asked = {"cpus": f"{units}+"} if order.resource == "cpus" else {"accelerators": f"{order.resource}:{units}"}
    image = {"image_id": site.settings["image"]} if "image" in site.settings else {}
    seconds, grace_s = math.ceil(order.requested_s), round(GRACE.total_seconds())
    return {
        "name": attempt.name,
        "resources": {
            "infra": site.settings["infra"],
            **asked,
            **image,
            "job_recovery": {"strategy": "FAILOVER", "max_restarts_on_errors": 0},
        },
        "num_nodes": 1,
        "envs": {
            "QIPAN_PLAN": attempt.plan_id,
            "QIPAN_JOB": attempt.job_id,
            "QIPAN_ATTEMPT": str(attempt.number),
        },
        "run": f"timeout --kill-after={grace_s} {seconds} /bin/sh -c {shlex.quote(order.command)}\n",
    }
