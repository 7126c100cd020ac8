"""``qipan ledger``: change one thing in the register, and see what changed when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_moment, write_text
from qipan.interfaces.cli.print import clock, print_json, print_table, remark, table
from qipan.kernel.errors import BadInputError

# Imported here, as Typer reads the annotation of an option.
from qipan.ledger.model.reading import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qipan.ledger.model.fleet import Fleet

app = typer.Typer()
meter = typer.Typer(name="meter", help="Add a meter to a site, or end one.", no_args_is_help=True)
source = typer.Typer(name="source", help="Change the keys or the agreement of a source.", no_args_is_help=True)
app.add_typer(meter)
app.add_typer(source)
export = typer.Typer(name="export", help="Write a fleet out.", no_args_is_help=True)
app.add_typer(export)


class FleetForm(StrEnum):
    """How a fleet is written: one file, or a folder of tables."""

    YAML = "yaml"
    CSV = "csv"


SourceId = Annotated[str, typer.Argument(metavar="SOURCE", show_default=False, help="Name of the source.")]
MeterId = Annotated[str, typer.Argument(metavar="METER", show_default=False, help="Name of the meter.")]
From = Annotated[datetime, typer.Option("--from", parser=read_moment, metavar="MOMENT", help="With its zone.")]
Until = Annotated[
    datetime | None, typer.Option("--until", parser=read_moment, metavar="MOMENT", help="With its zone; else open.")
]
End = Annotated[datetime, typer.Option("--at", parser=read_moment, metavar="MOMENT", help="With its zone.")]


@app.command()
def certify(
    pool: Annotated[str, typer.Argument(metavar="POOL", show_default=False, help="Name of the pool.")],
    quantity: Annotated[float, typer.Argument(metavar="QUANTITY", show_default=False, help="In the pool's unit.")],
    *,
    start: From,
    certificate: Annotated[str, typer.Option("--certificate", metavar="NUMBER", help="Paper that says so.")] = "",
    as_json: AsJson = False,
) -> None:
    """Enter the capacity that a pool is certified for from a moment on."""
    from qipan.ledger.model.fleet import Certified

    services = session.services()
    with services.books.begin() as unit:
        step = Certified(start, quantity, certificate)
        fleet = services.ledger.certify(unit, pool, step, session.now())
    _done(fleet, as_json=as_json)


@app.command()
def history(
    fleet_id: Annotated[str, typer.Argument(metavar="FLEET", show_default=False, help="Name of the fleet.")],
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List the releases of a fleet and what each of them changed."""
    services = session.services()
    with services.books.read() as unit:
        services.ledger.fleet(unit, fleet_id)
        releases = services.ledger.changes(unit, fleet_id)
    if as_json:
        print_json([{"released": one.released, "digest": one.digest, "changes": list(c)} for one, c in releases])
        return
    language = spoken(lang)
    first = language.say("first release", "首次发布")
    rows = [
        (clock(release.released, seconds=True), *told)
        for release, changes in releases
        for told in [(c.path, c.before, c.after) for c in changes] or [(first, "", "")]
    ]
    columns = (
        language.say("released", "发布"),
        language.say("field", "字段"),
        language.say("before", "之前"),
        language.say("after", "之后"),
    )
    print_table(table(columns, rows, wide=(1, 2, 3), title=fleet_id))


@export.command("sites")
def export_sites(
    fleet_id: Annotated[str, typer.Argument(metavar="FLEET", show_default=False, help="Name of the fleet.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", show_default=False, help="YAML file, or folder of tables.")],
    *,
    form: Annotated[FleetForm, typer.Option("--format", help="One file, or a folder of tables.")] = FleetForm.YAML,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", parser=read_moment, metavar="MOMENT", help="As known then, with zone.")
    ] = None,
) -> None:
    """Write a fleet so that `qipan ledger import sites` reads the same again."""
    services = session.services()
    with services.books.read() as unit:
        fleet = services.ledger.fleet(unit, fleet_id, as_of)
    if form is FleetForm.YAML:
        write_text(out, services.fleet_forms.write_yaml(fleet).decode())
    else:
        _write_tables(out, services.fleet_forms.write_tables(fleet))
    remark(f"Fleet {fleet.fleet_id} is written to {out}.")


