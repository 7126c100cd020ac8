"""Write the generated pages of docs/reference: facts, errors and commands.

``python tools/write_reference.py`` writes them; with ``--check`` it names the pages that no longer say what the
source says, and exits with 1. A test calls it so.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from scan_errors import CLASSES, FINDING, Raised, raised_in

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
REFERENCE = ROOT / "docs" / "reference"
NO_OPTION = {"help", "install_completion", "show_completion"}
"""Every command has these; they need no row."""


def main() -> int:
    """Write the pages, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="name the pages that differ, write nothing")
    parser.add_argument("pages", nargs="*", choices=[[], *WRITERS], help="which pages; all if none is named")
    options = parser.parse_args()
    check: bool = options.check
    pages = {f"{name}.md": WRITERS[name]() for name in options.pages or WRITERS}
    stale = [name for name, text in pages.items() if not is_written(REFERENCE / name, text)]
    if check:
        for name in stale:
            print(f"docs/reference/{name} must say what the source says; run: make reference")
        return 1 if stale else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (REFERENCE / name).write_text(pages[name], encoding="utf-8")
        print(f"wrote docs/reference/{name}")
    return 0


def is_written(path: Path, text: str) -> bool:
    """Say whether a page exists and holds exactly this text."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


def head(title: str, opening: str) -> list[str]:
    """Return the first lines of a generated page."""
    return [
        "<!-- Written by tools/write_reference.py: change the source, then `make reference`. -->",
        "",
        f"# {title}",
        "",
        opening,
        "",
    ]


# --- errors ----------------------------------------------------------------------------------------------------------


def errors_page() -> str:
    """Return the page of error codes and of the rules that bulk checks name."""
    raised = raised_in(SOURCE)
    lines = head(
        "Errors",
        "Every error has a stable code, a message (what must hold, what was found, where) and a hint (what to do). "
        "`…` stands for what is filled in. Where a file is at fault, it is named. Bulk checks report findings, each "
        "with a row, a column and a rule.\n\n"
        "A command with `--json` prints an error as one JSON object on the error stream, nothing on the standard "
        "output, and ends with the same exit code: `code`, `exit_code`, `detail` (the message), `hint`, `field`, "
        "`file` and `findings` (`row`, `column`, `rule`, `message`, `value`). Over REST a problem has the same names; "
        "a command that cannot be understood has the code `command_mistyped`.",
    )
    for kind, meaning in CLASSES.items():
        chosen = [error for error in raised if error.kind == kind]
        if chosen:
            lines += [f"## {kind}", "", f"{meaning}.", "", *table(chosen)]
    findings = [error for error in raised if error.kind == FINDING]
    if findings:
        lines += ["## Rules of findings", "", "What a bulk check can find wrong with a row.", "", *table(findings)]
    return "\n".join(lines).rstrip() + "\n"


def table(raised: list[Raised]) -> list[str]:
    """Return one Markdown table: code, message, hint and the module that says so; a finding has no hint."""
    if raised[0].kind == FINDING:
        rows = [f"| `{one.code}` | {cell(one.message)} | `{one.module}` |" for one in raised]
        return ["| rule | message | where |", "| --- | --- | --- |", *rows, ""]
    rows = [f"| `{one.code}` | {cell(one.message)} | {cell(one.hint)} | `{one.module}` |" for one in raised]
    return ["| code | message | hint | where |", "| --- | --- | --- | --- |", *rows, ""]


def cell(text: str) -> str:
    """Return a text as it may stand in one cell of a Markdown table."""
    flat = " ".join(text.split())
    for sign in "\\|<>*_[]`":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


# --- facts -----------------------------------------------------------------------------------------------------------


def facts_page() -> str:
    """Return the page of the numbers that the product ships."""
    from qipan.facts.catalog import Catalog
    from qipan.facts.page import facts_page as page

    return page(Catalog.load()).rstrip() + "\n"


# --- commands --------------------------------------------------------------------------------------------------------


def cli_page() -> str:
    """Return the page of commands, from the very objects that the command line runs."""
    import typer

    from qipan.interfaces.cli.app import app

    lines = head("Commands", "Every command explains itself with `--help`. `--json` writes for machines, errors too.")
    for path, command in commands_under(typer.main.get_command(app), "qipan"):
        lines += command_lines(path, command)
    return "\n".join(lines).rstrip() + "\n"


def commands_under(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield a command and what stands under it, with the words that call it."""
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        if not child.hidden:
            yield from commands_under(child, f"{path} {name}")


def command_lines(path: str, command: Any) -> list[str]:
    """Return the section of one command."""
    lines = [f"## {path}", "", *(line.strip() for line in (command.help or "").replace("\b", "").splitlines()), ""]
    rows = defaultdict(list)
    for parameter in command.params:
        if not getattr(parameter, "hidden", False) and parameter.name not in NO_OPTION:
            rows[parameter.param_type_name].append(parameter)
    for kind in ("argument", "option"):
        if rows[kind]:
            lines += [f"| {kind} | meaning | default |", "| --- | --- | --- |"]
            lines += [parameter_row(parameter) for parameter in rows[kind]] + [""]
    return lines


def parameter_row(parameter: Any) -> str:
    """Return the table row of one argument or option."""
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
    else:
        name = ", ".join([*parameter.opts, *parameter.secondary_opts])
    choices = ", ".join(filter(None, choices_of(parameter.type_descriptor.annotation)))
    meaning = " ".join(part for part in (parameter.help or "", f"One of {choices}." if choices else "") if part)
    return f"| `{name}` | {cell(meaning)} | {default_of(parameter)} |"


def choices_of(annotation: Any) -> list[str]:
    """Return the words that a type allows: those of an enum or literal, also inside a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return [str(word) for word in inner]
    return [word for part in inner for word in choices_of(part)]


def default_of(parameter: Any) -> str:
    """Return what holds when the parameter is left out."""
    if parameter.required:
        return "required"
    if getattr(parameter, "is_flag", False):
        return "on" if parameter.default is True else "off"
    value = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if value is None or callable(value) or not isinstance(value, str | int | float) or value == "":
        return ""
    return f"`{value}`"


WRITERS = {"errors": errors_page, "facts": facts_page, "cli": cli_page}


if __name__ == "__main__":
    raise SystemExit(main())
