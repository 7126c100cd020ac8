"""Write the script of an attempt: it keeps its lease and its claim by itself, whatever becomes of the engine."""

from __future__ import annotations

import math
import shlex
from typing import Final

from qipan.dispatch.model.submission import GRACE, Order

LEASE_OVER: Final = 74
"""Exit code of an attempt that came too late to end within its lease; nothing of the job ran."""

CLAIMED: Final = 75
"""Exit code of an attempt that had been claimed already; nothing ran a second time."""

NO_CLAIM: Final = 76
"""Exit code of an attempt that could not be claimed; nothing ran."""

TIME_OVER: Final = 124
"""Exit code of ``timeout`` where the job ran out of time."""

SCRIPT: Final = """#!/bin/sh
export QIPAN_PLAN={plan} QIPAN_JOB={job} QIPAN_ATTEMPT={number}
claim={claim}
[ ! -f "$claim/code" ] || exit "$(cat "$claim/code")"
[ "$(($(date +%s) + {whole_s}))" -le {lease_ends_s} ] || exit {lease_over}
mkdir "$claim" || {{ [ -d "$claim" ] && exit {claimed}; exit {no_claim}; }}
timeout --kill-after={grace_s} {seconds} /bin/sh -c {command}
code=$?
case $code in {lease_over}|{claimed}|{no_claim}) code=1 ;; esac
echo $code > "$claim/code.new" && mv "$claim/code.new" "$claim/code"
exit $code
"""


def script(order: Order, claims: str) -> str:
    """Return the script of an attempt, for any POSIX shell with coreutils.

    It starts only if the job can end within the lease, by the clock of the machine that it is on. It claims its name
    by making a folder, which one alone can do: an attempt that an engine was given twice runs once. The exit codes
    that say so are those of the script alone; a job's own of the same number becomes 1. What the job ended with is kept
    in its claim: an engine that forgot its end and runs it again is told the same, and nothing of the job runs.

    Parameters
    ----------
    claims
        Folder that all machines of the site share.
    """
    attempt = order.attempt
    if attempt.lease_ends is None:
        msg = "An attempt must be offered before its script is written."
        raise AssertionError(msg)
    seconds, grace_s = math.ceil(order.requested_s), round(GRACE.total_seconds())
    return SCRIPT.format(
        plan=shlex.quote(attempt.plan_id),
        job=shlex.quote(attempt.job_id),
        number=attempt.number,
        claim=shlex.quote(f"{claims}/{attempt.name}.claim"),
        whole_s=seconds + grace_s,
        lease_ends_s=math.floor(attempt.lease_ends.timestamp()),
        lease_over=LEASE_OVER,
        claimed=CLAIMED,
        no_claim=NO_CLAIM,
        grace_s=grace_s,
        seconds=seconds,
        command=shlex.quote(order.command),
    )
