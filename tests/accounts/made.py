"""A few assets and accounts, and drafts in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qipan.accounts.model.posting import Account, Asset, AssetKind, Draft
from qipan.accounts.periods import expires, is_start

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOUR = datetime(2026, 3, 1, 5, tzinfo=UTC)

ASSETS = (
    Asset("fen", AssetKind.MONEY),
    Asset("a100@gui", AssetKind.COMPUTE, "A100", "gui", lifetime_h=0),
)
ACCOUNTS = (
    Account("bank", "bank", "fen", "issued", floor=None),
    Account("a", "a", "fen", "cash"),
    Account("b", "b", "fen", "cash", floor=-50),
    Account("debt", "c", "fen", "debt", floor=None, ceiling=0),
    Account("gone", "bank", "fen", "retired"),
    Account("site", "site", "a100@gui", "issued", floor=None),
    Account("h", "h", "a100@gui", "holding"),
    Account("i", "i", "a100@gui", "holding"),
    Account("over", "site", "a100@gui", "expired"),
)


def move(name, debit, credit, amount, **more):
    return Draft(transfer_id=name, debit=debit, credit=credit, amount=amount, reason="test", **more)


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def expiry(asset_id, period):
    """Return when units can no longer be moved, as the model of accounts asks for it."""
    (asset,) = (one for one in ASSETS if one.asset_id == asset_id)
    return expires(asset, period) if is_start(asset.grid, period) else "unfit"
