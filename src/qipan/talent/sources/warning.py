"""Read the loss of a region and occupation from warnings, as ``qipan labour warn --json`` writes them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.talent.model.assessment import Affected


def read(data: bytes, region: str, occupation: str, persons: int) -> Affected:
    """Return who is affected by the warning of a region and occupation, or of the region where it names none.

    Raises
    ------
    BadInputError
        ``warnings_unreadable``.
    NotFoundError
        ``warning_unlisted``.
    RuleBrokenError
        ``loss_not_share`` where sizes of the warning are not shares of jobs; ``loss_unknown`` where it tells none.
    """
    try:
        told = json.loads(data)
        warnings = [one for one in told["warnings"] if one["region"] == region]
        found = [one for one in warnings if one["occupation"] == occupation] or [
            one for one in warnings if not one["occupation"]
        ]
        rule, as_of = str(told.get("events_rule", "")), str(told["as_of"])
        if not found:
            raise NotFoundError(
                f"A warning must be told of the region and occupation, was none: {region}, {occupation}.",
                code="warning_unlisted",
                hint="Look at the regions and occupations of its warnings, or give the loss with --loss.",
            )
        if not (rule.startswith("fall") and rule.endswith("%")):
            raise RuleBrokenError(
                f"A warning must be of a fall by a share of jobs, was of: {rule}.",
                code="loss_not_share",
                hint='Warn of employment with a rule such as "fall 10%", or give the loss with --loss.',
            )
        event = float(rule.removeprefix("fall").removesuffix("%")) / 100.0
        return replace(_affected(found, persons, f"{rule}, {as_of}", region, occupation), event=event)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputError(
            f"Warnings must be as qipan labour warn --json tells them, was something else at {error}.",
            code="warnings_unreadable",
            hint="Bring what this command prints, with --json: qipan labour warn",
        ) from error


def _affected(found: list[dict[str, Any]], persons: int, source: str, region: str, occupation: str) -> Affected:
    """Return the warning with the largest loss; several industries of a region may have one each."""
    known = [one for one in found if all(_is_known(one[name]) for name in ("low", "high", "expected_loss"))]
    if not known:
        raise RuleBrokenError(
            f"A warning must tell a loss, told none: {region}, {occupation}.",
            code="loss_unknown",
            hint="Warn on a longer panel, or give the loss with --loss.",
        )
    one = max(known, key=lambda told: (_share(told["high"]), _share(told["expected_loss"])))
    expected = _share(one["expected_loss"])
    low, high = min(_share(one["low"]), expected), max(_share(one["high"]), expected)
    chance = one["probability"]
    industry = str(one.get("industry") or "")
    return Affected(
        region, occupation, persons, low, high, expected, float(chance) if _is_known(chance) else None,
        f"{source}, {industry}" if industry else source,
    )  # fmt: skip


def _is_known(value: Any) -> bool:
    return value is not None and math.isfinite(float(value))


def _share(value: Any) -> float:
    return min(1.0, max(0.0, float(value)))
