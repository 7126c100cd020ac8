"""``qipan market``: its rooms; ``member``: members and their keys, certified capacity."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from qipan.interfaces.cli import clearing, deliver, forward, margin, monitor, products, session, spot, voucher
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_moment
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, table
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import Interval
from qipan.market.model.contract import HOUR
from qipan.market.model.request import Certification, Member

app = typer.Typer(
    name="market",
    help="A closed member market of compute.",
    no_args_is_help=True,
)
member_app = typer.Typer(
    name="member", help="Members, what they have certified, and their margin.", no_args_is_help=True
)
for room in (clearing.house, member_app, forward.app, spot.app, deliver.app, voucher.app, products.app, monitor.app):
    app.add_typer(room)
member_app.add_typer(margin.app)

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]


@member_app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where the private key is kept.")],
    *,
    name: Annotated[str, typer.Option("--name", help="Name in the key, as the member's.")],
    as_json: AsJson = False,
) -> None:
    """Make a key that signs a member's requests; print the public one, which the market is given."""
    from qipan.log.note import SIGNS, Signer

    if not name or set(name) & set(" +\n"):
        raise typer.BadParameter(f"--name must be a word without + in it, was {name!r}.")
    signer = Signer(name, SIGNS, secrets.token_bytes(32))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(signer.text() + "\n")
    except OSError as error:
        raise BadInputError(
            f"A key must be written to a new file, was refused ({error.strerror}): {file}.",
            code="key_not_written",
            hint="Choose a path where no file stands, in a folder that you may write to.",
        ) from error
    if as_json:
        print_json({"key": str(signer.verifier)})
    else:
        remark(f"key: {signer.verifier}")


@member_app.command()
def admit(
    member_id: MemberId,
    *,
    key: Annotated[str, typer.Option("--key", help="Its public key, which must then sign all it asks.")] = "",
    as_json: AsJson = False,
) -> None:
    """Admit a member, and open its accounts of margin and of the mutual fund."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.margins.admit(unit, Member(member_id, key), session.now())
    if as_json:
        print_json({"member": member_id, "key": key, "is_new": is_new})
    else:
        remark(f"{member_id} is {'admitted' if is_new else 'a member already'}.")


@member_app.command("list")
def members(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show who may trade."""
    services = session.services()
    with services.books.read() as unit:
        told = list(services.trading.members(unit).values())
    if as_json:
        print_json(told)
        return
    say = spoken(lang).say
    print_table(table((say("member", "会员"), say("key", "密钥")), [(one.member_id, one.key) for one in told]))


@member_app.command()
def certify(
    member_id: MemberId,
    *,
    card_class: Annotated[str, typer.Option("--class", help="Class of cards.")],
    hub_id: Annotated[str, typer.Option("--hub", help="Hub.")],
    cards: Annotated[int, typer.Option("--cards", help="How many cards, after derating.")],
    start: Annotated[
        datetime, typer.Option("--start", parser=read_moment, metavar="MOMENT", help="From this hour on.")
    ],
    certificate: Annotated[str, typer.Option("--certificate", help="Number of the paper that says so.")],
    as_json: AsJson = False,
) -> None:
    """Enter what a member has certified at a hub, from an hour on."""
    from qipan.market.service.capacity import Holding, certified_at_hub
    from qipan.workflows.wares import certified

    services = session.services()
    step = certified(Certification(member_id, card_class, hub_id, start, cards, certificate), services.catalog)
    first = start.replace(minute=0, second=0, microsecond=0)
    with services.books.begin() as unit:
        whose = Holding(member_id, step.card_class, step.hub_id)
        before = int(certified_at_hub(unit, whose, Interval(first, first + HOUR))[0])
        services.trading.certify(unit, step, session.now())
    if as_json:
        print_json(step)
    else:
        remark(
            f"{counted(cards, 'card')} of {step.card_class} at {step.hub_id} from {clock(start)} on"
            f"{f', in the place of {before:,}' if before else ''}."
        )
