"""Everything under ``/api/v1``."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from qipan.interfaces.api import (
    access,
    accounts,
    agreements,
    audit,
    centres,
    certificates,
    clearing,
    day,
    delivery,
    dispatch,
    disputes,
    facts,
    feeds,
    jobs,
    labour,
    ledger,
    market,
    products,
    readings,
    spot,
    spot_bill,
    study,
    talent,
    vouchers,
)
from qipan.interfaces.api.problem import Problem

PREFIX: Final = "/api/v1"

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "What was asked cannot be done; the hint says what to do."},
    "5XX": {"model": Problem, "description": "A store or the solver failed."},
}

router = APIRouter(prefix=PREFIX, responses=_PROBLEMS)
_MARKET: Final = (market, clearing, spot, spot_bill, vouchers, delivery, products)
_OBLIGATIONS: Final = (disputes, accounts, *_MARKET, certificates, centres, agreements)
for part in (facts, jobs, ledger, readings, audit, day, dispatch, study, *_OBLIGATIONS, labour, talent, feeds, access):
    router.include_router(part.router)
