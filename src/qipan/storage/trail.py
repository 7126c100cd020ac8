"""The trail: who changed what, when. An entry is there when its unit of work is; none is ever changed or removed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

TRAIL = sa.Table(
    "trail",
    metadata,
    sa.Column("entry_id", Serial, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index(None, "caller", "at"),
    sa.Index(None, "action", "at"),
    sqlite_autoincrement=True,
)


def record_action(unit: UnitOfWork, action: str, subject: object, now: datetime, **detail: Any) -> None:
    """Enter what the unit of work changes, as its caller's doing.

    Parameters
    ----------
    action
        A stable code, as ``role_changed``.
    subject
        What it was done to.
    detail
        Few plain values, never a secret.
    """
    told = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    values = {"at": now, "caller": unit.caller, "action": action, "subject": str(subject), "detail": told}
    unit.execute(sa.insert(TRAIL), values)
