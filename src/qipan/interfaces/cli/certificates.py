"""``qipan certificates``: devices and metered use; who holds what, how green use was, and statements with proofs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.certificates.model.certificate import State
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.month import Month
from qipan.interfaces.cli import centre, green, quota, session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.log import FAILED, Key, Quorum, Witnesses
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment, write_text
from qipan.interfaces.cli.print import counted, findings_table, print_json, print_table, remark, say, table
from qipan.kernel.errors import BadInputError

app = typer.Typer(
    name="certificates",
    help="Certificates of renewable energy: issued once, handed over, and retired against use.",
    no_args_is_help=True,
)
app.add_typer(green.app)
app.add_typer(centre.app)
app.add_typer(quota.app)

W_PER_KW = 1000
WH_PER_KWH = 1000

DeviceId = Annotated[str, typer.Argument(metavar="DEVICE", show_default=False, help="Name of the device.")]
Consumer = Annotated[str, typer.Argument(metavar="CONSUMER", show_default=False, help="Who used it.")]
MonthName = Annotated[str, typer.Option("--month", metavar="MONTH", help="Only of this month of UTC+8, as 2026-03.")]


@app.command()
def device(
    device_id: DeviceId,
    *,
    owner: Annotated[str, typer.Option("--owner", help="Who is issued its certificates.")],
    source: Annotated[Source, typer.Option("--source", help="What it makes energy of.")],
    adcode: Annotated[str, typer.Option("--adcode", help="Adcode of where it stands, or a region's name.")],
    capacity_kw: Annotated[int, typer.Option("--capacity-kw", help="Rated power, in kW.")],
    commissioned: Annotated[
        datetime,
        typer.Option("--commissioned", parser=read_moment, metavar="MOMENT", help="From when on it is issued."),
    ],
    self_used: Annotated[
        bool, typer.Option("--self-used", help="Used behind the meter: issued, and not traded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enter a device; it is never changed."""
    from qipan.workflows.wares import adcode_of

    services = session.services()
    place = adcode_of(adcode, services.catalog)
    made = Device(device_id, owner, source, place, capacity_kw * W_PER_KW, commissioned, self_used)
    with services.books.begin() as unit:
        is_new = services.registry.enter_device(unit, made, session.now())
    if as_json:
        print_json({"device": made, "is_new": is_new})
    else:
        remark(f"{device_id} is {'entered' if is_new else 'there already'}.")


