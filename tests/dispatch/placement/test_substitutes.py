"""Whole jobs on substitutes: what they hold, what they pay, and what a plan, a bound and simple rules make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import MODELS, random_day
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.independent.check_placement import check_placement

from qipan.dispatch.explanation.explain import explain_job
from qipan.dispatch.explanation.left import left_units
from qipan.dispatch.explanation.note import note_jobs
from qipan.dispatch.explanation.recall import recall_terms
from qipan.dispatch.explanation.split import note_terms
from qipan.dispatch.explanation.substituted import substituted
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.board import Board, Pool, Rules, Substitute
from qipan.dispatch.model.explanation import JobTerms
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import bound_fen, proven_fen
from qipan.dispatch.placement.carbon_time import place_by_carbon_time
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen, price_fen, score
from qipan.dispatch.plan import plan
from qipan.dispatch.store.plan import placement_table
from qipan.kernel.resources import Kind

CARD = Kind.INTELLIGENT


def two_models(make_board, *, units: float, **figures) -> Board:
    """Ten cards A at 60 x 1.25 fen an hour, ten cards B at 40 x 1.2, of which so many stand for one A."""
    board = make_board(**figures)
    pools = (Pool("gz-cards", 0, CARD, "A"), Pool("nx-cards", 1, CARD, "B"))
    return replace(board, pools=pools, substitutes=(Substitute(CARD, "A", CARD, "B", units),))


def solved(jobs: Jobs, board: Board, rules: Rules) -> tuple[Reach, np.ndarray, Plan]:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    return reached, refused, plan(board, classes, rules, reached.takes[classes.streams.sort])


def test_whole_job_holds_whole_units_of_a_substitute_and_pays_for_them(make_board, make_jobs, rules) -> None:
    # Two A cost 150 fen an hour, 2 x 1.3 = 2.6 B in the plan, and so 3 B for a whole job: 3 x 48 = 144.
    board = two_models(make_board, units=1.3, transfer_fen_per_gb=((0.0, 0.0), (0.0, 0.0)))
    jobs = make_jobs({"card_model": "A", "quantity": 2.0, "actual_h": 0.5})
    reached, refused, best = solved(jobs, board, rules)
    assert best.objective_fen == pytest.approx(2.6 * 48.0)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert (found.pool.tolist(), found.units(jobs).tolist()) == ([1], [3.0])
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(144.0)
    assert planned_fen(jobs, board, rules, reached, found) == pytest.approx((144.0, 0.0))
    told = score("qipan", jobs, board, rules, reached, found=found)
    assert told.work_unit_h == pytest.approx({"intelligent": 1.0})
    assert (told.energy_kwh, told.peak_kw) == pytest.approx((1.8, 1.8))
    assert told.cost_fen == pytest.approx(72.0)
    assert told.location_kg == pytest.approx(1.8 * 0.6423)
    assert price_fen(jobs, board, reached, found, np.full((2, 6), 50.0)) == pytest.approx([150.0])
    assert [
        (one.by_card_model, one.jobs, one.asked_unit_h, one.held_unit_h) for one in substituted(jobs, board, found)
    ] == [("B", 1, 2.0, 3.0)]


def test_whole_job_stays_on_what_it_asks_for_where_whole_units_of_a_substitute_cost_more(
    make_board, make_jobs, rules
) -> None:
    # The plan would take 1.5 B for one A, 72 instead of 75 fen; a whole job would hold two of them.
    board = two_models(make_board, units=1.5)
    jobs = make_jobs({"card_model": "A"})
    reached, refused, best = solved(jobs, board, rules)
    assert best.objective_fen == pytest.approx(72.0)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert (found.pool.tolist(), found.units(jobs).tolist()) == ([0], [1.0])
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(75.0)
    assert substituted(jobs, board, found) == ()


def test_job_too_large_for_what_it_asks_for_runs_on_fewer_faster_cards(make_board, make_jobs, rules) -> None:
    jobs = make_jobs(*({"card_model": "A", "quantity": size} for size in (20.0, 20.5, 30.0)))
    board = two_models(make_board, units=0.5, cards=(8.0, 10.0))
    reached = reach(jobs, board, rules)
    assert refusals(jobs, board, reached).tolist() == [Reason.NONE, Reason.TOO_LARGE, Reason.TOO_LARGE]
    assert reached.largest(board).tolist() == [[8.0, 20.0]]
    none = reach(jobs, replace(board, substitutes=()), rules)
    assert none.units is None
    assert refusals(jobs, replace(board, substitutes=()), none).tolist() == [Reason.TOO_LARGE] * 3


def test_baselines_count_what_a_substitute_takes(make_board, make_jobs, rules) -> None:
    # An hour of a B is cheaper and greener than that of an A, but not four of them.
    jobs = make_jobs({"card_model": "A", "quantity": 2.0}, {"card_model": "B", "quantity": 7.0})
    # Of the second, 3.2 are four for a whole job: 192 fen against 150.
    for units, pool in ((4.0, 0), (1.6, 0), (0.5, 1)):
        board = two_models(make_board, units=units)
        reached = reach(jobs, board, rules)
        refused = refusals(jobs, board, reached)
        for rule in (Baseline.CHEAPEST, Baseline.CHEAPEST_START, Baseline.GREENEST):
            found = place_by(rule, jobs, board, rules, reached, refused=refused)
            assert found.pool[0] == pool
            assert check_placement(board, jobs, rules, found) == []


def test_explanation_counts_the_units_that_a_substitute_takes(make_board, make_jobs, rules) -> None:
    board = two_models(make_board, units=1.3)
    jobs = make_jobs({"card_model": "A", "quantity": 2.0})
    reached, refused, best = solved(jobs, board, rules)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    noted = note_jobs(jobs, board, rules, reached, plan=best, found=found)
    assert (noted["placed_kind"], noted["placed_model"], noted["held_units"]) == (["intelligent"], ["B"], [3.0])
    terms = note_terms(board, rules, best, left_units(jobs, board, reached, found))
    job = JobTerms(
        "intelligent", "A", 2, 0, 0, 2.0, 1.0, 1.0, 0.0, 0.0, 5.0, 1, "intelligent", "B", runs=((0.0, 1.0),)
    )  # fmt: skip
    told = explain_job(job, terms)
    assert told.chosen is not None
    assert (told.chosen.cost_fen, told.chosen.units, told.chosen.on_substitute) == pytest.approx((144.0, 3.0, True))
    (other,) = told.alternatives
    assert (other.cost_fen, other.units, other.on_substitute) == pytest.approx((150.0, 2.0, False))
    assert other.difference_fen == pytest.approx(6.0)


def test_explanation_of_older_terms_knows_no_substitutes(make_board, make_jobs, rules) -> None:
    from dataclasses import asdict

    jobs, board = make_jobs({}), make_board()
    *_, best = solved(jobs, board, rules)
    kept = asdict(note_terms(board, rules, best, np.zeros((len(board.products), board.slot_count))))
    del kept["substitutes"]
    assert recall_terms({"terms": kept}).substitutes == []


def test_placements_without_substitutes_are_kept_as_ever(make_board, make_jobs, rules) -> None:
    jobs, board = make_jobs({}), make_board()
    reached, refused, best = solved(jobs, board, rules)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert found.held is None
    noted = note_jobs(jobs, board, rules, reached, plan=best, found=found)
    names = placement_table({"plan_id": ["p"], **noted}).schema.names
    assert names[-1] == "stretches"


def with_substitutes(rng: np.random.Generator, board: Board) -> Board:
    """Let some models of the board's kinds stand for others, of one kind or two, a few of them for better ones."""
    kinds = sorted({pool.kind for pool in board.pools})
    rows = {}
    for _ in range(int(rng.integers(1, 8))):
        kind, by_kind = (kinds[int(at)] for at in rng.integers(0, len(kinds), 2))
        pair = (kind, str(rng.choice([*MODELS, "B200"])), by_kind, str(rng.choice(MODELS)))
        rows[pair] = float(rng.choice([0.125, 0.3, 0.5, 1.0, 1.7, 2.0, 3.1]))
    return replace(board, substitutes=tuple(Substitute(*pair, units) for pair, units in rows.items()))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), keeps_reserve=st.booleans())
