"""Asset, account, draft, transfer, balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import Finding

AMOUNT_MAX: Final = 2**53 - 1
"""Largest amount of one transfer; every reader of JSON keeps it exactly. As an upper bound it says "all there is"."""

SUM_MAX: Final = 2**63 - 1
"""Largest sum that an account may hold on one side."""

LAPSE_PREFIX: Final = "lapse/"
"""Begins the id of the transfer that ends a pending one which was not resolved in time."""


class AssetKind(StrEnum):
    """What an asset is a quantity of."""

    MONEY = "money"
    COMPUTE = "compute"
    CERTIFICATE_HOUR = "certificate_hour"
    CERTIFICATE_MONTH = "certificate_month"
    QUOTA = "quota"
    MEMO = "memo"


class Grid(StrEnum):
    """Which periods an asset is told apart by; months and years are those of UTC+8."""

    NONE = "none"
    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"


UNITS: Final[Mapping[AssetKind, str]] = {
    AssetKind.MONEY: "fen",
    AssetKind.COMPUTE: "milli-card-seconds",
    AssetKind.CERTIFICATE_HOUR: "Wh",
    AssetKind.CERTIFICATE_MONTH: "Wh",
    AssetKind.QUOTA: "kg",
    AssetKind.MEMO: "fen",
}
"""Unit that amounts of an asset are counted in."""

GRIDS: Final[Mapping[AssetKind, Grid]] = {
    AssetKind.MONEY: Grid.NONE,
    AssetKind.COMPUTE: Grid.HOUR,
    AssetKind.CERTIFICATE_HOUR: Grid.HOUR,
    AssetKind.CERTIFICATE_MONTH: Grid.MONTH,
    AssetKind.QUOTA: Grid.YEAR,
    AssetKind.MEMO: Grid.YEAR,
}
"""Periods that amounts of an asset are told apart by."""

ISSUED: Final = "issued"
"""Purpose of an account from which units of an asset come; it stands below zero by what was issued."""

RETIRED: Final = "retired"
"""Purpose of an account that only takes: what is retired never moves."""

EXPIRED: Final = "expired"
"""Purpose of an account that only takes, and only units whose time is over."""

USED: Final = "used"
UNUSED: Final = "unused"
"""Purposes of accounts of compute that only take: what of what came was used, and what was not."""

SINKS: Final = frozenset({RETIRED, EXPIRED})
"""Purposes of accounts of any asset that only take."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One conserved quantity: its accounts always add up to zero.

    Attributes
    ----------
    model
        Card model of compute; empty for other kinds.
    place
        Hub of compute, device of a certificate, adcode of a region's memo; empty for other kinds.
    lifetime_months, lifetime_h
        How long after the end of its period a unit can be moved: months of UTC+8, then hours. ``None`` twice: for ever.
    """

    asset_id: str
    kind: AssetKind
    model: str = ""
    place: str = ""
    lifetime_months: int | None = None
    lifetime_h: int | None = None

    @property
    def grid(self) -> Grid:
        """Periods that its amounts are told apart by."""
        return GRIDS[self.kind]

    @property
    def unit(self) -> str:
        """Unit that its amounts are counted in."""
        return UNITS[self.kind]

    def seals(self, purpose: str) -> bool:
        """Tell whether accounts of a purpose only take."""
        return purpose in SINKS or (self.kind is AssetKind.COMPUTE and purpose in {USED, UNUSED})


@dataclass(frozen=True, slots=True)
class Account:
    """What one owner holds of one asset for one purpose.

    Attributes
    ----------
    floor
        Least balance in any period, pending debits counted; ``None`` for no limit. In units of the asset.
    ceiling
        Largest balance in any period, pending credits counted; ``None`` for no limit.
    """

    account_id: str
    owner: str
    asset_id: str
    purpose: str
    floor: int | None = 0
    ceiling: int | None = None


class Action(StrEnum):
    """What a transfer does.

    ``pending`` reserves; ``post``, ``void`` or ``lapse`` ends that once. ``expire`` takes units away whose time is
    over; nothing else moves those.
    """

    MOVE = "move"
    PENDING = "pending"
    POST = "post"
    VOID = "void"
    LAPSE = "lapse"
    EXPIRE = "expire"


RESOLVING: Final = frozenset({Action.POST, Action.VOID})
"""What resolves a pending transfer, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transfer as somebody asks for it.

    Attributes
    ----------
    transfer_id
        Made by who asks: the same draft again changes nothing, another one under the id is refused.
    debit, credit
        Accounts that give and take; empty where a pending transfer names them.
    amount
        In units of the asset. Posting a pending transfer: 0 for all of it, less releases the rest.
    period
        Start of the period that the units belong to; ``None`` where the asset knows none.
    pending_id
        The pending transfer that is resolved.
    timeout_s
        After how many seconds a pending transfer lapses; 0 for never.
    linked
        Together with the next draft, all or nothing.
    balancing_debit, balancing_credit
        Move at most what the debit account has above its floor, or what the credit account has room for under its
        ceiling; zero stands in for a floor or ceiling that there is not.
    reason
        A stable code of what it is for, as ``spot_settlement``.
    reference
        What it is about, as a plan or trade.
    """

    transfer_id: str
    action: Action = Action.MOVE
    debit: str = ""
    credit: str = ""
    amount: int = 0
    period: datetime | None = None
    pending_id: str = ""
    timeout_s: int = 0
    linked: bool = False
    balancing_debit: bool = False
    balancing_credit: bool = False
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer as it stands; it is never changed.

    Attributes
    ----------
    amount
        What moved, or is pending; what of a pending transfer was posted, voided or lapsed.
    asked
        What the draft asked for.
    chain
        Id of the first of the transfers that it is linked with; empty where it stands alone.
    debit_entry, credit_entry
        It is the n-th transfer of its debit account, and of its credit account; numbers without gaps.
    at
        When it was entered; never earlier than the transfer before it.
    """

    transfer_id: str
    action: Action
    asset_id: str
    debit: str
    credit: str
    amount: int
    asked: int
    period: datetime | None
    pending_id: str
    timeout_s: int
    chain: str
    balancing_debit: bool
    balancing_credit: bool
    reason: str
    reference: str
    debit_entry: int
    credit_entry: int
    at: datetime


