"""``qipan market deliver``: windows cascade, sellers nominate sites, buyers are served there, all of it is paid."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.clearing import CALLED
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment, write_bytes
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, table
from qipan.interfaces.cli.trade import Ware
from qipan.market.deliver import by_hour
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Delivery, Failure, SiteStep, Supply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qipan.market.model.delivery import Outturn, Reserved, Use

app = typer.Typer()
deliver_app = typer.Typer(name="deliver", help="Deliver what was traded, or pay for it.", no_args_is_help=True)
app.add_typer(deliver_app)

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]
SiteId = Annotated[str, typer.Option("--site", help="Site, by its id in the fleet.")]
Lots = Annotated[int, typer.Option("--lots", help="Lots of eight cards in each hour.")]
WordId = Annotated[str, typer.Option("--id", help="Its id, chosen by the member; the same again changes nothing.")]
Start = Annotated[
    datetime | None,
    typer.Option("--from", parser=read_moment, metavar="MOMENT", help="First hour; else the window's."),
]
End = Annotated[
    datetime | None, typer.Option("--until", parser=read_moment, metavar="MOMENT", help="End; else the window's.")
]
SignWith = Annotated[
    Path | None, typer.Option("--sign-with", metavar="FILE", help="The member's private key, where it has one.")
]

_FAILED = re.compile(r"(?P<member>[^@=/]+)@(?P<site>[^@=/]+)(?:/(?P<window>[^@=/]+))?=(?P<lots>\d{1,7})")


@deliver_app.command()
def site(
    member_id: MemberId,
    site_id: Annotated[str, typer.Argument(metavar="SITE", show_default=False, help="Site, by its id in the fleet.")],
    *,
    card_class: Annotated[str, typer.Option("--class", help="Class of cards.")],
    hub_id: Annotated[str, typer.Option("--hub", help="Hub.")],
    cards: Annotated[int, typer.Option("--cards", help="How many cards it has.")],
    derating: Annotated[int, typer.Option("--derating", help="Part of them that is kept back, in percent.")] = 0,
    start: Annotated[
        datetime, typer.Option("--start", parser=read_moment, metavar="MOMENT", help="From this hour on.")
    ],
    certificate: Annotated[str, typer.Option("--certificate", help="Number of the paper that says so.")],
    as_json: AsJson = False,
) -> None:
    """Enter what a member has certified at a site, from an hour on."""
    from qipan.workflows.wares import certified

    services = session.services()
    step = certified(
        SiteStep(member_id, site_id, card_class, hub_id, start, cards, derating, certificate), services.catalog
    )
    with services.books.begin() as unit:
        services.nominating.certify_site(unit, step, session.now())
    if as_json:
        print_json({**_plain(step), "usable_cards": step.usable_cards})
    else:
        remark(f"{counted(step.usable_cards, 'usable card')} of {step.card_class} at {site_id}.")


@deliver_app.command()
def cascade(ware: Ware, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Carry the positions of a book into those of shorter windows: months into weeks and days, weeks into days."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.deliveries.cascade(unit, ware, session.now())
    told = [
        {
            "member": one.member,
            "instrument": one.instrument.name,
            "lots": one.lots,
            "fen_per_card_h": one.carried_fen_per_card_h,
        }
        for one in found
    ]
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("instrument", "合约"),
        to_say("member", "会员"),
        to_say("position", "持仓"),
        to_say("fen a card-hour", "分/卡时"),
    )
    rows = [(one["instrument"], one["member"], f"{one['lots']:,}", f"{one['fen_per_card_h']:,}") for one in told]
    print_table(table(columns, sorted(map(_texts, rows)), numbers=(2, 3)))


@deliver_app.command("nominate")
def nominate_site(
    member_id: MemberId,
    ware: Ware,
    *,
    site_id: SiteId,
    lots: Lots,
    word_id: WordId,
    start: Start = None,
    end: End = None,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Say before the gate which site supplies lots that were sold; the last word on an hour counts."""
    _supply(member_id, ware, site_id, lots, word_id, start, end, None, sign_with, as_json=as_json)


