"""``qipan agreements``: texts are signed, and shown with what followed from them; a check of all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.owed import told_bill, told_pledge
from qipan.interfaces.cli.print import findings_table, print_json, print_table, remark, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.agreements.model.posted import Pledge, PostedBill, Signed

app = typer.Typer()


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="TOML of the agreement.")],
    *,
    party: Annotated[str, typer.Option("--party", metavar="ADCODE", help="Who signs: buyer or seller.")],
    as_json: AsJson = False,
) -> None:
    """Sign an agreement, or a new text of it, for a party; it is in force once both have signed the same."""
    from qipan.bootstrap.files import read_agreement

    with of_file(file.name):
        agreement = read_agreement(read_bytes(file), session.settings().facts)
    services = session.services()
    with services.books.begin() as unit:
        signed, is_new = services.signing.sign(unit, agreement, party, session.now())
    if as_json:
        print_json({**_signed(signed), "is_new": is_new})
        return
    state = "in force" if signed.is_in_force else "not in force until the other party has signed"
    remark(f"{party} {'has signed' if is_new else 'had signed already'}: {agreement.agreement_id} is {state}.")


@app.command()
def show(
    agreement_id: Annotated[
        str | None,
        typer.Argument(metavar="[AGREEMENT]", show_default=False, help="Id of one; all where none is named."),
    ] = None,
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show agreements; of one, its terms, what was billed, shared and split, and what of its revenue is pledged."""
    services = session.services()
    language = spoken(lang)
    if agreement_id is None:
        with services.books.read() as unit:
            found = services.signing.all(unit)
        if as_json:
            print_json([_signed(one) for one in found])
        else:
            print_table(_agreements_table(found, language))
        return
    with services.books.read() as unit:
        signed = services.signing.newest(unit, agreement_id)
        bills = services.settling.bills(unit, agreement_id)
        shares = services.settling.shares(unit, agreement_id)
        events = services.settling.events(unit, agreement_id)
        pledges = services.pledging.pledges(unit, agreement_id)
    if as_json:
        told = _signed(signed) | {
            "bills": [told_bill(one) for one in bills],
            "pledges": [told_pledge(one) for one in pledges],
        }
        told["shares"] = [{"pool": one.pool, "month": one.month, "fen": one.fen, "from": one.source} for one in shares]
        told["events"] = [{"event": one.event_id, "day": one.day, **one.amounts} for one in events]
        print_json(told)
        return
    print_table(_agreements_table([signed], language))
    print_table(_terms_table(signed, language))
    if signed.agreement.tables:
        print_table(_sharing_table(signed, language))
    if bills:
        print_table(_bills_table(bills, language))
    if pledges:
        print_table(_pledges_table(pledges, language))


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Make every bill, share and event anew from what was signed; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = services.signing.check(unit) + services.settling.check(unit)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(
            spoken(lang).say(
                "Bills, shares and events follow from what both parties signed, and were paid.",
                "账单、分享与事件均由双方签署的文本得出,且已支付。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)


def _agreements_table(found: Any, language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("agreement", "协议"),
        to_say("buyer", "买方"),
        to_say("seller", "卖方"),
        to_say("cards", "卡型"),
        to_say("hub", "枢纽"),
        to_say("from", "起"),
        to_say("until", "止"),
        to_say("text", "文本"),
        to_say("signed by", "已签署"),
        to_say("in force", "生效"),
    )
    rows = [
        (
            one.agreement.agreement_id,
            one.agreement.buyer,
            one.agreement.seller,
            one.agreement.card_class,
            one.agreement.hub_id,
            f"{one.agreement.start:%Y-%m}",
            f"{one.agreement.end:%Y-%m}",
            str(one.number),
            ", ".join(one.at),
            to_say("yes", "是") if one.is_in_force else "",
        )
        for one in found
    ]
    return table(columns, rows, numbers=(7,))


def _terms_table(signed: Signed, language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("from", "起"),
        to_say("card-hours a month", "卡时/月"),
        to_say("base, fen", "基准价,分"),
        to_say("index", "指数"),
        to_say("passes through", "传导比例"),
        to_say("floor", "保底价"),
        to_say("cap", "封顶价"),
        to_say("take-or-pay", "照付不议"),
    )
    rows = [
        (
            f"{one.holds_from:%Y-%m}",
            f"{one.card_h_per_month:,}",
            f"{one.base_fen_per_card_h:,}",
            NOTHING if one.index is None else f"{one.index.name} / {one.index.base}",
            NOTHING if one.index is None else str(one.index.pass_through),
            f"{one.floor_fen_per_card_h:,}",
            NOTHING if one.cap_fen_per_card_h is None else f"{one.cap_fen_per_card_h:,}",
            str(one.take_or_pay),
        )
        for one in signed.agreement.versions
    ]
    return table(columns, rows, numbers=(1, 2, 4, 5, 6, 7), wide=(3,))


def _sharing_table(signed: Signed, language: Language) -> Any:
    to_say = language.say
    columns = (to_say("shared", "分享对象"), to_say("from", "起"), to_say("shares", "比例"))
    rows = [
        (pool, str(one.holds_from), ", ".join(f"{party} {part}" for party, part in one.parts.items()))
        for pool, shares in signed.agreement.tables.items()
        for one in shares.versions
    ]
    return table(columns, rows, wide=(2,))


def _bills_table(bills: tuple[PostedBill, ...], language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("month", "月份"),
        to_say("taken", "用量"),
        to_say("not taken", "未用付费量"),
        to_say("fen a card-hour", "分/卡时"),
        to_say("due, fen", "应付,分"),
        to_say("text", "文本"),
    )
    rows = [
        (
            f"{one.use.month:%Y-%m}",
            f"{one.bill.taken_card_h:,}",
            f"{one.bill.untaken_card_h:,}",
            f"{one.bill.price.fen_per_card_h:,}",
            f"{one.bill.due_fen:,}",
            str(one.number),
        )
        for one in bills
    ]
    return table(columns, rows, numbers=range(1, 6))


def _pledges_table(pledges: tuple[Pledge, ...], language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("pledge", "质押"),
        to_say("holder", "质权人"),
        to_say("share", "比例"),
        to_say("from", "起"),
        to_say("until", "止"),
    )
    rows = [
        (one.pledge_id, one.holder, f"{one.share.normalize():f}", f"{one.start:%Y-%m}", f"{one.end:%Y-%m}")
        for one in pledges
    ]
    return table(columns, rows, numbers=(2,))


def _signed(one: Signed) -> dict[str, Any]:
    agreement = one.agreement
    return {
        "agreement": agreement.agreement_id,
        "buyer": agreement.buyer,
        "seller": agreement.seller,
        "card_class": agreement.card_class,
        "hub": agreement.hub_id,
        "from": agreement.start,
        "until": agreement.end,
        "text": one.number,
        "digest": one.digest,
        "signed": one.at,
        "is_in_force": one.is_in_force,
    }
