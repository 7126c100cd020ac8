"""Read an agreement from a TOML file: its parties and term, ``[[versions]]`` of terms, ``[[shares.POOL]]``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from qipan.agreements.model.agreement import Agreement, Aid, AidKind, Contribution, Indexation, Pool, Terms
from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.agreements.sources.form import Form, Table
from qipan.kernel.errors import Finding

KEYS: Final = ("id", "buyer", "seller", "card_class", "hub", "from", "until", "versions")
TERMS_KEYS: Final = ("holds_from", "card_h_per_month", "base_fen_per_card_h")
OPTIONAL: Final = (
    "index", "floor_fen_per_card_h", "cap_fen_per_card_h", "take_or_pay", "contributions", "aid",
)  # fmt: skip
AID_KEYS: Final = ("kind", "giver", "taker", "cost_fen_per_month", "worth_fen_per_month", "source")


def read(
    data: bytes, *, adcodes: Collection[str], hubs: Collection[str]
) -> tuple[Agreement | None, tuple[Finding, ...]]:
    """Return an agreement, or all that is wrong with its file.

    Parameters
    ----------
    adcodes, hubs
        Regions and hubs that there are.

    Returns
    -------
    findings
        Rules: those of `Form`; ``region_unknown``, ``hub_unknown``, ``kind_unknown``, ``pool_unknown``.
    """
    form = Form()
    root = form.root(data)
    if form.findings:
        return None, tuple(form.findings)
    form.keys(root, "", KEYS, ("shares",))
    buyer, seller, hub = (form.text(root, "", key) for key in ("buyer", "seller", "hub"))
    for key, adcode in (("buyer", buyer), ("seller", seller)):
        if adcode and adcode not in adcodes:
            told = f"A party must be the adcode of a region, was {adcode!r}."
            form.note(key, "region_unknown", told, adcode)
    if hub and hub not in hubs:
        form.note("hub", "hub_unknown", f"A hub must be one of {', '.join(sorted(hubs))}, was {hub!r}.", hub)
    name, card_class = form.text(root, "", "id"), form.text(root, "", "card_class")
    start, end = form.day(root, "", "from"), form.day(root, "", "until")
    versions = [_terms(form, at, one) for at, one in form.tables(root, "", "versions")]
    tables = _tables(form, root, adcodes)
    made = form.made(
        "",
        0,
        lambda: Agreement(
            name, buyer, seller, card_class, hub, start, end, tuple(one for one in versions if one), tables
        ),
    )
    return made, tuple(form.findings)


def _terms(form: Form, at: str, table: Table) -> Terms | None:
    before = len(form.findings)
    form.keys(table, at, TERMS_KEYS, OPTIONAL)
    day = form.day(table, at, "holds_from")
    volume, base = form.whole(table, at, "card_h_per_month"), form.whole(table, at, "base_fen_per_card_h")
    floor = form.whole(table, at, "floor_fen_per_card_h")
    cap = form.whole(table, at, "cap_fen_per_card_h") if "cap_fen_per_card_h" in table else None
    least = form.decimal(table, at, "take_or_pay")
    index = _index(form, *form.table(table, at, "index")) if "index" in table else None
    money = tuple(_contribution(form, place, one) for place, one in form.tables(table, at, "contributions"))
    aid = tuple(_aid(form, place, one) for place, one in form.tables(table, at, "aid"))
    return form.made(
        at,
        before,
        lambda: Terms(
            day,
            volume,
            base,
            index,
            floor,
            cap,
            least,
            tuple(one for one in money if one),
            tuple(one for one in aid if one),
        ),
    )


def _index(form: Form, at: str, table: Table) -> Indexation | None:
    before = len(form.findings)
    form.keys(table, at, ("name", "base", "pass_through"))
    name, base = form.text(table, at, "name"), form.decimal(table, at, "base")
    part = form.decimal(table, at, "pass_through")
    return form.made(at, before, lambda: Indexation(name, base, part))


def _contribution(form: Form, at: str, table: Table) -> Contribution | None:
    before = len(form.findings)
    form.keys(table, at, ("giver", "taker", "fen_per_month"))
    giver, taker = form.text(table, at, "giver"), form.text(table, at, "taker")
    fen = form.whole(table, at, "fen_per_month")
    return form.made(at, before, lambda: Contribution(giver, taker, fen))


def _aid(form: Form, at: str, table: Table) -> Aid | None:
    before = len(form.findings)
    form.keys(table, at, AID_KEYS)
    kind, giver, taker, source = (form.text(table, at, key) for key in ("kind", "giver", "taker", "source"))
    cost, worth = (form.whole(table, at, key) for key in ("cost_fen_per_month", "worth_fen_per_month"))
    if kind and kind not in set(AidKind):
        told = f"A kind of aid must be one of {', '.join(AidKind)}, was {kind!r}."
        form.note(f"{at}.kind", "kind_unknown", told, kind)
    return form.made(at, before, lambda: Aid(AidKind(kind), giver, taker, cost, worth, source))


def _tables(form: Form, root: Table, adcodes: Collection[str]) -> dict[Pool, SharingTable]:
    at, pools = form.table(root, "", "shares")
    found = {}
    for pool in pools:
        if pool not in set(Pool):
            told = f"What a table shares must be one of {', '.join(Pool)}, was {pool!r}."
            form.note(f"{at}.{pool}", "pool_unknown", told, pool)
            continue
        made = _table(form, f"{at}.{pool}", form.tables(pools, at, pool), adcodes)
        if made:
            found[Pool(pool)] = made
    return found


def _table(form: Form, at: str, told: list[tuple[str, Table]], adcodes: Collection[str]) -> SharingTable | None:
    before = len(form.findings)
    versions = [_shares(form, place, one, adcodes) for place, one in told]
    return form.made(at, before, lambda: SharingTable(tuple(one for one in versions if one)))


def _shares(form: Form, at: str, table: Table, adcodes: Collection[str]) -> Shares | None:
    before = len(form.findings)
    form.keys(table, at, ("holds_from", "parts"))
    day = form.day(table, at, "holds_from")
    place, told = form.table(table, at, "parts")
    for party in told:
        if party.isdigit() and party not in adcodes:
            form.note(f"{place}.{party}", "region_unknown", f"A number must be that of a region, was {party}.", party)
    parts = {party: form.decimal(told, place, party) for party in told}
    return form.made(at, before, lambda: Shares(day, parts))