class Outcome(StrEnum):
    """What became of a draft; exactly one of these, and nothing is posted but for ``created``."""

    CREATED = "created"
    EXISTS = "exists"
    LINKED_FAILED = "linked_failed"
    LINKED_CHAIN_OPEN = "linked_chain_open"
    TRANSFER_ID_MALFORMED = "transfer_id_malformed"
    REASON_MALFORMED = "reason_malformed"
    FIELDS_UNFIT = "fields_unfit"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    EXISTS_WITH_DIFFERENT_ACTION = "exists_with_different_action"
    EXISTS_WITH_DIFFERENT_DEBIT = "exists_with_different_debit"
    EXISTS_WITH_DIFFERENT_CREDIT = "exists_with_different_credit"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_PERIOD = "exists_with_different_period"
    EXISTS_WITH_DIFFERENT_PENDING = "exists_with_different_pending"
    EXISTS_WITH_DIFFERENT_TIMEOUT = "exists_with_different_timeout"
    EXISTS_WITH_DIFFERENT_CHAIN = "exists_with_different_chain"
    EXISTS_WITH_DIFFERENT_BALANCING = "exists_with_different_balancing"
    EXISTS_WITH_DIFFERENT_REASON = "exists_with_different_reason"
    EXISTS_WITH_DIFFERENT_REFERENCE = "exists_with_different_reference"
    DEBIT_UNKNOWN = "debit_unknown"
    CREDIT_UNKNOWN = "credit_unknown"
    ACCOUNTS_SAME = "accounts_same"
    ASSET_DIFFERS = "asset_differs"
    PERIOD_UNFIT = "period_unfit"
    ACCOUNT_SEALED = "account_sealed"
    PERIOD_EXPIRED = "period_expired"
    PENDING_UNKNOWN = "pending_unknown"
    PENDING_DIFFERS = "pending_differs"
    PENDING_EXCEEDED = "pending_exceeded"
    PENDING_POSTED = "pending_posted"
    PENDING_VOIDED = "pending_voided"
    PENDING_LAPSED = "pending_lapsed"
    BALANCE_OVERFLOW = "balance_overflow"
    BELOW_FLOOR = "below_floor"
    ABOVE_CEILING = "above_ceiling"

    @property
    def stands(self) -> bool:
        """Whether the transfer stands, now or since earlier."""
        return self in {Outcome.CREATED, Outcome.EXISTS}


@dataclass(frozen=True, slots=True)
class Balance:
    """What has moved on an account in one period, and what is still pending; all in units of the asset."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    def plus(
        self, *, debits_posted: int = 0, credits_posted: int = 0, debits_pending: int = 0, credits_pending: int = 0
    ) -> Balance:
        """Return the balance after what is added."""
        return Balance(
            self.debits_posted + debits_posted,
            self.credits_posted + credits_posted,
            self.debits_pending + debits_pending,
            self.credits_pending + credits_pending,
        )

    @property
    def posted(self) -> int:
        """Credits less debits that are final."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What stands if every pending debit is posted and no pending credit is; held against the floor."""
        return self.posted - self.debits_pending

    @property
    def most(self) -> int:
        """What stands if every pending credit is posted and no pending debit is; held against the ceiling."""
        return self.posted + self.credits_pending


Cell = tuple[str, datetime | None]
"""An account, and the start of a period of its asset."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What postings rest on: that part of the books which the drafts speak of.

    Attributes
    ----------
    entries
        How many transfers each account has.
    transfers
        By id: those under the ids of the drafts, and the pending ones that they resolve.
    resolved
        How pending transfers were resolved, by their id.
    due
        Pending transfers whose timeout is over, in the order in which they lapse.
    """

    assets: Mapping[str, Asset]
    accounts: Mapping[str, Account]
    balances: Mapping[Cell, Balance]
    entries: Mapping[str, int]
    transfers: Mapping[str, Transfer]
    resolved: Mapping[str, Action]
    due: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """What postings lead to.

    Attributes
    ----------
    outcomes
        One for each draft.
    transfers
        New ones in their order, those that lapse first.
    balances, entries
        Those that changed.
    """

    outcomes: tuple[Outcome, ...]
    transfers: tuple[Transfer, ...]
    balances: Mapping[Cell, Balance]
    entries: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DraftIntake:
    """What a file of drafts holds.

    Attributes
    ----------
    findings
        Rows that cannot be read; the drafts are then not all that the file asks for.
    """

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]
