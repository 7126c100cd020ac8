"""The ``qipan`` command: what stands first on the line, and what runs the whole house."""

from __future__ import annotations

import io
import sys
from datetime import date as civil_date
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.exits import EXIT_WORDS
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang, Power, Seed
from qipan.interfaces.cli.pillars import HouseGroup
from qipan.interfaces.cli.print import counted, print_json, remark, say, say_disproved, working
from qipan.interfaces.cli.serve import serve_until_stopped
from qipan.interfaces.cli.show import show_day, steps

if TYPE_CHECKING:
    from qipan.bootstrap.services import FirstRun

FAILED = 5
"""Exit code of a verification with findings: a rule was broken."""

HOME_WORDS = (
    "Data lies in the folder QIPAN_HOME, else in .qipan of the current folder; QIPAN_LANG (en or zh) chooses the "
    "language. All settings: docs/settings.md."
)
"""Where data lies, for the help."""

app = typer.Typer(
    name="qipan",
    cls=HouseGroup,
    help="One board for a country's compute and work.",
    epilog=f"{HOME_WORDS}\n\n{EXIT_WORDS}",
    no_args_is_help=True,
    # A fault of Qipan itself shows Python's own traceback, never the values of variables.
    pretty_exceptions_enable=False,
)

Host = Annotated[str | None, typer.Option("--host", help="Address to listen at; else QIPAN_HOST, else 127.0.0.1.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; else QIPAN_PORT, else 8750.")]


BackupFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="File of a backup.")]
Revision = Annotated[str | None, typer.Option("--to", metavar="REVISION", help="Older revision, as 0025.")]
Drops = Annotated[bool, typer.Option("--drop", help="With --to: rows without a place there may go.")]


def _print_version(is_asked: bool) -> None:
    if is_asked:
        say(version_of("qipan"))
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
]


@app.callback()
def root(*, version: Version = False) -> None:
    """One board for a country's compute and work."""
    del version  # Its callback has printed it.


@app.command()
def init(*, as_json: AsJson = False) -> None:
    """Create the books, the lake and the first admin; what is there already stays."""
    first = _initialise()
    if as_json:
        print_json({"home": str(session.settings().home.resolve()), "created": first.created})
    elif not first.created:
        say(f"Nothing to do: {session.settings().home.resolve()} is initialised.")


@app.command()
def demo(
    *,
    serve: Annotated[bool, typer.Option("--serve", help="Then serve the console until Ctrl-C.")] = False,
    seed: Seed = 0,
    power: Power = False,
    day: Day = None,
    host: Host = None,
    port: Port = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Plan one national day of a generated workload on the built-in board, and rehearse it; initialise if needed."""
    _initialise()
    language = spoken(lang)
    services = session.services()
    with working(steps(), language) as progress:
        document = services.day.demo(session.now(), day, seed, progress, models_power=power).document()
        planned = civil_date.fromisoformat(document["day"])
        services.rehearsal.of_plan(document["fleet_id"], planned, session.now(), seed=seed)
    if as_json:
        print_json(document)
    else:
        show_day(document, language)
    if serve:
        serve_until_stopped(host, port)


@app.command()
def serve(*, host: Host = None, port: Port = None) -> None:
    """Serve the console and the REST interface until Ctrl-C."""
    session.services()
    serve_until_stopped(host, port)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check that everything Qipan needs is there and works; say what to do where it does not."""
    from qipan.interfaces.cli.doctor import examine, print_checks

    checks = examine()
    if as_json:
        print_json(checks)
    else:
        print_checks(checks)
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


@app.command()
def migrate(*, to: Revision = None, drops: Drops = False, as_json: AsJson = False) -> None:
    """Bring books and lake to this Qipan after an upgrade; with --to, books back to an older revision."""
    from qipan.bootstrap.migrate import migrate as bring

    done = bring(session.settings(), to=to, drops=drops)
    if as_json:
        print_json(done)
    else:
        filled = counted(done.filled, "batch", "batches")
        say(f"Books were of revision {done.before} and are of {done.after}; {filled} brought into the lake.")


@app.command()
def backup(file: BackupFile, *, as_json: AsJson = False) -> None:
    """Write books, archive and keys to one file, also while Qipan is running; keep it as safe as the home itself."""
    from qipan.bootstrap.backup import back_up

    made = back_up(session.services(), file, session.now())
    if as_json:
        print_json(made)
    else:
        files = counted(made.files, "file")
        say(f"Backed up {files}, {made.size_bytes / 1e6:,.1f} MB, books of revision {made.revision}, to {file}.")


@app.command()
def restore(file: BackupFile, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Make a home and its books of a backup, make the lake anew, and verify the log."""
    from qipan.bootstrap.backup import restore as bring_back

    done = bring_back(session.settings(), file)
    if as_json:
        print_json(done)
    else:
        say(
            f"Restored {session.settings().home.resolve()} as of {done.backup.made:%F %T} UTC: "
            f"{counted(done.backup.files, 'file')}, {counted(done.filled, 'batch', 'batches')} in the lake, "
            f"{counted(done.leaves, 'leaf', 'leaves')} of the log with root {done.root}, "
            f"{counted(len(done.findings), 'finding')}."
        )
    if done.findings:
        say_disproved(done.findings, spoken(lang))
        raise typer.Exit(FAILED)


def main() -> None:
    """Run the command that was typed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show 棋盘 shows question marks, and the command goes on.
            stream.reconfigure(errors="replace")
    app(prog_name="qipan")


def _initialise() -> FirstRun:
    from qipan.bootstrap.services import initialise

    settings = session.settings()
    first = initialise(settings, session.now(), caller=session.caller())
    if first.created:
        remark(f"Initialised {settings.home.resolve()}.")
    if first.admin_password is not None:
        remark(f"Sign in as {first.admin_name} with the password {first.admin_password} (shown only now).")
    return first
