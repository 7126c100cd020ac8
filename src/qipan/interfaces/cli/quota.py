"""``qipan certificates quota``: carbon quota for delivered compute, surrendered or sold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.certificates.model.quota import Backing, Declaration, Delivery
from qipan.certificates.model.request import Budget, Sell, Surrender
from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_moment
from qipan.interfaces.cli.print import print_json, print_table, remark, table

if TYPE_CHECKING:
    from qipan.certificates.model.request import Answer

app = typer.Typer(
    name="quota",
    help="Carbon quota: allotted for delivered compute, surrendered for emissions or sold, each kg once.",
    no_args_is_help=True,
)

Year = Annotated[int, typer.Option("--year", help="Year of UTC+8 that the quota is of.")]
Kg = Annotated[int, typer.Option("--kg", help="kg of carbon dioxide.")]
RequestId = Annotated[str, typer.Option("--id", help="Id of the request; the same again changes nothing.")]


@app.command()
def rule(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show what a card-hour is matched with, by the rule in force."""
    services = session.services()
    found = services.quotas.rule(session.now())
    if as_json:
        print_json(found)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("rule", "规则"),
        to_say("since", "自"),
        to_say("quota, g a card-hour", "配额，克/卡时"),
        to_say("or certificates, Wh a card-hour", "或绿证，瓦时/卡时"),
    )
    row = (found.version, found.since.isoformat(), f"{found.g_per_card_h:,}", f"{found.wh_per_card_h:,}")
    print_table(table(columns, [row], numbers=(2, 3)))


@app.command()
def budget(*, year: Year, kg: Kg, request_id: RequestId, as_json: AsJson = False) -> None:
    """Make quota of a year available for allotment."""
    services = session.services()
    with services.books.begin() as unit:
        answer = services.quotas.budget(unit, Budget(request_id, year, kg), session.now())
    _tell(answer, as_json=as_json)


@app.command("match")
def match_delivery(
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY", show_default=False, help="Name of the delivery.")],
    *,
    site: Annotated[str, typer.Option("--site", help="Certified centre that delivered.")],
    buyer: Annotated[str, typer.Option("--buyer", help="Who bought the compute.")],
    start: Annotated[datetime, typer.Option("--start", parser=read_moment, metavar="MOMENT", help="Begin.")],
    end: Annotated[datetime, typer.Option("--end", parser=read_moment, metavar="MOMENT", help="End, not counted.")],
    card_h: Annotated[int, typer.Option("--card-h", help="Metered card-hours.")],
    backing: Annotated[
        Backing, typer.Option("--with", help="Quota out of the budget, or certificates that the site holds.")
    ] = Backing.QUOTA,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Match delivered compute with quota or with certificates, once, by the rule of the day of delivery."""
    made = Delivery(delivery_id, site, buyer, start, end, card_h)
    services = session.services()
    with services.books.begin() as unit:
        answer = services.quotas.match(unit, request_id, made, backing, session.now())
    _tell(answer, as_json=as_json)


@app.command()
def declare(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", show_default=False, help="Who emitted.")],
    *,
    year: Year,
    kg: Kg,
    request_id: Annotated[str, typer.Option("--id", help="Id of the declaration.")],
    as_json: AsJson = False,
) -> None:
    """Declare what was emitted in a year, after retired certificates."""
    services = session.services()
    with services.books.begin() as unit:
        answer = services.quotas.declare(unit, Declaration(request_id, holder, year, kg), session.now())
    _tell(answer, as_json=as_json)


@app.command()
def surrender(
    declaration: Annotated[
        str, typer.Argument(metavar="DECLARATION", show_default=False, help="Id of the declaration.")
    ],
    *,
    year: Year,
    kg: Kg,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Give up quota of the declarer for its emissions, for good."""
    services = session.services()
    with services.books.begin() as unit:
        answer = services.quotas.surrender(unit, Surrender(request_id, declaration, year, kg), session.now())
    _tell(answer, as_json=as_json)


@app.command()
def sell(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", show_default=False, help="Who sells.")],
    *,
    year: Year,
    kg: Kg,
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Hand quota over to the carbon market, for good; what it fetches is paid between accounts."""
    services = session.services()
    with services.books.begin() as unit:
        answer = services.quotas.sell(unit, Sell(request_id, holder, year, kg), session.now())
    _tell(answer, as_json=as_json)


@app.command()
def show(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show how many kg of which year stand on which account."""
    services = session.services()
    with services.books.read() as unit:
        found = sorted(services.quotas.balances(unit).items())
    if as_json:
        print_json([{"account": name, "year": year, "kg": kg} for (name, year), kg in found])
        return
    to_say = spoken(lang).say
    columns = (to_say("account", "账户"), to_say("year", "年份"), to_say("kg", "千克"))
    print_table(table(columns, [(name, str(year), f"{kg:,}") for (name, year), kg in found], numbers=(2,)))


def _tell(answer: Answer, *, as_json: bool) -> None:
    one = answer.entered
    if as_json:
        told = {"request_id": one.request_id, "kind": one.kind, "kg": one.count, "wh": one.wh, "is_new": answer.is_new}
        print_json(told)
        return
    amount = f"{one.wh:,} Wh" if one.wh else f"{one.count:,} kg"
    remark(f"{one.kind} {one.request_id}: {amount}{'' if answer.is_new else ', as before'}.")
