"""``qipan access``: who may sign in, and keys for programs."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

import typer

from qipan.access.model import Role
from qipan.interfaces.cli import session
from qipan.interfaces.cli.options import AsJson
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table

app = typer.Typer(name="access", help="Users of the console and tokens for programs.", no_args_is_help=True)

UserName = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Name of the user.")]


@app.command()
def user(
    name: UserName,
    *,
    role: Annotated[Role, typer.Option("--role", help="viewer reads, operator runs days, admin manages users.")],
) -> None:
    """Create a user; the password is drawn and shown this once."""
    services = session.services()
    password = secrets.token_urlsafe(18)
    with services.books.begin() as unit:
        made = services.access.create_user(unit, name, password=password, role=role, now=session.now())
    remark(f"User {made.name} may sign in as {made.role}. The password is shown only now:")
    say(password)


@app.command()
def users(*, as_json: AsJson = False) -> None:
    """List the users."""
    services = session.services()
    with services.books.read() as unit:
        found = services.access.users(unit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            str(one.role),
            f"{one.created:%Y-%m-%d}",
            f"{one.signed_in:%Y-%m-%d %H:%M} UTC" if one.signed_in else "",
            "disabled" if one.is_disabled else "",
        )
        for one in found
    ]
    print_table(table(("name", "role", "created", "last sign-in", ""), rows))


@app.command()
def password(name: UserName) -> None:
    """Give a user another password; it is drawn and shown this once."""
    services = session.services()
    drawn = secrets.token_urlsafe(18)
    with services.books.begin() as unit:
        services.access.change_password(unit, name, password=drawn)
    remark(f"The new password of {name} is shown only now:")
    say(drawn)


@app.command()
def token(
    name: UserName,
    *,
    program: Annotated[str, typer.Option("--for", metavar="PROGRAM", help="What the token is for.")] = "command line",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it is valid.")] = 90,
) -> None:
    """Issue a token with the rights of a user; its key is shown this once."""
    services = session.services()
    with services.books.begin() as unit:
        owner = services.access.user(unit, name)
        key, issued = services.access.issue_token(
            unit, owner, name=program, now=session.now(), lifetime=timedelta(days=days)
        )
    remark(f"Token {issued.token_id} of {owner.name} ends on {issued.expires:%Y-%m-%d}. The key is shown only now:")
    say(key)
