"""``qipan ledger``: sign the log, publish it, let witnesses sign, verify it as an outsider."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_text
from qipan.interfaces.cli.print import (
    counted,
    findings_table,
    print_json,
    print_table,
    remark,
    say,
    say_disproved,
)
from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError

if TYPE_CHECKING:
    from qipan.log.model import Head
    from qipan.log.note import Signer

FAILED = 5
"""Exit code of a verification with findings: a rule was broken."""

DIGEST_LENGTH = 64
"""Letters of a SHA-256 in hex."""

app = typer.Typer()
witness = typer.Typer(name="witness", help="Sign, as a department, what the log was.", no_args_is_help=True)
app.add_typer(witness)

Key = Annotated[str, typer.Option("--key", metavar="KEY", help="Key of the log, as its operator has told you.")]
Witnesses = Annotated[
    list[str] | None, typer.Option("--witness", metavar="KEY", help="Key of a witness that you trust.")
]
Quorum = Annotated[int, typer.Option("--quorum", min=0, help="How many witnesses must have signed.")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="Folder of a published log.")]


@app.command()
def checkpoint(*, as_json: AsJson = False) -> None:
    """Sign the log as it is now; print the checkpoint and the key that it is verified with."""
    from qipan.bootstrap.services import log_signer

    services = session.services()
    signer = log_signer(services.settings)
    with services.books.begin() as unit:
        note = services.log.checkpoint(unit, signer, session.now())
    if as_json:
        print_json({"checkpoint": note, "key": str(signer.verifier)})
    else:
        say(note.rstrip("\n"))
        remark(f"key: {signer.verifier}")


@app.command()
def publish(folder: Folder, *, as_json: AsJson = False) -> None:
    """Write the log with everything that was entered to a folder of plain files; again adds what is new."""
    from qipan.bootstrap.services import log_signer

    services = session.services()
    with services.books.begin() as unit:
        services.log.checkpoint(unit, log_signer(services.settings), session.now())
    with services.books.read() as unit:
        new = services.publication.publish(unit, folder)
    if as_json:
        print_json({"folder": str(folder), "new_payloads": new})
    else:
        remark(f"Published to {folder}: {counted(new, 'new payload')}.")


@app.command()
def verify(
    folder: Folder,
    *,
    key: Key,
    witnesses: Witnesses = None,
    quorum: Quorum = 0,
    held: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that you kept; the log must agree with it."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Verify a published log with nothing but its files and keys: every signature, entry, batch and its signer."""
    from qipan.bootstrap.published import verify_folder
    from qipan.log.note import verifier_of
    from qipan.workflows.publish import Trust

    trust = Trust(verifier_of(key), tuple(verifier_of(one) for one in witnesses or ()), quorum)
    kept = [_text(file) for file in held or ()]
    begun = perf_counter()
    found = verify_folder(folder, trust, held=kept, processes=os.cpu_count() or 1)
    took_s = perf_counter() - begun
    size_mb = found.payload_bytes / 1e6
    language = spoken(lang)
    if as_json:
        print_json(found)
    else:
        say(
            language.say(
                f"{counted(found.checkpoints, 'checkpoint')}, {counted(found.entries, 'entry', 'entries')}, "
                f"{counted(found.payloads, 'payload')} and {counted(found.signatures, 'batch', 'batches')} "
                f"({size_mb:,.1f} MB) were checked in {took_s:,.1f} s, "
                f"{counted(round(found.signatures / took_s), 'batch', 'batches')} and {size_mb / took_s:,.1f} MB "
                f"a second: {counted(len(found.findings), 'finding')}.",
                f"已核验 {found.checkpoints} 个检查点、{found.entries} 条记录、{found.payloads} 份原件、"
                f"{found.signatures} 个批次（{size_mb:,.1f} MB），用时 {took_s:,.1f} 秒，每秒 "
                f"{found.signatures / took_s:,.0f} 个批次、{size_mb / took_s:,.1f} MB：{len(found.findings)} 项问题。",
            )
        )
        if found.findings:
            print_table(findings_table(found.findings))
    if found.findings:
        raise typer.Exit(FAILED)