@deliver_app.command("buy-in")
def buy_in(
    member_id: MemberId,
    ware: Ware,
    *,
    site_id: SiteId,
    lots: Lots,
    fen: Annotated[
        int | None, typer.Option("--fen", help="Fen a card-hour, only for hours that no auction has priced.")
    ] = None,
    word_id: WordId,
    start: Start = None,
    end: End = None,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Buy in what sellers did not nominate, after the gate, at the price on spot, from a member with cards to spare."""
    _supply(member_id, ware, site_id, lots, word_id, start, end, fen, sign_with, at_spot=fen is None, as_json=as_json)


@deliver_app.command()
def owed(ware: Ware, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show what sellers owe and did not nominate, and what of it was bought in; hours that are alike stand together."""
    services = session.services()
    with services.books.read() as unit:
        found, bought = services.nominating.lacking(unit, ware), services.nominating.bought_in(unit, ware)
    told = [
        {"hour": hour, "member": member, "lots": lots, "bought_in_lots": bought[hour]}
        for hour, gaps in found.items()
        for member, lots in gaps.items()
    ]
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("from", "起"),
        to_say("until", "止"),
        to_say("member", "会员"),
        to_say("not nominated, lots", "未提名手数"),
        to_say("bought in, of all", "合计已补购"),
        to_say("still lacking, of all", "合计仍缺"),
    )
    rows = [
        (clock(hours[0]), clock(hours[-1] + HOUR), member, f"{lots:,}", f"{bought[hours[0]]:,}",
         f"{sum(gaps.values()) - bought[hours[0]]:,}")
        for hours, gaps in _alike(found, bought)
        for member, lots in gaps.items()
    ]  # fmt: skip
    print_table(table(columns, rows, numbers=(3, 4, 5)))


