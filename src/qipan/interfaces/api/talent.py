"""``/talent``: who is affected by a loss, which modules lead to a job, who signs what; files in, nothing is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile

from qipan.bootstrap.courses import read_courses
from qipan.bootstrap.exchange import read_exchange
from qipan.bootstrap.skills import read_skills, read_warning
from qipan.interfaces.api.party import USERS, now
from qipan.kernel.errors import BadInputError, of_file
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.talent.model.assessment import Affected
from qipan.talent.plans.find_plans import find_plans
from qipan.talent.plans.tell import tell_plans
from qipan.talent.skills.assess import assess as assess_people
from qipan.talent.skills.tell import tell_assessment
from qipan.talent.tell import tell_matching

router = APIRouter(prefix="/talent", tags=["talent"], dependencies=[USERS])

Share = Annotated[float | None, Form(ge=0, le=1, allow_inf_nan=False)]


def _named(file: UploadFile, role: str) -> tuple[str, bytes]:
    return file.filename or role, file.file.read()


@router.post("/plan", operation_id="talent.plan")
def plan(
    persons: Annotated[UploadFile, File(description="person, region, skills, hours, money_fen; and others.")],
    modules: Annotated[UploadFile, File(description="module, region, mode, seats, hours, skills, cost_fen; others.")],
    jobs: Annotated[UploadFile, File(description="job, region, occupation, skills, openings, wage_fen_per_month.")],
    subsidies: Annotated[bool, Form(description="Persons pay only what subsidies leave.")] = False,
    alternatives: Annotated[int, Form(ge=0, le=100, description="Other jobs told.")] = 2,
    day: Annotated[date | None, Form(description="No module begins before it; today without one.")] = None,
    seed: Annotated[int, Form(ge=0, le=2**31 - 1, description="By which lots are drawn.")] = 0,
) -> dict[str, Any]:
    """Return for each person the shortest set of modules that leads to an open job, or why there is none."""
    read = read_courses(_named(persons, "persons"), _named(modules, "modules"), _named(jobs, "jobs"))
    earliest = day or now().astimezone(zone(BOARD_ZONE)).date()
    found = find_plans(
        read.persons, read.offer, alternatives=alternatives, is_subsidised=subsidies, day=earliest, seed=seed
    )
    told = {"day": earliest, "seed": seed, "is_subsidised": subsidies, **tell_plans(found)}
    return {"rows_left_out": read.left_out, **told}


@router.post("/exchange", operation_id="talent.exchange")
def exchange(
    experts: Annotated[UploadFile, File(description="expert, region, portions; and others.")],
    posts: Annotated[UploadFile, File(description="Posts, a row for each terms.")],
    contracts: Annotated[UploadFile, File(description="expert, post, terms, expert_points, post_points.")],
) -> dict[str, Any]:
    """Return who signs what, what blocks, how far the best sum is, and what each region gives and gets."""
    read = read_exchange(_named(experts, "experts"), _named(posts, "posts"), _named(contracts, "contracts"))
    return {"rows_left_out": read.left_out, "one_sided": read.one_sided, **tell_matching(read.exchange)}


@router.post("/assess", operation_id="talent.assess")
def assess(
    skills: Annotated[list[UploadFile], File(description="A table of skills, or the files of O*NET or ESCO.")],
    region: Annotated[str, Form(max_length=32, description="Region of those affected.")],
    occupation: Annotated[str, Form(max_length=200, description="Code of the occupation.")],
    persons: Annotated[int, Form(ge=0, le=2**53 - 1, description="How many work in it there.")],
    loss_low: Share = None,
    loss_high: Share = None,
    warning: Annotated[
        UploadFile | None, File(description="What qipan labour warn --json told; instead of the loss.")
    ] = None,
    tasks: Annotated[UploadFile | None, File(description="occupation, task, text, importance, exposure.")] = None,
    outlook: Annotated[UploadFile | None, File(description="occupation, wage_fen_per_month, demand.")] = None,
    classification: Annotated[UploadFile | None, File(description="code, name, tasks.")] = None,
    top: Annotated[int, Form(ge=1, le=100, description="How many occupations at most.")] = 5,
    similarity: Annotated[float, Form(ge=0, le=1, description="Least similarity.")] = 0.0,
    gap: Annotated[float, Form(ge=0, le=1, description="Largest gap of skills.")] = 1.0,
) -> dict[str, Any]:
    """Return who is affected by a loss, how many, in which tasks, and which skills still carry; all is modelled."""
    affected = _affected(region, occupation, persons, (loss_low, loss_high), warning)
    beside = [
        None if one is None else dict([_named(one, role)])
        for role, one in (("tasks", tasks), ("outlook", outlook), ("classification", classification))
    ]
    read = read_skills(
        dict(_named(one, "skills") for one in skills), tasks=beside[0], outlook=beside[1], classification=beside[2]
    )
    found = assess_people(read.graph, affected, top=top, similarity_least=similarity, gap_most=gap)
    return {"rows_left_out": read.left_out, **tell_assessment(read.graph, found)}


def _affected(
    region: str,
    occupation: str,
    persons: int,
    loss: tuple[float | None, float | None],
    warning: UploadFile | None,
) -> Affected:
    low, high = loss
    if warning is not None and low is None and high is None:
        name, data = _named(warning, "warning")
        with of_file(name):
            return read_warning(data, region, occupation, persons)
    if warning is not None or low is None or high is None:
        raise BadInputError(
            "The loss must be given by loss_low and loss_high or by a warning, was not.",
            code="loss_unclear",
            hint="Send loss_low and loss_high, or a warning, and not both.",
            field="loss_low",
        )
    return Affected(region, occupation, persons, low, high)