@app.command()
def devices(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the devices, and whether their certificates are traded."""
    from qipan.certificates.issue import is_tradable

    services = session.services()
    with services.books.read() as unit:
        found = list(services.registry.devices(unit).values())
    if as_json:
        print_json([{"device": one, "is_tradable": is_tradable(one)} for one in found])
        return
    to_say = spoken(lang).say
    columns = (
        to_say("device", "设备"),
        to_say("owner", "业主"),
        to_say("source", "能源"),
        to_say("region", "地区"),
        to_say("kW", "千瓦"),
        to_say("traded", "可交易"),
    )
    yes, no = to_say("yes", "是"), to_say("no", "否")
    rows = [
        (
            one.device_id,
            one.owner,
            one.source.value,
            one.adcode,
            f"{one.capacity_w / W_PER_KW:,.0f}",
            yes if is_tradable(one) else no,
        )
        for one in found
    ]
    print_table(table(columns, rows, numbers=(4,)))


@app.command()
def usage(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of metered use.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Enter a file of metered use, whole or not at all: usage_id, consumer, start, end, kwh."""
    from qipan.bootstrap.files import read_usage

    rows = read_usage(read_bytes(file))
    services = session.services()
    with services.books.begin() as unit:
        new = services.registry.enter_usages(unit, rows, session.now())
    if as_json:
        print_json({"rows": len(rows), "new": new})
    else:
        remark(f"{counted(new, 'row')} entered, {len(rows) - new} there already.")


@app.command()
def supply(
    *,
    holder: Annotated[str | None, typer.Option("--holder", help="Only of this holder.")] = None,
    month: MonthName = "",
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show who holds how many Wh of which month and device, in which state and bundle."""
    only = Month.named(month) if month else None
    services = session.services()
    with services.books.read() as unit:
        found = services.registry.holdings(unit, holder=holder)
    sums: dict[tuple[str, str, str, str, str], int] = {}
    for one in found:
        if only in {None, one.month}:
            key = (one.month.name, one.holder, one.state.value, one.device_id, one.bundle_id)
            sums[key] = sums.get(key, 0) + one.wh
    names = ("month", "holder", "state", "device", "bundle")
    if as_json:
        print_json([{**dict(zip(names, key, strict=True)), "wh": wh} for key, wh in sorted(sums.items())])
        return
    language = spoken(lang)
    columns = (
        language.say("month", "月份"),
        language.say("holder", "持有者"),
        language.say("state", "状态"),
        language.say("device", "设备"),
        language.say("bundle", "绿证编号"),
        language.say("Wh", "瓦时"),
    )
    print_table(table(columns, [(*key, f"{wh:,}") for key, wh in sorted(sums.items())], numbers=(5,)))


@app.command()
def match(
    consumer: Consumer,
    *,
    month: MonthName = "",
    grid_share: Annotated[
        float, typer.Option("--grid-share", help="Carbon-free share of what the grid delivers, 0 to 1.")
    ] = 0.0,
    planned: Annotated[bool, typer.Option("--planned", help="Count what is held and allocated, too.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show how green a consumer's use was: by the hour, by the month, and around the clock with the grid's share."""
    states = (State.RETIRED, State.ALLOCATED, State.HELD) if planned else (State.RETIRED,)
    services = session.services()
    with services.books.read() as unit:
        only = Month.named(month) if month else None
        found = services.registry.score(unit, consumer, only, states=states, grid_share=grid_share)
    if as_json:
        print_json(found)
        return
    to_say = spoken(lang).say
    rows = [
        (to_say("used", "用电"), f"{found.load_wh:,}", ""),
        (to_say("made for it", "对应绿电"), f"{found.made_wh:,}", ""),
        (to_say("matched by the hour", "按小时匹配"), f"{found.hourly_wh:,}", f"{found.hourly_share:.1%}"),
        (to_say("matched by the month", "按月匹配"), f"{found.monthly_wh:,}", f"{found.monthly_share:.1%}"),
        (to_say("carbon-free around the clock", "全天候无碳"), "", f"{found.carbon_free_share:.1%}"),
    ]
    print_table(table(("", to_say("Wh", "瓦时"), to_say("share of use", "占用电比例")), rows, numbers=(1, 2)))


@app.command()
def balance(
    *,
    month: MonthName = "",
    grid_kwh: Annotated[int | None, typer.Option("--grid-kwh", help="What the whole grid delivered.")] = None,
    grid_kg: Annotated[int | None, typer.Option("--grid-kg", help="What the whole grid emitted, kg of CO2.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show what each holder made, sold, bought and may claim, and its residual use; sellers and buyers add up."""
    from qipan.certificates.balance import residual_kg_per_kwh

    if (grid_kwh is None) != (grid_kg is None):
        raise typer.BadParameter("--grid-kwh and --grid-kg must be given together.")
    services = session.services()
    with services.books.read() as unit:
        shares = services.registry.balance(unit, Month.named(month) if month else None)
    factor = None
    if grid_kwh is not None and grid_kg is not None:
        factor = residual_kg_per_kwh(shares, grid_wh=grid_kwh * WH_PER_KWH, grid_kg=grid_kg)
    if as_json:
        told = [{**asdict(one), "residual_wh": one.residual_wh} for one in shares]
        print_json({"shares": told, "residual_kg_per_kwh": None if factor is None else float(factor)})
        return
    language = spoken(lang)
    columns = [
        (language.say("holder", "持有者"), ""),
        (language.say("made", "生产"), "made_wh"),
        (language.say("sold", "售出"), "sold_wh"),
        (language.say("bought", "购入"), "bought_wh"),
        (language.say("open", "可用"), "open_wh"),
        (language.say("retired", "已核销"), "retired_wh"),
        (language.say("of it covering", "其中抵用电"), "covering_wh"),
        (language.say("expired", "过期"), "expired_wh"),
        (language.say("used", "用电"), "used_wh"),
        (language.say("residual", "剩余用电"), "residual_wh"),
    ]
    rows = [[one.holder, *(f"{getattr(one, name):,}" for _, name in columns[1:])] for one in shares]
    sums = [f"{sum(getattr(one, name) for one in shares):,}" for _, name in columns[1:]]
    rows.append([language.say("all", "合计"), *sums])
    heads = [head for head, _ in columns]
    if factor is not None:
        heads.append(language.say("kg CO2", "千克二氧化碳"))
        kg = [float(one.residual_wh * factor / WH_PER_KWH) for one in shares]
        rows = [[*row, f"{one:,.0f}"] for row, one in zip(rows, [*kg, sum(kg)], strict=True)]
    print_table(table(heads, rows, numbers=range(1, len(heads)), title=language.say("Wh", "瓦时")))


@app.command()
def statement(
    consumer: Consumer,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where it is written, as JSON.")],
    *,
    month: MonthName = "",
    as_json: AsJson = False,
) -> None:
    """Sign the log, and write what a consumer used and what is retired for it, with proofs from the meter on."""
    from qipan.bootstrap.services import log_signer
    from qipan.certificates.statement import document

    only = Month.named(month) if month else None
    services = session.services()
    signer = log_signer(services.settings)
    with services.books.begin() as unit:
        services.log.checkpoint(unit, signer, session.now())
    with services.books.read() as unit:
        told = document(services.registry.statement(unit, consumer, only))
    write_text(file, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    if as_json:
        print_json({"consumer": consumer, "months": told["months"], "key": str(signer.verifier)})
    else:
        remark(f"{counted(len(told['lines']), 'part')} written to {file}; key: {signer.verifier}")


@app.command("verify-statement")
def verify_statement(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A statement.")],
    *,
    key: Key,
    witnesses: Witnesses = None,
    quorum: Quorum = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Verify a statement with nothing but keys: every proof, every part once, what it covers, sums that add up."""
    from qipan.certificates.statement import check_statement
    from qipan.log.note import verifier_of

    try:
        told: dict[str, Any] = json.loads(read_bytes(file))
    except ValueError as error:
        raise BadInputError(
            f"A statement must be JSON, was not: {error}.",
            code="statement_malformed",
            hint="Take the file as qipan certificates statement wrote it.",
        ) from error
    findings = check_statement(
        told,
        log=verifier_of(key),
        witnesses=tuple(verifier_of(one) for one in witnesses or ()),
        quorum=quorum,
    )
    if as_json:
        print_json({"consumer": told["consumer"], "months": told["months"], "findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        count = len(told["lines"])
        say(
            spoken(lang).say(
                f"Proved: {counted(count, 'part')} retired for {told['consumer']}, each once, and the sums.",
                f"已证明：为 {told['consumer']} 核销 {count} 份，每份仅一次，合计相符。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Hold claims, transfers, requests and the log against each other; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = (
            *services.registry.check(unit),
            *services.certifications.check(unit),
            *services.quotas.check(unit),
        )
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(
            spoken(lang).say(
                "Every Wh is issued, held and used once, and the log holds every request.",
                "每瓦时只核发、持有、使用一次，日志记有每项请求。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)
