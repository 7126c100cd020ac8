"""Exit codes: which class of error ends a command with which code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from qipan.interfaces.cli.language import asked_language
from qipan.interfaces.cli.print import print_error, print_error_json
from qipan.kernel.errors import (
    BadInputError,
    ConflictError,
    EngineError,
    NotAllowedError,
    NotFoundError,
    QipanError,
    RuleBrokenError,
)

EXIT_CODES: dict[type[QipanError], int] = {
    BadInputError: 3,
    NotFoundError: 4,
    RuleBrokenError: 5,
    ConflictError: 6,
    NotAllowedError: 7,
    EngineError: 8,
}
"""Exit code of each class of error."""

EXIT_MEANINGS: dict[int, str] = {
    0: "done",
    1: "a check of doctor failed",
    2: "mistyped command",
    3: "bad input",
    4: "not found",
    5: "a rule was broken",
    6: "conflict",
    7: "not allowed",
    8: "a database, solver or server failed",
    130: "stopped by Ctrl-C",
}
"""What every exit code means."""

JSON_OPTION = "--json"
"""Asks for JSON: the answer on the standard output, an error on the error stream."""

WORDS = "qipan.words"
"""Under which the words of a command are kept while it runs."""

EXIT_WORDS = "Exit codes: " + " · ".join(f"{code} {meaning}" for code, meaning in EXIT_MEANINGS.items())
"""The same in one line, for the help."""


def exit_code(error: QipanError) -> int:
    """Return the exit code of an error.

    Examples
    --------
    >>> exit_code(ConflictError("Once.", code="twice", hint="Choose another."))
    6
    """
    return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))


class DoorGroup(TyperGroup):
    """The outermost group of commands: an error of Qipan is told in words and ends in its exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the words of the command: they may ask for a language."""
        ctx.meta[WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        is_json = JSON_OPTION in ctx.meta[WORDS]
        try:
            return super().invoke(ctx)
        except QipanError as error:
            code = exit_code(error)
            if is_json:
                names = {"detail": error.message, "hint": error.hint, "field": error.field, "file": error.file}
                print_error_json(error.code, code, **names, findings=error.findings)
            else:
                print_error(error, asked_language(ctx.meta[WORDS]))
            raise typer.Exit(code) from error
        except TyperException as error:
            if not is_json:
                raise
            hint = "Write the command as its --help says."
            print_error_json("command_mistyped", error.exit_code, detail=error.format_message(), hint=hint)
            raise typer.Exit(error.exit_code) from error


class SearchGroup(TyperGroup):
    """A group in which words that name no command are searched for: ``facts 中卫`` is ``facts search 中卫``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``search`` before arguments that begin with no command of the group."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["search", *args]
        return super().parse_args(ctx, args)
