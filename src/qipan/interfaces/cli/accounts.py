"""``qipan accounts``: open assets and accounts, post transfers, show what is held, prove it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.accounts.model.posting import Account, Asset, AssetKind, Balance
from qipan.interfaces.cli import dispute, session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.log import FAILED, Key, Quorum, Witnesses
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_text
from qipan.interfaces.cli.print import (
    clock,
    counted,
    findings_table,
    print_json,
    print_table,
    remark,
    say,
    say_disproved,
    table,
)
from qipan.kernel.errors import BadInputError

if TYPE_CHECKING:
    from datetime import datetime

    from qipan.accounts.model.posting import Cell

NO_LIMIT = "none"

app = typer.Typer(
    name="accounts", help="Who holds what: assets, accounts, transfers, statements with proofs.", no_args_is_help=True
)

app.add_typer(dispute.app)

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", show_default=False, help="Id of the account.")]


@app.command()
def asset(
    asset_id: Annotated[str, typer.Argument(metavar="ASSET", show_default=False, help="Its id.")],
    *,
    kind: Annotated[AssetKind, typer.Option("--kind", help="What it is a quantity of.")],
    model: Annotated[str, typer.Option("--model", help="Card model of compute.")] = "",
    place: Annotated[str, typer.Option("--place", help="Hub of compute, device of a certificate, region.")] = "",
    lifetime_months: Annotated[
        int | None, typer.Option("--lifetime-months", help="Months after the end of its period until it expires.")
    ] = None,
    lifetime_h: Annotated[int | None, typer.Option("--lifetime-h", help="Hours until then, after the months.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter an asset: one conserved quantity, whose accounts always add up to zero."""
    services = session.services()
    made = Asset(asset_id, kind, model, place, lifetime_months, lifetime_h)
    with services.books.begin() as unit:
        is_new = services.accounts.open_asset(unit, made, session.now())
    if as_json:
        print_json({**asdict(made), "unit": made.unit, "grid": made.grid, "is_new": is_new})
    else:
        remark(f"Asset {asset_id} is {'entered' if is_new else 'there already'}, in {made.unit}, by {made.grid}.")


