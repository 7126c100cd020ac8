"""``qipan accounts dispute``: dispute what was posted, answer, decide, and prove all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.accounts.model.dispute import Answer, Decision, Opening, Withdrawal
from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.log import FAILED, Key, Quorum, Witnesses
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_text
from qipan.interfaces.cli.print import (
    clock,
    counted,
    findings_table,
    print_json,
    print_table,
    remark,
    say,
    say_disproved,
    table,
)
from qipan.interfaces.report.disputes import line, told
from qipan.kernel.errors import BadInputError

if TYPE_CHECKING:
    from qipan.accounts.model.dispute import Dispute
    from qipan.accounts.model.posting import Transfer
    from qipan.interfaces.cli.language import Language

app = typer.Typer(
    name="dispute", help="Dispute what was posted: open, answer, decide, correct, prove.", no_args_is_help=True
)

DisputeId = Annotated[str, typer.Argument(metavar="DISPUTE", show_default=False, help="Id of the dispute.")]
Party = Annotated[str, typer.Option("--party", help="Owner of accounts for whom it is said.")]
By = Annotated[str, typer.Option("--by", metavar="USER", help="User who says it; must have the duty.")]
Said = Annotated[str, typer.Option("--words", help="What is said, or why.")]


@app.command("open")
def open_dispute(
    dispute_id: DisputeId,
    *,
    transfer: Annotated[list[str], typer.Option("--transfer", help="Id of a transfer of the party; may repeat.")],
    party: Party,
    by: By,
    ground: Annotated[str, typer.Option("--ground", help="What is wrong, and why.")],
    cites: Annotated[str, typer.Option("--cites", metavar="FLAG", help="A flag of qipan market monitor.")] = "",
    as_json: AsJson = False,
) -> None:
    """Open a dispute of posted transfers, for a party to each of them; the same again changes nothing."""
    services = session.services()
    made = Opening(dispute_id=dispute_id, party=party, by=by, transfer_ids=tuple(transfer), ground=ground, cites=cites)
    with services.books.begin() as unit:
        found, is_new = services.disputes.open(unit, made, session.now())
    _told(found, is_new=is_new, as_json=as_json)


@app.command("list")
def list_disputes(
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List disputes in the order in which they were opened."""
    services = session.services()
    with services.books.read() as unit:
        found = services.disputes.disputes(unit, open_only=open_only)
    language = spoken(lang)
    if as_json:
        print_json([line(one) for one in found])
    elif not found:
        say(language.say("There is no dispute.", "没有争议。"))
    else:
        heads = (("dispute", "争议"), ("state", "状态"), ("opened", "提出"), ("party", "一方"), ("ground", "理由"))
        rows = [
            (one.dispute_id, one.state.value, clock(one.opened), one.opening.party, one.opening.ground) for one in found
        ]
        print_table(table([language.say(*head) for head in heads], rows))


