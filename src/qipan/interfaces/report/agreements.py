"""What the pages of agreements show: terms and texts, gains before signing, bills and pledges, what income is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from urllib.parse import urlencode

from qipan.agreements.model.agreement import MOST_FEN_PER_CARD_H
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.posted import Pledge, PostedBill, PostedShare, Signed
from qipan.agreements.model.prospectus import Valuation
from qipan.agreements.model.simulation import Gain, PriceRange, Simulation
from qipan.agreements.model.waterfall import Payment
from qipan.interfaces.report import obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.money import FEN_PER_YUAN

MILLION: Final = FEN_PER_YUAN * 10**6
"""Fen of a million yuan."""

Names = Mapping[str, str]
"""What regions are called, by adcode; other parties stand for themselves."""


def millions(amount_fen: float | Fraction) -> str:
    """Write an amount in millions of yuan.

    Examples
    --------
    >>> millions(613_200_000), millions(-31_872_000)
    ('6.13', '-0.32')
    """
    return grouped(float(amount_fen) / MILLION, 2)


def agreement_address(agreement_id: str) -> str:
    """Return where an agreement is seen."""
    return f"/agreements/one?{urlencode({'agreement': agreement_id})}"


def agreements(found: Iterable[Signed], names: Names, words: Words) -> Table:
    """Return agreements and whether they are in force."""
    heads = (
        Head(words.say("Agreement"), is_number=False),
        Head(words.say("Buyer"), is_number=False),
        Head(words.say("Seller"), is_number=False),
        Head(words.say("Cards"), is_number=False),
        Head(words.say("Months"), is_number=False),
        Head(words.say("Text")),
        Head(words.say("Signed by"), is_number=False),
        Head(words.say("In force"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(one.agreement.agreement_id, href=agreement_address(one.agreement.agreement_id)),
            names.get(one.agreement.buyer, one.agreement.buyer),
            names.get(one.agreement.seller, one.agreement.seller),
            f"{one.agreement.card_class}@{names.get(one.agreement.hub_id, one.agreement.hub_id)}",
            f"{one.agreement.start:%Y-%m} – {one.agreement.end:%Y-%m}",
            f"{one.number}",
            words.say(", ").join(names.get(party, party) for party in one.at) or NOTHING,
            words.say("yes") if one.is_in_force else words.say("no"),
        )
        for one in found
    )
    return Table(words.say("Agreements"), heads, rows, words.say("Nobody has signed an agreement yet."))


def versions(signed: Signed, words: Words) -> Table:
    """Return the versions of the terms, by the month from which each holds."""
    price = words.say("yuan a card-hour")
    heads = (
        Head(words.say("Holds from"), is_number=False),
        Head(words.say("Volume"), words.say("card-hours a month")),
        Head(words.say("Base price"), price),
        Head(words.say("Index"), is_number=False),
        Head(words.say("Passes through")),
        Head(words.say("Floor"), price),
        Head(words.say("Cap"), price),
        Head(words.say("Take-or-pay")),
    )
    rows = tuple(
        row(
            f"{one.holds_from:%Y-%m}",
            grouped(one.card_h_per_month),
            yuan(one.base_fen_per_card_h, 2),
            NOTHING if one.index is None else f"{one.index.name} / {one.index.base}",
            NOTHING if one.index is None else percent(float(one.index.pass_through), 0),
            yuan(one.floor_fen_per_card_h, 2),
            yuan(one.cap_fen_per_card_h, 2),
            percent(float(one.take_or_pay), 0),
        )
        for one in signed.agreement.versions
    )
    return Table(words.say("Versions of the terms"), heads, rows)


def sharing(signed: Signed, names: Names, words: Words) -> Table:
    """Return who shares in what, by the day from which it holds."""
    heads = (
        Head(words.say("Shared"), is_number=False),
        Head(words.say("Holds from"), is_number=False),
        Head(words.say("Shares"), is_number=False),
    )
    rows = tuple(
        row(
            label(obligations.POOL, str(pool), words),
            f"{one.holds_from}",
            words.say(", ").join(
                f"{names.get(party, party)} {percent(float(part))}" for party, part in one.parts.items()
            ),
        )
        for pool, shares in signed.agreement.tables.items()
        for one in shares.versions
    )
    return Table(words.say("Sharing tables"), heads, rows, words.say("Nothing is shared."))


def bills(found: Sequence[PostedBill], words: Words) -> Table:
    """Return what months owed."""
    heads = (
        Head(words.say("Month"), is_number=False),
        Head(words.say("Taken"), words.say("card-hours")),
        Head(words.say("Paid and not taken"), words.say("card-hours")),
        Head(words.say("Price"), words.say("yuan a card-hour")),
        Head(words.say("Due"), words.say("yuan")),
        Head(words.say("Text")),
    )
    rows = tuple(
        row(
            f"{one.use.month:%Y-%m}",
            grouped(one.bill.taken_card_h),
            grouped(one.bill.untaken_card_h),
            yuan(one.bill.price.fen_per_card_h, 2),
            yuan(one.bill.due_fen, 2),
            f"{one.number}",
        )
        for one in found
    )
    return Table(words.say("Bills"), heads, rows, words.say("No month was billed yet."))


def shares(found: Sequence[PostedShare], words: Words) -> Table:
    """Return what was shared out."""
    heads = (
        Head(words.say("Month"), is_number=False),
        Head(words.say("Shared"), is_number=False),
        Head(words.say("Amount"), words.say("yuan")),
        Head(words.say("Account"), is_number=False),
    )
    rows = tuple(
        row(f"{one.month:%Y-%m}", label(obligations.POOL, str(one.pool), words), yuan(one.fen, 2), one.source)
        for one in found
    )
    return Table(words.say("Shared out"), heads, rows, words.say("Nothing was shared yet."))


def pledges(found: Sequence[Pledge], words: Words) -> Table:
    """Return who gets which share of each bill."""
    heads = (
        Head(words.say("Pledge"), is_number=False),
        Head(words.say("Holder"), is_number=False),
        Head(words.say("Share")),
        Head(words.say("Months"), is_number=False),
    )
    rows = tuple(
        row(one.pledge_id, one.holder, percent(float(one.share)), f"{one.start:%Y-%m} – {one.end:%Y-%m}")
        for one in found
    )
    return Table(words.say("Pledges"), heads, rows, words.say("Nothing of its revenue is pledged."))


def events(found: Sequence[Event], words: Words) -> Table:
    """Return the events of the enclave that were split, with what each had; money in yuan, the rest in its unit."""
    heads = (
        Head(words.say("Event"), is_number=False),
        Head(words.say("Day"), is_number=False),
        *(Head(label(obligations.ITEM, str(item), words)) for item in Item),
    )

    def amount(one: Event, item: Item) -> str:
        count = one.amounts.get(item)
        return yuan(count, 2) if str(item).endswith("_fen") else grouped(count)

    rows = tuple(row(one.event_id, f"{one.day}", *(amount(one, item) for item in Item)) for one in found)
    return Table(words.say("Events that were split"), heads, rows, words.say("No event was split yet."))


def gains(found: Simulation, names: Names, words: Words) -> Table:
    """Return what each party gains in expectation by component, and the worst that may come."""
    unit = words.say("million yuan")
    heads = (
        Head(words.say("Gain against no agreement"), is_number=False),
        *(Head(names.get(one.party, one.party), unit) for one in found.gains),
    )
    rows = [
        row(label(obligations.COMPONENT, name, words), *(millions(one.expected[name]) for one in found.gains))
        for name in found.gains[0].expected
        if any(told[name] for one in found.gains for told in one.by_scenario.values())
    ]
    rows.append(row(words.say("expected"), *(millions(one.expected_fen) for one in found.gains), is_own=True))
    rows.append(row(words.say("worst"), *(millions(one.worst[1]) for one in found.gains)))
    rows.append(row(words.say("worst in"), *(one.worst[0] for one in found.gains)))
    return Table(words.say("Who gains what"), heads, tuple(rows))


def by_scenario(found: Simulation, names: Names, words: Words) -> Table:
    """Return what each party gains in each scenario."""
    unit = words.say("million yuan")
    heads = (
        Head(words.say("Scenario"), is_number=False),
        *(Head(names.get(one.party, one.party), unit) for one in found.gains),
    )
    rows = tuple(
        row(name, *(millions(_whole(one, name)) for one in found.gains)) for name in found.gains[0].by_scenario
    )
    return Table(words.say("Gain by scenario"), heads, rows)


def by_scenario_chart(found: Simulation, names: Names, words: Words) -> dict[str, Any]:
    """Return the same as bars."""
    scenarios = list(found.gains[0].by_scenario)
    return {
        "kind": "bars",
        "names": scenarios,
        "unit": words.say("million yuan"),
        "series": [
            {
                "name": names.get(one.party, one.party),
                "values": [round(_whole(one, name) / MILLION, 4) for name in scenarios],
            }
            for one in found.gains
        ],
    }


def _whole(gain: Gain, scenario: str) -> int:
    return sum(gain.by_scenario[scenario].values())


def verdicts(found: Simulation, names: Names, words: Words) -> list[tuple[str, bool, str]]:
    """Return for each party what it is called, whether it is no worse off, and why not."""
    return [(names.get(one.party, one.party), one.is_rational, _why(one, words)) for one in found.gains]


def _why(gain: Gain, words: Words) -> str:
    if gain.is_rational:
        return words.say("better off by %(amount)s million yuan in expectation", amount=millions(gain.expected_fen))
    reasons = words.say(", ").join(
        f"{label(obligations.COMPONENT, one.component, words)} {millions(one.fen)} "
        f"({words.say(', ').join(one.scenarios)})"
        for one in gain.reasons
    )
    return words.say(
        "loses %(amount)s million yuan in expectation, by %(reasons)s",
        amount=millions(-gain.expected_fen),
        reasons=reasons,
    )


def price_range(prices: PriceRange, words: Words) -> str:
    """Return at which base prices nobody loses."""
    low, high = prices.least_fen, prices.most_fen
    if low is None or high is None or low > high:
        return words.say("none: at every base price somebody loses")
    if high == MOST_FEN_PER_CARD_H:
        return words.say("%(low)s yuan a card-hour or more", low=yuan(low, 2))
    return words.say("%(low)s to %(high)s yuan a card-hour", low=yuan(low, 2), high=yuan(high, 2))


def flows(found: Valuation, words: Words) -> Table:
    """Return cash by year."""
    unit = words.say("million yuan")
    names = ("income", "electricity", "operating", "noi", "capex", "cash", "distributed")
    heads = (
        Head(words.say("Year"), is_number=False),
        *(Head(label(obligations.CASH, name, words), unit) for name in names),
        Head(words.say("Yield")),
    )
    rows = tuple(
        row(
            f"{one.year}",
            *(millions(getattr(one, f"{name}_fen")) for name in names),
            percent(None if (share := found.distribution_yields[one.year]) is None else float(share), 2),
        )
        for one in found.flows
    )
    return Table(words.say("Cash by year"), heads, rows)


def flows_chart(found: Valuation, words: Words) -> dict[str, Any]:
    """Return cash and what is distributed by year, as bars."""
    return {
        "kind": "bars",
        "names": [f"{one.year}" for one in found.flows],
        "unit": words.say("million yuan"),
        "series": [
            {
                "name": label(obligations.CASH, name, words),
                "values": [round(getattr(one, f"{name}_fen") / MILLION, 4) for one in found.flows],
            }
            for name in ("noi", "cash", "distributed")
        ],
    }


def grid(
    rates: Sequence[Decimal], occupancies: Sequence[Decimal], value_fen: Sequence[Sequence[int]], words: Words
) -> Table:
    """Return the value by discount rate and occupancy."""
    heads = (
        Head(words.say("Discount rate"), is_number=False),
        *(
            Head(words.say("occupancy %(share)s", share=percent(float(one), 0)), words.say("million yuan"))
            for one in occupancies
        ),
    )
    rows = tuple(
        row(percent(float(rate), 2), *map(millions, some)) for rate, some in zip(rates, value_fen, strict=True)
    )
    return Table(words.say("Value by discount rate and occupancy"), heads, rows)


def grid_chart(
    rates: Sequence[Decimal], occupancies: Sequence[Decimal], value_fen: Sequence[Sequence[int]], words: Words
) -> dict[str, Any]:
    """Return the same as lines, one an occupancy."""
    return {
        "kind": "lines",
        "unit": words.say("million yuan"),
        "digits": 2,
        "names": [percent(float(one), 2) for one in rates],
        "series": [
            {
                "name": words.say("occupancy %(share)s", share=percent(float(one), 0)),
                "values": [round(some[at] / MILLION, 4) for some in value_fen],
            }
            for at, one in enumerate(occupancies)
        ],
    }


def moved(found: Mapping[str, tuple[int, int]], base_fen: int, words: Words) -> Table:
    """Return how each input moves the value, the widest first."""
    heads = (
        Head(words.say("Input"), is_number=False),
        Head(words.say("10 % lower"), words.say("million yuan")),
        Head(words.say("10 % higher"), words.say("million yuan")),
    )
    widest = sorted(found.items(), key=lambda one: -max(abs(fen - base_fen) for fen in one[1]))
    rows = tuple(
        row(label(obligations.INPUT, name, words), *(f"{(fen - base_fen) / MILLION:+,.2f}" for fen in both))
        for name, both in widest
    )
    return Table(words.say("Change of the value, one input at a time"), heads, rows)


def waterfall(years: Sequence[int], paid: Sequence[Payment], words: Words) -> Table:
    """Return what a bond's waterfall pays to whom, year by year."""
    unit = words.say("million yuan")
    names = ("inflow", "fees", "senior", "reserve", "junior", "residual", "senior_owed")
    heads = (
        Head(words.say("Year"), is_number=False),
        *(Head(label(obligations.WATERFALL, name, words), unit) for name in names),
        Head(words.say("Cover")),
    )
    rows = tuple(
        row(
            f"{year}",
            *(millions(getattr(one, f"{name}_fen")) for name in names),
            NOTHING if one.senior_cover is None else grouped(float(one.senior_cover), 2),
        )
        for year, one in zip(years, paid, strict=False)
    )
    return Table(words.say("Waterfall"), heads, rows)