@deliver_app.command()
def allocate(ware: Ware, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Reserve sites for buyers, who pay ahead; or call for missing money, post nothing, and end with code 5."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.deliveries.allocate(unit, ware, session.now())
    if as_json:
        names = ("allocation", "reserved", "paid_fen", "calls_fen", "is_new")
        print_json({name: getattr(found, name) for name in names})
    elif found.allocation is not None:
        print_table(_reservations([(one, None) for one in found.reserved], lang))
    else:
        _tell_calls(found.calls_fen, lang)
    if found.calls_fen:
        raise typer.Exit(CALLED)


@deliver_app.command()
def reservations(
    window: Annotated[str, typer.Argument(metavar="WINDOW", show_default=False, help="Window, as 2026-03-03.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV that qipan day run --reservations reads.")],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="CLASS=MODEL", help="Card model of a class in the fleet; else the class."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the reservations of a window as the file that a day of dispatch serves."""
    services = session.services()
    span = Window.named(window)
    models = dict(_pair(text, "--model", "CLASS=MODEL") for text in model or ())
    with services.books.read() as unit:
        made = services.delivering.file(unit, span.start, span.end, models)
    write_bytes(out, made.data)
    if as_json:
        print_json({"file": str(out), "reservations": made.rows, "without_site": dict(made.without_site)})
        return
    remark(f"{counted(made.rows, 'reservation')} in {out}.")
    for member, lots in made.without_site.items():
        remark(
            f"{counted(lots, 'lot-hour')} of spot of {member} have no site: certify it with qipan market deliver site."
        )


@deliver_app.command("settle")
def settle_delivery(
    ware: Ware,
    *,
    spot: Annotated[
        list[str] | None,
        typer.Option(
            "--spot", metavar="[WINDOW=]FEN", help="Fen a card-hour, only for hours that no auction has priced."
        ),
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option("--failed", metavar="MEMBER@SITE[/WINDOW]=LOTS", help="Lots that did not come from a site."),
    ] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="PLAN", help="Day whose report tells what was used.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Pay a delivered book, whole; or call for missing money, post nothing, and end with code 5."""
    services = session.services()
    window = Instrument.named(ware).window
    used: dict[str, int] = {}
    if plan is not None:
        with services.books.read() as unit:
            ids = {one.reservation_id for one, _ in services.deliveries.uses(unit, ware)}
        used = services.delivering.used_card_s(ids, plan)
    told = Delivery(ware, tuple(_failure(text, window) for text in failed or ()), _spot(spot or [], window), used)
    with services.books.begin() as unit:
        found = services.deliveries.settle(unit, told, session.now())
    if as_json:
        print_json({**_plain(found.outturn), "calls_fen": found.calls_fen, "is_new": found.is_new})
    elif found.calls_fen:
        _tell_calls(found.calls_fen, lang)
    else:
        _tell_paid(found.outturn, lang)
    if found.calls_fen:
        raise typer.Exit(CALLED)


@deliver_app.command()
def show(ware: Ware, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show what is reserved in a book, and what of it was used and unused."""
    services = session.services()
    with services.books.read() as unit:
        services.trading.listing(unit, ware)
        found = services.deliveries.uses(unit, ware)
    if as_json:
        print_json([{**_plain(one), "use": use} for one, use in found])
        return
    print_table(_reservations(found, lang))


# --- how it is done --------------------------------------------------------------------------------------------------


def _supply(
    member_id: str,
    ware: str,
    site_id: str,
    lots: int,
    word_id: str,
    start: datetime | None,
    end: datetime | None,
    fen: int | None,
    sign_with: Path | None,
    *,
    at_spot: bool = False,
    as_json: bool,
) -> None:
    from qipan.log.note import sign, signer_of
    from qipan.market.record import signed_text, supply_record

    window = Instrument.named(ware).window
    made = Supply(word_id, member_id, ware, site_id, start or window.start, end or window.end, lots, fen, at_spot)
    signature = ""
    if sign_with is not None:
        signer = signer_of(read_bytes(sign_with).decode(errors="replace").strip())
        signature = str(sign(signed_text(supply_record(made)), signer))
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.nominating.supply(unit, made, session.now(), signature)
    if as_json:
        print_json({**_plain(made), "is_new": is_new})
    else:
        again = "" if is_new else " Entered before; nothing has changed."
        remark(f"{word_id}: {counted(lots, 'lot')} of {ware} from {site_id}.{again}")


def _failure(text: str, window: Window) -> Failure:
    found = _FAILED.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"--failed must be MEMBER@SITE=LOTS or MEMBER@SITE/WINDOW=LOTS, was {text!r}.")
    span = Window.named(found["window"]) if found["window"] else window
    return Failure(found["member"], found["site"], span.start, span.end, int(found["lots"]))


def _spot(texts: list[str], window: Window) -> dict[datetime, int]:
    told: dict[str, int] = {}
    for text in texts:
        name, _, fen = text.rpartition("=")
        if not (fen.isascii() and fen.isdecimal()):
            raise typer.BadParameter(f"--spot must be FEN or WINDOW=FEN, was {text!r}.")
        told[name or window.name] = int(fen)
    return by_hour(told)


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair or not name:
        raise typer.BadParameter(f"{option} must be {form}, was {text!r}.")
    return name, value


def _reservations(found: Any, lang: Language | None) -> Any:
    to_say = spoken(lang).say
    columns = (
        to_say("reservation", "预留"),
        to_say("holder", "持有人"),
        to_say("site", "站点"),
        to_say("from", "起"),
        to_say("until", "止"),
        to_say("lots", "手数"),
        to_say("used, card-hours", "已用卡时"),
        to_say("unused", "未用"),
    )
    rows: list[tuple[str, ...]] = [_reservation(one, use) for one, use in found]
    return table(columns, rows, numbers=(5, 6, 7))


def _reservation(one: Reserved, use: Use | None) -> tuple[str, ...]:
    used = ("", "") if use is None else (f"{use.used_card_s / 3600:,.2f}", f"{use.unused_card_s / 3600:,.2f}")
    return one.reservation_id, one.member, one.site_id, clock(one.start), clock(one.end), f"{one.lots:,}", *used


def _tell_paid(found: Outturn, lang: Language | None) -> None:
    to_say = spoken(lang).say
    columns = (
        to_say("member", "会员"),
        to_say("paid, fen", "收付，分"),
        to_say("failed, card-hours", "未交付卡时"),
        to_say("not served", "未得卡时"),
    )
    rows = [
        (name, f"{fen:,}", f"{found.failed_card_h.get(name, 0):,}", f"{found.unserved_card_h.get(name, 0):,}")
        for name, fen in found.paid_fen.items()
    ]
    print_table(table(columns, rows, numbers=(1, 2, 3)))


def _tell_calls(calls_fen: Mapping[str, int], lang: Language | None) -> None:
    to_say = spoken(lang).say
    columns = (to_say("member", "会员"), to_say("called, fen", "追缴，分"))
    print_table(table(columns, [(name, f"{fen:,}") for name, fen in calls_fen.items()], numbers=(1,)))


def _alike(
    found: Mapping[datetime, Mapping[str, int]], bought: Mapping[datetime, int]
) -> list[tuple[list[datetime], Mapping[str, int]]]:
    """Return hours that follow each other with the same gaps and buy-ins, together."""
    grouped = groupby(found, lambda hour: (dict(found[hour]), bought[hour]))
    return [(list(hours), gaps) for (gaps, _), hours in grouped]


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)


def _texts(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(map(str, row))
