"""``qipan access``: who may sign in, their duties, keys for programs, and who has changed what."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.access.model import Duty, Role, Scope
from qipan.interfaces.cli import session
from qipan.interfaces.cli.options import AsJson, read_moment
from qipan.interfaces.cli.print import clock, print_json, print_table, remark, say, table
from qipan.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from qipan.bootstrap.services import Services

app = typer.Typer(
    name="access", help="Users of the console, tokens for programs, and who changed what.", no_args_is_help=True
)

UserName = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Name of the user.")]
DutyName = Annotated[
    Duty,
    typer.Argument(metavar="DUTY", show_default=False, help="trader, site, clearing, registry, labour or auditor."),
]
Party = Annotated[str, typer.Option("--party", help="For whom, by the owner's name; of trader and site only.")]
Regions = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Region seen whole, by code or name; may repeat.")
]
Sites = Annotated[list[str] | None, typer.Option("--site", metavar="SITE", help="Site seen besides; may repeat.")]


@app.command()
def user(
    name: UserName,
    *,
    role: Annotated[Role, typer.Option("--role", help="viewer reads, operator runs days, admin manages users.")],
    region: Regions = None,
    site: Sites = None,
) -> None:
    """Create a user; the password is drawn and shown this once. Without --region and --site the country is seen."""
    services = session.services()
    seen = _scope(services, region, site)
    password = secrets.token_urlsafe(18)
    with services.books.begin() as unit:
        made = services.access.create_user(unit, name, password=password, role=role, now=session.now())
        services.access.change_scope(unit, made.name, seen, session.now())
    remark(f"User {made.name} may sign in as {made.role}. The password is shown only now:")
    say(password)


@app.command()
def users(*, as_json: AsJson = False) -> None:
    """List the users."""
    services = session.services()
    with services.books.read() as unit:
        found = services.access.users(unit)
        seen = {one.user_id: services.access.scope(unit, one) for one in found}
    if as_json:
        print_json([asdict(one) | {"scope": _told(seen[one.user_id])} for one in found])
        return
    rows = [
        (
            one.name,
            str(one.role),
            ", ".join(_told(seen[one.user_id])) or "country",
            f"{one.created:%Y-%m-%d}",
            clock(one.signed_in) if one.signed_in else "",
            "disabled" if one.is_disabled else "",
        )
        for one in found
    ]
    print_table(table(("name", "role", "sees", "created", "last sign-in", ""), rows))


@app.command()
def scope(name: UserName, *, region: Regions = None, site: Sites = None) -> None:
    """Say which regions and sites of the ledger a user sees and sends for; with neither, the country."""
    services = session.services()
    seen = _scope(services, region, site)
    with services.books.begin() as unit:
        changed = services.access.change_scope(unit, name, seen, session.now())
    remark(f"{changed.name} sees {', '.join(_told(seen)) or 'the country'}.")


@app.command()
def grant(name: UserName, duty: DutyName, *, party: Party = "") -> None:
    """Give a user a duty: for one party as trader or site, else for the whole house."""
    services = session.services()
    with services.books.begin() as unit:
        made = services.access.grant(unit, name, duty, session.now(), party=party)
    remark(f"{name} is {made}.")


@app.command()
def withdraw(name: UserName, duty: DutyName, *, party: Party = "") -> None:
    """Take a duty from a user."""
    services = session.services()
    with services.books.begin() as unit:
        taken = services.access.withdraw(unit, name, duty, session.now(), party=party)
    remark(f"{name} is no longer {taken}.")


@app.command()
def mandates(
    name: Annotated[str | None, typer.Argument(metavar="NAME", show_default=False, help="Only of this user.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the duties that users were given; admins have them all without one."""
    services = session.services()
    with services.books.read() as unit:
        owner = None if name is None else services.access.user(unit, name)
        names = {one.user_id: one.name for one in services.access.users(unit)}
        found = services.access.mandates(unit, owner)
    told = sorted((names[one.user_id], str(one.duty), one.party) for one in found)
    if as_json:
        print_json([dict(zip(("name", "duty", "party"), one, strict=True)) for one in told])
        return
    print_table(table(("name", "duty", "party"), told))


@app.command()
def password(name: UserName) -> None:
    """Give a user another password; it is drawn and shown this once."""
    services = session.services()
    drawn = secrets.token_urlsafe(18)
    with services.books.begin() as unit:
        services.access.change_password(unit, name, password=drawn, now=session.now())
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
    remark(f"Token {issued.token_id} of {owner.name} ends on {clock(issued.expires)}. The key is shown only now:")
    say(key)


@app.command()
def trail(
    *,
    since: Annotated[
        datetime | None,
        typer.Option("--since", parser=read_moment, metavar="MOMENT", help="From this moment on, with its zone."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", parser=read_moment, metavar="MOMENT", help="Before this moment.")
    ] = None,
    caller: Annotated[
        str | None,
        typer.Option("--caller", help="Only of user:NAME, token:NAME/NUMBER, shell:NAME or visitor."),
    ] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only of one kind, as role_changed.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List who has changed what, the newest first."""
    services = session.services()
    with services.books.read() as unit:
        found = services.access.trail(unit, since=since, until=until, caller=caller, action=action, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            clock(one.at, seconds=True),
            one.caller,
            one.action,
            one.subject,
            ", ".join(f"{name} {_word(value)}" for name, value in one.detail.items()),
        )
        for one in found
    ]
    print_table(table(("at", "caller", "action", "subject", "detail"), rows, wide=(3, 4)))


def _word(value: object) -> str:
    return (" ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)


def _scope(services: Services, regions: list[str] | None, site_ids: list[str] | None) -> Scope:
    """Return what was typed as a scope; every region and site must be known.

    Raises
    ------
    NotFoundError
        ``site_unknown``, or what the catalogue says of a region.
    """
    adcodes = frozenset(services.catalog.region(name).adcode for name in regions or ())
    with services.books.read() as unit:
        known = {site.site_id for fleet in services.ledger.fleets(unit) for site in fleet.sites}
    for site_id in site_ids or ():
        if site_id not in known:
            raise NotFoundError(
                f"A site must be in the register, was not: {site_id}.",
                code="site_unknown",
                hint="List the fleets to see the names of their sites.",
            )
    chosen = frozenset(site_ids or ())
    return Scope(adcodes, chosen, is_country=not adcodes and not chosen)


def _told(scope: Scope) -> list[str]:
    """Return the regions and sites of a scope in their order; none is the country."""
    return [*sorted(scope.adcodes), *sorted(scope.site_ids)]
