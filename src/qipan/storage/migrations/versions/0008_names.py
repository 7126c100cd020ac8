"""Make the table of the names of meters and sources that fleets have, or ever had.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make fleet_name, and enter the names of every release there is."""
    names = op.create_table(
        "fleet_name",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fleet_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_fleet_name"),
    )
    fleet = sa.table("fleet", sa.column("fleet_id"), sa.column("released"), sa.column("document"))
    # Newest first: a name that two fleets had one after the other belongs to the one that had it last.
    rows = op.get_bind().execute(sa.select(fleet.c.fleet_id, fleet.c.document).order_by(fleet.c.released.desc()))
    holders: dict[tuple[str, str], str] = {}
    for fleet_id, document in rows:
        words = json.loads(document)
        for site in words["sites"]:
            for meter in site.get("meters", ()):
                holders.setdefault(("meter", meter["meter_id"]), fleet_id)
        for source in words.get("sources", ()):
            holders.setdefault(("source", source["source_id"]), fleet_id)
    if holders:
        op.bulk_insert(names, [{"kind": k, "name": n, "fleet_id": holder} for (k, n), holder in holders.items()])
