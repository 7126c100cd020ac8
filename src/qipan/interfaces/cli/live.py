"""``qipan dispatch roll --live``: operate a fleet on a real clock, as files of jobs come into a folder."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.options import as_typed, read_bytes
from qipan.interfaces.cli.print import clock, counted, plain, remark, say
from qipan.interfaces.cli.search import stopping
from qipan.interfaces.report.numbers import grouped, percent
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import civil_day

if TYPE_CHECKING:
    from qipan.workflows.decision import Decision, TakenIn
    from qipan.workflows.live import Live

TAKEN, REFUSED, CLOCK = "taken", "refused", "clock.json"
LOOK_S: Final = 0.5
"""Seconds between two looks into the folder."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Drill:
    """How a fleet is operated: on the real clock or, with a speed, on one that runs faster from a first day on."""

    intake: Path | None
    every_s: float
    first_day: date | None
    days: int | None
    speed: float | None
    fleet_id: str
    keeps_reserve: bool = False
    reservations: Path | None = None
    substitutes: Path | None = None
    links: Path | None = None


def operate(drill: Drill, language: Language, *, as_json: bool) -> None:
    """Take jobs in and re-plan until Ctrl-C or the end of the days; start it again at any moment.

    Raises
    ------
    BadInputError
        ``live_unclear``; ``intake_missing``; ``option_out_of_range``; ``reservations_not_live``;
        ``energy_not_rolling``.
    """
    from qipan.bootstrap.live import live
    from qipan.dispatch.model.roll import RollTerms

    if drill.intake is None or (drill.speed is None) != (drill.first_day is None):
        given = as_typed("--live", {"--intake": drill.intake, "--from": drill.first_day, "--speed": drill.speed})
        raise BadInputError(
            f"Live operation must have a folder, and a drill both a first day and a speed, was {given}.",
            code="live_unclear",
            hint="Write --live --intake DIR, for a drill with --from DATE --speed TIMES.",
        )
    if not 60.0 <= drill.every_s <= 3600.0 or drill.every_s % 60:
        raise BadInputError(
            f"Re-plans must be whole minutes apart, 1 to 60, was {drill.every_s:g} s.",
            code="option_out_of_range",
            hint="Write for example --every 15m.",
            field="every",
        )
    if drill.reservations is not None:
        raise BadInputError(
            f"Operation on a real clock must be without reservations, was --reservations {drill.reservations}.",
            code="reservations_not_live",
            hint="Run a trace with them: qipan dispatch roll --jobs FILE --reservations FILE.",
            field="reservations",
        )
    if not drill.intake.is_dir():
        raise BadInputError(
            f"Live operation must watch a folder that there is, was {drill.intake}.",
            code="intake_missing",
            hint="Make it first, as mkdir does, or correct --intake.",
            field="intake",
        )
    services = session.services()
    with services.books.read() as unit:
        zone_name = services.ledger.fleet(unit, drill.fleet_id).zone_name
    clock = _clock(drill, zone_name)
    # A re-plan comes every few minutes, so its gap may be what a simulated run takes, too.
    tables = {"substitutes": drill.substitutes, "links": drill.links}
    desk = live(
        services,
        drill.fleet_id,
        RollTerms(every_s=drill.every_s, gap=1e-2),
        keeps_reserve=drill.keeps_reserve,
        substitutes=None if drill.substitutes is None else read_bytes(drill.substitutes),
        links=None if drill.links is None else read_bytes(drill.links),
        file_names={kind: path.name for kind, path in tables.items() if path is not None},
    )
    ends = None if drill.days is None else clock() + timedelta(days=drill.days)
    if drill.speed is not None and drill.days is not None and drill.first_day is not None:
        ends = civil_day(drill.first_day + timedelta(days=drill.days), zone_name).start
    try:
        with stopping() as stopped:
            _standing(desk, clock(), language, as_json=as_json)
            _work(
                desk, drill, clock, lambda now: bool(stopped) or (ends is not None and now >= ends), language, as_json
            )
    finally:
        services.books.close()


