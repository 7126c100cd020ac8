"""Print: tables for people, JSON for machines, errors and progress on the error stream."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from qipan.interfaces.cli.language import Language
from qipan.interfaces.report import errors
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import Finding, QipanError
from qipan.kernel.time import BOARD_ZONE, zone

FINDINGS_SHOWN = 20
"""How many findings are printed before the rest is only counted."""

WIDTH_COLUMNS = 132
"""How wide tables are where no terminal says how wide it is."""

WIDE_COLUMNS_MIN = 10
"""How narrow a column whose cells may be broken can become."""


def console(*, stderr: bool = False) -> Console:
    """Return a console on what is the standard output, or error, at this moment; text is never read as markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_COLUMNS
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


def say(text: str | Text = "", *, style: str = "") -> None:
    """Print one paragraph for people on the standard output."""
    console().print(text, style=style or None, soft_wrap=not sys.stdout.isatty())


def remark(text: str) -> None:
    """Print one line on the error stream, so that the standard output holds the answer only."""
    console(stderr=True).print(text, soft_wrap=True)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    numbers: Iterable[int] = (),
    title: str = "",
    wide: Iterable[int] = (),
) -> Table:
    """Lay out a table.

    Parameters
    ----------
    numbers
        Columns that are aligned to the right.
    wide
        Columns whose cells may take several lines; the others are never broken.
    """
    right, folded = set(numbers), set(wide)
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        header_style="bold",
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for position, name in enumerate(columns):
        made.add_column(
            name,
            justify="right" if position in right else "left",
            no_wrap=position not in folded,
            overflow="fold",
            vertical="top",
            min_width=WIDE_COLUMNS_MIN if position in folded else None,
        )
    for row in rows:
        made.add_row(*row)
    return made


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Lay out names and what they stand for, a line each."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def print_table(made: Table) -> None:
    """Print a table on the standard output."""
    console().print(made)