@app.command()
def show(dispute_id: DisputeId, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show a dispute: what was said, what is disputed and linked with it, what was corrected."""
    from qipan.interfaces.hearing import seen

    services = session.services()
    with services.books.read() as unit:
        found = seen(services, unit, None, dispute_id)
    if as_json:
        print_json(told(found))
        return
    language, plain = spoken(lang), told(found)
    say(f"{dispute_id}: {plain['state']}")
    heads = (("step", "步骤"), ("what", "事项"), ("who", "何人"), ("words", "陈述"))
    rows = [
        (f"{one['number']}", one["act"], " ".join(filter(None, (one["by"], one["party"]))), one["words"])
        for one in plain["steps"]
    ]
    print_table(table([language.say(*head) for head in heads], rows))
    _print_transfers([*found.transfers, *found.corrections], found.dispute, language)


@app.command()
def answer(dispute_id: DisputeId, *, party: Party, by: By, words: Said, as_json: AsJson = False) -> None:
    """Answer, for a party to what is disputed or linked with it."""
    services = session.services()
    with services.books.begin() as unit:
        made = Answer(dispute_id=dispute_id, party=party, by=by, words=words)
        found, is_new = services.disputes.answer(unit, made, session.now())
    _told(found, is_new=is_new, as_json=as_json)


@app.command()
def withdraw(dispute_id: DisputeId, *, by: By, words: Said, as_json: AsJson = False) -> None:
    """Give a dispute up, for the party that opened it."""
    services = session.services()
    with services.books.begin() as unit:
        made = Withdrawal(dispute_id=dispute_id, by=by, words=words)
        found, is_new = services.disputes.withdraw(unit, made, session.now())
    _told(found, is_new=is_new, as_json=as_json)


@app.command()
def decide(
    dispute_id: DisputeId,
    *,
    by: By,
    words: Said,
    correct: Annotated[
        list[str] | None,
        typer.Option("--correct", metavar="TRANSFER=AMOUNT", help="How much of it goes back; may repeat."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide a dispute and post its correction, all or nothing; without --correct it is dismissed."""
    services = session.services()
    amounts = dict(map(_amount, correct or ()))
    with services.books.begin() as unit:
        made = Decision(dispute_id=dispute_id, by=by, words=words, amounts=amounts)
        found, is_new = services.disputes.decide(unit, made, session.now())
    _told(found, is_new=is_new, as_json=as_json)


@app.command()
def evidence(
    dispute_id: DisputeId,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where it is written, as JSON.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Sign the log, and write all that speaks to a dispute, each piece with its proof."""
    from qipan.accounts.evidence import document
    from qipan.bootstrap.services import log_signer

    services = session.services()
    signer = log_signer(services.settings)
    with services.books.begin() as unit:
        services.disputes.dispute(unit, dispute_id)
        services.log.checkpoint(unit, signer, session.now())
    with services.books.read() as unit:
        exhibits = services.disputes.evidence(unit, dispute_id)
    write_text(file, json.dumps(document(dispute_id, exhibits), ensure_ascii=False, indent=1) + "\n")
    if as_json:
        print_json({"dispute": dispute_id, "exhibits": len(exhibits), "key": str(signer.verifier)})
    else:
        remark(f"{counted(len(exhibits), 'exhibit')} written to {file}; key: {signer.verifier}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The evidence in a dispute.")],
    *,
    key: Key,
    witnesses: Witnesses = None,
    quorum: Quorum = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Verify evidence with nothing but keys: every proof, every step, and the correction against the decision."""
    from qipan.accounts.evidence import check_evidence
    from qipan.log.note import verifier_of

    try:
        read = json.loads(read_bytes(file))
    except ValueError as error:
        raise BadInputError(
            f"Evidence must be JSON, was not: {error}.",
            code="evidence_malformed",
            hint="Take the file as it was written by: qipan accounts dispute evidence",
        ) from error
    verifiers = tuple(verifier_of(one) for one in witnesses or ())
    findings = check_evidence(read, log=verifier_of(key), witnesses=verifiers, quorum=quorum)
    language = spoken(lang)
    if as_json:
        print_json({"exhibits": len(read["exhibits"]), "findings": findings})
    elif findings:
        say_disproved(findings, language)
    else:
        count = len(read["exhibits"])
        say(
            language.say(f"Proved: {counted(count, 'exhibit')}, and the correction.", f"已证明：{count} 件证据及更正。")
        )
    if findings:
        raise typer.Exit(FAILED)


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Follow every dispute anew and make its correction from the decision; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = services.disputes.check(unit)
    language = spoken(lang)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(language.say("Every correction follows from its decision.", "更正均由裁定得出。"))
    if findings:
        raise typer.Exit(FAILED)


def _told(found: Dispute, *, is_new: bool, as_json: bool) -> None:
    if as_json:
        print_json({**line(found), "is_new": is_new})
    else:
        remark(f"Dispute {found.dispute_id} is {found.state}{'' if is_new else ' already'}.")


def _print_transfers(some: list[Transfer], dispute: Dispute, language: Language) -> None:
    heads = (("transfer", "转移"), ("from", "自"), ("to", "至"), ("amount", "数量"), ("", ""))
    rows = [
        (
            one.transfer_id,
            one.debit,
            one.credit,
            f"{one.amount:,}",
            language.say("disputed", "所争议")
            if one.transfer_id in dispute.opening.transfer_ids
            else language.say("correction", "更正")
            if one.reason == "correction"
            else "",
        )
        for one in some
    ]
    print_table(table([language.say(*head) for head in heads], rows, numbers=(3,)))


def _amount(text: str) -> tuple[str, int]:
    name, _, amount = text.rpartition("=")
    if not name or not (amount.isascii() and amount.isdecimal()):
        raise typer.BadParameter(f"--correct must be TRANSFER=AMOUNT, was {text!r}.")
    return name, int(amount)
