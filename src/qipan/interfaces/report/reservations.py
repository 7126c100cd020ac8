"""What reserved capacity came to: the tables, and the sentence above them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, yuan
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words

Report = Mapping[str, Any]
"""With the fields of `qipan.workflows.model.ReservationsReport`."""


def told_of(document: Document) -> Report | None:
    """Return what a day says of reservations; nothing where nothing was reserved and no job asked for it."""
    found: Report | None = document.get("reservations")
    return found


def sentence(told: Report, words: Words) -> str:
    """Say in one sentence what became of the jobs that name a reservation, and in one what is left of the money."""
    became = told["nominations"]
    paid_for = words.say("what was used or sold") if told.get("was_kept") else words.say("all that is reserved")
    counted = words.say(", ").join(
        f"{label(labels.NOMINATION, code, words)} {grouped(count)}" for code, count in became.items()
    )
    if not told["rows"]:
        return words.say(
            "Jobs that name a reservation: %(jobs)s. No reservation holds, so none is settled.",
            jobs=counted or words.say("none"),
        )
    return words.say(
        "Jobs that name a reservation: %(jobs)s. Sites earn %(revenue)s yuan at the LMP, pay holders %(paid)s yuan for"
        " %(what)s, and are paid %(contract)s yuan by contract: %(net)s yuan are left to them.",
        jobs=counted or words.say("none"),
        revenue=_sum(told, "revenue_fen"),
        paid=_sum(told, "paid_out_fen"),
        what=paid_for,
        contract=_sum(told, "contract_fen"),
        net=_sum(told, "net_fen"),
    )


def rows_apart(told: Report, words: Words) -> str:
    """Say how many rows of the file were set aside; empty for none."""
    if not told["rows_quarantined"]:
        return ""
    return words.say(
        "Rows of reservations set aside: %(bad)s of %(all)s.",
        bad=grouped(told["rows_quarantined"]),
        all=grouped(told["rows_read"]),
    )


def reservations(document: Document, words: Words) -> Table:
    """Return the reservations in the order of their file, with what each came to in the day."""
    names = {site["site_id"]: words.name(site) for site in document["sites"]}
    return reserved(told_of(document) or {"rows": ()}, names, words.say("Reservations in the day"), words)


def reserved(told: Report, names: Mapping[str, str], caption: str, words: Words) -> Table:
    """Return reservations in the order of their file, with what each came to.

    Parameters
    ----------
    names
        Of sites by their ids, as far as they are known.
    """
    unit = words.say("unit-hours")
    rows = tuple(
        row(
            Cell(one["reservation_id"], note=one["holder"]),
            Cell(
                names.get(one["site_id"], one["site_id"]),
                note=f"{label(labels.KIND, one['kind'], words)} {one['card_model']}".strip(),
            ),
            f"{grouped(one['covered_jobs'])} / {grouped(one['nominated_jobs'])}",
            *(grouped(one[f"{part}_unit_h"], 1) for part in ("reserved", "used", "unused", "sold")),
            *(yuan(one[f"{part}_fen"], 2) for part in ("lmp", "covered", "contract", "net")),
        )
        for one in told["rows"]
    )
    heads = (
        Head(words.say("Reservation"), is_number=False),
        Head(words.say("Site"), is_number=False),
        Head(words.say("Covered jobs"), words.say("of those that name it")),
        Head(words.say("Reserved"), unit),
        Head(words.say("Used"), unit),
        Head(words.say("Unused"), unit),
        Head(words.say("Sold of it"), unit),
        Head(words.say("LMP income"), words.say("yuan")),
        Head(words.say("Paid for use"), words.say("yuan")),
        Head(words.say("Contract price"), words.say("yuan")),
        Head(words.say("Net of the holder"), words.say("yuan")),
    )
    return Table(caption, heads, rows, words.say("No reservation."))


def _sum(told: Report, field: str) -> str:
    return yuan(math.fsum(one[field] for one in told["sellers"]), 2)
