"""Warnings that were issued to people: entered, followed by what came, and held against what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

from qipan.kernel.errors import BadInputError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import BOARD_ZONE, in_utc, zone
from qipan.labour.follow import OUTCOME, Due, check_act, follow, keep_account
from qipan.labour.look_back import look_back, months_since
from qipan.labour.model.bulletin import Bulletin
from qipan.labour.model.issued import Act, IssuedOutlook, IssuedWarning, Kept, Step, check_panel
from qipan.labour.model.warning import CannotTell, Outlook
from qipan.labour.record import OUTLOOK_KIND, STEP_KIND, read_step, write, write_step
from qipan.labour.service.subscriptions import post
from qipan.labour.store import warning as store
from qipan.labour.tell_warnings import tell_warnings
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Warnings:
    """What people were told, and what came of it; every step is a leaf of the log and names the one before."""

    def __init__(self, log: Log) -> None:
        self._log = log

    # --- what is done --------------------------------------------------------------------------------------------

    def issue(self, unit: UnitOfWork, panel: str, found: Outlook | CannotTell, now: datetime) -> dict[str, int]:
        """Enter an outlook; new warnings are issued, those that stand are told again, confirmed or resolved.

        Returns
        -------
        dict
            How many steps of each kind it led to.

        Raises
        ------
        BadInputError
            ``panel_name_bad``; ``outlook_ahead``.
        RuleBrokenError
            ``outlook_untold`` where nothing can be told; ``outlook_older`` unless it is newer than those of the panel;
            ``outlook_rule_differs`` where they watch for other events.
        """
        check_panel(panel)
        if isinstance(found, CannotTell):
            raise RuleBrokenError(
                f"What is issued must be told first, was not: {found.message}",
                code="outlook_untold",
                hint=found.hint,
            )
        unit.lock(f"labour/{panel}")
        if found.day > now.astimezone(zone(BOARD_ZONE)).date():
            raise BadInputError(
                f"What can be said must be as of a day that has come, was as of {found.day}.",
                code="outlook_ahead",
                hint="Ask as of today, or of a day before.",
            )
        newest = store.outlooks(unit, panel, newest_only=True)
        number = self._follows(newest, found) if newest else 1
        told = {**tell_warnings(found), "quiet": found.quiet}
        for one in told["warnings"]:
            one["last_period"] = told["data"]["last_period"]
        record = write({"panel": panel, "number": number, **told})
        made = IssuedOutlook(panel, number, found.day, in_utc(now), told, sha256(record.encode()).hexdigest())
        store.insert_outlook(unit, made, record)
        self._log.append(unit, OUTLOOK_KIND, record.encode(), now)
        due = follow(self.warnings(unit, panel=panel), told)
        self._carry_out(unit, panel, str(found.terms.rule), due, found.day, now)
        counts = {act.value: sum(one.act is act for one in due) for act in Act}
        record_action(unit, "labour_issued", panel, now, number=number, **{name: n for name, n in counts.items() if n})
        return {name: count for name, count in counts.items() if count}

    def act(self, unit: UnitOfWork, warning_id: str, act: Act, reason: str, now: datetime) -> IssuedWarning:
        """Confirm, treat, resolve or withdraw a warning for the one who asks.

        Raises
        ------
        BadInputError
            ``reason_bad``.
        NotFoundError
            ``warning_unknown``.
        RuleBrokenError
            ``warning_over``, ``warning_confirmed``.
        """
        found = self.warning(unit, warning_id)
        unit.lock(f"labour/{found.panel}")
        found = self.warning(unit, warning_id)
        check_act(found, act, reason)
        done = self._enter(
            unit, found, act, now.astimezone(zone(BOARD_ZONE)).date(), unit.caller, reason.strip(), {}, now
        )
        post(unit, [done], now)
        record_action(unit, f"warning_{act.value}", warning_id, now)
        return done

    # --- what is looked at ---------------------------------------------------------------------------------------

    def warning(self, unit: UnitOfWork, warning_id: str) -> IssuedWarning:
        """Return a warning with all its steps.

        Raises
        ------
        NotFoundError
            ``warning_unknown``.
        """
        known = store.warnings(unit, warning_ids=[warning_id])
        if not known:
            raise NotFoundError(
                f"A warning must have been issued, was not: {warning_id}.",
                code="warning_unknown",
                hint="List them by qipan labour warnings.",
            )
        _, panel, rule, cell = known[0]
        steps = tuple(read_step(record) for _, record, _ in store.steps(unit, warning_id=warning_id))
        return IssuedWarning(warning_id, panel, rule, cell, steps)

    def warnings(
        self, unit: UnitOfWork, *, panel: str | None = None, open_only: bool = False
    ) -> tuple[IssuedWarning, ...]:
        """Return warnings in the order in which they were issued, of a panel if one is named."""
        steps = {
            name: tuple(read_step(record) for _, record, _ in some)
            for name, some in groupby(store.steps(unit, panel=panel), key=lambda row: row[0])
        }
        found = (
            IssuedWarning(name, of, rule, cell, steps[name])
            for name, of, rule, cell in store.warnings(unit, panel=panel)
        )
        return tuple(one for one in found if not (open_only and one.is_over))

    def panels(self, unit: UnitOfWork) -> tuple[str, ...]:
        """Return the panels of which something was issued, the newest first."""
        return store.panels(unit)

    def newest(self, unit: UnitOfWork, panel: str) -> IssuedOutlook:
        """Return what was told of a panel last.

        Raises
        ------
        NotFoundError
            ``panel_unissued``.
        """
        found = store.outlooks(unit, panel, newest_only=True)
        if not found:
            raise NotFoundError(
                f"Something of a panel must have been issued, was not of {panel}.",
                code="panel_unissued",
                hint="Issue warnings with: qipan labour warn PANEL --issue NAME",
            )
        return found[0]

    def kept(self, unit: UnitOfWork, panel: str) -> Kept:
        """Return what the warnings of a panel came to, beside what was promised.

        Raises
        ------
        NotFoundError
            ``panel_unissued``.
        """
        self.newest(unit, panel)
        return keep_account(store.outlooks(unit, panel), self.warnings(unit, panel=panel))

    def months(self, unit: UnitOfWork, panel: str, now: datetime) -> tuple[date, ...]:
        """Return the first days of the months of which there is a bulletin, the newest first; nothing without any."""
        first = store.first_issued(unit, panel)
        return months_since(first, now) if first else ()

    def bulletin(self, unit: UnitOfWork, panel: str, month: date, now: datetime) -> Bulletin:
        """Return what had been told and done of a panel by the end of a month; later steps move nothing of it.

        Raises
        ------
        BadInputError
            ``month_to_come``, ``day_out_of_range``.
        NotFoundError
            ``panel_unissued``, ``bulletin_empty``.
        """
        self.newest(unit, panel)
        return look_back(store.outlooks(unit, panel), self.warnings(unit, panel=panel), panel, month, now)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold every outlook and step against digest, log and the step before; nothing when all is well.

        Rules: ``labour_differs``.
        """
        found = []
        for panel in store.panels(unit):
            for one in store.outlooks(unit, panel):
                record = write({"panel": panel, "number": one.number, **one.told})
                found += self._differs(unit, record, one.digest, f"{panel}/{one.number}")
        before: dict[str, str] = {}
        for name, record, digest in store.steps(unit):
            found += self._differs(unit, record, digest, name, read_step(record).before == before.get(name, ""))
            before[name] = digest
        return tuple(found)

    # --- how it is done ------------------------------------------------------------------------------------------

    @staticmethod
    def _follows(newest: tuple[IssuedOutlook, ...], found: Outlook) -> int:
        (last,) = newest
        if last.told["events_rule"] != str(found.terms.rule):
            raise RuleBrokenError(
                f"Outlooks of a panel must watch for the same events, {last.told['events_rule']}, was "
                f"{found.terms.rule}.",
                code="outlook_rule_differs",
                hint="Issue them of a panel of another name.",
            )
        if found.day <= last.as_of:
            raise RuleBrokenError(
                f"An outlook must be of a later day than the last, {last.as_of}, was of {found.day}.",
                code="outlook_older",
                hint="What was told is never changed; issue one of a later day.",
            )
        return last.number + 1

    def _carry_out(self, unit: UnitOfWork, panel: str, rule: str, due: list[Due], day: date, now: datetime) -> None:
        number = store.next_number(unit, panel)
        done = []
        for one in due:
            if one.act is Act.ISSUED:
                warning_id = f"{panel}-{number}"
                store.insert_warning(unit, warning_id, one.cell, panel=panel, number=number, rule=rule)
                number += 1
                warning = IssuedWarning(warning_id, panel, rule, one.cell, ())
            else:
                warning = self.warning(unit, one.warning_id)
            by = unit.caller if one.told else OUTCOME
            done.append(self._enter(unit, warning, one.act, day, by, one.reason, one.told, now))
        post(unit, done, now)

    def _enter(
        self,
        unit: UnitOfWork,
        warning: IssuedWarning,
        act: Act,
        as_of: date,
        by: str,
        reason: str,
        told: Mapping[str, Any],
        now: datetime,
    ) -> IssuedWarning:
        before = sha256(write_step(warning.steps[-1]).encode()).hexdigest() if warning.steps else ""
        step = Step(warning.warning_id, len(warning.steps) + 1, act, in_utc(now), as_of, by, reason, told, before)
        record = write_step(step)
        store.insert_step(unit, step.warning_id, step.number, record, sha256(record.encode()).hexdigest())
        self._log.append(unit, STEP_KIND, record.encode(), now)
        return replace(warning, steps=(*warning.steps, step))

    def _differs(self, unit: UnitOfWork, record: str, digest: str, name: str, is_chained: bool = True) -> list[Finding]:
        is_same = sha256(record.encode()).hexdigest() == digest and bool(self._log.find_digest(unit, digest))
        if is_same and is_chained:
            return []
        told = f"What was told and done must be as it was logged, was not: {name}."
        return [Finding(0, "record", "labour_differs", told, name)]