@app.command()
def prove(
    what: Annotated[str, typer.Argument(metavar="PLACE|SHA256", show_default=False, help="Place, or digest in hex.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where the proof is written.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the proof that something stands in the log, for whoever asks; `verify-proof` checks it."""
    services = session.services()
    with services.books.read() as unit:
        if len(what) == DIGEST_LENGTH:
            places = [leaf.seq for leaf in services.log.find_digest(unit, what.lower())]
        else:
            places = [int(what)] if what.isdecimal() else []
        if not places:
            raise NotFoundError(
                f"A place or SHA-256 of the log must be named, was {what}.",
                code="leaf_not_found",
                hint="Give the place that the acknowledgement told, or the SHA-256 of what was sent.",
            )
        proof = services.log.proof(unit, places[0])
    write_text(file, str(proof))
    if as_json:
        print_json({"place": proof.seq, "proof": str(proof)})
    else:
        remark(f"Proof of place {proof.seq} written to {file}.")


@app.command("verify-proof")
def verify_proof(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A proof.")],
    *,
    key: Key,
    payload: Annotated[
        Path | None, typer.Option("--payload", metavar="FILE", help="What is said to have been entered.")
    ] = None,
    witnesses: Witnesses = None,
    quorum: Quorum = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Verify a proof with nothing but keys: that this was entered, when and at which place."""
    from qipan.log.note import verifier_of
    from qipan.log.proof import check_proof, proof_of

    proof = proof_of(_text(file))
    findings = check_proof(
        proof,
        read_bytes(payload) if payload else None,
        log=verifier_of(key),
        witnesses=tuple(verifier_of(one) for one in witnesses or ()),
        quorum=quorum,
    )
    language = spoken(lang)
    entered = proof.entry.decode(errors="replace")
    if as_json:
        print_json({"place": proof.seq, "entry": entered, "findings": findings})
    elif findings:
        say_disproved(findings, language)
    else:
        say(language.say(f"Proved, at place {proof.seq}: {entered}", f"已证明，位于第 {proof.seq} 条：{entered}"))
    if findings:
        raise typer.Exit(FAILED)


@witness.command("key")
def witness_key(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Name of the department.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where the private key is kept.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make the key of a witness and print its public half."""
    import secrets

    from qipan.log.note import COSIGNS, Signer

    signer = Signer(name, COSIGNS, secrets.token_bytes(32))
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise BadInputError(
            f"A key must be written to a new file, was refused ({error.strerror}): {file}.",
            code="key_not_written",
            hint="Choose a name that is not taken, in a folder that you may write to.",
        ) from error
    write_text(file, signer.text())
    if as_json:
        print_json({"key": str(signer.verifier)})
    else:
        say(str(signer.verifier))


@witness.command("sign")
def witness_sign(
    folder: Folder,
    *,
    log: Annotated[str, typer.Option("--log", metavar="KEY", help="Key of the log.")],
    key_file: Annotated[Path, typer.Option("--key", metavar="FILE", help="Private key of the witness.")],
    state: Annotated[Path, typer.Option("--state", metavar="FILE", help="What the witness remembers.")],
    as_json: AsJson = False,
) -> None:
    """Sign the newest checkpoint if it continues what was signed before; refuse a log that shrank or forked."""
    from qipan.bootstrap.published import cosign_folder
    from qipan.log.note import verifier_of

    verifier = verifier_of(log)
    line, head = cosign_folder(
        folder, log=verifier, seen=_seen(state, str(verifier)), witness=_signer(key_file), now=session.now()
    )
    # What was signed is remembered before anyone is told of it.
    part = state.with_name(f"{state.name}.part")
    write_text(part, json.dumps({"log": str(verifier), "size": head.size, "root": head.root.hex()}))
    part.replace(state)
    if as_json:
        print_json({"size": head.size, "cosignature": line})
    else:
        say(line)


@witness.command("add")
def witness_add(
    cosignature: Annotated[str, typer.Argument(metavar="LINE", show_default=False, help="What `sign` has printed.")],
    *,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Public key of the witness.")],
    size: Annotated[int | None, typer.Option("--size", help="Size of the checkpoint; else the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a witness's signature with the log's checkpoint."""
    from qipan.log.note import parted, verifier_of

    services = session.services()
    (signature,) = parted(f"-\n\n{cosignature}\n")[1]
    with services.books.begin() as unit:
        newest = services.log.checkpoints(unit)
        if not newest:
            raise RuleBrokenError(
                "A log must have a checkpoint before a witness signs it, was none.",
                code="checkpoint_missing",
                hint="Make one with: qipan ledger checkpoint",
            )
        at = int(newest[-1].split("\n")[1]) if size is None else size
        note = services.log.add_cosignature(unit, at, signature, witness=verifier_of(key), now=session.now())
    if as_json:
        print_json({"checkpoint": note})
    else:
        say(note.rstrip("\n"))


def _seen(state: Path, log: str) -> Head | None:
    from qipan.log.model import Head

    if not state.exists():
        return None
    try:
        words = json.loads(read_bytes(state))
        head, of_log = Head(int(words["size"]), bytes.fromhex(words["root"])), words["log"]
    except (ValueError, KeyError, TypeError) as error:
        raise _strange_state(state, "unreadable") from error
    if of_log != log:
        raise _strange_state(state, f"of the log {of_log}")
    return head


def _strange_state(state: Path, found: str) -> BadInputError:
    return BadInputError(
        f"A witness must remember what it has signed of this log, was {found}, in {state}.",
        code="witness_state_strange",
        hint="Restore the file from a backup; without it the witness must not sign.",
    )


def _text(file: Path) -> str:
    return read_bytes(file).decode(errors="replace")


def _signer(file: Path) -> Signer:
    from qipan.log.note import signer_of

    return signer_of(read_bytes(file).decode(errors="replace").strip())
