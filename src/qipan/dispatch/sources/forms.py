"""The columns that each form of table must have, by which one that stands in the place of another is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TableForm:
    """A form of table.

    Attributes
    ----------
    title, option
        What a table of this form is called, and where it is given.
    needed
        Columns that it must have.
    """

    title: str
    option: str
    needed: tuple[str, ...]


GENERIC: Final = TableForm(
    "jobs", "--jobs and --format generic", ("job_id", "submit", "kind", "quantity", "requested_s")
)
PHILLY: Final = TableForm("the trace philly", "--jobs and --format philly", ("timestamp", "duration", "num_gpus"))
OPENB: Final = TableForm(
    "the trace openb",
    "--jobs and --format openb",
    ("name", "num_gpu", "gpu_milli", "qos", "creation_time", "deletion_time", "scheduled_time"),
)
LLM: Final = TableForm("the trace llm", "--jobs and --format llm", ("TIMESTAMP", "ContextTokens", "GeneratedTokens"))
RESERVATIONS: Final = TableForm(
    "reservations",
    "--reservations",
    ("reservation_id", "holder", "site", "kind", "from", "to", "units", "price_yuan_per_unit_h"),
)
SUBSTITUTES: Final = TableForm(
    "substitutes", "--substitutes", ("kind", "card_model", "by_kind", "by_card_model", "units")
)
LINKS: Final = TableForm("links", "--links", ("link", "from", "to", "gb_per_h"))

FORMS: Final = (GENERIC, PHILLY, OPENB, LLM, RESERVATIONS, SUBSTITUTES, LINKS)
"""Every form of table."""