@app.command("open")
def open_account(
    account_id: AccountId,
    *,
    owner: Annotated[str, typer.Option("--owner", help="Who holds it.")],
    asset: Annotated[str, typer.Option("--asset", help="What is held.")],
    purpose: Annotated[
        str, typer.Option("--purpose", help="What for; issued, retired, expired, used and unused have rules.")
    ],
    floor: Annotated[str, typer.Option("--floor", help="Least balance in any period, or none.")] = "0",
    ceiling: Annotated[str, typer.Option("--ceiling", help="Largest balance in any period, or none.")] = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """Open an account of an owner, an asset and a purpose."""
    services = session.services()
    made = Account(account_id, owner, asset, purpose, _limit("--floor", floor), _limit("--ceiling", ceiling))
    with services.books.begin() as unit:
        is_new = services.accounts.open_account(unit, made, session.now())
    if as_json:
        print_json({**asdict(made), "is_new": is_new})
    else:
        remark(f"Account {account_id} is {'open' if is_new else 'open already'}.")


@app.command()
def post(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of transfers.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Post a file of transfers, all or nothing; the same file again changes nothing."""
    from qipan.bootstrap.files import read_drafts

    drafts = read_drafts(read_bytes(file))
    services = session.services()
    with services.books.begin() as unit:
        new = services.accounts.post_whole(unit, drafts, session.now(), first_row=2)
    if as_json:
        print_json({"transfers": len(drafts), "new": new})
    else:
        remark(f"{counted(len(drafts), 'transfer')}, {new} new.")


@app.command()
def expire(
    asset_id: Annotated[str, typer.Argument(metavar="ASSET", show_default=False, help="Id of the asset.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take the units away whose time is over; pending transfers whose time is over lapse first."""
    services = session.services()
    with services.books.begin() as unit:
        outcomes = services.accounts.expire(unit, asset_id, session.now())
    if as_json:
        print_json({"expired": len(outcomes)})
    else:
        remark(f"{counted(len(outcomes), 'balance')} of {asset_id} expired.")


@app.command()
def show(
    *,
    owner: Annotated[str | None, typer.Option("--owner", help="Only of this owner.")] = None,
    asset: Annotated[str | None, typer.Option("--asset", help="Only of this asset.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show accounts and what they hold in each period."""
    services = session.services()
    with services.books.read() as unit:
        accounts = services.accounts.accounts(unit, owner=owner, asset_id=asset)
        balances = services.accounts.balances(unit, list(accounts))
        units = {name: one.unit for name, one in services.accounts.assets(unit).items()}
    cells_of = _by_account(balances)
    told = [(one, cells_of.get(one.account_id, [(None, Balance())])) for one in accounts.values()]
    if as_json:
        print_json(
            [{**asdict(one), "periods": [{"period": at, **asdict(held)} for at, held in cells]} for one, cells in told]
        )
        return
    language = spoken(lang)
    rows = [
        (
            one.account_id,
            one.owner,
            one.asset_id,
            one.purpose,
            "" if at is None else clock(at),
            f"{held.posted:,}",
            f"{held.available:,}",
            units[one.asset_id],
        )
        for one, cells in told
        for at, held in cells
    ]
    print_table(table(_columns(language), rows, numbers=(5, 6)))


@app.command()
def statement(
    account_id: AccountId,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where it is written, as JSON.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Sign the log, and write the statement of an account, each transfer with its proof."""
    from qipan.accounts.statement import document
    from qipan.bootstrap.services import log_signer

    services = session.services()
    signer = log_signer(services.settings)
    with services.books.begin() as unit:
        services.accounts.account(unit, account_id)
        services.log.checkpoint(unit, signer, session.now())
    with services.books.read() as unit:
        made = services.accounts.statement(unit, account_id)
    write_text(file, json.dumps(document(made), ensure_ascii=False, indent=1) + "\n")
    if as_json:
        print_json({"account": account_id, "transfers": len(made.lines), "key": str(signer.verifier)})
    else:
        remark(f"{counted(len(made.lines), 'transfer')} written to {file}; key: {signer.verifier}")


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
    """Verify a statement with nothing but keys: every proof, no entry missing, balances that add up."""
    from qipan.accounts.statement import check_statement
    from qipan.log.note import verifier_of

    try:
        told = json.loads(read_bytes(file))
    except ValueError as error:
        raise BadInputError(
            f"A statement must be JSON, was not: {error}.",
            code="statement_malformed",
            hint="Take the file as it was written by: qipan accounts statement",
        ) from error
    findings = check_statement(
        told,
        log=verifier_of(key),
        witnesses=tuple(verifier_of(one) for one in witnesses or ()),
        quorum=quorum,
    )
    language = spoken(lang)
    if as_json:
        print_json({"transfers": len(told["lines"]), "findings": findings})
    elif findings:
        say_disproved(findings, language)
    else:
        count = len(told["lines"])
        say(
            language.say(
                f"Proved: {counted(count, 'transfer')}, none missing, and the balances.",
                f"已证明：{count} 笔转移，无缺漏，余额相符。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Recompute every account from all transfers and hold them against the log; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = services.accounts.check(unit)
    language = spoken(lang)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(
            language.say(
                "Every account follows from its transfers, and the log holds them.", "账户由其转移得出，日志均有记载。"
            )
        )
    if findings:
        raise typer.Exit(FAILED)


def _columns(language: Language) -> tuple[str, ...]:
    said = (
        ("account", "账户"),
        ("owner", "所有者"),
        ("asset", "资产"),
        ("purpose", "用途"),
        ("period", "时段"),
        ("posted", "余额"),
        ("available", "可用"),
        ("unit", "单位"),
    )
    return tuple(language.say(english, chinese) for english, chinese in said)


def _by_account(balances: dict[Cell, Balance]) -> dict[str, list[tuple[datetime | None, Balance]]]:
    """Return periods and what is held in them, by account."""
    told: dict[str, list[tuple[datetime | None, Balance]]] = {}
    for (name, period), held in balances.items():
        told.setdefault(name, []).append((period, held))
    return told


def _limit(option: str, text: str) -> int | None:
    if text == NO_LIMIT:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} must be a whole number or {NO_LIMIT}, was {text!r}.") from error