def test_nothing_is_broken_and_the_bound_holds_on_random_boards(seed: int, *, keeps_reserve: bool) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = replace(with_substitutes(rng, board), links=None)
    rules = replace(rules, keeps_reserve=keeps_reserve)
    reached, refused, best = solved(jobs, board, rules)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    slack = 1e-6 * max(1.0, abs(bound))
    if board.price_fen_per_kwh.min() >= 0.0:
        assert proven_fen(jobs, board, rules, reached, refused=refused, plan=best) >= best.objective_fen - slack
    placements = [place(jobs, board, rules, reached, refused=refused, plan=best)]
    placements += [place_by(rule, jobs, board, rules, reached, refused=refused) for rule in Baseline]
    kg = np.repeat(board.location_kg_per_kwh[:, None], board.slot_count, axis=1)
    placements.append(place_by_carbon_time(jobs, board, rules, reached, refused=refused, kg_per_kwh=kg))
    for found in placements:
        assert check_placement(board, jobs, rules, found) == []
        assert sum(planned_fen(jobs, board, rules, reached, found)) >= bound - slack


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_reach_takes_what_the_table_says_and_nothing_else(rules, seed: int) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, _ = random_day(rng)
    board = with_substitutes(rng, board)
    reached = reach(jobs, board, rules)
    bare = reach(jobs, replace(board, substitutes=()), rules)
    table = {(one.kind, one.card_model, one.by_kind, one.by_card_model): one.units for one in board.substitutes}
    for job in range(len(jobs)):
        sort = reached.of_job[job]
        for product, (_, kind, model) in enumerate(board.products):
            stands = table.get((KINDS[jobs.kind[job]], jobs.card_model[job], kind, model), 0.0)
            units = 1.0 if bare.fits_kind[bare.of_job[job], product] else stands
            assert reached.fits_kind[sort, product] == (units > 0.0)
            assert reached.takes[sort, product] == units * reached.allowed[sort, product]