def _write_tables(folder: Path, tables: Mapping[str, bytes]) -> None:
    """Write tables into a folder that has none.

    Raises
    ------
    BadInputError
        ``folder_not_empty``, ``file_not_written``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A table of another fleet that stays would be read with these.
        if any(folder.glob("*.csv")):
            raise BadInputError(
                f"A folder must hold no table yet, was holding some: {folder}.",
                code="folder_not_empty",
                hint="Name a new folder.",
            )
    except OSError as error:
        raise BadInputError(
            f"A folder must be writable, was refused ({error.strerror}): {folder}.",
            code="file_not_written",
            hint="Choose a path in a folder that exists and that you may write to.",
        ) from error
    for name, data in tables.items():
        write_text(folder / name, data.decode())


@meter.command("add")
def add_meter(
    site: Annotated[str, typer.Argument(metavar="SITE", show_default=False, help="Name of the site.")],
    meter_id: MeterId,
    *,
    measure: Annotated[Measure, typer.Option("--measure", help="What it measures.")],
    source_id: Annotated[str, typer.Option("--source", metavar="NAME", help="Source that speaks for it.")],
    pool_id: Annotated[str, typer.Option("--pool", metavar="NAME", help="Pool it measures; else the site.")] = "",
    start: From,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Add a meter to a site."""
    from qipan.ledger.model.fleet import Meter

    services = session.services()
    with services.books.begin() as unit:
        added = Meter(meter_id, measure, source_id, pool_id, start, until)
        fleet = services.ledger.add_meter(unit, site, added, session.now())
    _done(fleet, as_json=as_json)


@meter.command("end")
def end_meter(meter_id: MeterId, *, at: End, as_json: AsJson = False) -> None:
    """Let a meter be valid until a moment; what it read before stays."""
    services = session.services()
    with services.books.begin() as unit:
        fleet = services.ledger.end_meter(unit, meter_id, at, session.now())
    _done(fleet, as_json=as_json)


@source.command("add-key")
def add_key(
    source_id: SourceId,
    key_id: Annotated[str, typer.Argument(metavar="KEY", show_default=False, help="Name of the key.")],
    public_key: Annotated[str, typer.Argument(metavar="PUBLIC", show_default=False, help="32 bytes in base64.")],
    *,
    start: From,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Register one more key with which a source signs."""
    from qipan.ledger.model.fleet import Key

    services = session.services()
    with services.books.begin() as unit:
        fleet = services.ledger.add_key(unit, source_id, Key(key_id, public_key, start, until), session.now())
    _done(fleet, as_json=as_json)


@source.command("end-key")
def end_key(
    source_id: SourceId,
    key_id: Annotated[str, typer.Argument(metavar="KEY", show_default=False, help="Name of the key.")],
    *,
    at: End,
    as_json: AsJson = False,
) -> None:
    """Let a key of a source hold no longer than until a moment."""
    services = session.services()
    with services.books.begin() as unit:
        fleet = services.ledger.end_key(unit, source_id, key_id, at, now=session.now())
    _done(fleet, as_json=as_json)


@source.command("agree")
def agree(
    source_id: SourceId,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", show_default=False, help="Number of the paper.")],
    *,
    shared_with: Annotated[str, typer.Option("--shared-with", help="site, region or public.")],
    start: From,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Register what allows the ledger to hold and share what a source tells."""
    from qipan.ledger.model.fleet import Agreement

    services = session.services()
    with services.books.begin() as unit:
        agreement = Agreement(reference, shared_with, start, until)
        fleet = services.ledger.agree(unit, source_id, agreement, session.now())
    _done(fleet, as_json=as_json)


def _done(fleet: Fleet, *, as_json: bool) -> None:
    if as_json:
        print_json({"fleet_id": fleet.fleet_id})
    else:
        remark(f"Fleet {fleet.fleet_id} is released anew. See: qipan ledger history {fleet.fleet_id}")
