"""What doors tell of disputes and of the market's monitor: plain values, and tables for pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from qipan.accounts.model.dispute import Answer, Decision, Dispute, DisputeState, Opening, Step
from qipan.accounts.model.posting import Asset, Transfer
from qipan.interfaces.report.accounts import account_address, quantity, unit_of
from qipan.interfaces.report.numbers import grouped, moment
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.time import BOARD_ZONE
from qipan.market.model.monitor import Concentration, Flag, FlagKind, Measure, Watch

STATE = {
    DisputeState.OPENED: mark("opened"),
    DisputeState.ANSWERED: mark("answered"),
    DisputeState.UPHELD: mark("upheld"),
    DisputeState.DISMISSED: mark("dismissed"),
    DisputeState.WITHDRAWN: mark("withdrawn"),
}
FLAG = {
    FlagKind.CONCENTRATION: mark("Concentration"),
    FlagKind.PIVOTAL: mark("Pivotal offerer"),
    FlagKind.PHYSICAL: mark("Physical withholding"),
    FlagKind.ECONOMIC: mark("Economic withholding"),
    FlagKind.WASH: mark("Wash trades"),
}
MEASURE = {
    Measure.SOLD: mark("sold"),
    Measure.BOUGHT: mark("bought"),
    Measure.LONG: mark("held long"),
    Measure.SHORT: mark("held short"),
    Measure.CERTIFIED: mark("certified"),
}
FIGURE = {
    "hhi": mark("HHI"),
    "largest_share": mark("largest share"),
    "limit": mark("limit"),
    "hours": mark("hours"),
    "hours_watched": mark("hours watched"),
    "least_residual_supply": mark("least residual supply index"),
    "lot_hours": mark("lot-hours"),
    "worth_fen": mark("worth, fen"),
    "offers": mark("offers"),
    "dearest_fen_per_card_h": mark("dearest, fen a card-hour"),
    "least_price_at_reference_fen": mark("price at its reference, fen a card-hour"),
    "lots_returned": mark("lots that came back"),
    "lots_between_them": mark("lots between them"),
    "trades": mark("trades"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A dispute as somebody sees it.

    Attributes
    ----------
    parties, transfers
        Of what is disputed and linked with it, as far as they are shown.
    corrections
        What reverses these.
    """

    dispute: Dispute
    parties: frozenset[str]
    transfers: tuple[Transfer, ...]
    corrections: tuple[Transfer, ...]


def told(seen: Seen) -> dict[str, Any]:
    """Return a dispute as plain values."""
    one = seen.dispute
    decided, shown = one.decision.amounts if one.decision else {}, {each.transfer_id for each in seen.transfers}
    return {
        **line(one),
        "ground": one.opening.ground,
        "cites": one.opening.cites,
        "parties": sorted(seen.parties),
        "steps": [_step(step) for step in one.steps],
        "transfers": [_transfer(each, one) for each in seen.transfers],
        "amounts": {name: fen for name, fen in decided.items() if name in shown},
        "corrections": [_transfer(each, one) for each in seen.corrections],
    }


def line(one: Dispute) -> dict[str, Any]:
    """Return the particulars of a dispute by which a list tells it."""
    return {
        "dispute_id": one.dispute_id,
        "state": one.state.value,
        "party": one.opening.party,
        "by": one.opening.by,
        "opened": one.opened,
        "disputed": list(one.opening.transfer_ids),
    }


def watched(watch: Watch) -> dict[str, Any]:
    """Return what the monitor saw as plain values."""
    return {
        "since": watch.since,
        "until": watch.until,
        "trades": watch.trades,
        "hours": watch.hours,
        "unjudged": watch.unjudged,
        "flags": [
            {
                "flag_id": one.flag_id,
                "kind": one.kind.value,
                "market": one.market,
                "members": list(one.members),
                "figures": dict(one.figures),
                "chance": one.chance,
                "evidence": list(one.evidence),
                "leaves": list(one.leaves),
            }
            for one in watch.flags
        ],
        "concentrations": [
            {
                "market": one.market,
                "measure": one.measure.value,
                "total": one.total,
                "hhi": one.hhi,
                "largest": [{"member": name, "share": share} for name, share in one.largest],
            }
            for one in watch.concentrations
        ],
    }


def address(dispute_id: str) -> str:
    """Return where a dispute is seen."""
    return f"/accounts/dispute?{urlencode({'dispute': dispute_id})}"


def state(one: DisputeState, words: Words) -> str:
    """Return where a dispute stands, in words."""
    return words.say(STATE[one])


