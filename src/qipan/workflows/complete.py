"""Bring the jobs of a file to what a run takes: split, at another load, and filled in by the written rule."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.assume import complete
from qipan.dispatch.jobs.demand import are_hours_of_requests, split_by_origin
from qipan.dispatch.jobs.load import raise_load
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.facts.catalog import Catalog
from qipan.ledger.model.fleet import Fleet
from qipan.workflows.fleet import assumption_rule


def completed(
    jobs: Jobs, fleet: Fleet, catalog: Catalog, *, board: Board, rules: Rules, load: float, seed: int
) -> Jobs:
    """Split hours of requests over the origins, raise the load, and fill what the trace leaves out.

    Other jobs than hours of requests stay whole; a trace holds the one or the other.

    Raises
    ------
    BadInputError
        ``load_not_positive``, and what `complete` refuses.
    """
    rng, rule = np.random.default_rng(seed), assumption_rule(catalog, fleet)
    split = split_by_origin(jobs, rule.origin_weights) if are_hours_of_requests(jobs) else jobs
    return complete(raise_load(split, load, rng), board, rules, rule, rng)
