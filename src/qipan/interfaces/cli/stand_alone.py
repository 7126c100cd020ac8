"""``qipan dispatch stand-alone``: what each region has on the common board and would have alone."""

from __future__ import annotations

from qipan.interfaces.cli import session
from qipan.interfaces.cli.explain import print_shown
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId
from qipan.interfaces.cli.print import print_json, say
from qipan.interfaces.report import stand_alone as report
from qipan.interfaces.report.words import words


def stand_alone(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Compare what each region has on the common board with what its own sites alone could do for it."""
    services = session.services()
    with services.books.read() as unit:
        told = services.dispatch.stand_alone(unit, plan_id)
    if as_json:
        print_json(told)
        return
    said = words(spoken(lang))
    say(f"{told['plan_id']}: {report.sentence(told['rows'], said)}")
    say()
    print_shown(report.table_of(told["rows"], said))