def listed(disputes: Iterable[Dispute], words: Words) -> Table:
    """Return disputes, the newest first."""
    heads = (
        Head(words.say("Dispute"), is_number=False),
        Head(words.say("State"), is_number=False),
        Head(words.say("Opened"), "UTC+8", is_number=False),
        Head(words.say("Party"), is_number=False),
        Head(words.say("Transfers")),
        Head(words.say("Ground"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(one.dispute_id, href=address(one.dispute_id)),
            state(one.state, words),
            moment(one.opened.isoformat(), BOARD_ZONE),
            one.opening.party,
            grouped(len(one.opening.transfer_ids)),
            one.opening.ground,
        )
        for one in reversed(tuple(disputes))
    )
    return Table(words.say("Disputes"), heads, rows, words.say("There is no dispute."))


def steps(one: Dispute, words: Words) -> Table:
    """Return what was said and decided in a dispute, in its order."""
    heads = (
        Head(words.say("Step")),
        Head(words.say("At"), "UTC+8", is_number=False),
        Head(words.say("What"), is_number=False),
        Head(words.say("Who"), is_number=False),
        Head(words.say("Words"), is_number=False),
    )
    rows = []
    for step in one.steps:
        plain = _step(step)
        who = f"{plain['by']} ({plain['party']})" if plain["party"] else plain["by"]
        when = moment(step.at.isoformat(), BOARD_ZONE)
        rows.append(row(str(step.number), when, words.say(_DONE[plain["act"]]), who, plain["words"]))
    return Table(words.say("Steps"), heads, tuple(rows))


def transfers(
    some: Iterable[Transfer],
    dispute: Dispute,
    assets: Mapping[str, Asset],
    words: Words,
    *,
    is_correction: bool = False,
) -> Table:
    """Return transfers of a dispute; those that it names are marked."""
    heads = (
        Head(words.say("Transfer"), is_number=False),
        Head(words.say("At"), "UTC+8", is_number=False),
        Head(words.say("From"), is_number=False),
        Head(words.say("To"), is_number=False),
        Head(words.say("Amount")),
        Head(words.say("Unit"), is_number=False),
        Head(words.say("What for"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(
                one.transfer_id,
                note=words.say("disputed") if one.transfer_id in dispute.opening.transfer_ids else one.reference,
            ),
            moment(one.at.isoformat(), BOARD_ZONE),
            Cell(one.debit, href=account_address(one.debit)),
            Cell(one.credit, href=account_address(one.credit)),
            quantity(one.amount, assets[one.asset_id]),
            unit_of(assets[one.asset_id], words),
            one.reason,
        )
        for one in some
    )
    caption = words.say("Correction") if is_correction else words.say("Disputed and linked with it")
    return Table(caption, heads, rows, words.say("Nothing has moved yet."))


def flags(some: Iterable[Flag], words: Words) -> Table:
    """Return what is to be looked at, with what it rests on."""
    heads = (
        Head(words.say("Flag"), is_number=False),
        Head(words.say("What"), is_number=False),
        Head(words.say("Market"), is_number=False),
        Head(words.say("Members"), is_number=False),
        Head(words.say("Figures"), is_number=False),
        Head(words.say("Chance without intent")),
        Head(words.say("Evidence"), words.say("leaves of the log"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(one.flag_id),
            words.say(FLAG[one.kind]),
            one.market,
            words.say(", ").join(_members(one, words)),
            words.say(", ").join(f"{words.say(FIGURE[name])} {_figure(value)}" for name, value in one.figures.items()),
            words.say("no rule promises one") if one.chance is None else f"{one.chance:.2%}",
            Cell(_few(one.evidence), note=_few([str(leaf) for leaf in one.leaves])),
        )
        for one in some
    )
    return Table(words.say("To be looked at"), heads, rows, words.say("Nothing is to be looked at."))


def _figure(value: float) -> str:
    return grouped(value, 0 if value == round(value) else 2)


def concentrations(some: Iterable[Concentration], words: Words) -> Table:
    """Return how markets are shared out."""
    heads = (
        Head(words.say("Market"), is_number=False),
        Head(words.say("Of what"), is_number=False),
        Head(words.say("HHI"), "0–10,000"),
        Head(words.say("Largest shares"), is_number=False),
    )
    rows = tuple(
        row(
            one.market,
            words.say(MEASURE[one.measure]),
            grouped(one.hhi),
            words.say(", ").join(f"{name} {share:.0%}" for name, share in one.largest),
        )
        for one in some
    )
    return Table(words.say("Concentration"), heads, rows, words.say("Nothing was traded or certified."))


_DONE = {
    "opened": mark("opened"),
    "answered": mark("answered"),
    "decided": mark("decided"),
    "withdrawn": mark("withdrawn"),
}


def _step(step: Step) -> dict[str, Any]:
    act = step.act
    if isinstance(act, Opening):
        what, party, words = "opened", act.party, act.ground
    elif isinstance(act, Answer):
        what, party, words = "answered", act.party, act.words
    else:
        what, party, words = "decided" if isinstance(act, Decision) else "withdrawn", "", act.words
    return {"number": step.number, "at": step.at, "act": what, "by": act.by, "party": party, "words": words}


def _transfer(one: Transfer, dispute: Dispute) -> dict[str, Any]:
    names = ("transfer_id", "asset_id", "debit", "credit", "amount", "period", "reason", "reference", "at")
    return {name: getattr(one, name) for name in names} | {
        "is_disputed": one.transfer_id in dispute.opening.transfer_ids
    }


def _members(flag: Flag, words: Words) -> list[str]:
    if flag.kind is not FlagKind.CONCENTRATION:
        return list(flag.members)
    return [words.say(MEASURE[Measure(flag.members[0])]), *flag.members[1:]]


def _few(names: Iterable[str], most: int = 6) -> str:
    told = list(names)
    return " ".join(told[:most]) + (" …" if len(told) > most else "")
