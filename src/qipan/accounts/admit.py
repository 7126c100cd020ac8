"""What an asset, an account and an extent must be before they are entered."""

from __future__ import annotations

import re
from typing import Final

from qipan.accounts.model.claim import Extent
from qipan.accounts.model.posting import AMOUNT_MAX, Account, Asset, AssetKind, Grid
from qipan.kernel.errors import BadInputError

LIFETIME_MAX_MONTHS: Final = 1200
LIFETIME_MAX_H: Final = 876_000
"""A hundred years."""

_NAME = re.compile(r"[\w][\w.:/@-]{0,63}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NEEDS: Final = {
    AssetKind.COMPUTE: ("model", "place"),
    AssetKind.CERTIFICATE_HOUR: ("place",),
    AssetKind.CERTIFICATE_MONTH: (),
    AssetKind.QUOTA: (),
    AssetKind.MONEY: (),
    AssetKind.MEMO: ("place",),
}


def check_asset(asset: Asset) -> None:
    """Refuse an asset that is not whole.

    Raises
    ------
    BadInputError
        ``name_unfit``, ``asset_unfit``.
    """
    check_name("asset_id", asset.asset_id)
    for field in ("model", "place"):
        value = getattr(asset, field)
        if value:
            check_name(field, value)
        elif field in _NEEDS[asset.kind]:
            raise _unfit(f"{asset.kind} must name its {field}, was empty", asset)
    lifetimes = (asset.lifetime_months, LIFETIME_MAX_MONTHS), (asset.lifetime_h, LIFETIME_MAX_H)
    for value, most in lifetimes:
        if value is not None and not 0 <= value <= most:
            raise _unfit(f"A lifetime must lie between 0 and {most}, was {value}", asset)
        if value is not None and asset.grid is Grid.NONE:
            raise _unfit(f"{asset.kind} must be without a lifetime since it has no periods, was {value}", asset)


def check_account(account: Account) -> None:
    """Refuse an account that is not whole.

    Raises
    ------
    BadInputError
        ``name_unfit``, ``account_unfit``.
    """
    check_name("account_id", account.account_id)
    check_name("owner", account.owner)
    check_purpose(account.purpose)
    floor, ceiling = account.floor, account.ceiling
    low = floor is not None and not -AMOUNT_MAX <= floor <= 0
    high = ceiling is not None and not 0 <= ceiling <= AMOUNT_MAX
    if low or high:
        raise BadInputError(
            f"A floor must be at most 0 and a ceiling at least 0, to ±{AMOUNT_MAX}, was {floor} and {ceiling}: "
            f"{account.account_id}.",
            code="account_unfit",
            hint="An account begins at 0; name a floor and a ceiling on both sides of it, or none.",
        )


def check_extent(extent: Extent) -> None:
    """Refuse an extent that holds nothing.

    Raises
    ------
    BadInputError
        ``name_unfit``, ``extent_unfit``.
    """
    check_name("extent_id", extent.extent_id)
    if not (1 <= extent.units <= AMOUNT_MAX and extent.start < extent.end):
        raise BadInputError(
            f"An extent must hold 1 to {AMOUNT_MAX} units for some time, was {extent.units} from "
            f"{extent.start.isoformat()} to {extent.end.isoformat()}: {extent.extent_id}.",
            code="extent_unfit",
            hint="Give what can be claimed, and an end behind the start.",
        )


def check_name(field: str, name: str) -> None:
    """Refuse a name that does not read well in a table, a file and an address.

    Raises
    ------
    BadInputError
        ``name_unfit``.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"A name must be 1 to 64 letters, figures and . : / @ _ -, was {name!r}.",
            code="name_unfit",
            hint="Choose a name as east-1/cash.",
            field=field,
        )


def check_purpose(purpose: str) -> None:
    """Refuse a purpose that is no code.

    Raises
    ------
    BadInputError
        ``name_unfit``.
    """
    if not _PURPOSE.fullmatch(purpose):
        raise BadInputError(
            f"A purpose must be small letters, figures and underscores, was {purpose!r}.",
            code="name_unfit",
            hint="Choose a purpose as settlement, margin or escrow.",
            field="purpose",
        )


def _unfit(told: str, asset: Asset) -> BadInputError:
    return BadInputError(
        f"{told}: {asset.asset_id}.",
        code="asset_unfit",
        hint="Compute names its model and hub, an hourly certificate its device, a memo its region.",
    )