def _work(
    desk: Live, drill: Drill, clock: Clock, is_over: Callable[[datetime], bool], language: Language, as_json: bool
) -> None:
    assert drill.intake is not None
    due = clock()
    while not is_over(now := clock()):
        taken = list(_take_in(desk, drill.intake, now, language, as_json=as_json))
        if now >= due:
            decision = desk.replan(now)
            due = datetime.fromtimestamp((now.timestamp() // drill.every_s + 1) * drill.every_s, tz=UTC)
        elif any(one.new or one.ended for one in taken):
            decision = desk.place_new(now)
        else:
            speed = drill.speed or 1.0
            time.sleep(min(LOOK_S, max((due - now).total_seconds() / speed, 0.0)))
            continue
        _tell(decision, language, as_json=as_json)


def _take_in(desk: Live, folder: Path, now: datetime, language: Language, *, as_json: bool) -> Iterator[TakenIn]:
    """Take in the files that came; each is moved away once it is acknowledged, or refused."""
    for path in sorted(one for one in folder.iterdir() if one.is_file() and one.suffix in (".csv", ".gz", ".parquet")):
        try:
            taken = desk.take_in(path.read_bytes(), path.name, now)
        except BadInputError as error:
            remark(f"{path.name}: {error.message} ({error.code})")
            _move(path, folder / REFUSED)
            continue
        _move(path, folder / TAKEN)
        if as_json:
            _line({"taken_in": taken})
        else:
            say(
                language.say(
                    f"{taken.name}: {counted(taken.rows_read, 'row')}, {grouped(taken.new)} new, "
                    f"{grouped(taken.ended)} ended, {grouped(taken.passed_over)} passed over, "
                    f"{grouped(taken.quarantined)} quarantined",
                    f"{taken.name}：读取 {grouped(taken.rows_read)} 行，新作业 {grouped(taken.new)}，"
                    f"已结束 {grouped(taken.ended)}，跳过 {grouped(taken.passed_over)}，"
                    f"隔离 {grouped(taken.quarantined)}",
                )
            )
        yield taken


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    path.replace(folder / path.name)


def _standing(desk: Live, now: datetime, language: Language, *, as_json: bool) -> None:
    jobs, final, lost = desk.standing(now)
    if as_json:
        _line({"standing": {"jobs": jobs, "final": list(final.values()), "lost": sorted(lost)}})
    elif jobs:
        say(
            language.say(
                f"Going on: {counted(jobs, 'job')} so far, {grouped(len(final))} with a final seat, "
                f"{grouped(len(lost))} lost.",
                f"继续运行：已有 {grouped(jobs)} 个作业，其中 {grouped(len(final))} 个已定席位，"
                f"{grouped(len(lost))} 个未能安排。",
            )
        )


def _tell(decision: Decision, language: Language, *, as_json: bool) -> None:
    if as_json:
        _line({"decision": decision})
        return
    what = language.say("re-plan", "重规划") if decision.is_replan else language.say("arrival", "到达")
    gap = (
        ""
        if decision.gap is None
        else language.say(f", gap {percent(decision.gap, 2)}", f"，差距 {percent(decision.gap, 2)}")
    )
    say(
        language.say(
            f"{clock(decision.moment, seconds=True)} {what}: {grouped(len(decision.final))} placed, "
            f"{grouped(decision.waiting)} wait, {grouped(len(decision.lost))} lost{gap}",
            f"{clock(decision.moment, seconds=True)} {what}：安排 {grouped(len(decision.final))}，"
            f"等待 {grouped(decision.waiting)}，未能安排 {grouped(len(decision.lost))}{gap}",
        )
    )
    for one in decision.final:
        say(f"  {one.job_id} -> {one.site_id}, {clock(one.start, seconds=True)}")
    for job_id in decision.lost:
        say(language.say(f"  {job_id}: no seat", f"  {job_id}：无席位"))
    if decision.pivotal:
        say(language.say(f"  pivotal: {', '.join(decision.pivotal)}", f"  关键站点：{'，'.join(decision.pivotal)}"))
    if decision.spikes:
        say(language.say(f"  price spikes: {', '.join(decision.spikes)}", f"  价格尖峰：{'，'.join(decision.spikes)}"))


def _line(value: Any) -> None:
    """Print one line of JSON, at once: who reads it may wait for it."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def _clock(drill: Drill, zone_name: str) -> Clock:
    """Return the real clock, or that of a drill; a drill goes on where its folder says it began."""
    if drill.speed is None or drill.first_day is None or drill.intake is None:
        return session.now
    begins = civil_day(drill.first_day, zone_name).start
    kept = drill.intake / CLOCK
    wanted = {"from": begins.isoformat(), "speed": drill.speed}
    if not kept.exists():
        new = kept.with_suffix(".new")
        new.write_text(json.dumps(wanted | {"begun": session.now().isoformat()}), encoding="utf-8")
        new.replace(kept)
    told = json.loads(kept.read_text(encoding="utf-8"))
    if {name: told[name] for name in wanted} != wanted:
        raise BadInputError(
            f"A drill must keep its clock, {told['from']} at {told['speed']:g} times, was {begins.isoformat()} at "
            f"{drill.speed:g} times.",
            code="drill_differs",
            hint="Take the same --from and --speed, or another folder.",
        )
    begun, speed = datetime.fromisoformat(told["begun"]), drill.speed
    return lambda: begins + (session.now() - begun) * speed
