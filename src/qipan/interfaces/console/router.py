"""All pages of the console."""

from __future__ import annotations

from fastapi import APIRouter

from qipan.interfaces.console.pages import (
    accounts,
    agreements,
    atlas,
    board,
    certificates,
    compare,
    days,
    delivery,
    desk,
    disputes,
    docs,
    explain,
    facts,
    files,
    green,
    hours,
    jobs,
    labour,
    labour_home,
    ledger,
    market,
    power,
    products,
    sign_in,
    site,
    spot,
    study,
    vouchers,
)

router = APIRouter(include_in_schema=False)
for part in (
    files,
    sign_in,
    atlas,
    site,
    board,
    hours,
    power,
    jobs,
    explain,
    compare,
    study,
    ledger,
    market,
    spot,
    delivery,
    vouchers,
    products,
    desk,
    disputes,
    accounts,
    certificates,
    green,
    agreements,
    labour,
    labour_home,
    facts,
    days,
    docs,
):
    router.include_router(part.router)
