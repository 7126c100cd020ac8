"""Pages of the documentation: their blocks, and their commands, run in a home of their own."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.apart import run_apart

FENCE = re.compile(r"^(`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r"^:caption: (?P<name>[\w.-]+)\n(:.*\n)*\n?", re.MULTILINE)
# Certificates of a month are over after two years, so such a page tells which month is its last; its dates move along.
MOVED = re.compile(r"<!-- The tests take (?P<month>\d{4}-\d{2}) as the month before this one\. -->")
# A story of many days tells its moments; its commands are run at them.
CLOCK = re.compile(r"<!-- The tests set the clock to (?P<moment>\S+)\. -->")
MONTH = re.compile(r"\b20\d{2}-(0[1-9]|1[0-2])\b")


def months_of(name: str) -> int:
    """Return the months from year 0 to a month."""
    return 12 * int(name[:4]) + int(name[5:]) - 1


def later(name: str, months: int) -> tuple[int, int]:
    """Return year and month so many months later."""
    year, month = divmod(months_of(name) + months, 12)
    return year, month + 1


def blocks(document: Path, *, is_moved: bool = False) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: what stands after the fence, and what is inside; and moments, as `clock`."""
    text = document.read_text(encoding="utf-8")
    if is_moved and (moved := MOVED.search(text)):
        last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
        months = months_of(f"{last:%Y-%m}") - months_of(moved["month"])
        text = MONTH.sub(lambda found: "{}-{:02}".format(*later(found[0], months)), text)
        text = re.sub(rf"\b{moved['month'][:4]}\b(?!-)", f"{last:%Y}", text)
    told = re.finditer(f"{FENCE.pattern}|{CLOCK.pattern}", text, FENCE.flags)
    return [("clock", found["moment"]) if found["moment"] else (found["info"].strip(), found["body"]) for found in told]


def commands(body: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that the page shows for it."""
    told: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            told.append((line[2:].strip(), ""))
        elif told:
            told[-1] = (told[-1][0], told[-1][1] + line)
    return told


def is_run(info: str, body: str) -> bool:
    return info == "console" and body.startswith("$ qipan")


def play(document: Path, folder: Path) -> Path:
    """Run the commands of a page, hold what they print against what it shows, and return the home they leave."""
    home, files = folder / "home", folder / "folder"
    home.mkdir()
    files.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QIPAN_")},
        "HOME": str(home),
        "QIPAN_HOME": str(home / "qipan"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    compare = doctest.OutputChecker().check_output
    now: datetime | None = None
    for info, body in blocks(document, is_moved=True):
        if caption := CAPTION.search(body):
            (files / caption["name"]).write_text(CAPTION.sub("", body, count=1), encoding="utf-8")
        if info == "clock":
            now = datetime.fromisoformat(body)
        for command, shown in commands(body) if is_run(info, body) else []:
            words = shlex.split(command.replace("$KEY", environment.get("KEY", "$KEY")))
            code, told, said = run_apart(words, files, environment, now)
            if key := re.search(r"; key: (\S+)", said):
                environment["KEY"] = key[1]
            assert code == 0, f"{command}\n{told}\n{said}"
            if shown.strip():
                assert compare(shown, told, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), told
    return home / "qipan"
