"""Fill what a trace leaves out by a written, seeded rule, and mark every value that is assumed.

The rule never makes up a limit that the board cannot meet: a tier that no fitting site reaches gives way to the next
slower one, and data stays in its region only where a site of the region can take the job.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.jobs.demand import shares_of
from qipan.dispatch.jobs.generate import pick
from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Origin, Rules
from qipan.dispatch.model.job import KINDS, DataClass, Intake, Jobs, Tier, Workload
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind
from qipan.kernel.units import S_PER_DAY, S_PER_H

OTHER_LABELS = ""
"""Label whose shares of tiers hold for every label that the rule does not name."""


@dataclass(frozen=True, slots=True)
class AssumptionRule:
    """The rule that `complete` follows; the seed is the caller's.

    What asks for storage is storage, and what asks for supercomputing is scientific.

    Attributes
    ----------
    origin_weights
        Weight of each origin of the board by its id; those left out have none.
    tier_shares
        For each label of jobs the weights of the tiers; `OTHER_LABELS` for the rest.
    workload_shares
        For each label of jobs the weights of the workloads; for other labels, those of their tier by its name.
    slack_h
        Hours between submission and latest start, one for each `Tier`.
    gb_per_unit_h
        Data to move for an hour of one unit, one for each `Tier`.
    region_bound_share
        Share of jobs whose data may not leave the macro-region, 0 to 1.
    requested_limits_h
        Limits that people ask for, ascending: a job asks for the smallest one that holds it, and for whole days
        above the last.
    default_requested_h
        What a job asks for when nobody knows how long it ran.

    Raises
    ------
    BadInputError
        ``assumption_out_of_range``; ``weights_not_positive`` for weights of origins, tiers or workloads.
    """

    origin_weights: Mapping[str, float]
    tier_shares: Mapping[str, Mapping[Tier, float]]
    workload_shares: Mapping[str, Mapping[Workload, float]]
    slack_h: tuple[float, ...]
    gb_per_unit_h: tuple[float, ...]
    region_bound_share: float
    requested_limits_h: tuple[float, ...]
    default_requested_h: float

    def __post_init__(self) -> None:
        drawn: tuple[Mapping[Tier, float] | Mapping[Workload, float], ...] = (
            *self.tier_shares.values(),
            *self.workload_shares.values(),
        )
        for weights in (self.origin_weights, *({str(code): w for code, w in one.items()} for one in drawn)):
            shares_of(weights)
        limits = (0.0, *self.requested_limits_h)
        rules = {
            "slack_h must be one number for each tier, zero or more": _for_each_tier(self.slack_h),
            "gb_per_unit_h must be one number for each tier, zero or more": _for_each_tier(self.gb_per_unit_h),
            "region_bound_share must be 0 to 1": 0 <= self.region_bound_share <= 1,
            "requested_limits_h must be at least one limit above zero, ascending": (
                len(limits) > 1 and all(a < b for a, b in itertools.pairwise(limits))
            ),
            "default_requested_h must be above zero": 0 < self.default_requested_h < np.inf,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise BadInputError(
                f"A rule of assumptions must be complete, was not: {'; '.join(broken)}.",
                code="assumption_out_of_range",
                hint="Correct the named numbers of the rule.",
            )


def complete(jobs: Jobs, board: Board, rules: Rules, rule: AssumptionRule, rng: np.random.Generator) -> Jobs:
    """Fill what is missing, mark it in ``assumed``, and leave every given value as it is.

    Origins may be given as id, adcode or name; they come back as ids. The draws of a job depend on the seed and its
    position alone, so jobs that follow it change nothing.

    Raises
    ------
    BadInputError
        ``origin_unknown`` when an origin is not on the board, with a finding for each such job (`check_origins` sets
        them aside first); ``origin_weights_unknown``; ``tier_shares_missing`` and
        ``workload_shares_missing`` for a label without shares.
    """
    known, findings = check_origins(jobs, board.origins)
    if not known.all():
        raise BadInputError(
            f"Every origin must be on the board, {len(findings)} jobs named others; the first: {findings[0].message}",
            code="origin_unknown",
            hint="Set these jobs aside, or add their origins to the board.",
            findings=findings,
        )
    origin_draw, tier_draw, region_draw = rng.random((len(jobs), 3)).T
    jobs = _with_requested(jobs, rule)
    jobs = _with_origin(jobs, board, rule, origin_draw)
    jobs = _with_tier_and_data_class(jobs, board, rules, rule, tier_draw=tier_draw, region_draw=region_draw)
    # A draw of its own, so that the other columns are drawn as they were before workloads were.
    jobs = _with_workload(jobs, rule, rng.spawn(1)[0].random(len(jobs)))
    return _with_window_and_data(jobs, rule)


def check_origins(
    jobs: Jobs, origins: Sequence[Origin], *, line: Ints | None = None
) -> tuple[Bools, tuple[Finding, ...]]:
    """Tell which jobs name one of the board's origins, or none at all.

    Parameters
    ----------
    line
        ``(jobs,)``, line of each job in its file; without it the position in ``jobs``, the first being 1.

    Returns
    -------
    known
        ``(jobs,)``
    findings
        One for each other job: ``origin_unknown``, or ``origin_ambiguous`` where a name stands for several origins.
    """
    meaning = _origins_by_name(origins)
    row = np.arange(1, len(jobs) + 1) if line is None else line
    known = np.array([not name or len(meaning.get(_folded(name), ())) == 1 for name in jobs.origin], dtype=bool)
    findings = []
    for index in np.flatnonzero(~known).tolist():
        name = str(jobs.origin[index])
        several = meaning.get(_folded(name), ())
        subject = f"The origin of job {jobs.job_id[index]} must be one of the board's, was '{name}'"
        unknown = Finding(int(row[index]), "origin", "origin_unknown", f"{subject}, which is not on the board.", name)
        stands_for = f"{subject}, which stands for {', '.join(several)}."
        ambiguous = Finding(int(row[index]), "origin", "origin_ambiguous", stands_for, name)
        findings.append(ambiguous if several else unknown)
    return known, tuple(findings)


def quarantine_origins(intake: Intake, origins: Sequence[Origin]) -> Intake:
    """Put jobs with an unknown origin in quarantine, under the lines of their rows.

    Only for an intake in which every accepted row is one job; where jobs stand for many rows they name no origin.
    """
    line = intake.line if len(intake.line) == len(intake.jobs) else None
    known, findings = check_origins(intake.jobs, origins, line=line)
    return replace(
        intake,
        jobs=intake.jobs.take(known),
        rows_accepted=intake.rows_accepted - len(findings),
        line=intake.line if line is None else line[known],
        findings=tuple(sorted((*intake.findings, *findings), key=lambda finding: finding.row)),
    )


def _for_each_tier(numbers: tuple[float, ...]) -> bool:
    return len(numbers) == len(Tier) and all(0 <= number < np.inf for number in numbers)


def _folded(name: str) -> str:
    return name.strip().casefold()


def _origins_by_name(origins: Sequence[Origin]) -> dict[str, tuple[str, ...]]:
    """Map each id, adcode and name to the origins it may stand for; an id stands for itself alone."""
    meaning: dict[str, tuple[str, ...]] = {}
    for origin in origins:
        for name in {_folded(name) for name in (origin.adcode, origin.name_zh, origin.name_en) if name}:
            meaning[name] = (*meaning.get(name, ()), origin.origin_id)
    return meaning | {_folded(origin.origin_id): (origin.origin_id,) for origin in origins}


def _marked(jobs: Jobs, column: str, mask: Bools) -> Ints:
    return np.asarray(np.where(mask, jobs.assumed | assumed_bit(column), jobs.assumed))


def _with_requested(jobs: Jobs, rule: AssumptionRule) -> Jobs:
    missing = np.isnan(jobs.requested_s)
    limits_s = np.array(rule.requested_limits_h) * S_PER_H
    unknown = np.isnan(jobs.actual_s)
    actual_s = np.where(unknown, 0.0, jobs.actual_s)
    place = np.searchsorted(limits_s, actual_s, side="left")
    whole_days_s = np.ceil(actual_s / S_PER_DAY) * S_PER_DAY
    limit_s = np.where(place < len(limits_s), limits_s[np.minimum(place, len(limits_s) - 1)], whole_days_s)
    limit_s = np.where(unknown, rule.default_requested_h * S_PER_H, limit_s)
    return replace(
        jobs,
        requested_s=np.where(missing, limit_s, jobs.requested_s),
        assumed=_marked(jobs, "requested_s", missing),
    )


def _with_origin(jobs: Jobs, board: Board, rule: AssumptionRule, draw: Floats) -> Jobs:
    strangers = set(rule.origin_weights) - {origin.origin_id for origin in board.origins}
    if strangers:
        raise BadInputError(
            f"Weights must name origins of the board, {', '.join(sorted(strangers))} were not on it.",
            code="origin_weights_unknown",
            hint="Leave them out, or add the origins to the board.",
        )
    meaning = _origins_by_name(board.origins)
    missing = jobs.origin == ""
    # In the order of the board, so that a rule written in another order draws the same.
    weights = np.array([rule.origin_weights.get(origin.origin_id, 0.0) for origin in board.origins])
    ids = np.array([origin.origin_id for origin in board.origins], dtype=object)
    origin = ids[pick(weights, draw)]
    origin[~missing] = [meaning[_folded(name)][0] for name in jobs.origin[~missing]]
    return replace(jobs, origin=origin, assumed=_marked(jobs, "origin", missing))


def _with_tier_and_data_class(
    jobs: Jobs, board: Board, rules: Rules, rule: AssumptionRule, *, tier_draw: Floats, region_draw: Floats
) -> Jobs:
    no_tier, no_class = jobs.tier < 0, jobs.data_class < 0
    of_job, most = _most_units(jobs, board, rules)
    data_class = np.where(no_class, int(DataClass.FREE), jobs.data_class)
    tier = np.where(no_tier, _drawn_tier(jobs.label, rule, tier_draw), jobs.tier)
    # A job too large for every site keeps its size as the reason: it needs no more than the largest one it reaches.
    need = np.minimum(jobs.quantity, most[of_job, :, data_class].max(axis=1, initial=0.0))
    for _ in range(len(Tier) - 1):
        out_of_reach = no_tier & (most[of_job, tier, data_class] < need - 1e-9)
        tier = np.where(out_of_reach, np.minimum(tier + 1, int(Tier.OFFLINE)), tier)
    need = np.minimum(jobs.quantity, most[of_job, tier, DataClass.FREE])
    in_region = most[of_job, tier, DataClass.REGION]
    bound = no_class & (region_draw < rule.region_bound_share) & (in_region > 0) & (in_region >= need - 1e-9)
    return replace(
        jobs,
        tier=tier,
        data_class=np.where(bound, int(DataClass.REGION), data_class),
        assumed=_marked(jobs, "tier", no_tier) | _marked(jobs, "data_class", no_class),
    )


def _drawn_tier(label: Texts, rule: AssumptionRule, draw: Floats) -> Ints:
    tier = np.empty(len(label), dtype=np.int64)
    for name in dict.fromkeys(label.tolist()):
        shares = rule.tier_shares.get(name, rule.tier_shares.get(OTHER_LABELS))
        if shares is None:
            raise BadInputError(
                f"Every label must have shares of tiers, '{name}' had none.",
                code="tier_shares_missing",
                hint=f"Add shares for '{name}', or for the empty label that stands for all others.",
            )
        of_label = label == name
        tier[of_label] = pick(np.array([float(shares.get(one, 0.0)) for one in Tier]), draw[of_label])
    return tier


def _with_workload(jobs: Jobs, rule: AssumptionRule, draw: Floats) -> Jobs:
    missing = jobs.workload < 0
    workload = jobs.workload.copy()
    fixed = {Kind.STORAGE: Workload.STORAGE, Kind.SUPERCOMPUTING: Workload.SCIENTIFIC}
    for kind, only in fixed.items():
        workload[missing & (jobs.kind == KINDS.index(kind))] = only
    for label, tier in dict.fromkeys(zip(jobs.label.tolist(), jobs.tier.tolist(), strict=True)):
        mine = (jobs.label == label) & (jobs.tier == tier) & (workload < 0)
        if not mine.any():
            continue
        shares = rule.workload_shares.get(label, rule.workload_shares.get(Tier(tier).label))
        if shares is None:
            raise BadInputError(
                f"Every label or tier must have shares of workloads, '{label}' of tier {Tier(tier).label} had none.",
                code="workload_shares_missing",
                hint=f"Add shares for '{label}', or for the tier {Tier(tier).label}.",
            )
        workload[mine] = pick(np.array([float(shares.get(one, 0.0)) for one in Workload]), draw[mine])
    return replace(jobs, workload=workload, assumed=_marked(jobs, "workload", missing))


def _most_units(jobs: Jobs, board: Board, rules: Rules) -> tuple[Ints, Floats]:
    """Return the most units that one job could hold under each tier and data class.

    Jobs that agree in origin, kind and card model are of one sort and asked about once.

    Returns
    -------
    of_job
        ``(jobs,)``, the sort of each job.
    most
        ``(sorts, tiers, data classes)``
    """
    position = {origin.origin_id: index for index, origin in enumerate(board.origins)}
    models = {name: index for index, name in enumerate(dict.fromkeys(jobs.card_model.tolist()))}
    origin = np.array([position[name] for name in jobs.origin], dtype=np.int64)
    model = np.array([models[name] for name in jobs.card_model], dtype=np.int64)
    kinds = int(jobs.kind.max(initial=0)) + 1
    _, first, of_job = np.unique(
        (origin * kinds + jobs.kind) * max(len(models), 1) + model, return_index=True, return_inverse=True
    )
    limits = len(Tier) * len(DataClass)
    asked = jobs.take(np.repeat(first, limits))
    tier, data_class = np.divmod(np.arange(limits), len(DataClass))
    asked = replace(asked, tier=np.tile(tier, len(first)), data_class=np.tile(data_class, len(first)))
    reached = reach(asked, board, rules)
    most = np.where(reached.allowed, reached.largest(board), 0.0).max(axis=1, initial=0.0)[reached.of_job]
    return of_job.reshape(-1).astype(np.int64), most.reshape(len(first), len(Tier), len(DataClass))


def _with_window_and_data(jobs: Jobs, rule: AssumptionRule) -> Jobs:
    slack_s = np.array(rule.slack_h)[jobs.tier] * S_PER_H
    no_start, no_finish = np.isnan(jobs.start_by_s), np.isnan(jobs.finish_by_s)
    start_if_free = np.where(no_finish, jobs.submit_s + slack_s, jobs.finish_by_s - jobs.requested_s)
    start_by_s = np.where(no_start, start_if_free, jobs.start_by_s)
    finish_by_s = np.where(no_finish, start_by_s + jobs.requested_s, jobs.finish_by_s)
    no_data, no_priority = np.isnan(jobs.data_gb), jobs.priority < 0
    data_gb = np.where(no_data, jobs.work_unit_h * np.array(rule.gb_per_unit_h)[jobs.tier], jobs.data_gb)
    marks = _marked(jobs, "start_by_s", no_start) | _marked(jobs, "finish_by_s", no_finish)
    marks |= _marked(jobs, "data_gb", no_data) | _marked(jobs, "priority", no_priority)
    return replace(
        jobs,
        start_by_s=start_by_s,
        finish_by_s=finish_by_s,
        data_gb=data_gb,
        priority=np.where(no_priority, 0, jobs.priority),
        assumed=marks,
    )
