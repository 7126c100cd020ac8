"""``qipan certificates``: what is asked of the registry, each request under an id of its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.request import (
    Allocate,
    Answer,
    Bundling,
    Issue,
    Release,
    Request,
    Retire,
    Selection,
    Transfer,
    Withdraw,
)
from qipan.interfaces.cli import session
from qipan.interfaces.cli.options import AsJson, read_bytes
from qipan.interfaces.cli.print import clock, counted, print_json, remark

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer()

DeviceId = Annotated[str, typer.Argument(metavar="DEVICE", show_default=False, help="Name of the device.")]
Holder = Annotated[str, typer.Argument(metavar="HOLDER", show_default=False, help="Who has them.")]
RequestId = Annotated[str, typer.Option("--id", help="Id of the request; the same again changes nothing.")]
Month = Annotated[str, typer.Option("--month", metavar="MONTH", help="Month of UTC+8, as 2026-03.")]
Wh = Annotated[int | None, typer.Option("--wh", help="How many Wh, the oldest first; else all.")]
OnlyMonth = Annotated[str, typer.Option("--month", metavar="MONTH", help="Only of this month of UTC+8, as 2026-03.")]
OnlyDevice = Annotated[str, typer.Option("--device", help="Only of this device.")]
Bundles = Annotated[list[str] | None, typer.Option("--bundle", help="This national certificate, whole; repeatable.")]


@app.command()
def issue(
    device_id: DeviceId,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of what it made.")],
    *,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Issue what a device made, an hour or a month a row: start, end, kwh, evidence; each moment once."""
    from qipan.bootstrap.files import read_production

    _tell(_sent(Issue(request_id, device_id, read_production(read_bytes(file)))), "issuance", as_json=as_json)


@app.command()
def bundle(device_id: DeviceId, *, month: Month, request_id: RequestId, as_json: AsJson = False) -> None:
    """Make national certificates of 1,000 kWh of what was made until the end of a month; the rest is carried on."""
    _tell(_sent(Bundling(request_id, device_id, month)), "bundle", as_json=as_json)


@app.command()
def transfer(
    holder: Holder,
    to: Annotated[str, typer.Argument(metavar="TO", show_default=False, help="Who gets them.")],
    *,
    request_id: RequestId,
    wh: Wh = None,
    month: OnlyMonth = "",
    device_id: OnlyDevice = "",
    bundles: Bundles = None,
    as_json: AsJson = False,
) -> None:
    """Hand certificates over: Wh that are in no bundle, the oldest first, or bundles whole."""
    _tell(_sent(Transfer(request_id, holder, to, _selection(wh, month, device_id, bundles))), "part", as_json=as_json)


@app.command()
def allocate(
    consumer: Annotated[str, typer.Argument(metavar="CONSUMER", show_default=False, help="Who used and holds them.")],
    *,
    month: Month,
    request_id: RequestId,
    by: Annotated[
        Granularity, typer.Option("--by", help="How near in time made and used must lie.")
    ] = Granularity.HOUR,
    usage_ids: Annotated[
        list[str] | None, typer.Option("--usage", help="Only this row of use; repeatable. Else all of the month.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set certificates apart for what their holder used in a month; they can be released, or retired."""
    _tell(_sent(Allocate(request_id, consumer, month, by, tuple(usage_ids or ()))), "part", as_json=as_json)


@app.command()
def release(
    allocation: Annotated[str, typer.Argument(metavar="ALLOCATION", show_default=False, help="Id of its request.")],
    *,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Undo an allocation that is not retired yet."""
    _tell(_sent(Release(request_id, allocation)), "part", as_json=as_json)


@app.command()
def retire(
    holder: Holder,
    *,
    request_id: RequestId,
    allocation: Annotated[str, typer.Option("--allocation", help="Retire what this request has allocated.")] = "",
    beneficiary: Annotated[str, typer.Option("--for", help="Beneficiary; else the holder.")] = "",
    wh: Wh = None,
    month: OnlyMonth = "",
    device_id: OnlyDevice = "",
    bundles: Bundles = None,
    as_json: AsJson = False,
) -> None:
    """Retire an allocation, or what is selected for a named beneficiary; it never moves again."""
    if allocation and (wh is not None or month or device_id or bundles):
        raise typer.BadParameter("--allocation must stand alone, without --wh, --month, --device and --bundle.")
    selection = _selection(wh, month, device_id, bundles)
    request = Retire(request_id, holder, beneficiary or holder, selection, allocation)
    _tell(_sent(request), "part", as_json=as_json)


@app.command()
def withdraw(
    issued: Annotated[str, typer.Argument(metavar="ISSUE", show_default=False, help="Id of the request that issued.")],
    *,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Take back what a request has issued by mistake, while its owner still has all of it; then issue it right."""
    _tell(_sent(Withdraw(request_id, issued)), "part", as_json=as_json)


@app.command()
def expire(*, as_json: AsJson = False) -> None:
    """Let all expire that is over: 24 months, the month of production counted."""
    services = session.services()
    with services.books.begin() as unit:
        answer = services.registry.expire(unit, session.now())
    if answer is not None:
        _tell(answer, "part", as_json=as_json)
    elif as_json:
        print_json({"wh": 0, "count": 0, "is_new": False})
    else:
        remark("Nothing is over.")


def _selection(wh: int | None, month: str, device_id: str, bundles: Sequence[str] | None) -> Selection:
    return Selection(wh, month, device_id, tuple(bundles or ()))


def _sent(request: Request) -> Answer:
    services = session.services()
    with services.books.begin() as unit:
        return services.registry.send(unit, request, session.now())


def _tell(answer: Answer, what: str, *, as_json: bool) -> None:
    entered = answer.entered
    if as_json:
        told = {name: value for name, value in asdict(entered).items() if name != "record"}
        print_json({**told, "is_new": answer.is_new})
        return
    since = "" if answer.is_new else f", as since {clock(entered.at, seconds=True)}"
    remark(f"{entered.kind} {entered.request_id}: {entered.wh:,} Wh, {counted(entered.count, what)}{since}.")
