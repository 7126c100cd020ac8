"""Files meet their adapters: all that can be asked without a home and its books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from qipan.accounts.model.posting import Draft
from qipan.accounts.sources import transfers_csv
from qipan.agreements.model.agreement import Agreement
from qipan.agreements.model.prospectus import Prospectus
from qipan.agreements.model.simulation import Scenario
from qipan.agreements.model.waterfall import Structure
from qipan.agreements.sources import agreement_toml, prospectus_toml, scenarios_csv
from qipan.certificates.model.certificate import Production, Usage
from qipan.certificates.sources import production_csv, usage_csv
from qipan.dispatch.engines import kueue, skypilot
from qipan.dispatch.model.expansion import Assumed, Build, Prospect, UnitCost
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.model.submission import Engines
from qipan.dispatch.sources import engines_toml, instance, instance_form, prospect, prospect_form
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.kernel.money import FEN_PER_YUAN
from qipan.market.margin import rate_fen_per_card_h
from qipan.market.model.array import Ints
from qipan.market.model.contract import Instrument
from qipan.market.model.margin import DECAY, MarginRule, Measure
from qipan.market.model.order import Order
from qipan.market.model.request import Listing
from qipan.market.sources import orders_csv, pairs_csv, prices_csv


def read_instance(data: bytes) -> Instance:
    """Read a day's programme from a file; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``instance_unreadable``, ``instance_bad``.
    """
    return instance.read(data)


def read_drafts(data: bytes) -> tuple[Draft, ...]:
    """Read a file of transfers; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``transfers_unreadable`` with a finding for each cell that cannot be read.
    """
    intake = transfers_csv.read(data)
    if intake.findings:
        raise BadInputError(
            f"Every row of a file of transfers must be readable, was not; findings: {len(intake.findings)}.",
            code="transfers_unreadable",
            hint="Nothing was posted. Correct the cells that are named, then send the file again.",
            findings=intake.findings,
        )
    return intake.drafts


def read_orders(data: bytes) -> tuple[Order, ...]:
    """Read a file of orders; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``orders_unreadable`` with a finding for each cell that cannot be read.
    """
    orders, findings = orders_csv.read(data)
    if findings:
        raise BadInputError(
            f"Every row of a file of orders must be readable, was not; findings: {len(findings)}.",
            code="orders_unreadable",
            hint="Nothing was entered. Save the sheet as CSV UTF-8, with commas, then send the file again."
            if findings[0].rule == "file_unreadable"
            else "Nothing was entered. Correct the cells that are named, then send the file again.",
            findings=findings,
        )
    return orders


def read_prices(data: bytes) -> Ints:
    """Read a history of daily prices, fen a card-hour ``(days,)``; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``prices_unreadable`` with a finding for each cell that cannot be read.
    """
    prices, findings = prices_csv.read(data)
    if findings:
        raise BadInputError(
            f"Every row of a price history must be readable, was not; findings: {len(findings)}.",
            code="prices_unreadable",
            hint="Correct the cells that are named; no margin follows from a history with gaps.",
            findings=findings,
        )
    return prices


def listing_of(
    instrument: str,
    *,
    margin_fen_per_card_h: int | None,
    history: bytes | None,
    coverage: float = MarginRule().coverage,
    is_plain: bool = False,
    last_trading: datetime | None = None,
) -> Listing:
    """Return the terms of a book whose margin is stated, or follows from a history of daily prices.

    Parameters
    ----------
    is_plain
        Past moves count as they were, not scaled to how much prices move now.

    Raises
    ------
    BadInputError
        ``margin_unstated`` unless it is one of both; ``prices_unreadable``; ``instrument_name_bad``,
        ``window_name_bad``; those of `rate_fen_per_card_h`.
    """
    if (margin_fen_per_card_h is None) == (history is None):
        raise BadInputError(
            "A book must be opened with a margin or with a history of prices, was with both or neither.",
            code="margin_unstated",
            hint="Give a margin, or a history of prices.",
            field="margin_fen_per_card_h",
        )
    ware = Instrument.named(instrument)
    source, rate = "assumed", margin_fen_per_card_h or 0
    if history is not None:
        rule = MarginRule(coverage, Measure.SHORTFALL, decay=None if is_plain else DECAY)
        rate = rate_fen_per_card_h(read_prices(history), rule)
        source = f"history:{sha256(history).hexdigest()}"
    return Listing(ware, last_trading or ware.window.start, rate, source)


def read_delivered(data: bytes) -> dict[str, int]:
    """Read what was delivered, card-hours by the id of the order; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``delivered_unreadable`` with a finding for each cell that cannot be read.
    """
    delivered, findings = pairs_csv.read(data, ("id", "card_h"))
    if findings:
        raise BadInputError(
            f"Every row of what was delivered must be readable, was not; findings: {len(findings)}.",
            code="delivered_unreadable",
            hint="Nothing was settled. Correct the cells that are named, then send the file again.",
            findings=findings,
        )
    return delivered


def read_rolling(data: bytes) -> dict[str, int]:
    """Read rolling prices, fen a card-hour by instrument; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``rolling_unreadable`` with a finding for each cell that cannot be read.
    """
    prices, findings = pairs_csv.read(data, ("instrument", "fen_per_card_h"))
    if findings:
        raise BadInputError(
            f"Every row of rolling prices must be readable, was not; findings: {len(findings)}.",
            code="rolling_unreadable",
            hint="Nothing was settled. Correct the cells that are named, then send the file again.",
            findings=findings,
        )
    return prices


def read_agreement(data: bytes, facts: Path | None = None) -> Agreement:
    """Read a file of an agreement; its regions and hub are held against the facts. It needs no home and no books.

    Parameters
    ----------
    facts
        A user's file of facts, which replaces some.

    Raises
    ------
    BadInputError
        ``agreement_unreadable`` with a finding for each thing that is wrong; what `Catalog.load` says of the user's
        file.
    """
    catalog = Catalog.load(facts)
    agreement, findings = agreement_toml.read(
        data,
        adcodes={one.adcode for one in catalog.regions()},
        hubs={one.hub_id for one in catalog.hubs()},
    )
    if agreement is None or findings:
        raise BadInputError(
            f"A file of an agreement must keep the rules, was broken {len(findings)} times.",
            code="agreement_unreadable",
            hint="Correct what the findings name; docs/agreements.md has an example.",
            findings=findings,
        )
    return agreement


def read_scenarios(data: bytes) -> tuple[Scenario, ...]:
    """Read a file of scenarios; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``scenarios_unreadable`` with a finding for each cell that cannot be read; ``file_torn``.
    """
    scenarios, findings = scenarios_csv.read(data)
    if findings:
        raise BadInputError(
            f"Every row of a file of scenarios must be readable, was not; findings: {len(findings)}.",
            code="scenarios_unreadable",
            hint="Correct the cells that are named; nothing is simulated with gaps.",
            findings=findings,
        )
    return scenarios


def read_prospectus(data: bytes) -> tuple[Prospectus, Structure | None]:
    """Read a file of a prospectus, and the structure of its bond if it has one; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``prospectus_unreadable`` with a finding for each thing that is wrong.
    """
    prospectus, structure, findings = prospectus_toml.read(data)
    if prospectus is None or findings:
        raise BadInputError(
            f"A file of a prospectus must keep the rules, was broken {len(findings)} times.",
            code="prospectus_unreadable",
            hint="Correct what the findings name; docs/finance.md has examples.",
            findings=findings,
        )
    return prospectus, structure


def read_production(data: bytes) -> tuple[Production, ...]:
    """Read a file of what a device made; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``production_unreadable`` with a finding for each cell that cannot be read.
    """
    made, findings = production_csv.read(data)
    if findings:
        raise BadInputError(
            f"Every row of a file of production must be readable, was not; findings: {len(findings)}.",
            code="production_unreadable",
            hint="Nothing was issued. Correct the cells that are named, then send the file again.",
            findings=findings,
        )
    return made


def read_usage(data: bytes) -> tuple[Usage, ...]:
    """Read a file of metered use; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``usage_unreadable`` with a finding for each cell that cannot be read.
    """
    usages, findings = usage_csv.read(data)
    if findings:
        raise BadInputError(
            f"Every row of a file of use must be readable, was not; findings: {len(findings)}.",
            code="usage_unreadable",
            hint="Nothing was entered. Correct the cells that are named, then send the file again.",
            findings=findings,
        )
    return usages


def instance_schema() -> dict[str, Any]:
    """Return the JSON Schema of an instance."""
    return instance_form.InstanceForm.model_json_schema()


RENDERERS = {"kueue": kueue.render, "skypilot": skypilot.render}
"""Form of job files to what writes an order in it."""


def read_engines(path: Path, data: bytes) -> Engines:
    """Read a file of engines; the files that it names stand beside it.

    Raises
    ------
    BadInputError
        ``engines_invalid``.
    """
    return engines_toml.read(data, lambda name: (path.parent / name).read_bytes())


def read_prospect(data: bytes, open_file: Callable[[str], bytes], facts: Path | None = None) -> Prospect:
    """Read a file of expansion; what it leaves out is filled from the facts. It needs no home and no books.

    Parameters
    ----------
    open_file
        Returns what a named file of an instance holds.
    facts
        A user's file of facts, which replaces some.

    Raises
    ------
    BadInputError
        ``expansion_unreadable``, ``expansion_bad``; what `Catalog.load` says of the user's file.
    """
    return prospect.read(data, open_file, expansion_facts(Catalog.load(facts)))


def expansion_facts(catalog: Catalog) -> Assumed:
    """Return what plans of expansion take from the facts."""
    costs = {
        build: UnitCost(
            catalog.number(f"expansion/{build.value}/capital") * FEN_PER_YUAN,
            catalog.number(f"expansion/{build.value}/lifetime"),
            catalog.number(f"expansion/{build.value}/upkeep") * FEN_PER_YUAN,
        )
        for build in Build
    }
    over = catalog.number("expansion/carbon_over") * FEN_PER_YUAN
    return Assumed(costs, catalog.number("expansion/discount_rate"), over)


def example_expansion() -> bytes:
    """Return the file of expansion that ships as an example."""
    return (resources.files("qipan.dispatch.expansion") / "example.json").read_bytes()


def prospect_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of expansion."""
    return prospect_form.ProspectForm.model_json_schema()
