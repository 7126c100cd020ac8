"""``qipan certificates centre``: green certification of compute centres by dated criteria."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from qipan.certificates.model.certification import PPM, Certification, Evidence, Measure
from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import clock, print_json, print_table, remark, table

app = typer.Typer(
    name="centre",
    help="Green certification of compute centres: criteria, evidence, audit, grade, expiry.",
    no_args_is_help=True,
)

Site = Annotated[str, typer.Argument(metavar="SITE", show_default=False, help="The centre, by its name as a consumer.")]
First = Annotated[str, typer.Option("--first", metavar="MONTH", help="First month, as 2025-01.")]
Last = Annotated[str, typer.Option("--last", metavar="MONTH", help="Last month, counted.")]
RequestId = Annotated[str, typer.Option("--id", help="Id of the request; the same again changes nothing.")]
Auditor = Annotated[str, typer.Option("--auditor", help="Who audits; never the site itself.")]


@app.command()
def criteria(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the criteria in force: the best grade all of whose criteria are met is given."""
    services = session.services()
    found = services.certifications.criteria(session.now())
    if as_json:
        print_json(found)
        return
    to_say = spoken(lang).say
    columns = (to_say("grade", "等级"), to_say("measure", "指标"), to_say("bound", "限值"))
    names = {
        Measure.GREEN_SHARE: to_say("green share by the month", "按月绿电比例"),
        Measure.HOURLY_SHARE: to_say("green share by the hour", "按小时绿电比例"),
        Measure.PUE: "PUE",
    }
    rows = [
        (grade, names[one.measure], f"{'≥' if one.is_least else '≤'} {one.value_ppm / PPM:g}")
        for grade, some in found.grades
        for one in some
    ]
    title = to_say(
        f"Criteria {found.version}: {found.period_months} months, valid for {found.valid_months}",
        f"{found.version} 年准则：审核期 {found.period_months} 个月，有效 {found.valid_months} 个月",
    )
    print_table(table(columns, rows, title=title))


@app.command()
def attest(
    site: Site,
    *,
    pue: Annotated[float, typer.Option("--pue", help="Power usage effectiveness over the period.")],
    first: First,
    last: Last,
    document: Annotated[str, typer.Option("--document", help="What says so: a report, or the digest of a file.")],
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """Say what a document tells of a site; green shares come from the registry itself."""
    services = session.services()
    evidence = Evidence(request_id, site, Measure.PUE, first, last, round(pue * PPM), document)
    with services.books.begin() as unit:
        answer = services.certifications.attest(unit, evidence, session.now())
    if as_json:
        print_json({"evidence": evidence, "is_new": answer.is_new})
    else:
        remark(f"{request_id} is {'attested' if answer.is_new else 'attested already'}.")


@app.command()
def audit(
    site: Site,
    *,
    auditor: Auditor,
    first: First,
    last: Last,
    request_id: RequestId,
    evidence_ids: Annotated[list[str] | None, typer.Option("--evidence", help="What was attested; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Certify a site by the criteria in force, or end with code 5 and what is missing."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.certifications.audit(
            unit,
            request_id,
            session.now(),
            site=site,
            auditor=auditor,
            period=(first, last),
            evidence_ids=tuple(evidence_ids or ()),
        )
    if as_json:
        print_json(_plain(found))
    else:
        remark(f"{site} has grade {found.grade} until {clock(found.expires)}.")


@app.command()
def revoke(
    certification: Annotated[str, typer.Argument(metavar="CERTIFICATION", show_default=False, help="Id of its audit.")],
    *,
    auditor: Auditor,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    request_id: RequestId,
    as_json: AsJson = False,
) -> None:
    """End a certification before its time."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.certifications.revoke(
            unit, request_id, certification, session.now(), auditor=auditor, reason=reason
        )
    if as_json:
        print_json(_plain(found))
    else:
        remark(f"{certification} of {found.site} is revoked.")


@app.command("list")
def list_all(
    *,
    site: Annotated[str | None, typer.Option("--site", help="Only of this site.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show certifications, what each rests on, and whether it is valid now."""
    services = session.services()
    with services.books.read() as unit:
        found = list(services.certifications.certifications(unit, site).values())
    if as_json:
        print_json([_plain(one) for one in found])
        return
    to_say = spoken(lang).say
    columns = (
        to_say("certification", "认证"),
        to_say("site", "算力中心"),
        to_say("grade", "等级"),
        to_say("by the month", "按月绿电"),
        to_say("by the hour", "按小时绿电"),
        "PUE",
        to_say("auditor", "审核方"),
        to_say("expires", "到期"),
        to_say("valid", "有效"),
    )
    yes, no = to_say("yes", "是"), to_say("no", "否")
    rows = [
        (
            one.certification_id,
            one.site,
            one.grade,
            f"{one.found_ppm[Measure.GREEN_SHARE] / PPM:.1%}",
            f"{one.found_ppm[Measure.HOURLY_SHARE] / PPM:.1%}",
            f"{one.found_ppm[Measure.PUE] / PPM:g}" if Measure.PUE in one.found_ppm else "",
            one.auditor,
            clock(one.expires)[:10],
            yes if one.is_valid(session.now()) else no,
        )
        for one in found
    ]
    print_table(table(columns, rows, numbers=(3, 4, 5)))


def _plain(one: Certification) -> dict[str, Any]:
    return {**asdict(one), "is_valid": one.is_valid(session.now())}
