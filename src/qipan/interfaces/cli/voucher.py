"""``qipan market voucher``: programmes of compute vouchers are issued from a fund, looked at, and closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_moment
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, table
from qipan.market.model.voucher import Programme

app = typer.Typer(name="voucher", help="Vouchers: a fund pays part of what members bid.", no_args_is_help=True)

ProgrammeId = Annotated[str, typer.Argument(metavar="PROGRAMME", show_default=False, help="Name of the programme.")]


@app.command()
def issue(
    programme_id: ProgrammeId,
    *,
    fund: Annotated[str, typer.Option("--fund", metavar="ACCOUNT", help="Account that puts up the money.")],
    rate_bp: Annotated[int, typer.Option("--rate-bp", help="Part of a price that it pays, in basis points.")],
    cap: Annotated[int, typer.Option("--cap", metavar="FEN", help="Most that it pays of one purchase.")],
    holders: Annotated[
        list[str], typer.Option("--holder", metavar="MEMBER=FEN", help="Who holds a voucher, of how much; repeat.")
    ],
    suppliers: Annotated[list[str], typer.Option("--supplier", metavar="MEMBER", help="Who may be paid; repeat.")],
    ends: Annotated[datetime, typer.Option("--ends", parser=read_moment, metavar="MOMENT", help="When it is over.")],
    starts: Annotated[
        datetime | None, typer.Option("--starts", parser=read_moment, metavar="MOMENT", help="From when on; else now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue vouchers; the fund puts up all of their money now."""
    services = session.services()
    now = session.now()
    amounts = dict(_amount(text) for text in holders)
    with services.books.begin() as unit:
        stands = services.vouchers.programmes(unit).get(programme_id)
        begins = starts or (now if stands is None else stands.starts)
        made = Programme(programme_id, fund, rate_bp, cap, frozenset(suppliers), begins, ends, amounts)
        is_new = services.vouchers.issue(unit, made, now)
    if as_json:
        print_json({"programme": programme_id, "fen": made.fen, "is_new": is_new})
    else:
        state = "issued" if is_new else "issued before"
        remark(f"{programme_id}: {counted(len(amounts), 'voucher')} of {made.fen:,} fen {state}.")


@app.command("list")
def list_programmes(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show programmes, their vouchers, and what each can still pay."""
    services = session.services()
    with services.books.read() as unit:
        programmes, left = services.vouchers.programmes(unit), services.vouchers.left(unit)
        closed = services.vouchers.closings(unit)
    told: list[dict[str, Any]] = [
        {"programme": name, "holder": holder, "fen": fen, "left_fen": 0 if name in closed else left[name][holder],
         "rate_bp": one.rate_bp, "cap_fen": one.cap_fen, "suppliers": sorted(one.suppliers), "starts": one.starts,
         "ends": one.ends, "is_closed": name in closed}
        for name, one in programmes.items()
        for holder, fen in one.holders.items()
    ]  # fmt: skip
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("programme", "计划"),
        to_say("holder", "持有人"),
        to_say("fen", "分"),
        to_say("left", "剩余"),
        to_say("rate, bp", "比例，基点"),
        to_say("cap, fen", "单笔上限，分"),
        to_say("suppliers", "供应方"),
        to_say("ends", "止"),
    )
    rows = [
        (one["programme"], one["holder"], *(f"{one[key]:,}" for key in ("fen", "left_fen", "rate_bp", "cap_fen")),
         " ".join(one["suppliers"]), clock(one["ends"]))
        for one in told
    ]  # fmt: skip
    print_table(table(columns, rows, numbers=(2, 3, 4, 5), wide=(6,)))


@app.command()
def close(programme_id: ProgrammeId, *, as_json: AsJson = False) -> None:
    """Give what is left of a programme that is over back to its fund."""
    services = session.services()
    with services.books.begin() as unit:
        fen = services.vouchers.close(unit, programme_id, session.now())
    if as_json:
        print_json({"programme": programme_id, "returned_fen": fen})
    else:
        remark(f"{fen:,} fen of {programme_id} went back to its fund.")


def _amount(text: str) -> tuple[str, int]:
    name, _, fen = text.rpartition("=")
    if not name or not fen.isascii() or not fen.isdigit():
        raise typer.BadParameter(f"--holder must be MEMBER=FEN, was {text!r}.")
    return name, int(fen)
