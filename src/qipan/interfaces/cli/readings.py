"""``qipan ledger``: seal and send readings, see what became of them, settle disputes, rehearse."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang, Seed, read_bytes, read_moment
from qipan.interfaces.cli.print import clock, findings_table, print_json, print_table, remark, say, table
from qipan.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from qipan.ledger.model.reading import Acknowledgement

KEY_MODE = 0o600

app = typer.Typer()

Moment = Annotated[datetime | None, typer.Option(parser=read_moment, metavar="MOMENT", help="With its zone; else now.")]
Source = Annotated[str, typer.Option("--source", metavar="NAME", help="Source that speaks.")]


@app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where the private key is kept.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key that a source signs with; register the public key in the file of its fleet."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = Ed25519PrivateKey.generate()
    try:
        file.touch(mode=KEY_MODE, exist_ok=False)
        file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise BadInputError(
            f"A key must be written to a new file, was refused ({error.strerror}): {file}.",
            code="key_not_written",
            hint="Choose a name that is not taken, in a folder that you may write to.",
        ) from error
    public = b64encode(made.public_key().public_bytes_raw()).decode()
    if as_json:
        print_json({"public_key": public})
    else:
        say(f"public_key: {public}")


@app.command()
def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV or Parquet of readings.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", show_default=False, help="The sealed batch.")],
    *,
    source: Source,
    released: Moment = None,
    key_file: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Private key to sign with.")] = None,
    key_id: Annotated[str, typer.Option("--key-id", metavar="NAME", help="Name of the key in the register.")] = "",
    number: Annotated[int, typer.Option("--number", min=0, help="From 1, one more with each signed batch.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Seal readings as one batch: who says them, when they were released, and the signature of the source."""
    from qipan.ledger.model.reading import Statement, Way
    from qipan.ledger.seal import seal as sealed
    from qipan.ledger.seal import sign

    data = read_bytes(file)
    form = "parquet" if data.startswith(b"PAR1") else "csv"
    way = Way.COLLECTED if key_file is None else Way.ATTESTED
    if key_file is not None and not (key_id and number):
        raise BadInputError(
            "A signed batch must name its key and have a number above 0, was without.",
            code="seal_incomplete",
            hint="Add --key-id and --number.",
        )
    if key_file is None and (key_id or number):
        raise BadInputError(
            "A batch that is not signed must have neither a key nor a number, was given one.",
            code="seal_incomplete",
            hint="Add --key, or leave --key-id and --number out.",
        )
    moment = released or session.now()
    statement = Statement(source, way, number, moment, form, sha256(data).hexdigest(), key_id)
    signature = b"" if key_file is None else sign(statement, _private_key(key_file))
    whole = sealed(statement, signature, data)
    try:
        out.write_bytes(whole)
    except OSError as error:
        raise BadInputError(
            f"A batch must be written, was refused ({error.strerror}): {out}.",
            code="file_not_written",
            hint="Choose a path in a folder that exists and that you may write to.",
        ) from error
    if as_json:
        print_json({"digest": sha256(whole).hexdigest(), "form": form, "way": str(way)})


