"""A day as one HTML file that needs nothing else: open it by double-click, offline, and print it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from qipan.interfaces.report import (
    assets,
    charts,
    day,
    kinds,
    reservations,
    stand_alone,
    substitutes,
    tables,
    upheld,
    volumes,
)
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.render import environment
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import Words, words

SERVED_POLICY = (
    "sandbox allow-scripts allow-modals; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:"
)
"""Content-Security-Policy for serving a report: its scripts are its own, and it may not act for who is signed in."""


def html(document: Document, lang: str, geometry: str, echarts_js: str, *, map_approval: str = "") -> str:
    """Return the day as a stand-alone HTML page.

    Parameters
    ----------
    document
        What `DayReport.document` gives.
    lang
        ``en`` or ``zh``.
    geometry
        The map, as `assets.geometry` gives it.
    echarts_js
        The charting library, as `assets.echarts` gives it.
    map_approval
        Map approval number (审图号) to print under the map.

    Raises
    ------
    BadInputError
        ``language_unknown``.
    """
    said = words(lang)
    scripts = (_inline(echarts_js), _inline(assets.joined_scripts()))
    style = assets.text(assets.STYLE)
    return (
        environment(lang)
        .get_template("report.html")
        .render(
            document=document,
            headlines=day.headlines(document, said),
            same_work=day.same_work(document, said),
            drawn=day.drawn(document, said),
            accounts=day.accounts(document, said),
            reasons=day.reasons(document, said),
            carried_over=day.carried_over(said),
            basis=day.basis(document, said),
            title=day.title(document, said),
            particulars=day.particulars(document, said),
            tables=all_tables(document, lang),
            upheld_sentence=upheld.sentence(document["upheld"], said) if document.get("upheld") else "",
            told_of_tables=substitutes.told_of_tables(document, said),
            good=tables.good(said),
            upheld_of_bound=upheld.of_bound(said),
            substitutes=substitutes.substitutes(document, said),
            charts={
                "map": charts.board_map(document, said),
                "use": charts.use(document, said),
                "lmp": charts.lmp(document, said),
                "electricity": charts.electricity(document, said),
            },
            geometry=_inline_json(geometry),
            map_approval=map_approval,
            style=style,
            scripts=scripts,
            policy=f"default-src 'none'; script-src {' '.join(_hash(script) for script in scripts)}; "
            f"style-src {_hash(style)}; img-src data:",
        )
    )


def all_tables(document: Document, lang: str) -> dict[str, Table]:
    """Return every table of a day by name.

    Raises
    ------
    BadInputError
        ``language_unknown``.
    """
    said = words(lang)

    def unit(site: Mapping[str, Any]) -> str:
        return kinds.unit_hours(kinds.of_site(site), said)

    return {
        "sites": tables.sites(document, said),
        "origins": tables.origins(document, said),
        "flows": tables.flows(document, said),
        "tiers": tables.tiers(document, said),
        "volumes": volumes.volumes(document, said),
        "stand_alone": stand_alone.stand_alone(document, said),
        "reservations": reservations.reservations(document, said),
        "upheld": upheld.upheld(document, said),
        "policies": tables.policies(document, said),
        "bound": tables.bound(document, said),
        "use": tables.hours(document, "used_unit_h", said, caption=said.say("Use by hour"), unit=unit, digits=0),
        "lmp": lmp_hours(document, said),
        "electricity": tables.hours(
            document,
            "price_fen_per_kwh",
            said,
            caption=said.say("Electricity by hour"),
            unit=said.say("yuan/kWh"),
            digits=3,
        ),
    }


def lmp_hours(document: Document, said: Words, leads: Callable[[str, int], str] | None = None) -> Table:
    """Return the LMP of every site by slot; each leads to its explanation where the caller gives addresses."""
    return tables.hours(
        document,
        "lmp_fen_per_unit_h",
        said,
        caption=said.say("LMP by hour"),
        unit=said.say("yuan/unit-hour"),
        digits=2,
        leads=leads,
    )


def _inline(script: str) -> str:
    """Keep a script from ending the element that holds it; its strings stay the same."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def _inline_json(text: str) -> str:
    return text.replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
