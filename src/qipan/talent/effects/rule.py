"""Read a rule of whom to treat, as ``weeks>=26``, and see whom it treats."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.talent.model.array import Bools, Floats
from qipan.talent.model.trial import Trial

_RULE: Final = re.compile(r"(?P<column>.+?)\s*(?P<sign><=|>=|=|<|>)\s*(?P<number>[+-]?\d+(\.\d+)?)")
_SIGNS: Final[Mapping[str, Callable[[Floats, float], Bools]]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
ALL: Final = "treat all"
NONE: Final = "treat none"


def rules_of(trial: Trial, told: tuple[str, ...]) -> dict[str, Bools]:
    """Return by name whom each rule treats, ``(persons,)``: all, nobody, and whom each rule that is told names.

    Raises
    ------
    BadInputError
        ``rule_unreadable``.
    """
    everybody = np.ones(len(trial), dtype=np.bool_)
    return {ALL: everybody, NONE: ~everybody} | {text: _treated(trial, text) for text in told}


def _treated(trial: Trial, text: str) -> Bools:
    found = _RULE.fullmatch(text.strip())
    if found is None or found["column"] not in trial.names:
        raise BadInputError(
            f"A rule must compare a covariate with a number, as weeks>=26, was {text!r}.",
            code="rule_unreadable",
            hint=f"Name one of {', '.join(trial.names) or 'the columns given by --covariate'}.",
            field="rule",
        )
    column = trial.covariates[:, trial.names.index(found["column"])]
    return np.asarray(_SIGNS[found["sign"]](column, float(found["number"])))