@app.command()
def send(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False, help="Sealed batches.")],
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Receive sealed batches: what is printed as acknowledged is on the disk, and nothing of it can be lost."""
    services = session.services()
    told: list[Acknowledgement] = []
    try:
        for file in files:
            opened = services.metering.open(read_bytes(file))
            with services.books.begin() as unit:
                told.append(services.metering.receive(unit, opened, session.now()))
    finally:
        if told:
            with services.books.read() as unit:
                services.metering.project(unit)
            print_acknowledgements(told, lang, as_json=as_json)


@app.command()
def batches(
    *,
    after: Annotated[int, typer.Option("--after", min=0, help="Only batches behind this sequence.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List what was received, and what became of it."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found = services.metering.batches(unit, after=after, limit=limit)
    counts = ("rows", "accepted", "repeated", "disputed", "quarantined", "leaf")
    names = ("sequence", "source_id", "way", "number", "released", "received", *counts)
    if as_json:
        print_json([{name: getattr(one, name) for name in names} for one in found])
        return
    if not found:
        hint = "qipan ledger send --help"
        say(language.say(f"Nothing was received yet. See: {hint}", f"尚未收到读数。见：{hint}"))
        return
    heads = (
        ("no.", "序号"),
        ("source", "来源"),
        ("way", "方式"),
        ("number", "编号"),
        ("released", "发布"),
        ("received", "接收"),
        ("rows", "行"),
        ("accepted", "接受"),
        ("repeated", "重复"),
        ("disputed", "争议"),
        ("quarantined", "隔离"),
        ("leaf", "日志叶"),
    )
    rows = [[_word(getattr(one, name)) for name in names] for one in found]
    print_table(
        table(tuple(language.say(*head) for head in heads), rows, numbers=(0, 3, 6, 7, 8, 9, 10, 11), wide=(1,))
    )


@app.command()
def findings(
    sequence: Annotated[int, typer.Argument(metavar="SEQUENCE", show_default=False, help="Number of the batch.")],
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List what was wrong with the rows of a batch that stand in quarantine."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found = services.metering.findings(unit, sequence)
    if as_json:
        print_json(found)
    elif found:
        print_table(findings_table(found, most=len(found)))
    else:
        say(language.say("Every row was kept.", "全部行均已接受。"))


@app.command()
def disputes(
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has resolved.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List readings that were told twice with other content: the first stands, the later was refused."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found = services.metering.disputes(unit, open_only=open_only)
    if as_json:
        print_json(found)
        return
    if not found:
        say(language.say("There is no dispute.", "没有争议。"))
        return
    made = table(
        (
            language.say("dispute", "争议"),
            language.say("source", "来源"),
            language.say("meter", "表计"),
            language.say("from", "起"),
            language.say("stands", "保留值"),
            language.say("refused", "拒收值"),
            language.say("resolution", "处理"),
        ),
        [
            (
                str(one.dispute_id),
                one.source_id,
                one.meter_id,
                clock(one.period.start),
                str(one.held_value),
                str(one.refused_value),
                one.resolution or language.say("open", "未处理"),
            )
            for one in found
        ],
        numbers=(0, 4, 5),
        wide=(2,),
    )
    print_table(made)


@app.command()
def resolve(
    dispute: Annotated[int, typer.Argument(metavar="DISPUTE", show_default=False, help="Its number.")],
    *,
    resolution: Annotated[str, typer.Option("--as", help="upheld (the first stands) or corrected (a later release).")],
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write down how a dispute was resolved; the readings stay what they are."""
    services = session.services()
    with services.books.begin() as unit:
        done = services.metering.resolve(unit, dispute, resolution=resolution, note=note, now=session.now())
    if as_json:
        print_json(done)
    else:
        remark(f"Dispute {done.dispute_id} is resolved: {done.resolution}.")


@app.command()
def rehearse(
    *,
    day: Day = None,
    fleet_id: Annotated[
        str | None, typer.Option("--fleet", metavar="NAME", help="Fleet whose plan is done; else the newest planned.")
    ] = None,
    nodes: Annotated[Path | None, typer.Option("--nodes", metavar="FILE", help="Real machines, CSV.")] = None,
    pods: Annotated[Path | None, typer.Option("--pods", metavar="FILE", help="Pods of a real cluster, CSV.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=31, help="Days of the pods, the last of them DAY.")] = 7,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Fill the ledger with modelled readings: of a plan carried out, or of real machines at a real cluster's work."""
    services, now = session.services(), session.now()
    if (nodes is None) != (pods is None):
        raise BadInputError(
            "Machines and pods must be given together, was one of them.",
            code="trace_incomplete",
            hint="Give both --nodes and --pods.",
        )
    chosen: date = day or (now - timedelta(days=1)).date()
    if nodes is not None and pods is not None:
        told = services.rehearsal.of_traces(read_bytes(nodes), read_bytes(pods), now, day=chosen, days=days, seed=seed)
    else:
        told = services.rehearsal.of_plan(fleet_id, chosen, now, seed=seed)
    print_acknowledgements(told, lang, as_json=as_json)


def _private_key(file: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(read_bytes(file), None)
    except (ValueError, TypeError) as error:
        raise _no_key(file) from error
    if not isinstance(found, Ed25519PrivateKey):
        raise _no_key(file)
    return found


def _no_key(file: Path) -> BadInputError:
    return BadInputError(
        f"A private key must be Ed25519 in PEM, was not: {file}.",
        code="key_unreadable",
        hint="Make one with: qipan ledger key FILE",
    )


def print_acknowledgements(told: Sequence[Acknowledgement], lang: Lang, *, as_json: bool) -> None:
    """Print what became of batches."""
    if as_json:
        print_json(told)
        return
    language = spoken(lang)
    made = table(
        (
            language.say("sequence", "序号"),
            language.say("digest", "摘要"),
            language.say("rows", "行"),
            language.say("accepted", "接受"),
            language.say("repeated", "重复"),
            language.say("disputed", "争议"),
            language.say("quarantined", "隔离"),
            language.say("leaf", "日志叶"),
            language.say("new", "首次"),
        ),
        [
            (
                str(one.sequence),
                one.digest[:16],
                *(str(n) for n in (one.rows, one.accepted, one.repeated, one.disputed, one.quarantined, one.leaf)),
                language.say("yes", "是") if one.is_new else language.say("no", "否"),
            )
            for one in told
        ],
        numbers=(0, 2, 3, 4, 5, 6, 7),
    )
    print_table(made)
    for one in told:
        if one.quarantined:
            words = f"qipan ledger findings {one.sequence}"
            remark(language.say(f"What was wrong with rows: {words}", f"有问题的行：{words}"))


def _word(value: object) -> str:
    return clock(value) if isinstance(value, datetime) else str(value)
