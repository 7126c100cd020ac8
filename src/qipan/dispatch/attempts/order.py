"""Make orders of attempts: which command, how much of what, from when, until when."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.submission import GRACE, Attempt, Engines, Order, Reached, State
from qipan.kernel.errors import BadInputError, Finding, RuleBrokenError


def offer(attempt: Attempt, patience_s: float, now: datetime, *, requested_s: float, earliest: datetime) -> Attempt:
    """Return an attempt with its lease: it may start late by the site's patience, and must have ended then.

    Parameters
    ----------
    earliest
        When it may start.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> offered = offer(Attempt("p", "a", 1, "north", at), 60.0, at, requested_s=600.0, earliest=at)
    >>> (offered.lease_ends - at).total_seconds()
    670.0
    """
    start = max(now, earliest)
    lease = timedelta(seconds=patience_s + requested_s) + GRACE
    return replace(attempt, state=State.OFFERED, start=start, lease_ends=start + lease)


def order(attempt: Attempt, jobs: Jobs, index: int, site: Reached, template: str) -> Order:
    """Return the order of an attempt at the job at ``index``; without a command of its own it takes the template."""
    quantity, requested_s = float(jobs.quantity[index]), float(jobs.requested_s[index])
    card_model = str(jobs.card_model[index])
    command = str(jobs.command[index]) or filled(template, attempt.job_id, quantity, requested_s)
    kind = KINDS[int(jobs.kind[index])].value
    return Order(attempt, command, quantity, requested_s, site.resource(kind, card_model), card_model)


def filled(template: str, job_id: str, quantity: float, seconds: float) -> str:
    """Return a template with its fields filled in; braces that are no field stay.

    Examples
    --------
    >>> filled("run {job_id} -n {quantity} ${HOME} {seconds}", "a b", 2.0, 90.0)
    "run 'a b' -n 2 ${HOME} 90"
    """
    fields = {"{job_id}": shlex.quote(job_id), "{quantity}": f"{quantity:g}", "{seconds}": f"{seconds:g}"}
    return re.sub("|".join(map(re.escape, fields)), lambda found: fields[found.group()], template)


def check_orders(jobs: Jobs, site_ids: Sequence[str], engines: Engines) -> None:
    """Refuse jobs that cannot be carried out as the engines stand.

    Parameters
    ----------
    site_ids
        ``(jobs,)``, where each is to run.

    Raises
    ------
    BadInputError
        ``orders_incomplete`` with a finding for each site without an engine, each kind that a site has no word for,
        and for jobs without a command.
    """
    findings: dict[tuple[str, str], Finding] = {}
    for index, site_id in enumerate(site_ids):
        site, kind = engines.site(site_id), KINDS[int(jobs.kind[index])].value
        if site is None:
            told = f"Every site with jobs must have an engine, was none for {site_id}."
            findings["engine_missing", site_id] = Finding(0, f"sites.{site_id}", "engine_missing", told)
        elif not site.resource(kind, str(jobs.card_model[index])):
            wanted = f"{kind}/{jobs.card_model[index]}".rstrip("/")
            told = f"A site must have a word for what its jobs ask, was none for {wanted}."
            at = f"sites.{site_id}.resources"
            findings[at, wanted] = Finding(0, at, "resource_missing", told, wanted)
        if not jobs.command[index] and not engines.command and ("command", "") not in findings:
            told = (
                f"A job must have a command, or there must be one for all, was neither, first for {jobs.job_id[index]}."
            )
            findings["command", ""] = Finding(0, "command", "command_missing", told)
    if findings:
        raise BadInputError(
            f"Every job must have a site with an engine and a command, was without in {len(findings)} ways.",
            code="orders_incomplete",
            hint="Add what the findings name to engines.toml, or a column command to the jobs.",
            findings=tuple(findings.values()),
        )


def check_models(substituted: Sequence[str]) -> None:
    """Refuse jobs that are to run on something else than they ask for: orders cannot tell an engine.

    Parameters
    ----------
    substituted
        Their names.

    Raises
    ------
    RuleBrokenError
        ``substitutes_held`` if there are any.
    """
    if substituted:
        raise RuleBrokenError(
            f"Every job that an engine carries out must run on what it asks for, was on a substitute in "
            f"{len(substituted)} jobs, first {substituted[0]}.",
            code="substitutes_held",
            hint="Plan the day without --substitutes: orders tell an engine what a job asks for.",
        )
