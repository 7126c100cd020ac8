"""Follow warnings: what may be done to one, and what a newer outlook says of those that stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from scipy.special import chdtri

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.labour.count_false import UPPER
from qipan.labour.model.issued import (
    REASON_CHARACTERS_MAX,
    Act,
    IssuedOutlook,
    IssuedWarning,
    Kept,
    Outcome,
)
from qipan.labour.model.panel import DAYS_PER_YEAR, Cadence, Cell

OUTCOME: Final = "outcome"
"""Who acts where the panel itself says what came."""
CAME: Final = "the loss had its size in the period from "
MADE_GOOD: Final = "the loss was made good"
NONE_CAME: Final = "no loss of that size came by "
"""What the panel says; the first and the last are followed by a day."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a newer outlook leads to: a new warning where none stands, or a step of one that does."""

    cell: Cell
    act: Act
    reason: str
    told: Mapping[str, Any]
    warning_id: str = ""


def check_act(warning: IssuedWarning, act: Act, reason: str) -> None:
    """Refuse what may not be done to a warning.

    Raises
    ------
    BadInputError
        ``reason_bad`` unless it says something in at most 500 characters.
    RuleBrokenError
        ``warning_over``; ``warning_confirmed`` for what only makes sense before the loss has come.
    """
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise BadInputError(
            f"A reason must be 1 to {REASON_CHARACTERS_MAX} characters, was {len(reason.strip())}.",
            code="reason_bad",
            hint="Say in a sentence why.",
            field="reason",
        )
    if warning.is_over:
        raise RuleBrokenError(
            f"A warning must not be over, was {warning.state}: {warning.warning_id}.",
            code="warning_over",
            hint="Nothing is changed afterwards; a new loss has a new warning.",
        )
    if act is not Act.RESOLVED and warning.state is Act.CONFIRMED:
        raise RuleBrokenError(
            f"The loss must not have come yet, was confirmed: {warning.warning_id}.",
            code="warning_confirmed",
            hint="It can be resolved.",
        )


def follow(standing: Sequence[IssuedWarning], told: Mapping[str, Any]) -> list[Due]:
    """Return what an outlook leads to for the warnings of its panel and rule that are not over.

    A loss that is under way confirms its warning. One that is made good is resolved, and so is a warning of which the
    horizon is over, that of its first telling: what is warned of still is a new warning. One that stands is told again
    with what is new. Of a cell that is silent nothing is said.

    Parameters
    ----------
    told
        As `tell_warnings` has it, with warnings.
    """
    open_of = {one.cell: one for one in standing if not one.is_over}
    states = {cell_of(one): one for one in told["cells"]}
    told_of = {cell_of(one): one for one in told["warnings"]}
    found = []
    for cell, one in open_of.items():
        state = states.get(cell)
        if state is None:
            continue
        found += _due(one, state, told, told_of.get(cell))
    over = {due.cell for due in found if due.act is Act.RESOLVED}
    found += [
        Due(cell, Act.ISSUED, f"as of {told['as_of']}", one)
        for cell, one in told_of.items()
        if cell not in open_of or cell in over
    ]
    return found


def keep_account(outlooks: Sequence[IssuedOutlook], warnings: Iterable[IssuedWarning]) -> Kept:
    """Return what the warnings of one panel and rule came to.

    Only time of which the outcome is known counts: until one horizon before the newest outlook.

    Parameters
    ----------
    outlooks
        Of the same panel and rule, by day; at least one.
    """
    newest, known = outlooks[-1], list(warnings)
    horizon, cadence = newest.told["horizon"], Cadence(newest.told["data"]["cadence"])
    until = cadence.after(newest.as_of, 1 - horizon["until"])
    days = [one.as_of for one in outlooks]
    years = sum(
        one.told["quiet"] * max(0, (min(following, until) - one.as_of).days) / DAYS_PER_YEAR
        for one, following in zip(outlooks, [*days[1:], days[-1]], strict=True)
    )
    counts = {outcome.value: sum(one.outcome is outcome for one in known) for outcome in Outcome}
    # Who withdraws a warning takes nothing back of what people were told.
    wrong = {Outcome.FALSE, Outcome.WITHDRAWN}
    false = sum(one.outcome in wrong and one.steps[0].as_of < until for one in known)
    upper = float(chdtri(2 * (false + 1), 1.0 - UPPER)) / 2.0 / years if years else float("inf")
    promised = newest.told["false_alarms"]["promised_a_year"]
    return Kept(newest.panel, newest.told["events_rule"], promised, counts, years, false, upper)


def cell_of(told: Mapping[str, Any]) -> Cell:
    """Return the cell that something is told of."""
    return Cell(told["region"], told["industry"], told["occupation"])


def _due(
    one: IssuedWarning, state: Mapping[str, Any], told: Mapping[str, Any], again: Mapping[str, Any] | None
) -> list[Due]:
    is_confirmed, standing = one.state is Act.CONFIRMED, state["standing"]
    if standing == "under_way":
        reason = f"{CAME}{state['crisis']}"
        return [] if is_confirmed else [Due(one.cell, Act.CONFIRMED, reason, {}, one.warning_id)]
    if standing == "silent":
        return []
    if is_confirmed:
        return [Due(one.cell, Act.RESOLVED, MADE_GOOD, {}, one.warning_id)]
    data, horizon = told["data"], told["horizon"]
    over = Cadence(data["cadence"]).after(_day(one.steps[0].told["last_period"]), horizon["until"] - 1)
    if _day(data["last_period"]) >= over:
        return [Due(one.cell, Act.RESOLVED, f"{NONE_CAME}{over}", {}, one.warning_id)]
    if again is not None:
        is_new = str(one.newest.as_of) != str(told["as_of"]) and _said(again) != _said(one.newest.told)
        return [Due(one.cell, Act.TOLD_AGAIN, f"as of {told['as_of']}", again, one.warning_id)] if is_new else []
    return []


def _said(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return told["grade"], told["probability"], told["expected_loss"]


def _day(told: date | str) -> date:
    return told if isinstance(told, date) else date.fromisoformat(told)