def print_json(value: Any) -> None:
    """Print a value as JSON, and nothing else, on the standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; a number that is not finite becomes ``None``.

    Examples
    --------
    >>> plain({"day": date(2017, 10, 9), "wait_h": float("nan"), "cards": (1, 2)})
    {'day': '2017-10-09', 'wait_h': None, 'cards': [1, 2]}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_error_json(code: str, exit_code: int, **told: Any) -> None:
    """Print an error as one JSON object on the error stream, with the names that problems have over REST."""
    whole = {"code": code, "exit_code": exit_code, "detail": "", "hint": "", "field": "", "findings": []} | told
    if not whole.get("file"):
        whole.pop("file", None)
    sys.stderr.write(json.dumps(plain(whole), ensure_ascii=False, allow_nan=False) + "\n")


def print_error(error: QipanError, language: Language = Language.EN) -> None:
    """Print an error on the error stream: what must hold, what was found, and what to do."""
    to = console(stderr=True)
    message, hint = errors.message(error, language).text, errors.hint(error, language).text
    to.print(Text.assemble((language.say("error: ", "错误："), "bold red"), message), soft_wrap=True)
    if error.file:
        to.print(Text.assemble((language.say("file: ", "文件："), "bold"), error.file), soft_wrap=True)
    if error.findings:
        to.print(findings_table(error.findings, language=language))
    to.print(Text.assemble((language.say("hint: ", "提示："), "bold"), hint), soft_wrap=True)
    to.print(Text.assemble((language.say("code: ", "代码："), "bold"), error.code), soft_wrap=True)


def findings_table(
    findings: Sequence[Finding], *, most: int = FINDINGS_SHOWN, language: Language = Language.EN
) -> Table:
    """Lay out findings, the first ``most`` of them, and count the rest."""
    made = table(
        (
            language.say("row", "行"),
            language.say("column", "列"),
            language.say("value", "值"),
            language.say("rule", "规则"),
            language.say("finding", "问题"),
        ),
        [
            (
                str(found.row) if found.row else language.say("file", "文件"),
                found.column,
                found.value,
                found.rule,
                errors.finding(found, language).text,
            )
            for found in findings[:most]
        ],
        numbers=(0,),
        wide=(2, 4),
    )
    if len(findings) > most:
        made.caption = language.say(
            f"and {len(findings) - most:,} more of {len(findings):,} findings",
            f"另有 {len(findings) - most:,} 项，共 {len(findings):,} 项问题",
        )
        made.caption_justify = "left"
    return made


def say_disproved(findings: Sequence[Finding], language: Language) -> None:
    """Say first that a file is not proved, then why: findings that are alike once, with how many there are."""
    count = Counter(findings)
    many = counted(len(findings), "finding")
    say(language.say(f"NOT proved: {many}.", f"未证明：{len(findings):,} 项问题。"), style="bold red")
    print_table(findings_table(list(count), language=language))
    often = [(one, times) for one, times in count.items() if times > 1]
    for one, times in often:
        say(language.say(f"{one.rule}: told {times} times.", f"{one.rule}：出现 {times} 次。"))


@contextmanager
def working(steps: Mapping[str, tuple[str, str]], language: Language) -> Iterator[Callable[[str], None]]:
    """Show on the error stream how far the work is; nothing where nobody watches.

    Parameters
    ----------
    steps
        What each step is called, in English and in Chinese, in their order.

    Yields
    ------
    Callable
        To be told the name of each step as it begins; a step that is not among them shows its name.
    """
    to = console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as shown:
        whole = shown.add_task("", total=len(steps))
        begun = 0

        def progress(step: str) -> None:
            nonlocal begun
            shown.update(whole, completed=begun, description=language.say(*steps.get(step, (step, step))))
            begun += 1

        yield progress


@contextmanager
def advancing(
    steps: Mapping[str, tuple[str, str]], language: Language
) -> Iterator[Callable[[str, float | None], None]]:
    """Show on the error stream how far each step is: a bar in a terminal, elsewhere a line as it begins and ends.

    The line at its end says how long it took, and which share of it was done if that is not all.

    Parameters
    ----------
    steps
        What each step is called, in English and in Chinese.

    Yields
    ------
    Callable
        To be told the step and the share of it that is done, None where nobody knows; a step that is not among
        ``steps`` shows its name.
    """
    to, begun, begun_s, reached = console(stderr=True), "", 0.0, 1.0
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as shown:

        def advance(step: str, share: float | None) -> None:
            nonlocal begun, begun_s, reached
            if step != begun:
                end()
                begun, begun_s, name = step, time.monotonic(), language.say(*steps.get(step, (step, step)))
                for before in shown.task_ids:
                    shown.remove_task(before)
                shown.add_task(name, total=None if share is None else 1.0)
                if not to.is_terminal:
                    remark(name)
            if share is not None:
                shown.update(shown.task_ids[-1], completed=share)
            reached = 1.0 if share is None else share

        def end() -> None:
            if begun and not to.is_terminal:
                name, took = language.say(*steps.get(begun, (begun, begun))), time.monotonic() - begun_s
                remark(language.say(f"{name}: {reached:.0%} in {took:.1f} s", f"{name}：{reached:.0%}，{took:.1f} 秒"))

        try:
            yield advance
        finally:
            end()


def counted(number: int, one: str, many: str = "") -> str:
    """Write how many there are of what has a name in English.

    Parameters
    ----------
    many
        What several are called, where that is not ``one`` with an s.

    Examples
    --------
    >>> counted(1, "checkpoint"), counted(1200, "batch", "batches")
    ('1 checkpoint', '1,200 batches')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def clock(at: datetime, *, seconds: bool = False) -> str:
    """Write a moment for people, on the clock of the board: to the minute, or to the second.

    Examples
    --------
    >>> clock(datetime.fromisoformat("2030-03-04T16:00:05.123456+00:00"))
    '2030-03-05T00:00+08:00'
    """
    return at.astimezone(zone(BOARD_ZONE)).isoformat(timespec="seconds" if seconds else "minutes")


def change(share: float | None) -> str:
    """Write a relative change in per cent, always with its sign.

    Examples
    --------
    >>> change(-0.123), change(-0.0001), change(None)
    ('-12.3 %', '+0.0 %', '–')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    return f"{round(100 * share, 1) + 0.0:+,.1f} %"
