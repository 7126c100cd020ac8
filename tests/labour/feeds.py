"""A feed of claims by the week, as tests of feeds take it."""

from __future__ import annotations

from typing import Any, Final

from qipan.labour.model.feed import Feed, feed_of

TERMS: Final[dict[str, Any]] = {
    "name": "claims",
    "title": "失业保险申领",
    "holder": "Department of human resources",
    "source": "claims",
    "indicator": "initial claims",
    "unit": "persons",
    "direction": "rise",
    "by": ["region", "industry"],
    "cadence": "week",
    "delay_days": 5,
    "grace_days": 2,
    "sharing": {
        "parties": ["Department of human resources", "Planning commission"],
        "purposes": ["warning"],
        "since": "2026-01-01",
        "until": "2027-01-01",
        "columns": ["industry"],
        "least_shown": 10,
        "kept_days": 365,
    },
}
FEED: Final[Feed] = feed_of(TERMS)
